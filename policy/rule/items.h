#ifndef POLICY_RULE_ITEMS_H
#define POLICY_RULE_ITEMS_H

/*
 * Small helpers that the readers of all rule kinds share: looking at items, and saying what is
 * wrong with one. Messages go to the unit's diagnostics.
 */

#include "policy/names/names.h"
#include "policy/rule/rules.h"

/* The item is the unquoted word `text`; NULL is no item. */
bool item_is(const struct item *item, const char *text);

/* A word that is a path: it starts with '/' or with a variable. */
bool item_is_path(const struct item *item);

/* What messages show for an item: "foo", "key=", "(…)", "->". */
struct slice item_text(const struct item *item);

/* True at the end of the items; otherwise says that `item` is unexpected in a rule of this kind. */
bool items_end(struct unit *unit, const struct item *item, const char *kind);

/* "unknown WHAT 'GIVEN', did you mean 'NEAREST'?"; nearest may be NULL. For diag_help. */
struct diag *report_unknown(struct unit *unit, struct span at, const char *what, struct slice given,
	const char *nearest);

/* The table's own text of a name; NULL after "unknown …" was reported. */
const char *read_name(struct unit *unit, const struct name_list *list, const struct item *item);

/*
 * Reads `-> TARGET` at the end of a rule. True when there is none (*ret_target stays untouched) or
 * it was read; `item` is the first item that the rule has not used.
 */
bool read_target(
	struct unit *unit, const struct item *item, const char *kind, struct slice *ret_target);

/* The word as it stands in policy text (policy/escape.h); the empty word is "". */
void print_word(struct slice aare, struct buf *out);

/* The same between parentheses, where commas and parentheses need quotes too. */
void print_list_word(struct slice aare, struct buf *out);

/* Present in the rule; an empty word counts as present, {NULL, 0} does not. */
static inline bool is_given(struct slice s)
{
	return s.at != NULL;
}

/* The text of a word; "" is given, too. */
static inline struct slice item_word(const struct item *item)
{
	return item->text.at ? item->text : slice_of("", 0);
}

#endif
