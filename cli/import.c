#include "cli/cli.h"

#include "audit/import.h"
#include "cli/report.h"
#include "manager/system/file.h"
#include "manager/system/rewrite.h"

static enum status write_text(const struct options *options, struct slice text)
{
	struct error *error = NULL;
	if (!options->output) {
		fwrite(text.at, 1, text.len, stdout);
		return STATUS_OK;
	}
	return file_rewrite(options->output, text, &error) ? STATUS_OK : print_error(error);
}

static enum status import(struct unit *unit, const struct options *options, struct slice text)
{
	struct workload *first = NULL;
	struct buf out = buf_new(&unit->arena);
	const char *path = options->arguments[0];
	const struct source *source = sources_add(&unit->sources, slice_str(path), text, 1);
	enum audit_read read = audit_read(unit, source, &first);
	report_diags(unit, options->format);
	for (const struct workload *at = first; at && read == AUDIT_READ; at = at->next) {
		struct slice description;
		if (import_description(unit, at, &description))
			buf_add(&out, description);
	}
	if (read == AUDIT_READ && out.len > 0)
		return write_text(options, buf_slice(&out));
	if (unit->diags.errors == 0)
		print_problem(
			"'%s' holds no container as docker inspect or podman inspect prints it",
			path);
	return STATUS_INPUT;
}

enum status command_import(const struct options *options)
{
	struct error *error = NULL;
	struct bytes text = {0};
	struct unit unit;
	if (options->argument_count != 1) {
		print_problem("import takes one file, or '-' for standard input");
		return STATUS_USAGE;
	}
	const char *path = options->arguments[0];
	bool is_read = file_read_operand(path, audit_limits.document_bytes, &text, &error);
	if (!is_read)
		return print_error(error);
	unit_init(&unit, NULL, out_of_memory);
	unit.limits = &audit_limits;
	enum status status = import(&unit, options, bytes_slice(&text));
	unit_free(&unit);
	bytes_free(&text);
	return status;
}
