#ifndef MANAGER_DISK_OURS_H
#define MANAGER_DISK_OURS_H

#include "base/arena.h"
#include "manager/places.h"

/*
 * Whether aaforge has loaded a profile of that name since the boot (its record), or installed one:
 * a text at PROFILES/NAME that is ours, edited or not. Nothing fails: what cannot be read is not.
 */
bool profile_is_ours(const struct places *places, struct slice namespace, struct slice name,
	struct arena *arena);

#endif
