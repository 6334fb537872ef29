#ifndef ANALYSIS_XMATCH_H
#define ANALYSIS_XMATCH_H

/*
 * The automaton of a compiled profile's attachment: which programs it matches. Nothing fails; what
 * exceeds a limit is told as that. Source: find_attach in security/apparmor/domain.c of the kernel.
 */

#include "analysis/blob.h"
#include "policy/glob/smallest.h"

/* Most programs that are named one by one; an automaton that matches more is a pattern. */
#define XMATCH_WORDS 64

/* All that it matches, in the arena; false when that is more than XMATCH_WORDS, or endless. */
bool xmatch_words(struct arena *arena, const struct compiled_db *xmatch, struct slice **ret_words,
	size_t *ret_count);

/*
 * The automaton for policy/glob/attachment.h, its states numbered as in the kernel; NULL when it
 * has more than `most` states, or does not start as all of apparmor_parser do. In the arena.
 */
const struct small_automaton *xmatch_automaton(
	struct arena *arena, const struct compiled_db *xmatch, uint32_t most);

#endif
