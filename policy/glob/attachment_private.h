#ifndef POLICY_GLOB_ATTACHMENT_PRIVATE_H
#define POLICY_GLOB_ATTACHMENT_PRIVATE_H

/*
 * How the kernel counts, shared by attachment.c (one program) and attachment_compare.c (all
 * programs). A count is an interval: where it is not known, all that it can be.
 */

#include "policy/glob/attachment.h"

/* How kernels look for a state that was there before; what they remember of the walk. */
enum kernel_kind {
	KERNEL_FIXED, /* the last 32 states */
	KERNEL_LOWER, /* the same, but any state of a lower number ends the count */
	KERNEL_EIGHT, /* so, and up to eight states */
	KERNEL_KINDS,
};

struct count {
	uint32_t low, high;
};

enum verdict { VERDICT_FIRST, VERDICT_SECOND, VERDICT_NEITHER, VERDICT_UNSURE };

/* The count of an old kernel that met a lower state, not seen before, after `index` steps. */
static inline uint32_t count_missed(enum kernel_kind kind, uint32_t index)
{
	uint32_t ring = kind == KERNEL_EIGHT ? 8 : 32;
	return index / ring * ring - 1;
}

/* Whether an edge, as far as numbers are known, can be one to a state seen before or lower. */
static inline bool edge_ascends(const struct small_automaton *automaton, uint32_t from, uint32_t to)
{
	return automaton->numbered ? to > from : automaton->depth[to] > automaton->depth[from];
}

/* What the kernel makes of two that match, in whatever order they were loaded. */
enum verdict count_judge(struct count a, uint32_t least_a, struct count b, uint32_t least_b);

/*
 * The same for one program that both match and all kinds of kernels: the winner when it is the same
 * for all, neither when it is so for one of them.
 */
enum verdict attachment_judge(
	const struct attachment *a, const struct attachment *b, struct slice program);

#endif
