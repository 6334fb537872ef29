#ifndef COMPILER_LOWER_TEMPLATE_H
#define COMPILER_LOWER_TEMPLATE_H

/* A template with the values of a description put in. Used by lower.c only. */

#include "compiler/lower.h"
#include "parser/substitute.h"

/* What one profile (the service or a child of it) is lowered with. */
struct lowering {
	struct unit *unit;
	const struct policy_template *template;
	const struct compile_options *options;
	const struct service *service; /* the profile's own part of the description */
	const struct service *root;    /* the whole description */
	struct binding *bindings;
	struct profile *profile;
};

enum template_variable {
#define VARIABLE_INDEX(symbol, about) VARIABLE_##symbol,
	TEMPLATE_VARIABLES(VARIABLE_INDEX)
#undef VARIABLE_INDEX
		VARIABLE_COUNT
};

/*
 * The template's profile with the values of l->bindings; what it allows for an entry of the
 * description counts as the description's, and its rules for all of a class that the description
 * lists are gone. NULL after a diagnostic.
 */
struct profile *lower_template(struct lowering *l);

/*
 * A profile and its children share what stands before them: adds what the template of a child
 * includes and declares. false after a diagnostic: both declare a variable, which has one meaning
 * for all.
 */
bool lower_preamble(struct unit *unit, struct preamble *preamble, const struct service *child,
	const struct policy_template *template);

#endif
