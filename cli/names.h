#ifndef CLI_NAMES_H
#define CLI_NAMES_H

/*
 * The names of the profiles of a run, to find the one that is used twice, in twelve bytes a name: a
 * hash, and the place where the name stands. Whether two names of the same hash are the same is
 * looked up there.
 */

#include "base/slice.h"

struct name_table;

struct name_use {
	uint32_t file; /* the caller's number of the description's file */
	uint32_t line;
};

/* Whether the name stands at that place. */
typedef bool name_is_at(void *context, struct slice name, struct name_use use);

struct name_table *name_table_new(void);

/* Notes a name. false when it was noted before, with the first use in *ret_first. */
bool name_table_claim(struct name_table *table, struct slice name, struct name_use use,
	name_is_at *is_at, void *context, struct name_use *ret_first);

void name_table_free(struct name_table *table);

#endif
