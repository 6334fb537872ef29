#ifndef BASE_ARENA_H
#define BASE_ARENA_H

/*
 * An arena owns all memory of one piece of work (a compilation, the library of includes) and frees
 * it at once. Nothing in it has a destructor. An allocation never returns NULL: when memory runs
 * out, the handler given at the start is called, which must not return (a program prints and
 * exits, a fuzzer aborts).
 */

#include "base/slice.h"

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *block; /* the one in use, linked to the full ones */
	char *at, *end;		   /* free part of it */
	size_t used;		   /* bytes handed out since the last reset */
	void (*out_of_memory)(void);
};

/* An empty arena; allocates nothing yet. out_of_memory must not return. */
void arena_init(struct arena *arena, void (*out_of_memory)(void));

/* Frees everything. The arena can be used again. */
void arena_free(struct arena *arena);

/* Forgets everything but keeps one block, so that the next piece of work allocates nothing. */
void arena_reset(struct arena *arena);

/* `size` zeroed bytes, aligned for any type. size 0 gives a valid pointer to no bytes. */
void *arena_alloc(struct arena *arena, size_t size);

/* `size` bytes with any content, for who fills them himself. */
void *arena_bytes(struct arena *arena, size_t size);

/* As arena_alloc for count elements of `size` bytes; an overflow counts as out of memory. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* A copy of s in the arena, followed by a NUL that is not part of it. */
struct slice arena_copy(struct arena *arena, struct slice s);

/* The same, as a C string. */
char *arena_string(struct arena *arena, struct slice s);

/* Formatted text in the arena, followed by a NUL that is not part of it. */
struct slice arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

#endif
