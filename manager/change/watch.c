#include "manager/change/watch.h"

#include "manager/system/follow.h"
#include "manager/system/path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* Names that are kept of one piece of news; beyond that, all files count as changed. */
enum { NAMES_BYTES = 64 * 1024 };

struct watch {
	struct watch_options options;
	struct follow *follow;
	int signals, revision; /* revision: -1 when it is not followed */
	sigset_t before;
	struct bytes names;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static const char *why_not_watched(int number)
{
	if (number == ENOSPC)
		return " (all watches are in use: raise the sysctl fs.inotify.max_user_watches)";
	if (number == EMFILE)
		return " (too many watchers: raise the sysctl fs.inotify.max_user_instances)";
	return "";
}

static bool say_not_watched(const char *path, struct error **ret_error)
{
	if (errno == E2BIG)
		return error_say(ret_error, E2BIG,
			"cannot watch '%s': at most %d directories and %d files with links are "
			"followed; SIGHUP makes it look at the others",
			path, WATCH_DIRECTORIES, WATCH_NAMES);
	return error_make(ret_error, errno, "cannot watch '%s'%s", path, why_not_watched(errno));
}

bool watch_begin(struct watch *watch, struct error **ret_error)
{
	bool is_there = follow_home(watch->follow, watch->options.directory);
	int number = errno;
	follow_is_new(watch->follow); /* it is read after this */
	errno = number;
	return is_there || say_not_watched(watch->options.directory, ret_error);
}

bool watch_add(struct watch *watch, const char *path, struct error **ret_error)
{
	return follow_path(watch->follow, path) || say_not_watched(path, ret_error);
}

void watch_settle(struct watch *watch)
{
	follow_settle(watch->follow);
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
	watch->revision = path_open(watch->options.revision, O_RDONLY | O_NONBLOCK, 0);
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
	watch->follow = follow_open();
	bool is_open = watch->follow ? watch_begin(watch, ret_error)
				     : say_not_watched(options->directory, ret_error);
	if (is_open && !open_signals(watch))
		is_open = say_not_watched(options->directory, ret_error);
	if (!is_open) {
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
	follow_close(watch->follow);
	close_fd(&watch->signals);
	close_fd(&watch->revision);
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

static bool note_name(struct watch *watch, const char *name)
{
	size_t len = strlen(name) + 1;
	return watch->names.len + len <= NAMES_BYTES &&
	       bytes_add(&watch->names, slice_of(name, len));
}

static void take_event(
	struct watch *watch, const struct inotify_event *event, struct watch_news *news)
{
	if (event->len > 0 && is_ours(event->name))
		return;
	switch (follow_judge(watch->follow, event)) {
	case FOLLOWED_NOT:
		break;
	case FOLLOWED_FILE:
		news->files = true;
		news->all_files |= !note_name(watch, event->name);
		break;
	case FOLLOWED_ALL:
		news->files = news->all_files = true;
		break;
	case FOLLOWED_GONE:
		news->is_gone = true;
		break;
	}
}

/* Whether anything was read, worth telling or not. */
static bool take_events(struct watch *watch, struct watch_news *news)
{
	char room[16 * 1024] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t got = read(follow_descriptor(watch->follow), room, sizeof(room));
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
		{.fd = watch->signals, .events = POLLIN},
		{.fd = follow_descriptor(watch->follow), .events = POLLIN},
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
	if (follow_is_new(watch->follow))
		news.files = true; /* it may have changed before it was watched */
	int64_t end = milliseconds < 0 ? -1 : now() + milliseconds;
	int64_t first = is_any(&news) ? now() : -1;
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
