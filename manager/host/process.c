#include "manager/host/process.h"

#include "manager/host/interpreter.h"
#include "manager/host/process_list.h"
#include "manager/host/shebang.h"
#include "manager/host/sight.h"
#include "manager/host/tasks.h"
#include "manager/kernel/label.h"
#include "manager/system/path.h"
#include "manager/system/pseudo.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct slice why_partial(const struct process_list *list, int proc)
{
	struct slice why = sight_obstacle(list->places, proc, list->arena);
	if (why.len == 0 && list->hidden > 0)
		why = arena_printf(list->arena,
			"the programs of %zu process%s cannot be read: run it as root of the host",
			list->hidden, list->hidden == 1 ? "" : "es");
	return why;
}

bool processes_read(const struct places *places, struct arena *arena,
	struct processes *ret_processes, struct error **ret_error)
{
	int proc = path_open(places->proc, O_RDONLY | O_DIRECTORY, 0);
	if (proc < 0)
		return error_make(
			ret_error, errno, "cannot read the processes in '%s'", places->proc);
	struct process_list *list = arena_new(arena, struct process_list);
	list->places = places;
	list->arena = arena;
	bool is_read = process_list_read(list, proc);
	int number = errno;
	struct slice hidden = why_partial(list, proc);
	close(proc);
	if (!is_read)
		return error_make(
			ret_error, number, "cannot read the processes in '%s'", places->proc);
	*ret_processes = (struct processes){
		.places = places, .list = list, .is_partial = hidden.len > 0, .hidden = hidden};
	return true;
}

struct search {
	const struct processes *processes;
	const struct process_question *question;
	struct arena *arena;
	struct running *found;
	size_t count, room;
	int proc;
	char *buffer;
};

/* What is meant by an entry of the list. */
struct meant {
	const struct process_path *path;
	struct slice script; /* empty: the program */
	bool is_unsure;
};

static bool is_of_container(
	const struct search *search, const struct meant *meant, const struct running *running)
{
	char name[64], own[64], first[64];
	snprintf(name, sizeof(name), "%s/ns/pid",
		process_name(meant->path->pid, meant->path->thread).text);
	ssize_t len = pseudo_readlink(search->proc, name, own, sizeof(own));
	return running->unit.is_container ||
	       (len > 0 && pseudo_readlink(search->proc, "1/ns/pid", first, sizeof(first)) > 0 &&
		       !slice_eq(slice_of(own, (size_t)len), slice_of(first, (size_t)len)));
}

static void add_running(struct search *search, const struct running *running)
{
	/* The program and the script may both be meant. */
	for (size_t i = search->count; i-- > 0;)
		if (search->found[i].pid == running->pid)
			return;
	if (search->count == search->room) {
		search->room = search->room ? search->room * 2 : 16;
		struct running *found = arena_array(search->arena, search->room, sizeof(*found));
		if (search->count > 0)
			memcpy(found, search->found, search->count * sizeof(*found));
		search->found = found;
	}
	search->found[search->count++] = *running;
}

/* Reads what is told of a process, whose program is still the same. false when it has gone. */
static bool read_running(struct search *search, const struct meant *meant, struct running *running)
{
	const struct process_path *path = meant->path;
	char link[PATH_MAX], name[64];
	struct slice program, wanted = path->other.len > 0 ? path->other : path->path, text;
	if (!process_exe(
		    search->proc, path->pid, path->thread, link, &program, &running->is_replaced) ||
		!slice_eq(program, wanted))
		return false;
	running->pid = path->pid;
	running->program = wanted;
	running->script = meant->script;
	running->is_unsure = meant->is_unsure;
	snprintf(name, sizeof(name), "%s/cgroup", process_name(path->pid, path->thread).text);
	if (!search->buffer)
		search->buffer = arena_bytes(search->arena, PSEUDO_BYTES);
	if (pseudo_read(search->proc, name, search->buffer, &text))
		running->unit = unit_read(arena_copy(search->arena, text));
	return true;
}

/* Whether the profile would be attached to who has the label; and whether he has it already. */
static bool is_outside(const struct search *search, const struct task *task)
{
	const struct process_question *question = search->question;
	return !label_holds(task->label, question->namespace, question->name) &&
	       label_is_in(task->label, question->namespace);
}

static void look_closely(struct search *search, const struct meant *meant)
{
	struct running running = {0};
	struct tasks tasks;
	size_t outside = 0;
	if (!tasks_of_process(
		    search->processes->places, meant->path->pid, search->arena, &tasks, NULL))
		return;
	for (size_t i = tasks.count; i-- > 0;)
		if (is_outside(search, &tasks.tasks[i])) {
			outside++;
			running.label = tasks.tasks[i].label;
			running.mode = tasks.tasks[i].mode;
			running.command = tasks.tasks[i].command;
		}
	if (outside == 0 || !read_running(search, meant, &running))
		return;
	running.is_thread = outside < tasks.count;
	bool is_unconfined = running.mode.len == 0 || slice_is(running.mode, "unconfined");
	running.is_free = !mode_confines(running.mode) && !slice_is(running.mode, "mixed");
	if (is_unconfined || !is_of_container(search, meant, &running))
		add_running(search, &running);
}

static void look_at(struct search *search, const struct process_path *path)
{
	look_closely(search,
		&(struct meant){.path = path, .script = path->is_script ? path->path : SLICE("")});
}

static void search_program(struct search *search, struct slice program)
{
	const struct process_list *list = search->processes->list;
	for (size_t i = process_list_find(list, program);
		i < list->count && slice_eq(list->paths[i].path, program); i++)
		look_at(search, &list->paths[i]);
}

