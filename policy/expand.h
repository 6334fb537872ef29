#ifndef POLICY_EXPAND_H
#define POLICY_EXPAND_H

/*
 * The variables in force for a profile, and patterns with their variables expanded, the way
 * apparmor_parser does: several values become an alternation, slashes that meet at a joint
 * collapse.
 */

#include "policy/policy.h"

struct scope; /* name to values */

/*
 * The variables of a preamble and of all files it includes, plus @{profile_name}. Mistakes
 * (declared twice, += before =) are diagnostics of `unit`. Never NULL.
 */
struct scope *scope_new(
	struct unit *unit, const struct preamble *preamble, struct slice profile_name);

/* A scope for another profile of the same preamble (cheap). */
struct scope *scope_for_profile(
	struct arena *arena, const struct scope *scope, struct slice profile_name);

/* A scope for a child of the scope's profile, whose name is whole there: "web//worker". */
struct scope *scope_of_child(
	struct arena *arena, const struct scope *scope, const struct profile *child);

/* Whether a file of the preamble could not be read in full: variables may be declared there that
 * the scope does not have. */
bool scope_is_open(const struct scope *scope);

/*
 * The pattern with variables expanded, in the arena. On an undeclared variable returns false with
 * *ret_name its name; on recursion or more than limits->glob_text bytes false with *ret_name empty.
 */
bool scope_expand(struct arena *arena, const struct limits *limits, const struct scope *scope,
	struct slice aare, struct slice *ret_expanded, struct slice *ret_name);

#endif
