#ifndef ANALYSIS_ATTRIBUTE_H
#define ANALYSIS_ATTRIBUTE_H

/*
 * Which rules of a profile's text speak about an access. The compiled policy decides
 * (analysis/decide.h); this only explains a decision by the rules, so that a message can show their
 * place. The answer of the rules is given too: where it differs from the compiled decision without
 * being uncertain, one of the two readings is wrong, which the caller reports as DIAG_DISAGREEMENT.
 *
 * Nothing here fails or reports: a rule that cannot be evaluated (an undeclared variable, a broken
 * glob) is passed over and makes the answers uncertain.
 */

#include "policy/expand.h"
#include "policy/rule/rules.h"

/* The rules of one profile, those of its includes too, ready for questions. */
struct rulebook;

/*
 * Reads the rules of `profile` (not those of its children) into the unit's arena. scope: the
 * variables in force. preamble: for its aliases, or NULL. Profile, scope and preamble must outlive
 * the rulebook. Never NULL.
 */
const struct rulebook *rulebook_new(struct unit *unit, const struct scope *scope,
	const struct preamble *preamble, const struct profile *profile);

struct attribution {
	const struct rule *const *allow; /* rules that allow it, in the order of the text */
	size_t allow_count;
	const struct rule *const *deny; /* rules that deny it */
	size_t deny_count;
	const struct file_rule
		*exec;	/* of an exec: the rule that decides on the transition, or NULL */
	bool allowed;	/* what the rules say */
	bool uncertain; /* …as far as they could be evaluated */
};

/*
 * Access to a path by one permission (a single bit of enum perm), as in decide_file: path literal,
 * owner of the file or another. Rules that a rule of higher priority overrides are left out.
 * PERM_LINK asks whether the path may be the name of a link to anything.
 */
struct attribution attribute_file(struct arena *arena, const struct rulebook *book,
	struct slice path, bool owner, enum perm perm);

/* A socket; family and type are names of policy/names/names.h and neither is NULL. */
struct attribution attribute_network(
	struct arena *arena, const struct rulebook *book, const char *family, const char *type);

/* A capability, 0 to 63. */
struct attribution attribute_capability(
	struct arena *arena, const struct rulebook *book, int capability);

/* The rule to show first: the deny that decides, else the allow, else NULL. */
const struct rule *attribution_decides(const struct attribution *attribution);

/* Where a rule is to be shown: the description's entry it was made from, else its own text. */
struct span attribution_place(const struct rule *rule);

#endif
