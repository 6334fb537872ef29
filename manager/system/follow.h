#ifndef MANAGER_SYSTEM_FOLLOW_H
#define MANAGER_SYSTEM_FOLLOW_H

/*
 * What inotify(7) is asked to watch for manager/watch: a directory, the home, with all files in it,
 * and single names elsewhere. A path with symbolic links is watched at each of them, and at the
 * first part of it that is missing, so that it is told when a link is swapped, also one in the
 * middle, and when what it leads to appears.
 *
 *     current -> r1         names: current in /srv, whose swap is news of everything
 *                           home:  /srv/r1
 *     r1/web.yaml -> /x/w   names: w in /x
 *
 * Paths are told again in each round; those that no longer are, are forgotten. What could have
 * changed between its reading and the beginning of its watch is new (follow_is_new).
 */

#include "manager/system/error.h"

#include <sys/inotify.h>

#define WATCH_DIRECTORIES 256  /* watched at a time … */
#define WATCH_NAMES	  4096 /* … and single names in them */

struct follow;

/* NULL with errno. */
struct follow *follow_open(void);
void follow_close(struct follow *follow);

/* The descriptor to poll and read events from. */
int follow_descriptor(const struct follow *follow);

/*
 * Begins a round: follows the home by its path, wherever that leads now. false with errno when it
 * leads to no directory, or cannot be watched; its links are followed all the same.
 */
bool follow_home(struct follow *follow, const char *path);

/* Whether the way to the home has links, or did when it was last told. */
bool follow_is_linked(const struct follow *follow);

/*
 * Follows a file or directory by its path in this round. Errors: E2BIG beyond the limits, ENOSPC
 * when fs.inotify.max_user_watches is used up, ELOOP …
 */
bool follow_path(struct follow *follow, const char *path);

/* Ends a round: what was not told in it is forgotten. */
void follow_settle(struct follow *follow);

/* Whether anything is watched that was not when this was last asked. */
bool follow_is_new(struct follow *follow);

enum followed {
	FOLLOWED_NOT,  /* nobody asked for it */
	FOLLOWED_FILE, /* the event's name, a file, has news */
	FOLLOWED_ALL,  /* anything may have */
	FOLLOWED_GONE, /* the home was deleted, moved or unmounted, and has no link that could lead
			  to another */
};

/* What an event means. */
enum followed follow_judge(struct follow *follow, const struct inotify_event *event);

#endif
