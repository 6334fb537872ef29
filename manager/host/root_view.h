#ifndef MANAGER_HOST_ROOT_VIEW_H
#define MANAGER_HOST_ROOT_VIEW_H

/*
 * A root directory, "/" or the tree of an image, that many paths are looked up in. What was seen
 * once is remembered, so that a thousand descriptions that name /etc/ssl cost one look. Nothing is
 * changed, no device or pipe is opened, no link leads out of the root (manager/system/rooted.h).
 *
 * A view is a picture of the time of each first look: it lives as long as one run.
 */

#include "manager/system/error.h"
#include "manager/system/rooted.h"

struct root_view;

/* The view of a directory, its links followed. out_of_memory must not return. */
bool root_view_open(const char *directory, void (*out_of_memory)(void), struct root_view **ret_view,
	struct error **ret_error);

/* NULL is fine. */
void root_view_free(struct root_view *view);

/* Whether it is the root of this machine: services run, what a boot makes is there. */
bool root_view_is_machine(const struct root_view *view);

/* " below 'DIR'" for messages; empty for the root of this machine. */
struct slice root_view_words(const struct root_view *view);

/* What is at an absolute path, "" for the root itself. Lives as long as the view. */
const struct rooted_path *root_view_at(struct root_view *view, struct slice path);

/*
 * The first bytes of a regular file, at most `size`; how many there are, 0 when it is no regular
 * file or cannot be read.
 */
size_t root_view_start(struct root_view *view, struct slice path, char *bytes, size_t size);

/*
 * Calls `use` with each name of a directory (but "." and "..") in no order, until it answers false
 * or there are more than `most`. false when the directory cannot be read or has more, or when a
 * view has listed very many names already.
 */
bool root_view_list(struct root_view *view, struct slice path, size_t most,
	bool (*use)(void *context, const char *name), void *context);

/*
 * Another place of this root that a missing program is likely to be: the same name in another
 * directory of PROGRAM_DIRECTORIES, or the nearest name in the same one. Empty when there is none,
 * or when very many were asked for already.
 */
struct slice root_view_nearest(struct root_view *view, struct slice path, struct arena *arena);

/* Where programs are looked for, as env(1) does it for a service of systemd (systemd.exec(5)). */
#define PROGRAM_DIRECTORY_COUNT 6
extern const char *const program_directories[PROGRAM_DIRECTORY_COUNT];

#endif
