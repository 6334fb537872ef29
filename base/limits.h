#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* Every size that a user controls has its limit here. Exceeding one is an error of the input. */

#include <stdbool.h>
#include <stddef.h>

struct limits {
	size_t document_bytes; /* one YAML document */
	size_t policy_bytes;   /* one template, include or profile text */
	unsigned depth;	       /* nesting of YAML nodes, policy blocks, globs, includes */
	size_t nodes;	       /* YAML nodes of one document, aliases counted each time */
	size_t children;       /* of one description */
	size_t includes;       /* files included by one profile */
	size_t errors;	       /* errors after which a document is given up */
	size_t glob_states;    /* automaton states of one question about globs */
	size_t glob_text;      /* bytes of one pattern after its variables are expanded */
	size_t glob_bytes;     /* memory of one such question */
	size_t carved_rules;   /* denies that the carving out of exceptions may make of one */
	size_t check_work;     /* what one check of a description may cost, as `work` counts it */
	/*
	 * What the questions about globs may still cost together, or NULL: each has only the limits
	 * above. Counted are the bytes, places and states that are looked at, never the time: the
	 * answers are the same everywhere. At 0 every question is too complex.
	 */
	size_t *work;
};

/* Takes from what is left. false: it was not enough, and nothing is left now. */
static inline bool limits_spend(const struct limits *limits, size_t amount)
{
	if (!limits->work)
		return true;
	bool enough = amount <= *limits->work;
	*limits->work -= enough ? amount : *limits->work;
	return enough;
}

extern const struct limits limits_default;

#endif
