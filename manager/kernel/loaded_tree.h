#ifndef MANAGER_KERNEL_LOADED_TREE_H
#define MANAGER_KERNEL_LOADED_TREE_H

/*
 * The two sources of a snapshot: the tree `policy` of apparmorfs, and the list `profiles`. Both are
 * for loaded.c alone.
 */

#include "manager/kernel/loaded.h"

/* Profiles as they come, not sorted. */
struct loaded_build {
	struct arena *arena;
	struct loaded_profile *profiles;
	size_t count, room;
	bool is_partial;
	struct slice hidden; /* the first thing that could not be read */
};

void loaded_add(struct loaded_build *build, const struct loaded_profile *profile);

/* Notes what is left out, unless something was noted before. */
void loaded_hide(struct loaded_build *build, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Adds the profiles of a `policy` directory and of the namespaces below it. `path` is its absolute
 * path. false with errno when its profiles cannot be listed at all: ENOENT (the kernel shows no
 * tree), EACCES.
 */
bool loaded_read_tree(struct loaded_build *build, const char *path);

/*
 * Adds the profiles of a list:
 *
 *     web (enforce)
 *     :tenant:web//a worker (x) (complain)
 *
 * A line that is none of these is left out, and noted.
 */
void loaded_read_list(struct loaded_build *build, struct slice text);

#endif
