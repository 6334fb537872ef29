#ifndef MANAGER_SYSTEM_LINKS_H
#define MANAGER_SYSTEM_LINKS_H

/* The way that a path takes through symbolic links, as the kernel goes it (path_resolution(7)). */

#include <stdbool.h>

enum links_step {
	LINKS_LINK,    /* `name` in `directory` is a symbolic link */
	LINKS_MISSING, /* there is no `name` in `directory`, or it cannot be looked at: the end */
	LINKS_END,     /* what the path leads to; not told for "/" */
};

/* One step; `directory` is absolute and without links. */
typedef void links_visit(
	void *context, enum links_step step, const char *directory, const char *name);

/*
 * Goes the way. false with errno: ELOOP after forty links, ENAMETOOLONG, ENOENT when the working
 * directory is gone. Nothing that is missing is an error.
 */
bool links_walk(const char *path, links_visit *visit, void *context);

#endif
