#ifndef BASE_SLICE_H
#define BASE_SLICE_H

/*
 * A slice is a view of bytes that somebody else owns (an arena, a source, a literal). It is passed
 * by value, is not terminated by NUL, and may hold any byte.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *at; /* may be NULL when len is 0 */
	size_t len;	/* bytes */
};

/* The slice of a string literal: SLICE("abc"). */
#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

/* For printf: printf("%.*s", SLICE_FMT(s)). Slices longer than INT_MAX do not occur (limits.h). */
#define SLICE_FMT(s) (int)(s).len, (s).at ? (s).at : ""

static inline struct slice slice_of(const char *at, size_t len)
{
	return (struct slice){at, len};
}

static inline struct slice slice_str(const char *nul_terminated)
{
	return (struct slice){nul_terminated, strlen(nul_terminated)};
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool slice_is(struct slice a, const char *nul_terminated)
{
	return slice_eq(a, slice_str(nul_terminated));
}

static inline bool slice_starts(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.at, prefix.at, prefix.len) == 0);
}

static inline bool slice_ends(struct slice s, struct slice suffix)
{
	return s.len >= suffix.len &&
	       (suffix.len == 0 || memcmp(s.at + s.len - suffix.len, suffix.at, suffix.len) == 0);
}

/* The part of s from byte `from` on; empty when s is shorter. */
static inline struct slice slice_from(struct slice s, size_t from)
{
	return from < s.len ? slice_of(s.at + from, s.len - from) : slice_of(NULL, 0);
}

/* The first `len` bytes of s, or all of it when it is shorter. */
static inline struct slice slice_first(struct slice s, size_t len)
{
	return slice_of(s.at, len < s.len ? len : s.len);
}

static inline bool slice_has(struct slice s, char c)
{
	return s.len > 0 && memchr(s.at, c, s.len) != NULL;
}

/* Where `part` first stands in s, or NULL. An empty part stands nowhere in an empty s. */
static inline const char *slice_find(struct slice s, struct slice part)
{
	return s.len > 0 ? memmem(s.at, s.len, part.at, part.len) : NULL;
}

/* Byte order, shorter first on a tie: <0, 0 or >0, for qsort and deterministic output. */
int slice_cmp(struct slice a, struct slice b);

/* s without blanks, tabs, carriage returns and newlines at both ends. */
struct slice slice_trim(struct slice s);

/* ASCII case-insensitive equality. */
bool slice_eq_nocase(struct slice a, struct slice b);

/*
 * Edit distance (insertions, deletions, substitutions, swaps of neighbours) of a and b, ASCII
 * case-insensitive, or `limit` + 1 as soon as it is sure to be larger than limit. Names longer
 * than 64 bytes count as infinitely far. Serves "did you mean".
 */
unsigned slice_distance(struct slice a, struct slice b, unsigned limit);

/*
 * The nearest of `count` names to `given`, at most a third of its length (and at least one edit)
 * away, else the only one that begins with it (of at least three bytes), or NULL. Ties go to the
 * first.
 */
const char *slice_nearest(struct slice given, const char *const *names, size_t count);

#endif
