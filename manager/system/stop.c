#include "manager/system/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CHILDREN_MOST	 256
#define DIRECTORIES_MOST 4

static const int asking[] = {SIGTERM, SIGINT, SIGHUP};

#define ASKING_COUNT (sizeof(asking) / sizeof(asking[0]))

struct doomed {
	volatile sig_atomic_t is_used; /* set last, cleared first */
	int directory, fd;
	char name[NAME_MAX + 1];
};

/* All that the handler knows. */
static struct {
	volatile pid_t owner; /* a fork of us that runs no other program has none of this */
	volatile sig_atomic_t is_success;
	volatile sig_atomic_t children[CHILDREN_MOST]; /* process groups; 0: free */
	struct doomed directories[DIRECTORIES_MOST];
} stop;

static void asking_set(sigset_t *ret_set)
{
	sigemptyset(ret_set);
	for (size_t i = 0; i < ASKING_COUNT; i++)
		sigaddset(ret_set, asking[i]);
}

/* The kernel's struct linux_dirent64 (getdents64(2)); readdir(3) is not for signal handlers. */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

/* One pass. Whether anything was removed. */
static bool remove_some(int fd)
{
	char room[8192] __attribute__((aligned(8)));
	bool has_removed = false;
	long got;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return false;
	while ((got = syscall(SYS_getdents64, fd, room, sizeof(room))) > 0)
		for (long at = 0; at < got;) {
			const struct entry *entry = (const void *)(room + at);
			has_removed |= unlinkat(fd, entry->name, 0) == 0;
			at += entry->length;
		}
	return has_removed;
}

/* A pass over a directory that loses entries meanwhile may miss some. */
static void remove_directory(const struct doomed *doomed)
{
	while (remove_some(doomed->fd))
		continue;
	unlinkat(doomed->directory, doomed->name, AT_REMOVEDIR);
}

static void clean_up(void)
{
	for (size_t i = 0; i < CHILDREN_MOST; i++)
		if (stop.children[i] > 0) {
			kill(-stop.children[i], SIGKILL);
			kill(stop.children[i], SIGKILL);
		}
	for (size_t i = 0; i < DIRECTORIES_MOST; i++)
		if (stop.directories[i].is_used)
			remove_directory(&stop.directories[i]);
}

/* Only calls of signal-safety(7), and system calls. */
static void end(int number)
{
	sigset_t this;
	bool is_owner = getpid() == stop.owner;
	if (is_owner)
		clean_up();
	if (is_owner && stop.is_success && number != SIGHUP)
		_exit(0);
	signal(number, SIG_DFL);
	sigemptyset(&this);
	sigaddset(&this, number);
	raise(number);
	sigprocmask(SIG_UNBLOCK, &this, NULL);
	_exit(128 + number); /* the first process of a namespace, whom no signal of its own kills */
}

void stop_begin(void)
{
	struct sigaction before, action = {.sa_handler = end};
	asking_set(&action.sa_mask);
	stop.owner = getpid();
	for (size_t i = 0; i < ASKING_COUNT; i++)
		if (sigaction(asking[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(asking[i], &action, NULL);
}

void stop_is_success(void)
{
	stop.is_success = 1;
}

void stop_hold(struct stop_hold *ret_hold)
{
	sigset_t ours;
	asking_set(&ours);
	sigprocmask(SIG_BLOCK, &ours, &ret_hold->before);
}

void stop_release(const struct stop_hold *hold)
{
	int number = errno;
	sigprocmask(SIG_SETMASK, &hold->before, NULL);
	errno = number;
}

bool stop_is_asked(const struct stop_hold *hold)
{
	sigset_t waiting;
	sigpending(&waiting);
	for (size_t i = 0; i < ASKING_COUNT; i++)
		if (sigismember(&waiting, asking[i]) && !sigismember(&hold->before, asking[i]))
			return true;
	return false;
}

void stop_add_child(pid_t pid)
{
	size_t i = 0;
	while (i < CHILDREN_MOST && stop.children[i] != 0)
		i++;
	if (i < CHILDREN_MOST)
		stop.children[i] = pid;
}

void stop_drop_child(pid_t pid)
{
	for (size_t i = 0; i < CHILDREN_MOST; i++)
		if (stop.children[i] == pid)
			stop.children[i] = 0;
}

void stop_add_directory(int directory, int fd, const char *name)
{
	size_t i = 0;
	while (i < DIRECTORIES_MOST && stop.directories[i].is_used)
		i++;
	if (i == DIRECTORIES_MOST || strlen(name) > NAME_MAX)
		return;
	struct doomed *doomed = &stop.directories[i];
	doomed->directory = directory;
	doomed->fd = fd;
	strcpy(doomed->name, name);
	doomed->is_used = 1;
}

void stop_drop_directory(int fd)
{
	for (size_t i = 0; i < DIRECTORIES_MOST; i++)
		if (stop.directories[i].is_used && stop.directories[i].fd == fd)
			stop.directories[i].is_used = 0;
}
