#ifndef BASE_SOURCE_H
#define BASE_SOURCE_H

/*
 * Sources are the texts of one compilation (descriptions, templates, includes), laid end to end in
 * one address space. A span is two positions in that space; file, line, column and the line's text
 * are derived only when a message is printed.
 *
 * Texts that many compilations share (templates, abstractions) live in a `shared` set of sources
 * with the low half of the address space; the compilation's own sources have the high half.
 */

#include "base/arena.h"

struct span {
	uint32_t begin, end; /* positions; end is one past the last byte; {0,0} is "no place" */
};

enum { SOURCE_MARK = 4096 };

/* Where a text stands at some offset, so that no search for a line begins far from it. */
struct line_mark {
	uint32_t lines;	     /* that end before it */
	uint32_t line_begin; /* offset of its line */
	uint32_t characters; /* of its line, before it */
};

struct source {
	struct source *next;
	struct slice name; /* as messages show it: a path, "-", or "<template container>" */
	struct slice text; /* the bytes */
	uint32_t begin; /* position of the first byte; the byte past the end has a position too */
	uint32_t
		first_line; /* line number of the first byte, 1 unless the text is part of a file */
	const struct line_mark *marks; /* at each SOURCE_MARK bytes of a longer text, or NULL */
};

struct sources {
	struct arena *arena;
	const struct sources *shared; /* or NULL */
	struct source *first, *last;
	uint32_t next; /* first free position */
};

struct location {
	const struct source *source;
	uint32_t line;		/* from 1 */
	uint32_t column;	/* from 1, in characters (code points) */
	uint32_t byte_column;	/* from 0, in bytes, into line_text */
	struct slice line_text; /* without line end */
};

static inline struct span span_of(uint32_t begin, uint32_t end)
{
	return (struct span){begin, end};
}

static inline bool span_none(struct span span)
{
	return span.begin == 0 && span.end == 0;
}

/* The smallest span that holds both; one that is "no place" does not count. */
struct span span_join(struct span a, struct span b);

/* An empty set. With `shared` NULL the set itself can be shared by others. */
void sources_init(struct sources *sources, struct arena *arena, const struct sources *shared);

/*
 * Adds a text; name and text must live as long as the set. first_line is the line number of its
 * first line (1 for a whole file). Returns NULL when the address space is full (2 GiB).
 */
const struct source *sources_add(
	struct sources *sources, struct slice name, struct slice text, uint32_t first_line);

/* The source that holds a position, or NULL for "no place". Looks into the shared set too. */
const struct source *sources_find(const struct sources *sources, uint32_t position);

/* Where a position is. false for "no place". */
bool sources_locate(
	const struct sources *sources, uint32_t position, struct location *ret_location);

/* The bytes of a span; empty for "no place". */
struct slice sources_text(const struct sources *sources, struct span span);

#endif
