#ifndef MANAGER_WATCH_H
#define MANAGER_WATCH_H

/*
 * Follows a directory, the kernel's policy and SIGHUP, and sleeps until there is something to do.
 *
 *     inotify(7)        files that were written, renamed, linked, deleted; the directory itself
 *     revision          of apparmorfs: becomes readable for poll(2) whenever anybody changes the
 * kernel's policy (ns_revision_poll of the kernel's security/apparmor/apparmorfs.c)
 *     signalfd(2)       SIGHUP, which is blocked while a watch is open; SIGTERM and SIGINT end the
 *                       process at any moment (manager/system/stop.h)
 *
 * News are collected until it has been quiet for a moment, so that an editor's three writes or a
 * checkout of a thousand files are one piece of news. Nothing is lost: what happens while the
 * caller works is told by the next watch_wait; when the kernel's queue overflows, all files count
 * as changed.
 */

#include "manager/bytes.h"
#include "manager/error.h"

struct watch;

struct watch_options {
	const char *directory; /* must outlive the watch */
	const char *revision;  /* the kernel's revision file; NULL: not followed. Followed only when
				  it is the kernel's: any other file is always readable. */
	unsigned quiet;	       /* milliseconds without news that end the collecting … */
	unsigned most;	       /* … which never takes longer than this */
};

/* What happened; several may have. */
struct watch_news {
	bool files;	    /* in a watched directory; `names` says which */
	bool all_files;	    /* too many, or not known which */
	bool kernel;	    /* somebody, we perhaps, changed the kernel's policy */
	bool asked;	    /* SIGHUP */
	bool is_gone;	    /* the directory was deleted, moved or unmounted */
	bool is_timeout;    /* nothing of all that */
	struct bytes names; /* each ended by NUL; the watch's, valid until the next call */
};

/*
 * Starts to watch: what changes from now on is told. Blocks SIGHUP. An error names the
 * directory; ENOSPC tells that fs.inotify.max_user_watches is used up, EMFILE the same of
 * max_user_instances.
 */
bool watch_open(
	const struct watch_options *options, struct watch **ret_watch, struct error **ret_error);

/*
 * Watches the files of another directory as well, such as one that templates are read from. That it
 * goes away is no news of `is_gone`. Telling it again costs nothing. At most WATCH_DIRECTORIES; one
 * that cannot be watched is an error.
 */
#define WATCH_DIRECTORIES 256
bool watch_add(struct watch *watch, const char *directory, struct error **ret_error);

/* Sleeps until there are news, or for `milliseconds` (-1: without end). */
bool watch_wait(struct watch *watch, int milliseconds, struct watch_news *ret_news,
	struct error **ret_error);

/* Sleeps for so long whatever happens, but for SIGHUP; none of the news are lost. */
void watch_pause(struct watch *watch, int milliseconds);

/* Whether the kernel's policy is followed. */
bool watch_follows_kernel(const struct watch *watch);

/* Unblocks SIGHUP if it was not blocked before. NULL is fine. */
void watch_close(struct watch *watch);

#endif
