#ifndef POLICY_INCLUDES_H
#define POLICY_INCLUDES_H

/*
 * Walking what includes resolved to the way apparmor_parser does: a file counts once within a
 * block (a preamble, a profile), wherever it is included from; a child profile starts anew.
 */

#include "policy/policy.h"

struct include_set {
	struct arena *arena;
	const struct slice **slots; /* names of files, open addressing; a power of two */
	size_t count, room;
};

static inline struct include_set include_set_new(struct arena *arena)
{
	return (struct include_set){.arena = arena};
}

/* True when the file was not in the set; it is then. */
bool include_set_add(struct include_set *set, const struct include_file *file);

/* The first file that could not be read in full, among what includes resolved to and what that
 * includes, before a profile or in one; NULL when there is none. `arena` is for scratch. */
const struct include_file *includes_opaque(struct arena *arena, const struct include *include);

/* 64-bit FNV-1a of the bytes. */
uint64_t slice_hash(struct slice s);

/*
 * Includes and variables of a preamble in the order of its text (by span). Call with both lists'
 * heads and take what is set: either *ret_include or *ret_variable; false at the end. Both cursors
 * move.
 */
bool preamble_next(const struct include **include, const struct variable **variable,
	const struct include **ret_include, const struct variable **ret_variable);

#endif
