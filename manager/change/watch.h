#ifndef MANAGER_CHANGE_WATCH_H
#define MANAGER_CHANGE_WATCH_H

/*
 * Follows a directory, the kernel's policy and SIGHUP, and sleeps until there is something to do.
 *
 *     inotify(7)        files that were written, renamed, linked, deleted; the directory itself;
 *                       symbolic links on the way to it
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

#include "manager/system/bytes.h"
#include "manager/system/error.h"

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
	bool is_gone;	    /* the directory was deleted, moved or unmounted, and its path has no
			       link that could lead to another */
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
 * Begins a round, before the directory is read: follows it by its path again, wherever symbolic
 * links lead by now. An error, such as ENOENT, says that they lead to no directory; the watch goes
 * on, and tells when they do.
 */
bool watch_begin(struct watch *watch, struct error **ret_error);

/*
 * Watches another file or directory as well, with all links on the way to it: the target of a
 * linked description, a template. It need not exist yet. To be told in each round; telling it again
 * costs nothing. What may have changed between its reading and the first call is news at once. At
 * most WATCH_DIRECTORIES and WATCH_NAMES (manager/system/follow.h); what cannot be watched is an
 * error.
 */
bool watch_add(struct watch *watch, const char *path, struct error **ret_error);

/* Ends a round: what watch_add did not tell in it is no longer watched. */
void watch_settle(struct watch *watch);

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
