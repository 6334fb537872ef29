#ifndef COMPILER_SERVICE_INDEX_H
#define COMPILER_SERVICE_INDEX_H

/*
 * A map from texts without NUL bytes to pointers. The first few keys are searched one by one, more
 * of them live in a crit-bit tree: a lookup costs at most eight steps per byte of the key,
 * whatever keys a hostile description chooses. Memory comes from the arena. Nothing fails.
 */

#include "base/arena.h"

enum { INDEX_FEW = 8 };

struct index_node;

struct index {
	struct arena *arena;
	struct {
		struct slice key;
		void *value;
	} few[INDEX_FEW];
	size_t count;
	struct index_node *root;
};

static inline struct index index_new(struct arena *arena)
{
	return (struct index){.arena = arena};
}

/*
 * The place of the key's value, which is NULL when the key is new. The key's bytes must live as
 * long as the index. The place is valid until the next call.
 */
void **index_at(struct index *index, struct slice key);

/* The value of a key, or NULL when it is not there. */
void *index_find(const struct index *index, struct slice key);

#endif
