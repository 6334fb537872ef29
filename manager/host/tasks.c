#include "manager/host/tasks.h"

#include "manager/host/sight.h"
#include "manager/kernel/label.h"
#include "manager/kernel/loaded.h"
#include "manager/system/pseudo.h"
#include "manager/system/path.h"
#include "manager/system/rooted.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct walk {
	struct arena *arena;
	int proc;
	bool is_rooted; /* an image's, where anything may be a link */
	struct task *tasks;
	size_t count, room;
	size_t hidden;	/* labels that could not be read */
	bool wants_all; /* the unconfined ones as well */
	char buffer[PSEUDO_BYTES];
};

/*
 * The label of the task at `path` below proc. EINVAL means that AppArmor is not there or off, and
 * is no reason to ask attr/current, which another security module may answer.
 */
static bool read_label(struct walk *walk, const char *path, struct slice *ret_text)
{
	char name[96];
	snprintf(name, sizeof(name), "%s/attr/apparmor/current", path);
	if (pseudo_read(walk->proc, name, walk->buffer, ret_text))
		return true;
	if (errno == ENOENT) {
		snprintf(name, sizeof(name), "%s/attr/current", path);
		if (pseudo_read(walk->proc, name, walk->buffer, ret_text))
			return true;
	}
	if (errno != EINVAL)
		return false;
	*ret_text = slice_of(NULL, 0);
	return true;
}

