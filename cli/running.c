#include "cli/running.h"

#include "analysis/decide.h"
#include "cli/plan.h"
#include "cli/report.h"

#define SHOWN_MOST 10 /* notes of one run */

struct looking {
	struct machine *machine;
	struct processes processes;
	struct running_report report;
};

static bool attaches(const void *context, struct slice program)
{
	return decide_attaches(context, program);
}

static void add(struct looking *looking, const struct set_profile *top, struct running *running,
	size_t count)
{
	if (count > 0)
		looking->report.entries[looking->report.count++] =
			(struct running_profile){.namespace = top->namespace,
				.name = top->name,
				.running = running,
				.count = count,
				.arena = looking->machine->arena};
}

static void look(
	struct looking *looking, const struct set_profile *top, struct process_question *question)
{
	struct running *running;
	question->namespace = top->namespace;
	question->name = top->name;
	size_t count =
		processes_outside(&looking->processes, question, looking->machine->arena, &running);
	add(looking, top, running, count);
}

/* By its automaton, which is read once more for that. */
static void look_by_pattern(
	struct looking *looking, const struct set_member *member, const struct set_profile *top)
{
	struct arena work;
	struct compiled_profile *first;
	const char *mistake;
	arena_init(&work, out_of_memory);
	if (compiled_read(&work, member->binary, &first, &mistake)) {
		const struct compiled_profile *compiled = first;
		for (const struct set_profile *at = member->profiles; at != top; at++)
			compiled = compiled->next;
		struct process_question question = {
			.accepts = attaches, .context = compiled, .by_any_name = true};
		look(looking, top, &question);
	}
	arena_free(&work);
}

static void look_at_member(struct looking *looking, const struct set_member *member)
{
	for (const struct set_profile *top = NULL; (top = set_member_next_top(member, top));) {
		struct process_question question = {
			.programs = top->programs, .program_count = top->program_count};
		if (top->attaches == SET_ATTACHES_PATTERN)
			look_by_pattern(looking, member, top);
		else if (top->program_count > 0)
			look(looking, top, &question);
	}
}

/* How many profiles attach to a program. */
static size_t count_attached(const struct set_member *const *members, size_t count)
{
	size_t attached = 0;
	for (size_t i = 0; i < count; i++)
		for (const struct set_profile *top = NULL;
			members[i] && (top = set_member_next_top(members[i], top));)
			attached += top->attaches != SET_ATTACHES_NEVER;
	return attached;
}

void running_look(struct machine *machine, const struct set_member *const *members, size_t count,
	struct running_report *ret_report)
{
	struct looking looking = {.machine = machine};
	size_t attached = machine->has_kernel ? count_attached(members, count) : 0;
	struct error *error = NULL;
	*ret_report = looking.report;
	if (attached == 0)
		return;
	looking.report.entries =
		arena_array(machine->arena, attached, sizeof(*looking.report.entries));
	if (processes_read(&machine->places, machine->arena, &looking.processes, &error)) {
		for (size_t i = 0; i < count; i++)
			if (members[i])
				look_at_member(&looking, members[i]);
		looking.report.is_partial = looking.processes.is_partial;
		looking.report.hidden = looking.processes.hidden;
	} else {
		looking.report.is_partial = true;
		looking.report.hidden = error_words(machine->arena, error);
		error_free(error);
	}
	*ret_report = looking.report;
}

const struct running_profile *running_find(
	const struct running_report *report, struct slice namespace, struct slice name)
{
	for (size_t i = 0; i < report->count; i++)
		if (slice_eq(report->entries[i].namespace, namespace) &&
			slice_eq(report->entries[i].name, name))
			return &report->entries[i];
	return NULL;
}

static void tell_profile(const struct running_profile *entry, size_t *told)
{
	struct slice label = profile_label(entry->arena, entry->namespace, entry->name);
	for (size_t i = 0; i < entry->count; i++)
		if (entry->running[i].is_unconfined && (*told)++ < SHOWN_MOST)
			print_problem("note: %.*s",
				SLICE_FMT(running_words(entry->arena, &entry->running[i], label)));
}

void running_tell(const struct running_report *report)
{
	size_t told = 0;
	for (size_t i = 0; i < report->count; i++)
		tell_profile(&report->entries[i], &told);
	if (told > SHOWN_MOST)
		print_problem("note: and %zu more processes like these", told - SHOWN_MOST);
	if (report->is_partial)
		print_problem("note: not all processes could be seen, some may run without their "
			      "profiles: %.*s",
			SLICE_FMT(report->hidden));
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value) != 0)
		out_of_memory();
}

static void set_text(json_t *object, const char *key, struct slice text)
{
	if (text.len > 0)
		set(object, key, report_json_text(text));
}

static json_t *process_json(struct arena *arena, const struct running *running)
{
	json_t *object = json_object();
	if (!object)
		out_of_memory();
	set(object, "pid", json_integer(running->pid));
	set_text(object, "command", running->command);
	set_text(object, "program", running->program);
	set_text(object, "script", running->script);
	if (running->is_unsure)
		set(object, "unsure", json_true());
	set(object, "deleted", json_boolean(running->is_replaced));
	set_text(object, "unit", running->unit.name);
	set_text(object, "user", running->unit.user);
	set_text(object, "label", running->label);
	if (running->is_unconfined)
		set_text(object, "mend", running_mend(arena, running));
	return object;
}

json_t *running_json(const struct running_profile *profile)
{
	json_t *array = json_array();
	for (size_t i = 0; i < profile->count; i++)
		if (json_array_append_new(
			    array, process_json(profile->arena, &profile->running[i])) != 0)
			out_of_memory();
	return array;
}
