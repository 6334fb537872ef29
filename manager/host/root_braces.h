#ifndef MANAGER_HOST_ROOT_BRACES_H
#define MANAGER_HOST_ROOT_BRACES_H

/*
 * The ways through the alternations of a pattern of AppArmor's: "/{,usr/}bin/x" is "/bin/x" and
 * "/usr/bin/x". Nothing fails; who asks bounds the number of ways, each of which is a text anew.
 */

#include "base/arena.h"

/* The next of a character outside of escapes and classes; aare.len when there is none. */
size_t braces_find(struct slice aare, size_t at, char c);

/* One brace of a pattern, and the alternative that comes next. */
struct braces {
	struct slice pattern;
	size_t open, close, at;
};

/* `open` is the place of a '{' outside of escapes and classes. */
struct braces braces_begin(struct slice pattern, size_t open);

/* The pattern with the next alternative in the place of the brace; false at the end. */
bool braces_next(struct braces *braces, struct arena *arena, struct slice *ret_way);

#endif
