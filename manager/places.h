#ifndef MANAGER_PLACES_H
#define MANAGER_PLACES_H

/*
 * Where things are: on this machine, or below another root (--root), such as the tree of an image
 * that is being built. Everything that the manager reads or writes is found through here, so that a
 * test can show it another world.
 */

#include "manager/system/error.h"

struct places {
	char *root; /* "" for this machine, else an absolute path without a slash at its end */
	char *apparmorfs;   /* "/sys/kernel/security/apparmor"; NULL: the kernel shows none there */
	char *profiles;	    /* "/etc/apparmor.d": texts that the distribution loads at boot */
	char *descriptions; /* "/etc/aaforge": installed descriptions */
	char *state;	    /* "/run/aaforge": what was loaded since boot, the lock */
	char *proc;	    /* "/proc" */
	char *parameters;   /* "/sys/module/apparmor/parameters" */
};

/*
 * Finds all places. `root` NULL or "/" is this machine, whose apparmorfs is found through the mount
 * table (aa_find_mountpoint(3)); any other must be a directory. Nothing is made.
 * Until places_free paths below another root stay inside it (manager/system/path.h).
 */
bool places_find(const char *root, struct places *ret_places, struct error **ret_error);

void places_free(struct places *places);

/* ROOT/path for an absolute path that has no member of its own; to be freed. NULL without memory.
 */
char *places_path(const struct places *places, const char *path);

#endif
