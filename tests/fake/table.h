#ifndef TESTS_FAKE_TABLE_H
#define TESTS_FAKE_TABLE_H

/*
 * What the fake kernel holds, as a table: one file `.table` in the tree that it shows. Anything
 * wrong with it ends the program: a test that goes on with half a kernel would prove nothing.
 */

#include "base/arena.h"

struct fake_profile {
	struct fake_profile *next;
	struct slice namespace, name; /* as in struct loaded_profile */
	struct slice mode, attach, sha1, sha256;
	unsigned id;  /* of its directory: web.3 */
	unsigned raw; /* of the write that it came with */
};

struct fake_namespace {
	struct fake_namespace *next;
	struct slice name; /* empty: the root one, which is always there */
	unsigned revision;
};

struct fake_table {
	struct arena *arena;
	struct fake_profile *profiles; /* in the order of their loads, a parent before its children
					*/
	struct fake_namespace *namespaces;
	unsigned next_id, next_raw;
};

/* Reads the table of a file, or makes an empty one when there is none. */
void fake_table_read(const char *path, struct arena *arena, struct fake_table *ret_table);

/* The text of the file. */
struct slice fake_table_text(const struct fake_table *table);

struct fake_profile *fake_find(
	const struct fake_table *table, struct slice namespace, struct slice name);
struct fake_namespace *fake_find_namespace(const struct fake_table *table, struct slice name);

/* Appends an empty entry that the caller fills. */
struct fake_profile *fake_add(struct fake_table *table);
struct fake_namespace *fake_add_namespace(struct fake_table *table, struct slice name);

/* Takes away a profile with all below it; the whole namespace when `name` is empty. */
void fake_drop(struct fake_table *table, struct slice namespace, struct slice name);

/* "web" of "web//worker", empty for "web". */
struct slice fake_parent(struct slice name);

/* "worker" of "web//worker", "web" of "web". */
struct slice fake_last_part(struct slice name);

/* Prints "fake kernel: …" and the text of errno, and aborts. */
void fake_die(const char *what) __attribute__((noreturn));

#endif
