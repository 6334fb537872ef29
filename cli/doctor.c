/*
 * aaforge doctor: what on this machine stands between a profile and its enforcement.
 *
 *     host, features, runtimes, files, profiles of ours -> findings -> text or JSON
 */
#include "cli/doctor_writers.h"
#include "cli/plan.h"
#include "cli/report.h"
#include "cli/review.h"
#include "compiler/service/keys.h"
#include "manager/system/file.h"
#include "manager/host/root_check.h"
#include "manager/kernel/kernel.h"
#include "manager/host/runtime.h"
#include "manager/disk/scan.h"
#include "manager/system/path.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct doctor {
	const struct options *options;
	struct arena arena;
	struct places places;
	struct host host;
	struct runtimes runtimes;
	struct findings findings;
	struct loaded loaded;
	bool has_loaded;
	enum status status; /* of a problem that has been printed */
};

static struct slice words(struct doctor *doctor, struct error *error)
{
	struct buf text = buf_new(&doctor->arena);
	error_print(error, &text);
	error_free(error);
	return buf_slice(&text);
}

/* A finding about something that could not be read, which is freed. */
static void add_error(struct doctor *doctor, enum finding_id id, struct error *error)
{
	struct slice text = words(doctor, error);
	finding_add(&doctor->findings, id, "%.*s", SLICE_FMT(text));
}

static void add_runtime(struct doctor *doctor, enum runtime_kind kind)
{
	const struct runtime *runtime = &doctor->runtimes.items[kind];
	struct slice version = SLICE("");
	if (!doctor->places.root[0] && runtime->program.len > 0)
		version = program_version(&doctor->arena, runtime->program.at);
	finding_add(&doctor->findings, FINDING_RUNTIME, "%s%s%.*s%s%.*s%s",
		runtime_table[kind].name, version.len ? " " : "", SLICE_FMT(version),
		runtime->program.len ? ", " : "", SLICE_FMT(runtime->program),
		runtime->pid ? ", its daemon runs" : "");
	runtime_check(&doctor->runtimes, kind, &doctor->host, &doctor->findings);
}

static void check_runtimes(struct doctor *doctor)
{
	bool is_found = false;
	runtimes_read(&doctor->places, &doctor->arena, &doctor->runtimes);
	for (unsigned i = 0; i < RUNTIME_COUNT; i++) {
		if (!doctor->runtimes.items[i].is_found)
			continue;
		add_runtime(doctor, (enum runtime_kind)i);
		is_found = true;
	}
	if (!is_found)
		finding_add(&doctor->findings, FINDING_RUNTIME_NONE, "%s", "");
	if (doctor->runtimes.is_swarm)
		finding_add(&doctor->findings, FINDING_SWARM, "%s", "");
}

static void check_loaded(struct doctor *doctor)
{
	struct error *error = NULL;
	if (doctor->findings.errors > 0 && !doctor->places.apparmorfs)
		return; /* told by the kernel's findings */
	doctor->has_loaded = loaded_read(&doctor->places, &doctor->arena, &doctor->loaded, &error);
	if (!doctor->has_loaded) {
		add_error(doctor, FINDING_LOADED_HIDDEN, error);
		return;
	}
	for (size_t i = 0; i < doctor->loaded.count; i++) {
		const struct loaded_profile *profile = &doctor->loaded.profiles[i];
		if (profile->namespace.len == 0 && name_is_of_runtime(profile->name))
			finding_add(&doctor->findings, FINDING_DEFAULT_PROFILE, "'%.*s' (%.*s)",
				SLICE_FMT(profile->name), SLICE_FMT(profile->mode));
	}
}

/* A command for the one who reads it, where the machine makes it plain. */
static void mend(struct doctor *doctor, const struct review_row *row, const struct reason *reason)
{
	const char *profiles = doctor->places.profiles;
	struct slice source = row->installed.description.len > 0 ? row->installed.description
			      : row->has_record && slice_starts(row->record.source, SLICE("/"))
				      ? row->record.source
				      : row->file;
	switch (reason->id) {
	case REASON_DISABLED:
		finding_mend(
			&doctor->findings, "rm '%s/disable/%.*s'", profiles, SLICE_FMT(row->name));
		break;
	case REASON_FORCED_COMPLAIN:
		finding_mend(&doctor->findings, "rm '%s/force-complain/%.*s'", profiles,
			SLICE_FMT(row->name));
		break;
	case REASON_NOT_LOADED:
	case REASON_MODE:
	case REASON_REPLACED:
		if (source.len > 0)
			finding_mend(&doctor->findings, "aaforge load%s%.*s '%.*s'",
				row->namespace.len ? " --namespace " : "",
				SLICE_FMT(row->namespace), SLICE_FMT(source));
		break;
	case REASON_OUTSIDE:
		if (row->outside.mend.len > 0)
			finding_mend(&doctor->findings, "%.*s", SLICE_FMT(row->outside.mend));
		break;
	case REASON_LOOSE:
		finding_mend(&doctor->findings, "%.*s", SLICE_FMT(row->loose.mend));
		break;
	case REASON_KERNEL:
	case REASON_DISPUTED:
	case REASON_ATTACHMENT_UNSEEN:
	case REASON_BOOT_DISPUTED:
	case REASON_BOOT_TWICE:
	case REASON_OVERLAPPED:
	case REASON_EDITED:
	case REASON_CHANGED:
	case REASON_UNSEEN:
	case REASON_BROKEN:
	case REASON_FOREIGN:
	case REASON_ONLY_LOGS:
	case REASON_CHILD_LEFT:
	case REASON_SOURCE_GONE:
	case REASON_COUNT:
		break;
	}
}

