#include "manager/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* Names that are kept of one piece of news; beyond that, all files count as changed. */
enum { NAMES_BYTES = 64 * 1024 };

/* A regular file is complete when it is closed; a link, hard or symbolic, as soon as it is there.
 */
#define FILE_EVENTS (IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_CREATE)
#define SELF_EVENTS (IN_DELETE_SELF | IN_MOVE_SELF)

struct watched {
	int number;
	char *path;
};

struct watch {
	struct watch_options options;
	int inotify, signals, revision;		       /* revision: -1 when it is not followed */
	struct watched directories[WATCH_DIRECTORIES]; /* the first is options.directory */
	size_t count;
	sigset_t before;
	struct bytes names;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static struct watched *watched_find(struct watch *watch, int number)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch->directories[i].number == number)
			return &watch->directories[i];
	return NULL;
}

static const char *why_not_watched(int number)
{
	if (number == ENOSPC)
		return " (all watches are in use: raise the sysctl fs.inotify.max_user_watches)";
	if (number == EMFILE)
		return " (too many watchers: raise the sysctl fs.inotify.max_user_instances)";
	return "";
}

static bool add(struct watch *watch, const char *directory, uint32_t events)
{
	int number = inotify_add_watch(watch->inotify, directory, events | IN_ONLYDIR);
	if (number < 0)
		return false;
	if (watched_find(watch, number))
		return true;
	char *path = strdup(directory);
	if (!path) {
		errno = ENOMEM;
		return false;
	}
	watch->directories[watch->count++] = (struct watched){number, path};
	return true;
}

bool watch_add(struct watch *watch, const char *directory, struct error **ret_error)
{
	for (size_t i = 0; i < watch->count; i++)
		if (strcmp(watch->directories[i].path, directory) == 0)
			return true;
	if (watch->count == WATCH_DIRECTORIES)
		return error_say(ret_error, E2BIG,
			"cannot watch '%s': at most %d directories are watched", directory,
			WATCH_DIRECTORIES);
	/* IN_MASK_ADD: the first directory under another name keeps its own events. */
	return add(watch, directory, FILE_EVENTS | IN_MASK_ADD) ||
	       error_make(
		       ret_error, errno, "cannot watch '%s'%s", directory, why_not_watched(errno));
}

static bool open_signals(struct watch *watch)
{
	sigset_t ours;
	sigemptyset(&ours);
	sigaddset(&ours, SIGHUP);
	watch->signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	return watch->signals >= 0 && sigprocmask(SIG_BLOCK, &ours, &watch->before) == 0;
}

/*
 * Tells the kernel which revision we know, so that the file becomes readable with the next one. A
 * second read of the same revision would sleep, O_NONBLOCK or not: there is one only after poll
 * said that there is something new. The first one is new as well. What can be polled but not read
 * is not followed: it would keep us busy.
 */
static void read_revision(struct watch *watch)
{
	char text[64];
	struct pollfd poll_fd = {.fd = watch->revision, .events = POLLIN};
	if (poll(&poll_fd, 1, 0) != 1)
		return;
	if (!(poll_fd.revents & POLLIN) || read(watch->revision, text, sizeof(text)) <= 0)
		close_fd(&watch->revision);
}

/* The file system of apparmorfs' policy/ (AAFS_MAGIC of the kernel). */
#define APPARMORFS_MAGIC 0x5a3c69f0

static bool is_of_the_kernel(int fd)
{
	struct statfs at;
	return fstatfs(fd, &at) == 0 &&
	       (at.f_type == SECURITYFS_MAGIC || at.f_type == APPARMORFS_MAGIC);
}

static void open_revision(struct watch *watch)
{
	watch->revision = open(watch->options.revision, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (watch->revision < 0)
		return;
	if (!is_of_the_kernel(watch->revision))
		close_fd(&watch->revision);
	else
		read_revision(watch);
}

bool watch_open(
	const struct watch_options *options, struct watch **ret_watch, struct error **ret_error)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	if (!watch)
		return error_make(ret_error, ENOMEM, "cannot watch '%s'", options->directory);
	watch->options = *options;
	watch->signals = watch->revision = -1;
	sigprocmask(SIG_SETMASK, NULL, &watch->before);
	watch->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->inotify < 0 || !add(watch, options->directory, FILE_EVENTS | SELF_EVENTS) ||
		!open_signals(watch)) {
		error_make(ret_error, errno, "cannot watch '%s'%s", options->directory,
			why_not_watched(errno));
		watch_close(watch);
		return false;
	}
	if (options->revision)
		open_revision(watch);
	*ret_watch = watch;
	return true;
}

void watch_close(struct watch *watch)
{
	if (!watch)
		return;
	sigprocmask(SIG_SETMASK, &watch->before, NULL);
	close_fd(&watch->inotify);
	close_fd(&watch->signals);
	close_fd(&watch->revision);
	for (size_t i = 0; i < watch->count; i++)
		free(watch->directories[i].path);
	bytes_free(&watch->names);
	free(watch);
}

