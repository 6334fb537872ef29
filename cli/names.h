#ifndef CLI_NAMES_H
#define CLI_NAMES_H

/* The names of the profiles of a run, to find the one that is used twice. Small: ten thousand names
 * are half a megabyte. */

#include "base/slice.h"

struct name_table;

struct name_use {
	const char *path; /* of the description */
	uint32_t line;
};

struct name_table *name_table_new(void);

/*
 * Notes a name. false when it was noted before, with the first use in *ret_first. The path is
 * copied; ret_first->path is valid until the next call.
 */
bool name_table_claim(struct name_table *table, struct slice name, const char *path, uint32_t line,
	struct name_use *ret_first);

void name_table_free(struct name_table *table);

#endif
