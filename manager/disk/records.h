#ifndef MANAGER_DISK_RECORDS_H
#define MANAGER_DISK_RECORDS_H

/* All records of what aaforge loaded since boot: profiles that the kernel has lost meanwhile too.
 */

#include "manager/disk/record.h"

struct recorded {
	struct slice namespace, name;
	struct record record;
};

struct record_list {
	struct recorded *entries; /* sorted by namespace, then name */
	size_t count;
};

/* Damaged ones, and those of names too long for a file's name, are left out. */
void record_list_read(
	const struct places *places, struct arena *arena, struct record_list *ret_list);

/*
 * Under the lock: records that a killed run had prepared take the place of the old ones where the
 * kernel holds what they say, and go otherwise.
 */
void records_settle(const struct places *places, const struct loaded *loaded, struct arena *arena);

#endif