bool watch_follows_kernel(const struct watch *watch)
{
	return watch->revision >= 0;
}

/* What aaforge itself writes in the directory: temporary files and the journal. */
static bool is_ours(const char *name)
{
	struct slice text = slice_str(name);
	return slice_starts(text, SLICE(".aaforge.")) || slice_is(text, ".transaction");
}

/* A new regular file with one name is told again when its writer closes it. */
static bool is_unfinished(const struct watched *at, const struct inotify_event *event)
{
	struct stat stat;
	char *path = NULL;
	if (!(event->mask & IN_CREATE) || asprintf(&path, "%s/%s", at->path, event->name) < 0)
		return false;
	bool is_regular = lstat(path, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_nlink == 1;
	free(path);
	return is_regular;
}

static bool note_name(struct watch *watch, const char *name)
{
	size_t len = strlen(name) + 1;
	return watch->names.len + len <= NAMES_BYTES &&
	       bytes_add(&watch->names, slice_of(name, len));
}

static void forget(struct watch *watch, struct watched *at)
{
	free(at->path);
	*at = watch->directories[--watch->count];
}

static void take_event(
	struct watch *watch, const struct inotify_event *event, struct watch_news *news)
{
	if (event->mask & IN_Q_OVERFLOW) {
		news->files = news->all_files = true;
		return;
	}
	struct watched *at = watched_find(watch, event->wd);
	if (!at)
		return;
	if (event->mask & (SELF_EVENTS | IN_UNMOUNT | IN_IGNORED)) {
		if (at == watch->directories)
			news->is_gone = true;
		else if (event->mask & IN_IGNORED)
			forget(watch, at);
		return;
	}
	if (event->len == 0 || is_ours(event->name) || is_unfinished(at, event))
		return;
	news->files = true;
	if (!note_name(watch, event->name))
		news->all_files = true;
}

/* Whether anything was read, worth telling or not. */
static bool take_events(struct watch *watch, struct watch_news *news)
{
	char room[16 * 1024] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t got = read(watch->inotify, room, sizeof(room));
	for (ssize_t at = 0; at < got;) {
		const struct inotify_event *event = (const void *)(room + at);
		take_event(watch, event, news);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	return got > 0;
}

static void take_signals(struct watch *watch, struct watch_news *news)
{
	struct signalfd_siginfo info;
	while (read(watch->signals, &info, sizeof(info)) == sizeof(info))
		news->asked = true;
}

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000) + time.tv_nsec / 1000000;
}

static bool is_any(const struct watch_news *news)
{
	return news->files || news->kernel || news->asked || news->is_gone;
}

/* How long to sleep: to the caller's end, or while news are collected until it is quiet. */
static int sleep_for(
	const struct watch *watch, const struct watch_news *news, int64_t first, int64_t end)
{
	int64_t time = now(), left = end < 0 ? -1 : end > time ? end - time : 0;
	if (!is_any(news))
		return (int)left;
	int64_t most = first + watch->options.most - time;
	if (most > watch->options.quiet)
		most = watch->options.quiet;
	return most > 0 ? (int)most : 0;
}

/* One poll. Whether something came that ends the quiet. */
static bool poll_once(
	struct watch *watch, int milliseconds, struct watch_news *news, struct error **ret_error)
{
	struct pollfd fds[] = {
		{.fd = watch->signals, .events = POLLIN}, {.fd = watch->inotify, .events = POLLIN},
		{.fd = watch->revision, .events = POLLIN}, /* -1 is left out */
	};
	int ready = poll(fds, sizeof(fds) / sizeof(fds[0]), milliseconds);
	if (ready < 0 && errno != EINTR)
		return error_make(ret_error, errno, "cannot wait for changes");
	if (ready <= 0) {
		news->is_timeout = ready == 0;
		return true;
	}
	if (fds[0].revents)
		take_signals(watch, news);
	if (fds[1].revents)
		take_events(watch, news);
	if (fds[2].revents) {
		read_revision(watch);
		news->kernel = true;
	}
	return true;
}

void watch_pause(struct watch *watch, int milliseconds)
{
	struct pollfd signals = {.fd = watch->signals, .events = POLLIN};
	poll(&signals, 1, milliseconds);
}

bool watch_wait(struct watch *watch, int milliseconds, struct watch_news *ret_news,
	struct error **ret_error)
{
	struct watch_news news = {0};
	int64_t end = milliseconds < 0 ? -1 : now() + milliseconds, first = -1;
	watch->names.len = 0;
	do {
		news.is_timeout = false;
		if (!poll_once(watch, sleep_for(watch, &news, first, end), &news, ret_error))
			return false;
		if (first < 0 && is_any(&news))
			first = now();
	} while (!news.is_timeout && !news.is_gone);
	news.is_timeout = !is_any(&news);
	news.names = watch->names;
	*ret_news = news;
	return true;
}
