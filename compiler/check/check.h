#ifndef COMPILER_CHECK_CHECK_H
#define COMPILER_CHECK_CHECK_H

/*
 * Semantic checks: each is one function that looks at one profile and reports to the unit's
 * diagnostics; it changes nothing. Those of `container` look at the profile with its children at
 * once, for one container runs them all.
 */

#include "compiler/patterns.h"
#include "compiler/service/container.h"

struct check_names;

struct check_input {
	struct unit *unit;
	const struct policy_template *template;
	const struct scope *scope;
	enum abi abi; /* that the profile is written for */
	const struct profile *profile;
	const struct profile *root; /* the profile itself, of a child that with the children */
	const struct check_names **names; /* of the description's profiles, made by transitions.c */
	struct pattern_list own;	  /* the profile's file rules */
	const struct included *included;  /* what its abstractions hold */
	/* The description, and how it is run; both NULL in children and where `container` is not
	 * wanted. */
	const struct service *service;
	const struct container *container;
	/* The description of a profile of template host; NULL in children and elsewhere. */
	const struct service *attached;
	/* The description of a profile of any template that attaches by a path; NULL in children.
	 */
	const struct service *described;
	const struct check_input *next; /* the profile's children, then NULL */
};

#define CHECK(symbol, ...) void check_##symbol(const struct check_input *input);
#include "compiler/check/checks.def"
#undef CHECK

/*
 * Whether the check has used up its work (limits->check_work): then it stops, claims nothing more,
 * and says so by check_too_complex.
 */
bool check_is_over(const struct check_input *input);

/* Reports that one question, whether two rules are about the same path, was too complex. */
void check_unclear(
	const struct check_input *input, const struct rule *rule, const struct rule *other);

/*
 * Gives the unit an arena of its own for one question, so that very many of them do not fill the
 * memory. The result goes to check_scratch_end, which throws away what was made meanwhile but the
 * text that it returns a copy of. Nothing is reported in between.
 */
struct arena check_scratch(struct unit *unit);
struct slice check_scratch_end(struct unit *unit, struct arena kept, struct slice text);

/* Counts a message about a pair of rules, of which there can be very many, as work. */
void check_reported(const struct check_input *input);

/*
 * Reports what a check did not look at any more: `what` ("whether denies take away an entry"), for
 * `count` rules, the first of them at `at`.
 */
void check_too_complex(
	const struct check_input *input, struct span at, const char *what, size_t count);

/* The pattern of all below a path (literal, no slash at its end), and unless `inside` of the path
 * itself, in the arena. NULL when it is too long. */
const struct glob *check_tree(struct unit *unit, struct slice path, bool inside);

/* "owner /tmp/a rw" in the unit's arena, for messages. */
struct slice check_rule_text(struct unit *unit, const struct rule *rule);

/* The place to blame for a rule: the description's entry where there is one, else the rule itself.
 */
struct span check_place(const struct rule *rule);

#endif
