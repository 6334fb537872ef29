#ifndef MANAGER_HOST_ROOT_GLOB_H
#define MANAGER_HOST_ROOT_GLOB_H

/*
 * Which files of a root a pattern of AppArmor's matches. The kernel compares it with the path that
 * is left when all links are resolved, so a name that looks as if it matched may not. The work is
 * bounded: alternatives, directories and names.
 */

#include "base/limits.h"
#include "manager/host/root_view.h"
#include "policy/glob/glob.h"

enum root_match {
	ROOT_MATCH_NONE,    /* no file */
	ROOT_MATCH_LINKED,  /* only names that lead elsewhere through a link */
	ROOT_MATCH_FILE,    /* a file, as the kernel names it */
	ROOT_MATCH_UNKNOWN, /* too much to look at, or directories that cannot be read */
};

struct root_matched {
	struct slice name;     /* a name that looks as if it matched */
	struct slice resolved; /* what it is for the kernel */
};

/*
 * Looks for a regular file that matches. `pattern` has its variables expanded, `glob` is the same
 * one read. *ret_matched is set, in the arena, for ROOT_MATCH_LINKED and ROOT_MATCH_FILE.
 */
enum root_match root_glob(struct root_view *view, struct arena *arena, const struct limits *limits,
	struct slice pattern, const struct glob *glob, struct root_matched *ret_matched);

#endif