/* For all profiles once, where the kernel's own mode was not for us to read. */
static void report_kernel(struct doctor *doctor, struct slice label)
{
	for (size_t i = 0; i < doctor->findings.count; i++)
		if (doctor->findings.items[i].id == FINDING_MODE_NOT_ENFORCE)
			return;
	finding_add(&doctor->findings, FINDING_MODE_NOT_ENFORCE,
		"a process under '%.*s' was not kept from what it forbids", SLICE_FMT(label));
}

/* The judgment of one profile of ours: a finding for each of its reasons. */
static void report(struct doctor *doctor, const struct review_row *row)
{
	struct slice label = profile_label(&doctor->arena, row->namespace, row->name);
	for (size_t i = 0; i < row->judgment.reason_count; i++) {
		const struct reason *reason = &row->judgment.reasons[i];
		enum finding_id id = reason_kinds[reason->id].finding;
		if (reason->id == REASON_KERNEL)
			report_kernel(doctor, label);
		bool is_seen = doctor->has_loaded || reason->id != REASON_NOT_LOADED;
		if (id == FINDING_COUNT || !is_seen)
			continue;
		finding_add(&doctor->findings, id, "'%.*s': %.*s", SLICE_FMT(label),
			SLICE_FMT(reason->words));
		mend(doctor, row, reason);
	}
}

/* What boot does with the texts can be told without the kernel. */
static void check_links(struct doctor *doctor)
{
	struct installed_list list;
	if (!installed_list_read(&doctor->places, &doctor->arena, &list, NULL))
		return;
	for (size_t i = 0; i < list.count; i++) {
		struct review_row row = {.name = list.entries[i].name};
		const struct judgment_question question = {
			.name = row.name,
			.namespace = SLICE(""),
			.loaded = &doctor->loaded,
			.installed = &list.entries[i],
		};
		judgment_decide(&question, &doctor->arena, &row.judgment);
		report(doctor, &row);
	}
}

static void check_ours(struct doctor *doctor)
{
	struct review review;
	if (!doctor->has_loaded) {
		check_links(doctor);
		return;
	}
	review_begin(doctor->options, &doctor->places, &doctor->loaded, REVIEW_ALL, &doctor->arena,
		&review);
	review_add_all(&review, NULL, false);
	review_judge(&review);
	for (size_t i = 0; i < review.count; i++)
		report(doctor, &review.rows[i]);
	if (review.hides_processes)
		finding_add(&doctor->findings, FINDING_PROCESSES_HIDDEN, "%.*s",
			SLICE_FMT(review.hidden_processes));
	doctor->status = review.status;
	review_end(&review);
}

static void check_files(struct doctor *doctor)
{
	struct scan scan;
	scan_attachments(&doctor->places, NULL, NULL, &doctor->arena, &scan);
	if (scan.is_missing) {
		finding_add(&doctor->findings, FINDING_PROFILES_MISSING, "%s", "");
		return;
	}
	if (scan.is_partial)
		finding_add(&doctor->findings, FINDING_PROFILES_HIDDEN, "some of its files");
	for (size_t i = 1; i < scan.count; i++) {
		const struct scanned *one = &scan.items[i - 1], *other = &scan.items[i];
		if (slice_eq(one->name, other->name) && slice_eq(one->namespace, other->namespace))
			finding_add(&doctor->findings, FINDING_DUPLICATE, "'%.*s' by %.*s and %.*s",
				SLICE_FMT(one->name), SLICE_FMT(one->file), SLICE_FMT(other->file));
	}
	check_ours(doctor);
}

static void check_journal(struct doctor *doctor)
{
	struct stat at;
	struct slice path =
		arena_printf(&doctor->arena, "%s/.transaction", doctor->places.descriptions);
	if (path_lstat(path.at, &at) == 0)
		finding_add(&doctor->findings, FINDING_JOURNAL, "%.*s", SLICE_FMT(path));
}

