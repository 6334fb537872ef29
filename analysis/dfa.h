#ifndef ANALYSIS_DFA_H
#define ANALYSIS_DFA_H

/*
 * The automata of compiled policy, as the kernel walks them. Row-displacement tables: the
 * transitions of a state start at its base in `next`, and `check` tells to which state an entry
 * belongs; where it is another's, the state's default is taken, and with differential encoding the
 * byte is tried again in that default state. Bytes go through equivalence classes when the table is
 * there.
 *
 * dfa_read refuses whatever the kernel's verification refuses (states and transitions out of
 * range, chains of defaults that loop, unknown flags), so that a walk over a `struct dfa` is safe
 * and ends for any bytes. Source: security/apparmor/match.c and include/match.h of the kernel.
 */

#include "base/arena.h"

#define DFA_NOWHERE 0 /* the state that nothing leaves and that matches nothing */
#define DFA_START   1 /* where a walk starts unless the policy says otherwise */

struct dfa {
	uint32_t states;	  /* at least 2 */
	uint32_t transitions;	  /* entries of next and check */
	const uint32_t *base;	  /* low 24 bits: index into next; high bits: flags */
	const uint32_t *fallback; /* the default state of each state */
	const uint32_t *next, *check;
	const uint8_t *classes; /* 256 equivalence classes, or NULL: byte n is class n */
	const uint32_t *accept; /* per state: permissions, or an index into a table of them */
	const uint32_t
		*accept2; /* per state: audit and quiet, or flags of the index; may be NULL */
};

/*
 * Reads the tables of one automaton, from the header's magic on, into the arena; the bytes must
 * outlive it. need_accept2: the permissions are in the two accept tables, not in a permission
 * table. On failure returns false, and *ret_error is a static text that completes "the automaton
 * …".
 */
bool dfa_read(struct arena *arena, struct slice bytes, bool need_accept2, const struct dfa **ret,
	const char **ret_error);

/* The class of a byte; class numbers are below dfa_class_count. */
static inline uint8_t dfa_class(const struct dfa *dfa, uint8_t byte)
{
	return dfa->classes ? dfa->classes[byte] : byte;
}

/* How many classes there are: 1 to 256. Bytes of one class behave alike in every state. */
unsigned dfa_class_count(const struct dfa *dfa);

/*
 * 256 numbers, one for each class: where it is the state's own, the state has a transition for the
 * class; other classes behave as in its default state, or lead there.
 */
const uint32_t *dfa_checks(const struct dfa *dfa, uint32_t state);

/* The state that follows `state` (below dfa->states) on a class (below dfa_class_count). */
uint32_t dfa_step_class(const struct dfa *dfa, uint32_t state, uint8_t class);

/* The state that follows `state` on a byte. */
uint32_t dfa_step(const struct dfa *dfa, uint32_t state, uint8_t byte);

/* The state after all of text, which may hold any byte. From DFA_NOWHERE nothing leads away. */
uint32_t dfa_walk(const struct dfa *dfa, uint32_t state, struct slice text);

#endif
