#include "cli/cli.h"

#include "audit/fix.h"
#include "audit/import.h"
#include "cli/audit_profiles.h"
#include "cli/audit_report.h"
#include "cli/report.h"
#include "compiler/service/read.h"
#include "manager/system/file.h"
#include "manager/system/bounds.h"
#include "manager/system/rewrite.h"

#include <stdlib.h>

/* A file of many manifests. */
enum { FILE_BYTES_MAX = 64 << 20 };

struct audit {
	const struct options *options;
	const struct profile_resolver *resolver;
	struct audit_report *report;
	struct unit unit;
	enum status status;
	bool is_link_away; /* the file is a link that leads out of its directory */
	size_t workloads, containers;
	size_t severities[SEVERITY_ERROR + 1];
	struct bytes fixed; /* with --fix: the text of the operand */
	size_t mended, guessed, left, without_fix;
};

static void worsen(struct audit *audit, enum status status)
{
	if (status > audit->status)
		audit->status = status;
}

static void keep(struct audit *audit, struct slice text)
{
	if (audit->options->fix && !bytes_add(&audit->fixed, text))
		out_of_memory();
}

static void fix(struct audit *audit, const struct source *source, const struct workload *first,
	bool is_command)
{
	struct fix fix;
	struct slice text;
	if (first && first->config) {
		/* A container cannot be changed: its description is the mend. */
		for (const struct workload *at = first; at; at = at->next) {
			if (at->first && import_description(&audit->unit, at, &text))
				keep(audit, text);
			else
				audit->without_fix++;
		}
		return;
	}
	audit_fix(&audit->unit, source, is_command, audit->resolver, &fix);
	keep(audit, fix.text);
	audit->mended += fix.mended;
	audit->guessed += fix.guessed;
	audit->left += fix.left;
}

static void count(struct audit *audit, const struct workload *first)
{
	for (const struct workload *at = first; at; at = at->next) {
		audit->workloads++;
		for (const struct subject *subject = at->first; subject; subject = subject->next)
			audit->containers++;
	}
}

/* What else is in a directory, such as a ConfigMap or a description, is passed over. */
static void refuse_foreign(struct audit *audit, const struct source *source)
{
	struct span at = span_of(source->begin, source->begin);
	struct diag *diag = diag_add(
		&audit->unit.diags, DIAG_NOT_AUDITABLE, at, "this is nothing that can be audited");
	diag_help(&audit->unit.diags, diag,
		"expected a Compose file, a Kubernetes manifest, the output of docker inspect or podman "
		"inspect, or an OCI config.json");
}

/* Whoever made the link may have no right to read what it leads to. */
static void hide_foreign(struct audit *audit, const struct source *source)
{
	struct diags *diags = &audit->unit.diags;
	if (!audit->is_link_away || diags->errors == 0)
		return;
	diags_reset(diags);
	struct diag *diag = diag_add(diags, DIAG_OUTSIDE_PATH, span_of(0, 0),
		"'%.*s' is a symbolic link to something outside of the directory that cannot be read",
		SLICE_FMT(source->name));
	diag_help(diags, diag, "nothing of it is shown: name the file itself to see its mistakes");
}

static void audit_source(
	struct audit *audit, const struct source *source, bool is_command, bool is_named)
{
	struct workload *first = NULL;
	struct findings findings;
	enum audit_read read = is_command ? audit_read_command(&audit->unit, source, &first)
					  : audit_read(&audit->unit, source, &first);
	if (read == AUDIT_FOREIGN && is_named)
		refuse_foreign(audit, source);
	hide_foreign(audit, source);
	if (audit->unit.diags.errors > 0)
		worsen(audit, STATUS_INPUT);
	report_diags(
		&audit->unit, audit->options->format == FORMAT_TEXT ? FORMAT_TEXT : FORMAT_JSON);
	if (read != AUDIT_READ || !first) {
		keep(audit, source->text);
		return;
	}
	count(audit, first);
	audit_check(&audit->unit, first, audit->resolver, &findings);
	for (size_t i = 0; i <= SEVERITY_ERROR; i++)
		audit->severities[i] += findings.severities[i];
	if (audit->options->fix)
		fix(audit, source, first, is_command);
	else
		audit_report_add(audit->report, &audit->unit, first, &findings);
}

static uint32_t lines_of(struct slice text)
{
	uint32_t lines = 0;
	for (size_t i = 0; i < text.len; i++)
		lines += text.at[i] == '\n';
	return lines;
}

/* Each document of a text by itself. */
static void audit_text(struct audit *audit, const char *name, struct slice text, bool is_named)
{
	uint32_t line = 1;
	if (text.len == 0 && is_named) {
		print_problem("'%s' is empty", name);
		worsen(audit, STATUS_INPUT);
	}
	while (text.len > 0) {
		size_t len = service_next_document(text, true);
		struct slice document = slice_first(text, len > 0 ? len : text.len);
		unit_reset(&audit->unit);
		const struct source *source =
			sources_add(&audit->unit.sources, slice_str(name), document, line);
		if (source)
			audit_source(audit, source, false, is_named);
		line += lines_of(document);
		text = slice_from(text, document.len);
	}
}

static bool write_fixed(struct audit *audit, const char *path)
{
	struct error *error = NULL;
	const char *to = audit->options->in_place ? path : audit->options->output;
	if (!to) {
		fwrite(audit->fixed.at, 1, audit->fixed.len, stdout);
		return true;
	}
	if (file_rewrite(to, bytes_slice(&audit->fixed), &error))
		return true;
	worsen(audit, print_error(error));
	return false;
}