static void report_path(
	struct doctor *doctor, const struct gathered *item, const struct root_finding *found)
{
	enum severity severity = diag_kinds[found->id].severity;
	if (severity == SEVERITY_NOTE)
		return;
	finding_add(&doctor->findings,
		severity == SEVERITY_ERROR ? FINDING_PATH_WRONG : FINDING_PATH_ODD,
		"'%.*s' (%.*s): %.*s [%s]", SLICE_FMT(item->name), SLICE_FMT(item->path),
		SLICE_FMT(found->message), diag_kinds[found->id].name);
	if (found->help.len > 0)
		finding_mend(&doctor->findings, "%.*s", SLICE_FMT(found->help));
}

/* What attaches by path is for programs of this machine: are they there, and not behind links? */
static void check_paths(struct doctor *doctor)
{
	struct file_list files;
	struct gathering gathering;
	char *directory = doctor->places.descriptions;
	if (!doctor->has_loaded || !file_list_read(directory, &files, NULL))
		return;
	size_t count = files.count;
	file_list_free(&files);
	if (count == 0)
		return;
	struct options options = *doctor->options;
	options.arguments = &directory;
	options.argument_count = 1;
	options.quiet = true;
	char *features = kernel_features(&doctor->places, NULL);
	const struct gather_options how = {
		.descriptions_only = true,
		.errors_only = true,
		.looks_at_root = true,
		.root_findings_only = true,
		.features = features,
	};
	gather(&options, &how, &gathering);
	for (size_t i = 0; i < gathering.count; i++)
		for (const struct root_finding *found = gathering.items[i].root_findings; found;
			found = found->next)
			report_path(doctor, &gathering.items[i], found);
	gather_free(&gathering);
	free(features);
}

static void examine(struct doctor *doctor)
{
	host_read(&doctor->places, &doctor->arena, &doctor->host);
	host_ask_parser(&doctor->places, &doctor->arena, &doctor->host);
	host_check_kernel(&doctor->host, &doctor->findings);
	host_check_rest(&doctor->host, &doctor->findings);
	host_check_features(&doctor->host, &doctor->findings);
	check_loaded(doctor);
	check_files(doctor);
	check_paths(doctor);
	check_journal(doctor);
	doctor_writers(&doctor->places, doctor->host.parser, &doctor->findings);
	check_runtimes(doctor);
	findings_sort(&doctor->findings);
}

static void print_text(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->findings.count; i++) {
		const struct finding *finding = &doctor->findings.items[i];
		const struct finding_kind *kind = &finding_kinds[finding->id];
		struct slice text = finding_text(&doctor->findings, finding);
		printf("%s %s: %.*s\n", finding_word(kind->severity), kind->id, SLICE_FMT(text));
		if (finding->mend.len > 0)
			printf("  mend: %.*s\n", SLICE_FMT(finding->mend));
	}
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value) != 0)
		out_of_memory();
}

static json_t *finding_json(struct doctor *doctor, const struct finding *finding)
{
	const struct finding_kind *kind = &finding_kinds[finding->id];
	json_t *object = json_object();
	if (!object)
		out_of_memory();
	set(object, "severity", json_string(finding_word(kind->severity)));
	set(object, "id", json_string(kind->id));
	set(object, "message", report_json_text(finding_text(&doctor->findings, finding)));
	if (finding->detail.len > 0)
		set(object, "detail", report_json_text(finding->detail));
	if (finding->mend.len > 0)
		set(object, "mend", report_json_text(finding->mend));
	return object;
}

static void print_json(struct doctor *doctor)
{
	json_t *object = json_object(), *array = json_array();
	if (!object || !array)
		out_of_memory();
	for (size_t i = 0; i < doctor->findings.count; i++)
		if (json_array_append_new(
			    array, finding_json(doctor, &doctor->findings.items[i])) != 0)
			out_of_memory();
	set(object, "findings", array);
	set(object, "errors", json_integer((json_int_t)doctor->findings.errors));
	report_json_print(object);
}

enum status command_doctor(const struct options *options)
{
	if (options->argument_count > 0) {
		print_problem("doctor takes no operand");
		return STATUS_USAGE;
	}
	struct doctor doctor = {.options = options};
	struct error *error = NULL;
	enum status status = STATUS_OK;
	arena_init(&doctor.arena, out_of_memory);
	findings_init(&doctor.arena, &doctor.findings);
	if (places_find(options->root, &doctor.places, &error)) {
		examine(&doctor);
		if (options->json)
			print_json(&doctor);
		else
			print_text(&doctor);
		status = doctor.findings.errors > 0 ? STATUS_INPUT : STATUS_OK;
		status = doctor.status > status ? doctor.status : status;
	} else {
		struct slice text = words(&doctor, error);
		print_problem("%.*s", SLICE_FMT(text));
		status = STATUS_SYSTEM;
	}
	places_free(&doctor.places);
	arena_free(&doctor.arena);
	return status;
}