static void look_at_interpreter(
	struct search *search, struct process_path *path, struct slice script)
{
	const struct origin *origin =
		process_list_origin(search->processes->list, search->proc, path);
	enum origin_match match = origin_match(origin, script);
	bool is_listed = match == ORIGIN_SAME && interpreter_is(path->path);
	if (match != ORIGIN_OTHER && !is_listed)
		look_closely(search, &(struct meant){.path = path,
					     .script = script,
					     .is_unsure = match == ORIGIN_MAYBE});
}

/* Those that run the interpreter of a script, of which the list may tell too little. */
static void search_script(struct search *search, struct slice script)
{
	struct process_list *list = search->processes->list;
	struct slice interpreter = shebang_interpreter(list->places, script, search->arena);
	if (interpreter.len == 0)
		return;
	for (size_t i = process_list_find(list, interpreter);
		i < list->count && slice_eq(list->paths[i].path, interpreter); i++)
		if (list->paths[i].other.len == 0)
			look_at_interpreter(search, &list->paths[i], script);
	/* Another version of it, that env(1) found elsewhere. */
	for (size_t i = 0; i < list->doubtful_count; i++) {
		struct process_path *path = &list->paths[list->doubtful[i]];
		if (interpreter_is_same(path->path, interpreter))
			look_at_interpreter(search, path, script);
	}
}

static void search_accepted(struct search *search)
{
	const struct process_question *question = search->question;
	struct process_list *list = search->processes->list;
	bool accepts = false;
	if (question->by_any_name)
		process_list_complete(list, search->proc);
	for (size_t i = 0; i < list->count; i++) {
		const struct process_path *path = &list->paths[i];
		if (i == 0 || !slice_eq(path->path, path[-1].path))
			accepts = question->accepts(question->context, path->path);
		if (accepts)
			look_at(search, path);
	}
}

static int by_pid(const void *a, const void *b)
{
	const struct running *left = a, *right = b;
	return (left->pid > right->pid) - (left->pid < right->pid);
}

size_t processes_outside(const struct processes *processes, const struct process_question *question,
	struct arena *arena, struct running **ret_running)
{
	struct search search = {
		.processes = processes, .question = question, .arena = arena, .proc = -1};
	*ret_running = NULL;
	search.proc = path_open(processes->places->proc, O_RDONLY | O_DIRECTORY, 0);
	if (search.proc < 0)
		return 0;
	for (size_t i = 0; i < question->program_count; i++)
		search_program(&search, question->programs[i]);
	for (size_t i = 0; i < question->program_count; i++)
		search_script(&search, question->programs[i]);
	if (question->program_count == 0)
		search_accepted(&search);
	close(search.proc);
	if (search.count > 0)
		qsort(search.found, search.count, sizeof(*search.found), by_pid);
	*ret_running = search.found;
	return search.count;
}

struct slice running_mend(struct arena *arena, const struct running *running)
{
	if (running->pid == 1)
		return SLICE("start the machine again");
	return unit_mend(arena, &running->unit);
}

/* "812 (unbound, unbound.service)", with the script where it is one. */
static struct slice name_of(struct arena *arena, const struct running *running)
{
	const struct unit_of *unit = &running->unit;
	struct buf text = buf_new(arena);
	buf_printf(&text, "%d (%.*s", running->pid, SLICE_FMT(running->command));
	for (size_t i = 0; i < running->script.len; i++) {
		char c = running->script.at[i];
		if (i == 0)
			buf_add_char(&text, ' ');
		buf_add_char(&text, (unsigned char)c < ' ' || c == 0x7f ? '?' : c);
	}
	if (unit->name.len > 0)
		buf_printf(&text, ", %.*s", SLICE_FMT(unit->name));
	if (unit->user.len > 0)
		buf_printf(&text, " of user %.*s", SLICE_FMT(unit->user));
	buf_add(&text, SLICE(")"));
	return buf_slice(&text);
}

/* "unconfined", "confined by 'other'", "under 'other' in mode complain, …" */
static struct slice words_of_label(struct arena *arena, const struct running *running)
{
	struct slice label = running->label, mode = running->mode;
	if (mode.len == 0 || slice_is(mode, "unconfined"))
		return SLICE("unconfined");
	return running->is_free ? arena_printf(arena,
					  "under '%.*s' in mode %.*s, which keeps it from nothing",
					  SLICE_FMT(label), SLICE_FMT(mode))
				: arena_printf(arena, "confined by '%.*s'", SLICE_FMT(label));
}

struct slice running_words(struct arena *arena, const struct running *running, struct slice profile)
{
	struct slice name = name_of(arena, running), label = words_of_label(arena, running);
	struct slice mend = running_mend(arena, running);
	if (running->is_loose)
		return arena_printf(arena,
			"process %.*s is not confined by the profile '%.*s', but %.*s: %.*s",
			SLICE_FMT(name), SLICE_FMT(profile), SLICE_FMT(label), SLICE_FMT(mend));
	return arena_printf(arena,
		"process %.*s %s without the profile '%.*s'%s, and %sis %.*s: %.*s%s%s",
		SLICE_FMT(name), running->is_unsure ? "may have been started" : "was started",
		SLICE_FMT(profile),
		running->is_unsure ? " (which script it runs cannot be told)" : "",
		running->is_thread ? "a thread of it " : "", SLICE_FMT(label), SLICE_FMT(mend),
		running->script.len > 0 ? " (by the script's own path)" : "",
		running->is_unsure ? ", if it is that" : "");
}