static struct slice read_command(struct walk *walk, int pid)
{
	char name[32];
	struct slice text;
	snprintf(name, sizeof(name), "%d/comm", pid);
	if (!pseudo_read(walk->proc, name, walk->buffer, &text))
		return slice_of(NULL, 0);
	for (char *at = walk->buffer; at < walk->buffer + text.len; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	return arena_copy(walk->arena, text);
}

static void add_task(struct walk *walk, const struct task *task)
{
	if (walk->count == walk->room) {
		walk->room = walk->room ? walk->room * 2 : 64;
		struct task *tasks = arena_array(walk->arena, walk->room, sizeof(*tasks));
		if (walk->count > 0)
			memcpy(tasks, walk->tasks, walk->count * sizeof(*tasks));
		walk->tasks = tasks;
	}
	walk->tasks[walk->count++] = *task;
}

/* Whether a thread of the process before this one had that label. */
static bool is_known(const struct walk *walk, int pid, struct slice label, struct slice mode)
{
	for (size_t i = walk->count; i-- > 0 && walk->tasks[i].pid == pid;)
		if (slice_eq(walk->tasks[i].label, label) && slice_eq(walk->tasks[i].mode, mode))
			return true;
	return false;
}

/* A zombie keeps its label until its parent asks for it, but runs no more. "17 (a) b) Z 1 …" */
static bool is_dead(struct walk *walk, const char *path)
{
	char name[96];
	struct slice text;
	snprintf(name, sizeof(name), "%s/stat", path);
	if (!pseudo_read(walk->proc, name, walk->buffer, &text))
		return errno == ESRCH;
	const char *end = text.len ? memrchr(text.at, ')', text.len) : NULL;
	size_t state = end ? (size_t)(end - text.at) + 2 : text.len;
	return state < text.len && memchr("ZXx", text.at[state], 3);
}

static void look_at_thread(struct walk *walk, int pid, const char *path)
{
	struct slice text, label, mode;
	if (!read_label(walk, path, &text)) {
		walk->hidden += !pseudo_is_gone(errno);
		return;
	}
	label_split_mode(text, &label, &mode);
	/* A label of namespaces that are not ours to see. */
	walk->hidden += slice_is(label, "---");
	if ((mode.len == 0 && !walk->wants_all) || is_known(walk, pid, label, mode))
		return;
	struct task task = {.pid = pid,
		.label = arena_copy(walk->arena, label),
		.mode = arena_copy(walk->arena, mode)};
	if (is_dead(walk, path))
		return;
	task.command = read_command(walk, pid);
	add_task(walk, &task);
}

/* The number that a directory of proc is named by, or 0. */
static int number_of(const char *name)
{
	char *end;
	if (*name < '1' || *name > '9')
		return 0;
	errno = 0;
	long number = strtol(name, &end, 10);
	return *end || errno || number > INT32_MAX ? 0 : (int)number;
}

static void look_at_threads(struct walk *walk, int pid)
{
	char path[64];
	snprintf(path, sizeof(path), "%d/task", pid);
	int fd = pseudo_open(walk->proc, path);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	if (!entries) {
		walk->hidden += !pseudo_is_gone(errno);
		if (fd >= 0)
			close(fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(entries));) {
		int thread = number_of(entry->d_name);
		snprintf(path, sizeof(path), "%d/task/%d", pid, thread);
		if (thread > 0)
			look_at_thread(walk, pid, path);
	}
	closedir(entries);
}

static bool stat_below(const struct walk *walk, const char *path, struct stat *ret_stat)
{
	if (!walk->is_rooted)
		return fstatat(walk->proc, path, ret_stat, AT_SYMLINK_NOFOLLOW) == 0;
	int fd = rooted_open(walk->proc, path, O_PATH | O_NOFOLLOW, 0);
	bool is_there = fd >= 0 && fstat(fd, ret_stat) == 0;
	if (fd >= 0)
		close(fd);
	return is_there;
}

/* The task directory of a process has two links and one for each thread (proc_task_getattr of the
 * kernel): most have one only, whose label is that of the process. */
static void look_at_process(struct walk *walk, int pid)
{
	char path[64];
	struct stat at;
	snprintf(path, sizeof(path), "%d/task", pid);
	if (stat_below(walk, path, &at) && at.st_nlink != 3) {
		look_at_threads(walk, pid);
		return;
	}
	snprintf(path, sizeof(path), "%d", pid);
	look_at_thread(walk, pid, path);
}

static int by_pid(const void *a, const void *b)
{
	const struct task *left = a, *right = b;
	if (left->pid != right->pid)
		return left->pid < right->pid ? -1 : 1;
	int order = slice_cmp(left->label, right->label);
	return order ? order : slice_cmp(left->mode, right->mode);
}

static struct walk *walk_begin(
	const struct places *places, struct arena *arena, struct error **ret_error)
{
	int proc = path_open(places->proc, O_RDONLY | O_DIRECTORY, 0);
	if (proc < 0) {
		error_make(ret_error, errno, "cannot read the processes in '%s'", places->proc);
		return NULL;
	}
	struct walk *walk = arena_new(arena, struct walk);
	walk->arena = arena;
	walk->proc = proc;
	walk->is_rooted = places->root[0] != '\0';
	return walk;
}

bool tasks_each_process(int proc, void (*use)(void *context, int pid), void *context)
{
	int fd = pseudo_open(proc, ".");
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	if (!entries) {
		int number = errno;
		if (fd >= 0)
			close(fd);
		errno = number;
		return false;
	}
	int number = 0;
	for (;;) {
		errno = 0;
		struct dirent *entry = readdir(entries);
		number = errno;
		if (!entry)
			break;
		int pid = number_of(entry->d_name);
		if (pid > 0)
			use(context, pid);
	}
	closedir(entries);
	errno = number;
	return number == 0;
}

static void look_at_pid(void *context, int pid)
{
	look_at_process(context, pid);
}

static struct slice why_partial(const struct places *places, const struct walk *walk)
{
	struct slice why = sight_obstacle(places, walk->proc, walk->arena);
	if (why.len == 0 && walk->hidden > 0)
		why = arena_printf(walk->arena,
			"the labels of %zu task%s cannot be read: run it as root of the host, outside "
			"of any AppArmor namespace",
			walk->hidden, walk->hidden == 1 ? "" : "s");
	return why;
}

static struct tasks found_tasks(const struct walk *walk, struct slice hidden)
{
	if (walk->count > 0)
		qsort(walk->tasks, walk->count, sizeof(*walk->tasks), by_pid);
	return (struct tasks){walk->tasks, walk->count, hidden.len > 0, hidden};
}

static bool read_tasks(const struct places *places, bool wants_all, struct arena *arena,
	struct tasks *ret_tasks, struct error **ret_error)
{
	struct walk *walk = walk_begin(places, arena, ret_error);
	if (!walk)
		return false;
	walk->wants_all = wants_all;
	bool is_read = tasks_each_process(walk->proc, look_at_pid, walk);
	int number = errno;
	struct slice hidden = why_partial(places, walk);
	close(walk->proc);
	if (!is_read)
		return error_make(
			ret_error, number, "cannot read the processes in '%s'", places->proc);
	*ret_tasks = found_tasks(walk, hidden);
	return true;
}

bool tasks_of_process(const struct places *places, int pid, struct arena *arena,
	struct tasks *ret_tasks, struct error **ret_error)
{
	struct walk *walk = walk_begin(places, arena, ret_error);
	if (!walk)
		return false;
	walk->wants_all = true;
	look_at_process(walk, pid);
	close(walk->proc);
	*ret_tasks = found_tasks(
		walk, walk->hidden > 0 ? SLICE("a label cannot be read") : slice_of(NULL, 0));
	return true;
}

bool tasks_read(const struct places *places, struct arena *arena, struct tasks *ret_tasks,
	struct error **ret_error)
{
	return read_tasks(places, false, arena, ret_tasks, ret_error);
}

static bool task_error(int number, int pid, struct error **ret_error)
{
	if (pseudo_is_gone(number))
		return error_say(ret_error, ESRCH, "there is no process %d", pid);
	if (pseudo_is_denied(number))
		return error_say(ret_error, EACCES, "the label of process %d is hidden from us: %s",
			pid,
			geteuid() == 0 ? "it is outside of our AppArmor namespace" : "run as root");
	return error_make(ret_error, number, "cannot read the label of process %d", pid);
}

bool task_read(const struct places *places, int pid, struct arena *arena, struct task *ret_task,
	struct error **ret_error)
{
	char path[32];
	struct slice text;
	struct walk *walk = walk_begin(places, arena, ret_error);
	if (!walk)
		return false;
	snprintf(path, sizeof(path), "%d", pid);
	bool is_read = read_label(walk, path, &text);
	int number = errno;
	struct task task = {.pid = pid};
	if (is_read) {
		label_split_mode(arena_copy(arena, text), &task.label, &task.mode);
		task.command = read_command(walk, pid);
	}
	close(walk->proc);
	if (!is_read)
		return task_error(number, pid, ret_error);
	*ret_task = task;
	return true;
}

bool label_holds(struct slice label, struct slice namespace, struct slice name)
{
	struct slice of_member = SLICE(""), member;
	while (label_next_member(&label, &of_member, &member))
		if (slice_eq(of_member, namespace) && name_is_below(member, name))
			return true;
	return false;
}

bool label_is_in(struct slice label, struct slice namespace)
{
	struct slice of_member = SLICE(""), member;
	while (label_next_member(&label, &of_member, &member))
		if (slice_eq(of_member, namespace))
			return true;
	return false;
}

/* In the namespace, or in one inside of it. */
static bool is_in_namespace(struct slice label, struct slice namespace)
{
	struct slice of_member = SLICE(""), member;
	while (label_next_member(&label, &of_member, &member))
		if (name_is_below(of_member, namespace))
			return true;
	return false;
}

bool tasks_of_namespace(const struct places *places, struct slice namespace, struct arena *arena,
	struct tasks *ret_tasks, struct error **ret_error)
{
	struct tasks tasks;
	size_t count = 0;
	if (!read_tasks(places, true, arena, &tasks, ret_error))
		return false;
	for (size_t i = 0; i < tasks.count; i++)
		if (is_in_namespace(tasks.tasks[i].label, namespace))
			tasks.tasks[count++] = tasks.tasks[i];
	tasks.count = count;
	*ret_tasks = tasks;
	return true;
}
