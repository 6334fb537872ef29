#ifndef COMPILER_LOWER_PATHS_H
#define COMPILER_LOWER_PATHS_H

/* Paths of a description as patterns of the policy. */

#include "compiler/service/service.h"
#include "policy/expand.h"

/*
 * The AARE of an entry's path: escaped when it is literal, as written when it is a pattern. A tree
 * comes without its final slash. /proc/self and /proc/thread-self, symbolic links that no rule can
 * match, become the numeric directory that the kernel sees: /proc/@{pid}, or the values of @{pid}
 * where `scope` does not declare it. What lies below /bin, /sbin, /lib and /lib64, and these
 * directories themselves, may as well lie below /usr: on current systems they are links to there.
 */
struct slice lower_path(
	struct unit *unit, const struct scope *scope, const struct path_entry *entry);

/* Whether an AARE names /proc/self or /proc/thread-self, or something below them. */
bool lower_is_proc_self(struct slice aare);

#endif
