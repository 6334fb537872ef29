#include "cli/running.h"

#include "analysis/decide.h"
#include "cli/plan.h"
#include "cli/report.h"
#include "cli/stale.h"
#include "manager/host/loose.h"
#include "manager/kernel/label.h"

#define SHOWN_MOST 10 /* notes of one run */

#define NAMED_MOST 3 /* processes in words */

struct looking {
	struct machine *machine;
	struct processes processes;
	bool has_processes;
	struct tasks tasks; /* those that may be loose */
	struct running_report report;
};

static bool attaches(const void *context, struct slice program)
{
	return decide_attaches(context, program);
}

void running_add(struct running_profile *profile, const struct running *more, size_t count)
{
	if (count == 0)
		return;
	struct running *all = arena_array(profile->arena, profile->count + count, sizeof(*all));
	if (profile->count > 0)
		memcpy(all, profile->running, profile->count * sizeof(*all));
	memcpy(all + profile->count, more, count * sizeof(*all));
	profile->running = all;
	profile->count += count;
}

static void look(
	struct looking *looking, struct process_question *question, struct running_profile *profile)
{
	struct running *running;
	question->namespace = profile->namespace;
	question->name = profile->name;
	size_t count = processes_outside(&looking->processes, question, profile->arena, &running);
	running_add(profile, running, count);
}

/* By its automaton, which is read once more for that. */
static void look_by_pattern(struct looking *looking, const struct set_member *member,
	const struct set_profile *top, struct running_profile *profile)
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
		look(looking, &question, profile);
	}
	arena_free(&work);
}

static void look_outside(struct looking *looking, const struct set_member *member,
	const struct set_profile *top, struct running_profile *profile)
{
	struct process_question question = {
		.programs = top->programs, .program_count = top->program_count};
	if (top->attaches == SET_ATTACHES_PATTERN)
		look_by_pattern(looking, member, top, profile);
	else if (top->program_count > 0)
		look(looking, &question, profile);
}

struct meant {
	const struct set_member *member;
	struct slice namespace;
};

static bool is_meant(const void *context, struct slice child)
{
	const struct meant *meant = context;
	return set_member_find(meant->member, meant->namespace, child) != NULL;
}

static void look_inside(struct looking *looking, const struct set_member *member,
	const struct set_profile *top, struct running_profile *profile)
{
	const struct meant meant = {member, top->namespace};
	const struct loose_question question = {.namespace = top->namespace,
		.name = top->name,
		.is_meant = is_meant,
		.context = &meant};
	struct running *running;
	if (!mode_confines(slice_str(mode_word(top->mode))))
		return;
	size_t count = processes_loose(
		&looking->machine->places, &looking->tasks, &question, profile->arena, &running);
	running_add(profile, running, count);
}

static void look_at_member(struct looking *looking, const struct set_member *member)
{
	for (const struct set_profile *top = NULL; (top = set_member_next_top(member, top));) {
		struct running_profile profile = {.namespace = top->namespace,
			.name = top->name,
			.arena = looking->machine->arena};
		if (looking->has_processes)
			look_outside(looking, member, top, &profile);
		look_inside(looking, member, top, &profile);
		if (profile.count > 0)
			looking->report.entries[looking->report.count++] = profile;
	}
}

/* How many profiles there are, and whether one attaches to programs. */
static size_t count_tops(
	const struct set_member *const *members, size_t count, bool *ret_has_attached)
{
	size_t tops = 0;
	*ret_has_attached = false;
	for (size_t i = 0; i < count; i++)
		for (const struct set_profile *top = NULL;
			members[i] && (top = set_member_next_top(members[i], top)); tops++)
			*ret_has_attached |= top->attaches != SET_ATTACHES_NEVER;
	return tops;
}

static void note_partial(struct running_report *report, struct slice hidden)
{
	report->is_partial = true;
	if (report->hidden.len == 0)
		report->hidden = hidden;
}

/* Now, after the load. */
static void read_tasks(struct looking *looking)
{
	struct arena *arena = looking->machine->arena;
	struct error *error = NULL;
	struct tasks tasks = {0};
	if (!tasks_read(&looking->machine->places, arena, &tasks, &error)) {
		tasks = (struct tasks){.is_partial = true, .hidden = error_words(arena, error)};
		error_free(error);
	}
	looking->tasks = tasks_that_log(&tasks, arena);
	if (tasks.is_partial)
		note_partial(&looking->report, tasks.hidden);
}

static void read_processes(struct looking *looking)
{
	struct arena *arena = looking->machine->arena;
	struct error *error = NULL;
	looking->has_processes =
		processes_read(&looking->machine->places, arena, &looking->processes, &error);
	if (!looking->has_processes)
		note_partial(&looking->report, error_words(arena, error));
	else if (looking->processes.is_partial)
		note_partial(&looking->report, looking->processes.hidden);
	error_free(error);
}

void running_look(struct machine *machine, const struct set_member *const *members, size_t count,
	struct running_report *ret_report)
{
	struct looking looking = {
		.machine = machine,
		.report = {.machine = machine, .members = members, .member_count = count},
	};
	bool has_attached;
	size_t tops = machine->has_kernel ? count_tops(members, count, &has_attached) : 0;
	if (tops > 0) {
		looking.report.entries =
			arena_array(machine->arena, tops, sizeof(*looking.report.entries));
		read_tasks(&looking);
		if (has_attached)
			read_processes(&looking);
	}
	for (size_t i = 0; tops > 0 && i < count; i++)
		if (members[i])
			look_at_member(&looking, members[i]);
	*ret_report = looking.report;
}

struct slice running_names(struct arena *arena, const struct running *running, size_t count)
{
	struct buf words = buf_new(arena);
	for (size_t i = 0; i < count && i < NAMED_MOST; i++) {
		buf_printf(&words, "%s%d (%.*s", i ? ", " : "", running[i].pid,
			SLICE_FMT(running[i].command));
		if (running[i].unit.name.len > 0)
			buf_printf(&words, ", %.*s", SLICE_FMT(running[i].unit.name));
		buf_add_char(&words, ')');
	}
	if (count > NAMED_MOST)
		buf_add_str(&words, " …");
	return buf_slice(&words);
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
		if (entry->running[i].is_free && (*told)++ < SHOWN_MOST)
			print_problem("note: %.*s",
				SLICE_FMT(running_words(entry->arena, &entry->running[i], label)));
}

void running_tell(const struct running_report *report)
{
	size_t told = 0;
	for (size_t i = 0; i < report->member_count; i++)
		if (report->members[i])
			stale_tell(report->machine, report->members[i]);
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
	if (running->is_free)
		set_text(object, "mode", running->mode);
	if (running->is_free)
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
