#ifndef PARSER_SUBSTITUTE_H
#define PARSER_SUBSTITUTE_H

/*
 * Puts values in the place of variables, on the tree: the words stay words whatever the values
 * hold. A statement that uses a variable is repeated for each of its values, and left out where it
 * has none. Each occurrence of a variable counts by itself, so that "@{a} -> @{a}" with two values
 * gives four statements: apparmor_parser's own meaning. A block stays when a word of its head has
 * no value, less that word; the values of a variable stay one statement with more words.
 */

#include "parser/syntax.h"

struct binding_value {
	struct slice text; /* an AARE: already escaped (policy/escape.h) */
	struct span cause;
};

struct binding {
	struct slice name; /* "libraries" for @{libraries} */
	const struct binding_value *values;
	size_t count;
	bool used; /* set when a statement used it */
};

/*
 * A copy of the statements with the bindings' variables replaced; other variables stay. `cause` of
 * a copied statement is that of the first value put in. Where a value meets text, "//" becomes "/".
 * The tree given is not changed. More than limits->nodes statements are TOO_LARGE: the copy then
 * ends early.
 */
struct statement *substitute(
	struct unit *unit, const struct statement *first, struct binding *bindings, size_t count);

#endif
