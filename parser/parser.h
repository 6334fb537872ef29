#ifndef PARSER_PARSER_H
#define PARSER_PARSER_H

/*
 * Text of AppArmor's language to a syntax tree. Every mistake of the text is reported to the
 * unit's diagnostics with its place; the parser recovers at `,` and `}`.
 */

#include "parser/syntax.h"

/*
 * Parses a whole text (a template, an include, an emitted profile) that has been added to the
 * unit's sources. Returns false when a mistake was reported; the tree then holds what could be
 * understood. Limits: limits->policy_bytes, limits->depth.
 */
bool parse_policy(struct unit *unit, const struct source *source, struct statement **ret_first);

/*
 * Parses one rule without its final comma, as in `rules:` of a description. `text` is the rule;
 * `at` the span in the description that holds it; `verbatim` tells that the bytes of `at` are
 * exactly `text` (a plain scalar), so that positions within it can be told; otherwise each place is
 * `at`. Exactly one RULE statement must result: more than one rule, a block, an include, a
 * variable, a trailing comma or a closing brace is a diagnostic (RULE_NOT_SINGLE and the like) and
 * false.
 */
bool parse_rule(struct unit *unit, struct slice text, struct span at, bool verbatim,
	struct statement **ret_rule);

#endif
