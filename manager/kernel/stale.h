#ifndef MANAGER_KERNEL_STALE_H
#define MANAGER_KERNEL_STALE_H

/*
 * Children that a new policy does not have any more, and tasks under them.
 *
 * A replacement leaves such children loaded (__replace_profile of the kernel moves them over). To
 * remove one sets its tasks free for ever, so one that is in use stays, and is left out of what is
 * compared: the record says that it was left (manager/disk/record.h). It goes with a later load.
 */

#include "manager/host/tasks.h"
#include "manager/kernel/policy_set.h"

/*
 * Keeps those stale children of the member that a task is under, or all where tasks cannot be seen:
 * they are added to member->kept. NULL tasks: they are read, if there are stale children at all.
 */
void stale_keep(const struct places *places, const struct tasks *tasks, struct set_member *member,
	const struct loaded *loaded, struct arena *arena);

/* Those of the profile that are kept and loaded, for its record. */
struct left_list stale_left(const struct set_member *member, const struct set_profile *top,
	const struct loaded *loaded, struct arena *arena);

#endif
