#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* Every size that a user controls has its limit here. Exceeding one is an error of the input. */

#include <stddef.h>

struct limits {
	size_t document_bytes; /* one YAML document */
	size_t policy_bytes;   /* one template, include or profile text */
	unsigned depth;	       /* nesting of YAML nodes, policy blocks, globs, includes */
	size_t nodes;	       /* YAML nodes of one document, aliases counted each time */
	size_t includes;       /* files included by one profile */
	size_t errors;	       /* errors after which a document is given up */
	size_t glob_states;    /* automaton states of one question about globs */
	size_t glob_text;      /* bytes of one pattern after its variables are expanded */
	size_t carved_rules;   /* denies that the carving out of exceptions may make of one */
};

extern const struct limits limits_default;

#endif
