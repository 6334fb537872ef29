#include "cli/leaving.h"

#include "cli/bring_back.h"
#include "cli/described.h"
#include "cli/desired.h"
#include "cli/origin.h"
#include "cli/review.h"
#include "manager/host/attachments.h"
#include "manager/system/file.h"

/* What has the last word without --force; the first is told. */
static void object(const struct machine *machine, struct leaving *leaving, struct slice words)
{
	if (!machine->options->force && leaving->obstacle.len == 0)
		leaving->obstacle = words;
}

/* Whether it is in the kernel: else nobody loses anything. */
static bool is_loaded(const struct machine *machine, const struct leaving *leaving)
{
	return machine->has_kernel &&
	       loaded_find(&machine->loaded, SLICE(""), leaving->installed->name);
}

static void decide_tasks(struct machine *machine, struct leaving *leaving)
{
	const struct task *task;
	if (leaving->change.keeps_loaded || !is_loaded(machine, leaving))
		return;
	task = machine_task(machine, leaving->installed->name);
	leaving->is_awaited = task && machine->options->watch && !machine->options->force &&
			      leaving->obstacle.len == 0;
	if (task)
		object(machine, leaving,
			arena_printf(machine->arena,
				"process %d (%.*s) is confined by it, and would run unconfined from "
				"then on; end it first, or give --force",
				task->pid, SLICE_FMT(task->command)));
	else if (machine_tasks(machine)->is_partial)
		object(machine, leaving,
			arena_printf(machine->arena,
				"it may confine tasks that cannot be seen: %.*s; --force removes it "
				"all the same",
				SLICE_FMT(machine->tasks.hidden)));
}

/* --force goes on where nobody knows what it does. */
static void note_hidden(struct machine *machine, const struct leaving_list *list)
{
	bool matters = false;
	for (size_t i = 0; i < list->count; i++)
		matters = matters || is_loaded(machine, &list->entries[i]);
	if (matters && machine->options->force && machine_tasks(machine)->is_partial)
		print_problem(
			"note: tasks that cannot be seen may run unconfined from now on: %.*s",
			SLICE_FMT(machine->tasks.hidden));
}

static void decide_text(struct machine *machine, struct leaving *leaving)
{
	const struct installed *installed = leaving->installed;
	struct bytes text = {0};
	if (installed->owner == OWNER_EDITED) {
		leaving->change.backs_up = true;
		object(machine, leaving,
			arena_printf(machine->arena,
				"'%.*s' was edited since aaforge wrote it; --force removes it and keeps "
				"it below '%s/backup'",
				SLICE_FMT(installed->path), machine->places.descriptions));
	}
	/* A description that was edited may be all that there is of somebody's work. */
	if (installed->description.len > 0 &&
		file_read(installed->description.at, limits_default.document_bytes, &text, NULL))
		leaving->change.backs_up = leaving->change.backs_up ||
					   !text_was_made_from(installed->text, bytes_slice(&text));
	bytes_free(&text);
}

/* One document of DESCRIPTIONS, which names the profile or stands in the file that goes with it. */
static void decide_described(
	struct machine *machine, struct leaving *leaving, const struct described *entry)
{
	struct slice name = leaving->installed->name;
	bool is_copy = slice_eq(entry->path, leaving->copy);
	bool is_named = slice_eq(entry->name, name);
	if (is_named && !is_copy)
		object(machine, leaving,
			arena_printf(machine->arena,
				"'%.*s' describes it too, and the next sync would bring it back; remove "
				"that file",
				SLICE_FMT(entry->path)));
	if (is_copy && !is_named && entry->name.len > 0) {
		leaving->change.backs_up = true;
		object(machine, leaving,
			arena_printf(machine->arena,
				"'%.*s' would go with it, but describes '%.*s'; rename that file to "
				"'%.*s.yaml'",
				SLICE_FMT(entry->path), SLICE_FMT(entry->name),
				SLICE_FMT(entry->name)));
	}
}

/* What something stands against stays. */
static bool goes(const struct leaving_list *list, struct slice path)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->entries[i].obstacle.len == 0 && slice_eq(path, list->entries[i].copy))
			return true;
	return false;
}

/* Whether a description that stays has its template there. */
static bool is_needed(const struct machine *machine, const struct leaving_list *list,
	const struct described_list *described, struct slice place)
{
	for (size_t i = 0; i < described->count; i++) {
		const struct described *entry = &described->entries[i];
		struct slice other;
		if (entry->template.len > 0 &&
			template_place(machine->places.descriptions, entry->template,
				machine->arena, &other, NULL) &&
			slice_eq(other, place) && !goes(list, entry->path))
			return true;
	}
	return false;
}

static void decide_template(const struct machine *machine, const struct leaving_list *list,
	const struct described_list *described, struct leaving *leaving,
	const struct described *entry)
{
	struct slice place;
	if (entry->template.len == 0 || !slice_eq(entry->path, leaving->copy) ||
		!template_place(machine->places.descriptions, entry->template, machine->arena,
			&place, NULL) ||
		place.len == 0 || is_needed(machine, list, described, place))
		return;
	const struct change *change = &leaving->change;
	struct change_file *files =
		arena_array(machine->arena, change->file_count + 1, sizeof(*files));
	for (size_t i = 0; i < change->file_count; i++) {
		if (slice_eq(change->files[i].path, place))
			return;
		files[i] = change->files[i];
	}
	files[change->file_count] = (struct change_file){.path = place};
	leaving->change.files = files;
	leaving->change.file_count++;
}

