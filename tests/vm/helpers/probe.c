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
 *     copy:OLD:NEW             a new file, executable
 *     socket:FAMILY:TYPE       inet inet6 unix netlink packet, stream dgram raw
 *     mount:PATH               a tmpfs there
 *     chown:PATH               to user 1000
 *     kill:PID                 SIGCONT
 *     setuid:UID
 *     call:NAME                userfaultfd, as any user may on a kernel of its own
 *     sleep:SECONDS
 *     serve:PORT               "served" to whoever connects, until SIGTERM
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <net/ethernet.h>
#include <netinet/in.h>
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
#include <sys/syscall.h>
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

static int copied(int in, int out)
{
	char block[65536];
	ssize_t n;
	while ((n = read(in, block, sizeof(block))) > 0)
		if (write(out, block, (size_t)n) != n)
			return -1;
	return n < 0 ? -1 : 0;
}

static int try_copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	int result = out < 0 ? -1 : copied(in, out);
	if (in >= 0)
		close(in);
	return out < 0 || close(out) ? -1 : result;
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

static int try_setuid(const char *uid, const char *unused)
{
	(void)unused;
	return setuid((uid_t)atoi(uid));
}

static int try_call(const char *name, const char *unused)
{
	(void)unused;
	if (strcmp(name, "userfaultfd")) {
		errno = EINVAL;
		return -1;
	}
	long fd = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	return fd < 0 ? -1 : close((int)fd);
}

static int try_sleep(const char *seconds, const char *unused)
{
	(void)unused;
	sleep((unsigned)atoi(seconds));
	return 0;
}

static volatile sig_atomic_t is_terminated;

static void terminate(int signal)
{
	(void)signal;
	is_terminated = 1;
}

static int listening(const char *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 8))
		return -1;
	return fd;
}

/* accept() fails with EINTR; the second of its timeout is for a signal that came before it. */
static int try_serve(const char *port, const char *unused)
{
	(void)unused;
	struct sigaction action = {.sa_handler = terminate};
	struct timeval second = {.tv_sec = 1};
	int fd = listening(port);
	if (fd < 0 || sigaction(SIGTERM, &action, NULL) ||
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)))
		return -1;
	while (!is_terminated) {
		int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (peer < 0)
			continue;
		if (send(peer, "served\n", 7, MSG_NOSIGNAL) != 7)
			fprintf(stderr, "probe: nobody was served\n");
		close(peer);
	}
	return close(fd);
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
	{"copy", 2, try_copy},
	{"setuid", 1, try_setuid},
	{"call", 1, try_call},
	{"sleep", 1, try_sleep},
	{"serve", 1, try_serve},
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
