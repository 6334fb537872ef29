#include "manager/system/lock.h"

#include "manager/system/file.h"
#include "manager/system/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Between two attempts: too seldom to be seen in top, often enough not to be felt. */
#define PAUSE_NS 20000000L

/* Readable by root alone: who can open a file can lock it. */
#define LOCK_MODE 0600

static bool say_failed(const char *path, int number, struct error **ret_error)
{
	if (number == EACCES || number == EPERM)
		return error_say(ret_error, number, "cannot lock '%s': run it as root", path);
	return error_make(ret_error, number, "cannot lock '%s'", path);
}

/* The pid that the holder left in the file, or 0. */
static long holder(int fd)
{
	char text[32] = "";
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
	return len > 0 ? strtol(text, NULL, 10) : 0;
}

static bool say_held(const char *path, int fd, struct error **ret_error)
{
	long pid = holder(fd);
	if (pid > 0)
		return error_say(ret_error, EWOULDBLOCK,
			"another run of aaforge is changing policy (process %ld holds '%s'): try "
			"again when it has ended",
			pid, path);
	return error_say(ret_error, EWOULDBLOCK,
		"another run of aaforge is changing policy (it holds '%s'): try again when it has "
		"ended",
		path);
}

/* Whether the file is the one that others find there: somebody may have removed the directory. */
static bool is_still_there(int fd, const char *path)
{
	struct stat open_one, found;
	return fstat(fd, &open_one) == 0 && path_lstat(path, &found) == 0 &&
	       open_one.st_dev == found.st_dev && open_one.st_ino == found.st_ino;
}

/* Only for the words of those who wait: that it fails does not matter to the lock. */
static void leave_pid(int fd)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) == 0)
		(void)!pwrite(fd, text, (size_t)len, 0);
}

static long long now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Waits for the open file. 0 or an errno; EINTR when a signal was caught meanwhile. */
static int wait_for(int fd, long long deadline)
{
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return errno;
		if (now_ns() >= deadline)
			return EWOULDBLOCK;
		struct timespec pause = {.tv_nsec = PAUSE_NS};
		if (nanosleep(&pause, NULL) < 0)
			return errno;
	}
	return 0;
}

/* Locks the file at path, again when it was replaced before it was ours. -1 and the error, or the
 * descriptor. */
static int take(const char *path, long long deadline, struct error **ret_error)
{
	for (;;) {
		int fd = path_open(
			path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, LOCK_MODE);
		if (fd < 0) {
			say_failed(path, errno, ret_error);
			return -1;
		}
		int number = wait_for(fd, deadline);
		if (number == 0 && is_still_there(fd, path))
			return fd;
		if (number == EWOULDBLOCK)
			say_held(path, fd, ret_error);
		else if (number != 0)
			say_failed(path, number, ret_error);
		close(fd);
		if (number != 0)
			return -1;
	}
}

bool lock_take(const struct places *places, unsigned seconds, struct lock *ret_lock,
	struct error **ret_error)
{
	struct error *error = NULL;
	if (!directory_make(places->state, 0755, &error)) {
		int number = error_number(error);
		error_free(error);
		return say_failed(places->state, number, ret_error);
	}
	char *path = NULL;
	if (asprintf(&path, "%s/lock", places->state) < 0)
		return error_make(ret_error, ENOMEM, "cannot lock '%s'", places->state);
	int fd = take(path, now_ns() + seconds * 1000000000LL, ret_error);
	free(path);
	if (fd < 0)
		return false;
	leave_pid(fd);
	*ret_lock = (struct lock){fd};
	return true;
}

void lock_release(struct lock *lock)
{
	/* Nobody's pid stays behind. The file does: to remove it would part those who wait. */
	(void)!ftruncate(lock->fd, 0);
	close(lock->fd);
	lock->fd = -1;
}
