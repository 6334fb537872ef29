#ifndef AUDIT_FACTS_H
#define AUDIT_FACTS_H

/* What an AppArmor profile allows, as far as controls ask: from its policy. */

#include "audit/audit.h"
#include "policy/policy.h"

/*
 * The facts of a profile of a policy (a compiled description, or a text that was read), in `arena`,
 * which may outlive the policy. where: for messages, kept as it is. Paths with variables that are
 * not expanded are left out, so that nothing is said of them.
 */
const struct profile_facts *profile_facts(
	struct arena *arena, const struct profile *profile, struct slice where);

#endif
