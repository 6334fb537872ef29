#ifndef COMPILER_CHECK_CHECK_H
#define COMPILER_CHECK_CHECK_H

/*
 * Semantic checks: each is one function that looks at one profile and reports to the unit's
 * diagnostics; it changes nothing.
 */

#include "compiler/patterns.h"

struct check_input {
	struct unit *unit;
	const struct policy_template *template;
	const struct scope *scope;
	const struct profile *profile;
	struct pattern_list own;      /* the profile's file rules */
	struct pattern_list included; /* those of its abstractions */
};

#define CHECK(symbol) void check_##symbol(const struct check_input *input);
#include "compiler/check/checks.def"
#undef CHECK

/* Runs all checks on a profile and on its children. */
void check_profile(struct unit *unit, const struct policy_template *template,
	const struct scope *scope, const struct profile *profile);

/* "owner /tmp/a rw" in the unit's arena, for messages. */
struct slice check_rule_text(struct unit *unit, const struct rule *rule);

/* The place to blame for a rule: the description's entry where there is one, else the rule itself.
 */
struct span check_place(const struct rule *rule);

#endif
