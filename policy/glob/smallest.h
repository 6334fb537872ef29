#ifndef POLICY_GLOB_SMALLEST_H
#define POLICY_GLOB_SMALLEST_H

/*
 * The smallest automaton of one glob over all bytes, its states numbered as apparmor_parser numbers
 * those of the attachment that it compiles: breadth first from 1, of a state's edges first the one
 * of the bytes that the pattern does not name, then the others by their lowest byte. The kernel's
 * choice between attachments depends on these numbers (policy/glob/attachment.h). Measured on
 * apparmor_parser 3.0.8 and 4.1.0; tests/unit/analysis_attachment.c compares whole automata.
 */

#include "policy/glob/glob.h"

struct small_automaton {
	uint32_t states; /* numbered from 1, the start, to `states` */
	uint16_t classes;
	uint16_t class_of[256];
	uint8_t sample[256];   /* a byte of each class that reads well */
	const uint32_t *next;  /* next[state * classes + class], 0 is nowhere */
	const uint32_t *depth; /* of each state: the fewest bytes that lead there */
	const bool *accepts;
	const bool *cyclic; /* may lie on a loop of several states */
	bool numbered;	    /* false: the order of states of one depth is not known */
};

/*
 * NULL when it has more than limits->glob_states states, or more work than some hundredths of a
 * second is to be done for it. In the arena.
 */
const struct small_automaton *glob_smallest(
	struct arena *arena, const struct limits *limits, const struct glob *glob);

static inline uint32_t small_step(
	const struct small_automaton *automaton, uint32_t state, uint8_t byte)
{
	return automaton->next[state * automaton->classes + automaton->class_of[byte]];
}

#endif
