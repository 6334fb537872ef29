#ifndef POLICY_RULE_READ_H
#define POLICY_RULE_READ_H

/* One rule of any kind: its qualifiers, then the kind's own reader. */

#include "policy/rule/rules.h"

/*
 * Reads qualifiers from the start of the items; *ret_rest is the first item after them (NULL when
 * nothing follows, which is no mistake here). false after a diagnostic.
 */
bool qualifiers_read(struct unit *unit, const struct item *item, struct qualifiers *ret_qualifiers,
	const struct item **ret_rest);

/*
 * Reads a rule statement. `outer`: qualifiers of the block around it, or NULL. `deny`: see
 * policy_read_rule. The rule's head is filled but for origin and section. NULL after a diagnostic.
 */
struct rule *rule_read(struct unit *unit, const struct statement *statement,
	const struct qualifiers *outer, bool deny);

/*
 * apparmor_parser takes `/a rl -> /b` and `/a ux -> p`, where the target does not do what it seems
 * to. Stock abstractions have such rules; in a description they are a diagnostic and false.
 */
bool file_rule_check_target(
	struct unit *unit, const struct statement *statement, const struct rule *rule);

#endif
