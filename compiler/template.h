#ifndef COMPILER_TEMPLATE_H
#define COMPILER_TEMPLATE_H

/*
 * A template is a profile in AppArmor's own language that sees the description as variables. What
 * does not depend on the description (the syntax tree, the preamble with its tunables, the globs of
 * abstractions) is prepared once and shared by all compilations that use the template; it lives in
 * a unit of its own that outlives them.
 */

#include "policy/expand.h"
#include "policy/read.h"

struct patterns; /* compiler/patterns.h: the file rules of an abstraction, ready to compare */

/*
 * One statement of the template's profile: a rule or an include that is the same for every
 * description, read once, or (both NULL) one that uses the description's variables.
 */
struct template_part {
	struct template_part *next;
	const struct statement *statement;
	const struct rule *rule;
	const struct include *include;
};

struct policy_template {
	struct slice name;     /* as the description names it */
	struct slice baseline; /* "container 1": from the line `# baseline: …`, else the name */
	struct unit *unit; /* owns everything below; its sources are shared by the compilations */
	const struct include_loader *loader;
	struct preamble preamble;
	struct scope *scope;	     /* the variables of the preamble, for @{profile_name} empty */
	struct statement *block;     /* the one profile, whole */
	struct template_part *parts; /* its statements; NULL where there are blocks among them:
					nothing is shared then */
	struct statement *varying;   /* the profile with only those statements that use variables */
	struct carved **carved;	     /* cache of compiler/carve.c, filled likewise */
	struct patterns *patterns;   /* cache by include file, filled as descriptions need them */
};

/* The variables that a template may use, besides those its preamble declares. */
#define TEMPLATE_VARIABLES(X)                                                                      \
	X(name, "the name of the profile (of a child: of the profile it belongs to)")              \
	X(attachment, "the first path of `binary`")                                                \
	X(binary, "the paths of `binary`")                                                         \
	X(libraries, "the directories of `libraries`, without final slash")                        \
	X(readable, "the directories of `readable`, without final slash")                          \
	X(writable, "the directories of `writable`, without final slash")                          \
	X(resolver, "/etc where `network` has inet or inet6, else no value")

/*
 * Prepares a template from a text that has been added to unit's sources. The unit must outlive it,
 * and takes the diagnostics; unit->diags is empty on success. NULL after any error: the text is not
 * valid, holds not exactly one profile, uses the description's variables outside of it.
 * needs_tunables: the description uses abstractions or variables, so that a template that declares
 * and includes nothing before its profile (minimal) includes <tunables/global>.
 */
struct policy_template *template_prepare(struct unit *unit, const struct source *source,
	struct slice name, const struct include_loader *loader, bool needs_tunables);

/* Makes once what profiles that share the rule need of it: its text and its pattern. The rule lives
 * in the template's unit. */
void template_share_rule(const struct policy_template *template, struct rule *rule);

#endif
