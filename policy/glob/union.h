#ifndef POLICY_GLOB_UNION_H
#define POLICY_GLOB_UNION_H

/*
 * Many globs as one automaton, for questions about all of them at once: which of them match a path,
 * and which pairs of two sides overlap. What globs have in common at their beginning is there only
 * once, so that the work grows with the text of the patterns and not with the number of pairs.
 *
 *     /etc/x*  /etc/y*  /etc/y        / e t c / ─┬─ x ── * ── end of 0
 *                                                └─ y ─┬─ * ── end of 1
 *                                                      └─ end of 2
 *
 * All memory is the arena's, which should hold nothing else; nothing here fails but for limits,
 * which is said.
 */

#include "policy/glob/glob.h"

struct glob_union;

/* The sides of the question about pairs; a glob can be of both. */
enum { UNION_FIRST = 1, UNION_SECOND = 2 };

/* An empty automaton with room for globs numbered below `count`. */
struct glob_union *glob_union_new(struct arena *arena, size_t count);

/* Adds a glob (which must outlive the automaton) under a number that no other one has. */
void glob_union_add(struct glob_union *all, const struct glob *glob, uint32_t number, int sides);

/*
 * The globs that match a path (any bytes): *ret_count numbers in *ret_numbers, ascending. They stay
 * there until the next question. Takes from *limits->work; false when that did not suffice.
 */
bool glob_union_match(struct glob_union *all, const struct limits *limits, struct slice path,
	const uint32_t **ret_numbers, size_t *ret_count);

/* The memory that it has taken so far, for who builds a large one. */
size_t glob_union_bytes(const struct glob_union *all);

struct glob_pair {
	uint32_t first, second;
};

/*
 * All pairs of a glob of the first side and one of the second that overlap, sorted; among them can
 * be some with a `**` that only seem to overlap: glob_overlap tells. GLOB_YES, or GLOB_TOO_COMPLEX
 * when there are very many, or limits->glob_bytes or *limits->work (which is taken from) do not
 * suffice. The pairs are in `arena`.
 */
enum glob_answer glob_union_pairs(struct glob_union *all, struct arena *arena,
	const struct limits *limits, struct glob_pair **ret_pairs, size_t *ret_count);

#endif
