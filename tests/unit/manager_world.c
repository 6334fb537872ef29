#include "tests/unit/manager_world.h"

#include "tests/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A process that is killed loses nothing that it wrote: these tests need no flush, and would spend
 * a minute on it. A count tells whether it was asked for.
 */
static unsigned worlds, flushes;

int fsync(int fd)
{
	flushes++;
	return worlds > 0 ? 0 : (int)syscall(SYS_fsync, fd);
}

unsigned world_flushes(void)
{
	return flushes;
}

void world_begin(struct world *world)
{
	*world = (struct world){.place = place_begin()};
	worlds++;
	arena_init(&world->arena, test_out_of_memory);
	place_put(&world->place, "etc/apparmor.d/abi/3.0", "");
	if (!places_find(world->place.path, &world->places, NULL))
		abort();
}

void world_end(struct world *world)
{
	places_free(&world->places);
	arena_free(&world->arena);
	place_end(&world->place);
	worlds--;
}

static int by_text(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

struct list {
	struct slice lines[4096];
	size_t count;
};

static void list_file(struct world *world, const char *path, struct list *list)
{
	char text[65536];
	struct stat at;
	if (lstat(place_at(&world->place, path), &at) < 0 || list->count == 4096)
		abort();
	bool is_link = S_ISLNK(at.st_mode);
	ssize_t len = -1;
	if (is_link)
		len = readlink(place_at(&world->place, path), text, sizeof(text));
	else {
		int fd = open(place_at(&world->place, path), O_RDONLY | O_CLOEXEC);
		len = fd < 0 ? -1 : read(fd, text, sizeof(text));
		if (fd >= 0)
			close(fd);
	}
	if (len < 0)
		abort();
	list->lines[list->count++] = arena_printf(&world->arena, "%s%s%.*s\n", path,
		is_link ? " -> " : ": ", SLICE_FMT(slice_of(text, (size_t)len)));
}

static void list_directory(struct world *world, const char *path, struct list *list)
{
	DIR *entries = opendir(place_at(&world->place, path));
	if (!entries)
		abort();
	for (struct dirent *entry; (entry = readdir(entries));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		const char *below =
			arena_printf(&world->arena, "%s%s%s", path, *path ? "/" : "", entry->d_name)
				.at;
		if (entry->d_type == DT_DIR)
			list_directory(world, below, list);
		else
			list_file(world, below, list);
	}
	closedir(entries);
}

struct slice world_listing(struct world *world)
{
	static struct list list;
	list.count = 0;
	list_directory(world, "", &list);
	if (list.count > 0)
		qsort(list.lines, list.count, sizeof(*list.lines), by_text);
	struct buf text = buf_new(&world->arena);
	for (size_t i = 0; i < list.count; i++)
		buf_add(&text, list.lines[i]);
	return buf_slice(&text);
}

static bool is_changing(const struct __ptrace_syscall_info *info)
{
	switch (info->entry.nr) {
#ifdef SYS_open
	case SYS_open:
		return info->entry.args[1] & (O_CREAT | O_WRONLY | O_RDWR | O_TRUNC);
#endif
	case SYS_openat:
		return info->entry.args[2] & (O_CREAT | O_WRONLY | O_RDWR | O_TRUNC);
#ifdef SYS_mkdir
	case SYS_mkdir:
	case SYS_rmdir:
	case SYS_unlink:
	case SYS_rename:
	case SYS_symlink:
	case SYS_chmod:
#endif
#ifdef SYS_renameat
	case SYS_renameat:
#endif
	case SYS_write:
	case SYS_pwrite64:
	case SYS_mkdirat:
	case SYS_unlinkat:
	case SYS_renameat2:
	case SYS_symlinkat:
	case SYS_fchmod:
	case SYS_fchmodat:
	case SYS_ftruncate:
		return true;
	}
	return false;
}

/* Lets the stopped child go on to its next changing call. false when it has ended. */
static bool next_change(pid_t pid, int *status)
{
	do {
		struct __ptrace_syscall_info info;
		ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
		waitpid(pid, status, 0);
		if (!WIFSTOPPED(*status))
			return false;
		long got = ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
		if (got > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY && is_changing(&info))
			return true;
	} while (true);
}

bool world_act_and_die(struct world *world, bool (*act)(struct world *world), int n)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(act(world) ? 0 : 1);
	}
	int status;
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (; n > 0; n--)
		if (!next_change(pid, &status)) {
			CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
			return false;
		}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return true;
}
