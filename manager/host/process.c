#include "manager/host/process.h"

#include "manager/host/interpreter.h"
#include "manager/host/sight.h"
#include "manager/kernel/label.h"
#include "manager/system/pseudo.h"
#include "manager/system/path.h"
#include "manager/host/tasks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CMDLINE_MOST ((size_t)16 * 1024) /* a script is named at its beginning */

/* A process stands here once for its program, and once for its script. */
struct process_path {
	struct slice path;
	struct slice other; /* of an entry for the script: the program */
	int pid;
	bool is_replaced;
};

struct snapshot {
	struct arena *arena;
	int proc;
	struct process_path *paths;
	size_t count, room;
	size_t hidden;
	char link[PATH_MAX];
	char cmdline[CMDLINE_MOST];
};

static void add_path(struct snapshot *snapshot, const struct process_path *path)
{
	if (snapshot->count == snapshot->room) {
		snapshot->room = snapshot->room ? snapshot->room * 2 : 128;
		struct process_path *paths =
			arena_array(snapshot->arena, snapshot->room, sizeof(*paths));
		if (snapshot->count > 0)
			memcpy(paths, snapshot->paths, snapshot->count * sizeof(*paths));
		snapshot->paths = paths;
	}
	snapshot->paths[snapshot->count++] = *path;
}

/* What the link of a process names: empty for a thread of the kernel and what has ended. */
static bool read_link(int proc, int pid, const char *name, char *buffer, struct slice *ret_target)
{
	char path[32];
	snprintf(path, sizeof(path), "%d/%s", pid, name);
	ssize_t len = pseudo_readlink(proc, path, buffer, PATH_MAX);
	*ret_target = slice_of(buffer, len < 0 ? 0 : (size_t)len);
	return len >= 0 || pseudo_is_gone(errno);
}

static bool cut_deleted(struct slice *program)
{
	struct slice tail = SLICE(" (deleted)");
	if (!slice_ends(*program, tail))
		return false;
	program->len -= tail.len;
	return true;
}

static struct slice read_cmdline(struct snapshot *snapshot, int pid)
{
	char path[32];
	snprintf(path, sizeof(path), "%d/cmdline", pid);
	int fd = pseudo_open_file(snapshot->proc, path);
	ssize_t len = fd < 0 ? 0 : read(fd, snapshot->cmdline, CMDLINE_MOST);
	if (fd >= 0)
		close(fd);
	return slice_of(snapshot->cmdline, len < 0 ? 0 : (size_t)len);
}

/* "./x/../y" below "/srv" to "/srv/y", by its words alone. */
static struct slice absolute(struct arena *arena, struct slice directory, struct slice name)
{
	bool is_absolute = name.at[0] == '/';
	struct slice text = arena_printf(arena, "%.*s/%.*s",
		SLICE_FMT(is_absolute ? SLICE("") : directory), SLICE_FMT(name));
	char *out = arena_bytes(arena, text.len + 1);
	size_t len = 0;
	while (text.len > 0) {
		const char *end = memchr(text.at, '/', text.len);
		struct slice part = end ? slice_of(text.at, (size_t)(end - text.at)) : text;
		text = slice_from(text, part.len + 1);
		if (part.len == 0 || slice_is(part, "."))
			continue;
		if (slice_is(part, "..")) {
			const char *slash = len ? memrchr(out, '/', len) : NULL;
			len = slash ? (size_t)(slash - out) : 0;
			continue;
		}
		out[len++] = '/';
		memcpy(out + len, part.at, part.len);
		len += part.len;
	}
	return slice_of(out, len);
}

static void add_script(struct snapshot *snapshot, int pid, struct slice program)
{
	struct slice script = interpreter_script(program, read_cmdline(snapshot, pid));
	struct slice directory = SLICE("");
	if (script.len == 0 || (script.at[0] != '/' && (!read_link(snapshot->proc, pid, "cwd",
								snapshot->link, &directory) ||
							       directory.len == 0)))
		return;
	struct process_path path = {.pid = pid, .other = program};
	path.path = absolute(snapshot->arena, directory, script);
	if (path.path.len > 0)
		add_path(snapshot, &path);
}

static void look_at_process(struct snapshot *snapshot, int pid)
{
	struct slice program;
	struct process_path path = {.pid = pid};
	if (!read_link(snapshot->proc, pid, "exe", snapshot->link, &program))
		snapshot->hidden++;
	if (program.len == 0)
		return;
	path.is_replaced = cut_deleted(&program);
	path.path = arena_copy(snapshot->arena, program);
	add_path(snapshot, &path);
	if (interpreter_is(path.path))
		add_script(snapshot, pid, path.path);
}

