#ifndef POLICY_PRINT_H
#define POLICY_PRINT_H

/*
 * Policy to canonical text, and trees compared. Printing what was parsed from printed text gives
 * the same bytes.
 */

#include "policy/rule/rules.h"

/* One rule with its qualifiers, without comma: "owner /tmp/a rwk". */
void rule_print(const struct rule *rule, struct buf *out);

/* An include statement: "include if exists <local/x>". */
void include_print(const struct include *include, struct buf *out);

/* Same kind, qualifiers and meaning. Places, comments and origin do not count. */
bool rule_equal(const struct rule *a, const struct rule *b);

struct print_options {
	bool annotate; /* after each rule `# FILE:LINE` of the description (or template) it comes
			  from */
	bool self_contained; /* includes replaced by what they resolved to, abi left out */
	const struct sources *sources; /* for annotate */
};

/* The preamble: abi, includes, variables, aliases; each on a line. */
void preamble_print(
	const struct preamble *preamble, const struct print_options *options, struct buf *out);

/* One profile with children: sections with a comment line each, blank line between sections; tabs
 * as indent. */
void profile_print(
	const struct profile *profile, const struct print_options *options, struct buf *out);

/*
 * Compares two policies; order of rules within a profile does not matter, duplicates do not either.
 * On a difference, false and *ret_difference says in a line what differs (in the arena).
 */
bool policy_equal(struct arena *arena, const struct policy *a, const struct policy *b,
	struct slice *ret_difference);

#endif