static void begin(const struct machine *machine, struct leaving *leaving)
{
	struct slice name = leaving->installed->name;
	leaving->change = (struct change){.kind = CHANGE_DROP, .name = name};
	leaving->copy = arena_printf(
		machine->arena, "%s/%.*s.yaml", machine->places.descriptions, SLICE_FMT(name));
}

/* The kernel's profile goes with the files only when its hash says that it is ours. */
static enum status decide_loaded(struct machine *machine, struct leaving_list *list)
{
	struct review review;
	if (!machine->has_kernel)
		return STATUS_OK;
	review_begin(machine->options, &machine->places, &machine->loaded, REVIEW_TEXT,
		machine->arena, &review);
	for (size_t i = 0; i < list->count; i++)
		review_add(&review, SLICE(""), list->entries[i].installed->name);
	review_judge(&review);
	for (size_t i = 0; i < list->count; i++) {
		const struct review_row *row =
			review_find(&review, SLICE(""), list->entries[i].installed->name);
		list->entries[i].change.keeps_loaded = row->held && !review_is_held_by_us(row);
	}
	enum status status = review.status;
	review_end(&review);
	return status;
}

static void decide(
	struct machine *machine, const struct described_list *described, struct leaving *leaving)
{
	decide_text(machine, leaving);
	for (size_t i = 0; i < described->count; i++)
		decide_described(machine, leaving, &described->entries[i]);
	decide_tasks(machine, leaving);
}

static void decide_templates(struct machine *machine, const struct leaving_list *list,
	const struct described_list *described, struct leaving *leaving)
{
	for (size_t i = 0; i < described->count; i++)
		decide_template(machine, list, described, leaving, &described->entries[i]);
}

enum status leaving_decide(struct machine *machine, struct leaving_list *list)
{
	struct described_list described;
	struct error *error = NULL;
	if (list->count == 0)
		return STATUS_OK;
	if (!described_read(machine->places.descriptions, machine->arena, &described, &error))
		return print_error(error);
	for (size_t i = 0; i < list->count; i++)
		begin(machine, &list->entries[i]);
	enum status status = decide_loaded(machine, list);
	for (size_t i = 0; i < list->count; i++)
		decide(machine, &described, &list->entries[i]);
	note_hidden(machine, list);
	/* Last, when it is known which of them stay. */
	for (size_t i = 0; i < list->count; i++)
		decide_templates(machine, list, &described, &list->entries[i]);
	return status == STATUS_OK ? bring_back(machine, list) : status;
}

void leaving_say_kept(const struct leaving_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct leaving *leaving = &list->entries[i];
		if (leaving->obstacle.len == 0 && leaving->change.keeps_loaded)
			print_problem(
				"note: the loaded profile '%.*s' is not what aaforge loaded or "
				"installed, and stays: 'aaforge unload' takes it away",
				SLICE_FMT(leaving->installed->name));
	}
}

/* That has left the kernel. */
static bool is_gone(const struct leaving *leaving)
{
	return leaving->obstacle.len == 0 && !leaving->change.keeps_loaded &&
	       !leaving->change.stays_loaded;
}

static void say_namesake(
	const struct machine *machine, struct slice name, const struct scanned *other)
{
	print_problem(
		"note: no profile '%.*s' is loaded now: '%s/%.*s', which defines one as well, "
		"is loaded at the next boot; 'apparmor_parser -r %s/%.*s' does it now",
		SLICE_FMT(name), machine->places.profiles, SLICE_FMT(other->file),
		machine->places.profiles, SLICE_FMT(other->file));
}

void leaving_say_namesakes(const struct machine *machine, const struct leaving_list *list)
{
	const struct attachments_how how = {.namespace = SLICE(""), .names_only = true};
	struct attachments attachments;
	if (!machine->has_kernel || list->count == 0)
		return;
	attachments_read(&machine->places, &how, machine->arena, &attachments);
	for (size_t i = 0; i < list->count; i++) {
		const struct leaving *leaving = &list->entries[i];
		struct slice name = leaving->installed->name;
		const struct scanned *other =
			is_gone(leaving) ? attachments_defined(&attachments, name, name) : NULL;
		if (other)
			say_namesake(machine, name, other);
	}
}

size_t leaving_report(const struct leaving_list *list)
{
	size_t count = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct leaving *leaving = &list->entries[i];
		if (leaving->obstacle.len == 0)
			continue;
		if (leaving->is_awaited) {
			print_problem("note: '%.*s' stays as long as it confines tasks, and goes "
				      "when the last of them has ended",
				SLICE_FMT(leaving->installed->name));
			continue;
		}
		count++;
		print_problem("'%.*s' cannot be removed: %.*s", SLICE_FMT(leaving->installed->name),
			SLICE_FMT(leaving->obstacle));
	}
	return count;
}

struct plan_line leaving_line(const struct leaving *leaving)
{
	return (struct plan_line){
		.sign = '-',
		.name = leaving->installed->name,
		.source = leaving->installed->path,
		.why = leaving->change.keeps_loaded
			       ? SLICE("the loaded profile of that name is another's, and stays")
			       : slice_of(NULL, 0),
	};
}
