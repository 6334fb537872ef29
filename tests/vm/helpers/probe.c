/*
 * A process to be confined: tries what its arguments say and prints a line for each, the action and
 * 'ok' or the name of the errno. Linked statically, so that it needs nothing but itself.
 *
 *     probe read:/etc/shadow socket:inet:stream    read:/etc/shadow EACCES
 *                                                   socket:inet:stream ok
 *
 *     read:PATH write:PATH     open an existing file and close it again
 *     create:PATH unlink:PATH mkdir:PATH rmdir:PATH list:PATH
 *     lock:PATH                open for writing and lock
 *     map:PATH                 map into memory as code
 *     exec:PATH                run with one argument, 'true', as busybox and this program know it
 *     link:OLD:NEW rename:OLD:NEW symlink:OLD:NEW
 *     socket:FAMILY:TYPE       inet inet6 unix netlink packet, stream dgram raw
 *     mount:PATH               a tmpfs there
 *     chown:PATH               to user 1000
 *     kill:PID                 SIGCONT
 *     sleep:SECONDS
 */
#include <errno.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct name {
	const char *name;
	int value;
};

static const struct name families[] = {
	{"inet", AF_INET},
	{"inet6", AF_INET6},
	{"unix", AF_UNIX},
	{"netlink", AF_NETLINK},
	{"packet", AF_PACKET},
	{NULL, -1},
};

static const struct name types[] = {
	{"stream", SOCK_STREAM},
	{"dgram", SOCK_DGRAM},
	{"raw", SOCK_RAW},
	{NULL, -1},
};

static int value_of(const struct name *names, const char *name)
{
	while (names->name && strcmp(names->name, name))
		names++;
	if (!names->name) {
		fprintf(stderr, "probe: no '%s'\n", name);
		exit(2);
	}
	return names->value;
}

static int opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOCTTY, 0644);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static int try_read(const char *path, const char *unused)
{
	(void)unused;
	return opened(path, O_RDONLY);
}

static int try_write(const char *path, const char *unused)
{
	(void)unused;
	return opened(path, O_WRONLY);
}

static int try_create(const char *path, const char *unused)
{
	(void)unused;
	return opened(path, O_WRONLY | O_CREAT | O_EXCL);
}

static int try_list(const char *path, const char *unused)
{
	(void)unused;
	return opened(path, O_RDONLY | O_DIRECTORY);
}

static int try_unlink(const char *path, const char *unused)
{
	(void)unused;
	return unlink(path);
}

static int try_mkdir(const char *path, const char *unused)
{
	(void)unused;
	return mkdir(path, 0755);
}

static int try_rmdir(const char *path, const char *unused)
{
	(void)unused;
	return rmdir(path);
}

static int try_lock(const char *path, const char *unused)
{
	(void)unused;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -1 : flock(fd, LOCK_EX | LOCK_NB);
}

static int try_map(const char *path, const char *unused)
{
	(void)unused;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0;
}

/* The errno of execve comes back as the exit status of the child. */
static int try_exec(const char *path, const char *unused)
{
	(void)unused;
	int status;
	pid_t child = fork();
	if (child == 0) {
		execl(path, path, "true", (char *)NULL);
		_exit(errno);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return -1;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return errno ? -1 : 0;
}

static int try_link(const char *from, const char *to)
{
	return link(from, to);
}

static int try_rename(const char *from, const char *to)
{
	return rename(from, to);
}

static int try_symlink(const char *from, const char *to)
{
	return symlink(from, to);
}

static int try_socket(const char *family, const char *type)
{
	int fd = socket(value_of(families, family), value_of(types, type) | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static int try_mount(const char *path, const char *unused)
{
	(void)unused;
	return mount("probe", path, "tmpfs", 0, NULL);
}

static int try_chown(const char *path, const char *unused)
{
	(void)unused;
	return chown(path, 1000, 1000);
}

static int try_kill(const char *pid, const char *unused)
{
	(void)unused;
	return kill(atoi(pid), SIGCONT);
}

static int try_sleep(const char *seconds, const char *unused)
{
	(void)unused;
	sleep((unsigned)atoi(seconds));
	return 0;
}

static const struct action {
	const char *name;
	int arguments;
	int (*try)(const char *first, const char *second);
} actions[] = {
	{"read", 1, try_read},
	{"write", 1, try_write},
	{"create", 1, try_create},
	{"list", 1, try_list},
	{"unlink", 1, try_unlink},
	{"mkdir", 1, try_mkdir},
	{"rmdir", 1, try_rmdir},
	{"lock", 1, try_lock},
	{"map", 1, try_map},
	{"exec", 1, try_exec},
	{"link", 2, try_link},
	{"rename", 2, try_rename},
	{"symlink", 2, try_symlink},
	{"socket", 2, try_socket},
	{"mount", 1, try_mount},
	{"chown", 1, try_chown},
	{"kill", 1, try_kill},
	{"sleep", 1, try_sleep},
};

static const struct action *action_named(const char *name)
{
	for (size_t i = 0; name && i < sizeof(actions) / sizeof(actions[0]); i++)
		if (!strcmp(actions[i].name, name))
			return &actions[i];
	return NULL;
}

static bool attempt(const char *argument)
{
	char *text = strdup(argument), *rest = text;
	if (!text)
		return false;
	const struct action *action = action_named(strsep(&rest, ":"));
	char *first = action && action->arguments == 2 ? strsep(&rest, ":") : rest;
	if (!action || !first || (action->arguments == 2 && !rest)) {
		fprintf(stderr, "probe: what is '%s'?\n", argument);
		free(text);
		return false;
	}
	errno = 0;
	int result = action->try(first, rest);
	printf("%s %s\n", argument, result == 0 ? "ok" : strerrorname_np(errno));
	fflush(stdout);
	free(text);
	return true;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "true"))
		return 0;
	for (int i = 1; i < argc; i++)
		if (!attempt(argv[i]))
			return 2;
	return 0;
}