static int by_path(const void *a, const void *b)
{
	const struct process_path *left = a, *right = b;
	int order = slice_cmp(left->path, right->path);
	return order ? order : (left->pid > right->pid) - (left->pid < right->pid);
}

static void look_at_pid(void *context, int pid)
{
	look_at_process(context, pid);
}

static struct slice why_partial(
	const struct places *places, const struct snapshot *snapshot, struct arena *arena)
{
	struct slice why = sight_obstacle(places, snapshot->proc, arena);
	if (why.len == 0 && snapshot->hidden > 0)
		why = arena_printf(arena,
			"the programs of %zu process%s cannot be read: run it as root of the host",
			snapshot->hidden, snapshot->hidden == 1 ? "" : "es");
	return why;
}

bool processes_read(const struct places *places, struct arena *arena,
	struct processes *ret_processes, struct error **ret_error)
{
	int proc = path_open(places->proc, O_RDONLY | O_DIRECTORY, 0);
	if (proc < 0)
		return error_make(
			ret_error, errno, "cannot read the processes in '%s'", places->proc);
	struct snapshot *snapshot = arena_new(arena, struct snapshot);
	snapshot->arena = arena;
	snapshot->proc = proc;
	bool is_read = tasks_each_process(proc, look_at_pid, snapshot);
	int number = errno;
	struct slice hidden = why_partial(places, snapshot, arena);
	close(proc);
	if (!is_read)
		return error_make(
			ret_error, number, "cannot read the processes in '%s'", places->proc);
	if (snapshot->count > 0)
		qsort(snapshot->paths, snapshot->count, sizeof(*snapshot->paths), by_path);
	*ret_processes = (struct processes){.places = places,
		.paths = snapshot->paths,
		.count = snapshot->count,
		.is_partial = hidden.len > 0,
		.hidden = hidden};
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

static bool is_of_container(const struct search *search, const struct running *running)
{
	char name[32], own[64], first[64];
	snprintf(name, sizeof(name), "%d/ns/pid", running->pid);
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
static bool read_running(
	struct search *search, const struct process_path *path, struct running *running)
{
	char link[PATH_MAX], name[32];
	struct slice program, wanted = path->other.len > 0 ? path->other : path->path, text;
	if (!read_link(search->proc, path->pid, "exe", link, &program))
		return false;
	running->is_replaced = cut_deleted(&program);
	if (!slice_eq(program, wanted))
		return false;
	running->pid = path->pid;
	running->program = wanted;
	if (path->other.len > 0)
		running->script = path->path;
	snprintf(name, sizeof(name), "%d/cgroup", path->pid);
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

static void look_closely(struct search *search, const struct process_path *path)
{
	struct running running = {0};
	struct tasks tasks;
	size_t outside = 0;
	if (!tasks_of_process(search->processes->places, path->pid, search->arena, &tasks, NULL))
		return;
	for (size_t i = tasks.count; i-- > 0;)
		if (is_outside(search, &tasks.tasks[i])) {
			outside++;
			running.label = tasks.tasks[i].label;
			running.mode = tasks.tasks[i].mode;
			running.command = tasks.tasks[i].command;
		}
	if (outside == 0 || !read_running(search, path, &running))
		return;
	running.is_thread = outside < tasks.count;
	bool is_unconfined = running.mode.len == 0 || slice_is(running.mode, "unconfined");
	running.is_free = !mode_confines(running.mode) && !slice_is(running.mode, "mixed");
	if (is_unconfined || !is_of_container(search, &running))
		add_running(search, &running);
}

/* The first entry that is not before the path. */
static size_t find_first(const struct processes *processes, struct slice path)
{
	size_t low = 0, high = processes->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (slice_cmp(processes->paths[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void search_program(struct search *search, struct slice program)
{
	const struct processes *processes = search->processes;
	for (size_t i = find_first(processes, program);
		i < processes->count && slice_eq(processes->paths[i].path, program); i++)
		look_closely(search, &processes->paths[i]);
}

static void search_accepted(struct search *search)
{
	const struct process_question *question = search->question;
	const struct processes *processes = search->processes;
	bool accepts = false;
	for (size_t i = 0; i < processes->count; i++) {
		const struct process_path *path = &processes->paths[i];
		if (i == 0 || !slice_eq(path->path, path[-1].path))
			accepts = question->accepts(question->context, path->path);
		if (accepts)
			look_closely(search, path);
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
		"process %.*s was started without the profile '%.*s', and %sis %.*s: %.*s%s",
		SLICE_FMT(name), SLICE_FMT(profile), running->is_thread ? "a thread of it " : "",
		SLICE_FMT(label), SLICE_FMT(mend),
		running->script.len > 0 ? " (by the script's own path)" : "");
}
