#include "manager/host/process_list.h"

#include "manager/host/interpreter.h"
#include "manager/host/tasks.h"
#include "manager/system/pseudo.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct snapshot {
	struct process_list *list;
	int proc;
	bool is_rooted; /* a test's, where no link is the kernel's */
	char link[PATH_MAX];
};

struct process_name process_name(int pid, int thread)
{
	struct process_name name;
	if (thread > 0)
		snprintf(name.text, sizeof(name.text), "%d/task/%d", pid, thread);
	else
		snprintf(name.text, sizeof(name.text), "%d", pid);
	return name;
}

bool process_exe(int proc, int pid, int thread, char *buffer, struct slice *ret_program,
	bool *ret_is_deleted)
{
	char path[64];
	struct slice tail = SLICE(" (deleted)");
	snprintf(path, sizeof(path), "%s/exe", process_name(pid, thread).text);
	ssize_t len = pseudo_readlink(proc, path, buffer, PATH_MAX);
	struct slice program = slice_of(buffer, len < 0 ? 0 : (size_t)len);
	if (len < 0 && !pseudo_is_gone(errno))
		return false;
	*ret_is_deleted = slice_ends(program, tail);
	*ret_program = *ret_is_deleted ? slice_first(program, program.len - tail.len) : program;
	return true;
}

static void add_path(struct process_list *list, const struct process_path *path)
{
	if (list->count == list->room) {
		list->room = list->room ? list->room * 2 : 128;
		struct process_path *paths = arena_array(list->arena, list->room, sizeof(*paths));
		if (list->count > 0)
			memcpy(paths, list->paths, list->count * sizeof(*paths));
		list->paths = paths;
	}
	list->paths[list->count++] = *path;
}

static void read_origin(
	struct process_list *list, int proc, struct process_path *path, bool interprets)
{
	struct origin *origin = arena_new(list->arena, struct origin);
	origin_read(list->places, proc, process_name(path->pid, path->thread).text, path->path,
		interprets, list->arena, origin);
	path->origin = origin;
	path->interprets = interprets;
}

/* `path` is no entry of the list, which may move. */
static void add_origins(struct process_list *list, const struct process_path *path)
{
	for (size_t i = 0; i < path->origin->count; i++)
		add_path(list, &(struct process_path){.path = path->origin->paths[i],
				       .other = path->path,
				       .pid = path->pid,
				       .thread = path->thread,
				       .is_script = path->origin->is_script});
}

struct thread_search {
	struct snapshot *snapshot;
	struct process_path *path;
	struct slice program;
};

static void look_at_thread(void *context, int thread)
{
	struct thread_search *search = context;
	bool is_deleted;
	if (search->program.len == 0 &&
		process_exe(search->snapshot->proc, search->path->pid, thread,
			search->snapshot->link, &search->program, &is_deleted))
		search->path->thread = thread;
}

/*
 * A first thread that has ended shows no program while others run. A thread that is alone, as each
 * of the kernel is, has a task directory of three links (proc_task_getattr of the kernel).
 */
static struct slice find_thread(struct snapshot *snapshot, struct process_path *path)
{
	char name[40];
	struct stat at;
	struct thread_search search = {.snapshot = snapshot, .path = path};
	snprintf(name, sizeof(name), "%d/task", path->pid);
	if (!snapshot->is_rooted && (fstatat(snapshot->proc, name, &at, 0) < 0 || at.st_nlink == 3))
		return search.program;
	int fd = pseudo_open(snapshot->proc, name);
	if (fd >= 0) {
		tasks_each_process(fd, look_at_thread, &search);
		close(fd);
	}
	return search.program;
}

/* A renamed file has a new time of change. A file system of the network is not asked for it. */
static bool may_be_renamed(const struct snapshot *snapshot, const struct process_path *path)
{
	char name[64];
	struct statx at;
	if (snapshot->is_rooted)
		return true;
	snprintf(name, sizeof(name), "%s/exe", process_name(path->pid, path->thread).text);
	return statx(snapshot->proc, name, AT_STATX_DONT_SYNC, STATX_CTIME, &at) == 0 &&
	       at.stx_ctime.tv_sec >= snapshot->list->boot;
}

static void look_at_pid(void *context, int pid)
{
	struct snapshot *snapshot = context;
	struct process_list *list = snapshot->list;
	struct process_path path = {.pid = pid};
	struct slice program;
	bool is_deleted;
	if (!process_exe(snapshot->proc, pid, 0, snapshot->link, &program, &is_deleted)) {
		list->hidden++;
		return;
	}
	if (program.len == 0)
		program = find_thread(snapshot, &path);
	if (program.len == 0)
		return;
	path.path = arena_copy(list->arena, program);
	bool interprets = interpreter_is(path.path);
	if (interprets || may_be_renamed(snapshot, &path))
		read_origin(list, snapshot->proc, &path, interprets);
	add_path(list, &path);
	if (path.origin)
		add_origins(list, &path);
}

static int by_path(const void *a, const void *b)
{
	const struct process_path *left = a, *right = b;
	int order = slice_cmp(left->path, right->path);
	return order ? order : (left->pid > right->pid) - (left->pid < right->pid);
}

static bool is_doubtful(const struct process_path *path)
{
	return path->interprets && (path->origin->is_unsure || path->origin->missing_count > 0);
}

static void sort(struct process_list *list)
{
	if (list->count == 0)
		return;
	qsort(list->paths, list->count, sizeof(*list->paths), by_path);
	list->doubtful = arena_array(list->arena, list->count, sizeof(*list->doubtful));
	list->doubtful_count = 0;
	for (size_t i = 0; i < list->count; i++)
		if (is_doubtful(&list->paths[i]))
			list->doubtful[list->doubtful_count++] = i;
}

static time_t boot_time(void)
{
	struct timespec now, since;
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &since);
	return now.tv_sec - since.tv_sec - 1;
}

bool process_list_read(struct process_list *list, int proc)
{
	struct snapshot snapshot = {
		.list = list, .proc = proc, .is_rooted = list->places->root[0] != '\0'};
	list->boot = boot_time();
	bool is_read = tasks_each_process(proc, look_at_pid, &snapshot);
	int number = errno;
	sort(list);
	errno = number;
	return is_read;
}

size_t process_list_find(const struct process_list *list, struct slice path)
{
	size_t low = 0, high = list->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (slice_cmp(list->paths[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void process_list_complete(struct process_list *list, int proc)
{
	size_t count = list->is_complete ? 0 : list->count;
	for (size_t i = 0; i < count; i++) {
		struct process_path path = list->paths[i];
		if (path.other.len > 0 || path.origin)
			continue;
		read_origin(list, proc, &path, false);
		list->paths[i] = path;
		add_origins(list, &path);
	}
	list->is_complete = true;
	sort(list);
}

const struct origin *process_list_origin(
	struct process_list *list, int proc, struct process_path *path)
{
	if (!path->interprets)
		read_origin(list, proc, path, true);
	return path->origin;
}