static void finish_file(struct audit *audit, const char *path)
{
	if (audit->options->fix && audit->status <= STATUS_INPUT &&
		!(audit->options->in_place && audit->mended == 0))
		write_fixed(audit, path);
}

static void audit_file(struct audit *audit, const char *path, bool is_named)
{
	struct error *error = NULL;
	struct bytes text = {0};
	bool is_read = is_named ? file_read_operand(path, FILE_BYTES_MAX, &text, &error)
				: file_read(path, FILE_BYTES_MAX, &text, &error);
	audit->fixed.len = 0;
	audit->mended = audit->left = audit->guessed = 0;
	if (!is_read) {
		worsen(audit, print_error(error));
		return;
	}
	audit_text(audit, path, bytes_slice(&text), is_named);
	finish_file(audit, path);
	if (audit->options->fix && !audit->options->quiet)
		fprintf(stderr, "%s: %zu mended, %zu of them with a value to look at, %zu left\n",
			path, audit->mended, audit->guessed, audit->left);
	bytes_free(&text);
}

static bool is_auditable(const char *name)
{
	struct slice text = slice_str(name);
	return slice_ends(text, SLICE(".yaml")) || slice_ends(text, SLICE(".yml")) ||
	       slice_ends(text, SLICE(".json"));
}

static void audit_directory(struct audit *audit, const char *directory)
{
	struct error *error = NULL;
	struct file_list files;
	struct bytes path = {0};
	if (!file_list_read_if(directory, is_auditable, &files, &error)) {
		worsen(audit, print_error(error));
		return;
	}
	for (size_t i = 0; i < files.count; i++) {
		if (!file_list_path(&files, i, &path))
			out_of_memory();
		audit->is_link_away = bounds_are_left(directory, path.at);
		audit_file(audit, path.at, false);
	}
	audit->is_link_away = false;
	bytes_free(&path);
	file_list_free(&files);
}

static void audit_command_line(struct audit *audit, const char *command)
{
	unit_reset(&audit->unit);
	const struct source *source =
		sources_add(&audit->unit.sources, SLICE("<command>"), slice_str(command), 1);
	audit->fixed.len = 0;
	audit_source(audit, source, true, true);
	if (!audit->options->fix || audit->status > STATUS_OK)
		return;
	keep(audit, SLICE("\n"));
	write_fixed(audit, NULL);
}

static void audit_all(struct audit *audit)
{
	const struct options *options = audit->options;
	if (options->command_line)
		audit_command_line(audit, options->command_line);
	for (size_t i = 0; i < options->argument_count; i++) {
		const char *path = options->arguments[i];
		if (strcmp(path, "-") != 0 && file_is_directory(path))
			audit_directory(audit, path);
		else
			audit_file(audit, path, true);
	}
	if (audit->containers == 0 && audit->status == STATUS_OK) {
		print_problem("there is no container to audit");
		worsen(audit, STATUS_INPUT);
	}
}

static bool is_one_file(const struct options *options)
{
	size_t count = options->argument_count + (options->command_line != NULL);
	return count == 1 &&
	       (options->argument_count == 0 || strcmp(options->arguments[0], "-") == 0 ||
		       !file_is_directory(options->arguments[0]));
}

static bool check_usage(const struct options *options)
{
	bool from_stdin = false;
	for (size_t i = 0; i < options->argument_count; i++)
		from_stdin |= strcmp(options->arguments[i], "-") == 0;
	if (options->argument_count == 0 && !options->command_line)
		print_problem("name at least one file or directory, '-' for standard input, or a "
			      "command with --command");
	else if (options->in_place && (!options->fix || options->output))
		print_problem("--in-place goes with --fix and without -o");
	else if (options->in_place && (from_stdin || options->command_line))
		print_problem("--in-place wants files");
	else if (options->output && !options->fix)
		print_problem("-o goes with --fix");
	else if (options->fix && !options->in_place && !is_one_file(options))
		print_problem("--fix mends one file; for more say --in-place");
	else
		return true;
	return false;
}

static enum status result(const struct audit *audit)
{
	if (audit->status != STATUS_OK || audit->options->fix ||
		audit->options->fail_on == SEVERITY_OFF)
		return audit->status;
	for (unsigned i = audit->options->fail_on; i <= SEVERITY_ERROR; i++)
		if (audit->severities[i] > 0)
			return STATUS_INPUT;
	return STATUS_OK;
}

static void print_summary(const struct audit *audit)
{
	if (audit->options->quiet || audit->options->fix)
		return;
	fprintf(stderr, "%zu containers: %zu errors, %zu warnings, %zu notes\n", audit->containers,
		audit->severities[SEVERITY_ERROR], audit->severities[SEVERITY_WARNING],
		audit->severities[SEVERITY_NOTE]);
}

enum status command_audit(const struct options *options)
{
	struct audit_profiles *profiles;
	if (!check_usage(options))
		return STATUS_USAGE;
	enum status status = audit_profiles_read(options, &profiles);
	if (status != STATUS_OK) {
		audit_profiles_free(profiles);
		return status;
	}
	struct audit audit = {
		.options = options,
		.resolver = audit_profiles_resolver(profiles),
		.report = audit_report_new(options->fix ? FORMAT_TEXT : options->format),
	};
	unit_init(&audit.unit, NULL, out_of_memory);
	audit.unit.limits = &audit_limits;
	audit_all(&audit);
	if (!options->fix)
		print_summary(&audit);
	audit_report_finish(audit.report);
	unit_free(&audit.unit);
	bytes_free(&audit.fixed);
	audit_profiles_free(profiles);
	return result(&audit);
}
