#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK_BYTES = 64 * 1024, ALIGN = 16 };

struct arena_block {
	struct arena_block *older;
	size_t size; /* bytes that follow this head */
	_Alignas(ALIGN) char bytes[];
};

void arena_init(struct arena *arena, void (*out_of_memory)(void))
{
	*arena = (struct arena){.out_of_memory = out_of_memory};
}

static void free_blocks(struct arena_block *block)
{
	while (block) {
		struct arena_block *older = block->older;
		free(block);
		block = older;
	}
}

void arena_free(struct arena *arena)
{
	free_blocks(arena->block);
	arena_init(arena, arena->out_of_memory);
}

void arena_reset(struct arena *arena)
{
	struct arena_block *block = arena->block;
	/* Keep a block of the usual size only, so that one huge compilation is not paid for ever.
	 */
	if (!block || block->size > BLOCK_BYTES) {
		arena_free(arena);
		return;
	}
	free_blocks(block->older);
	block->older = NULL;
	arena->at = block->bytes;
	arena->used = 0;
}

static void add_block(struct arena *arena, size_t size)
{
	size_t bytes = size > BLOCK_BYTES ? size : BLOCK_BYTES;
	struct arena_block *block = NULL;
	if (bytes <= SIZE_MAX - sizeof(*block))
		block = malloc(sizeof(*block) + bytes);
	if (!block) {
		arena->out_of_memory();
		abort(); /* the handler broke its promise */
	}
	block->older = arena->block;
	block->size = bytes;
	arena->block = block;
	arena->at = block->bytes;
	arena->end = block->bytes + bytes;
}

static void *alloc_raw(struct arena *arena, size_t size)
{
	size_t rounded = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (rounded < size)
		rounded = SIZE_MAX; /* add_block refuses it */
	if (!arena->block || rounded > (size_t)(arena->end - arena->at))
		add_block(arena, rounded);
	void *result = arena->at;
	arena->at += rounded;
	arena->used += rounded;
	return result;
}

void *arena_bytes(struct arena *arena, size_t size)
{
	return alloc_raw(arena, size);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(alloc_raw(arena, size), 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes))
		bytes = SIZE_MAX;
	return arena_alloc(arena, bytes);
}

struct slice arena_copy(struct arena *arena, struct slice s)
{
	char *copy = alloc_raw(arena, s.len + 1);
	if (s.len > 0)
		memcpy(copy, s.at, s.len);
	copy[s.len] = '\0';
	return slice_of(copy, s.len);
}

char *arena_string(struct arena *arena, struct slice s)
{
	return (char *)arena_copy(arena, s).at;
}

struct slice arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		len = 0;
	char *text = alloc_raw(arena, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return slice_of(text, (size_t)len);
}
