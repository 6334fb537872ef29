#ifndef COMPILER_LINKS_H
#define COMPILER_LINKS_H

/*
 * The directories that are symbolic links on every current system (compiler/links.def). The kernel
 * asks AppArmor for the path that is left when links are followed, so it never sees these.
 */

#include "base/slice.h"

struct system_link {
	struct slice path, target; /* "/bin" and "/usr/bin" */
	bool is_merged;		   /* the target is the same path below /usr */
};

extern const struct system_link system_links[];
extern const size_t system_link_count;

/* Whether a path or pattern is the link itself as written, or has it and a slash at its start. */
bool link_starts(const struct system_link *link, struct slice path);

#endif
