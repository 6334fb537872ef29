#include "analysis/decide.h"
#include "analysis/perms.h"

#define FAMILY_UNIX    1 /* AF_UNIX */
#define FAMILY_NETLINK 16

/* Numbers stand in the automaton as two bytes, the high one first. */
static uint32_t step_number(const struct dfa *dfa, uint32_t state, unsigned number)
{
	if (state == DFA_NOWHERE || number > UINT16_MAX)
		return DFA_NOWHERE;
	return dfa_step(dfa, dfa_step(dfa, state, (uint8_t)(number >> 8)), (uint8_t)number);
}

static uint32_t class_state(const struct compiled_profile *profile, enum policy_class class)
{
	const struct compiled_db *db = &profile->policy;
	return db->dfa ? dfa_step(db->dfa, db->start, class) : DFA_NOWHERE;
}

static struct decision decision_of(struct perms perms)
{
	return (struct decision){
		.mediated = true,
		.allowed = perms.allow & KERNEL_CREATE,
		.audited = perms.allow & perms.audit & KERNEL_CREATE,
		.quiet = ~perms.allow & perms.quiet & KERNEL_CREATE,
	};
}

/* Family, type, and the protocol only where the state says that there is more to come. */
static struct decision by_type(const struct compiled_profile *profile, uint32_t state,
	unsigned family, unsigned type, unsigned protocol)
{
	const struct dfa *dfa = profile->policy.dfa;
	state = step_number(dfa, step_number(dfa, state, family), type);
	struct perms perms = perms_of_policy(profile, state);
	if (!(perms.allow & KERNEL_CREATE) && (perms.allow & KERNEL_CONTINUE))
		perms = perms_of_policy(profile, step_number(dfa, state, protocol));
	return decision_of(perms);
}

static struct decision by_family(
	const struct compiled_profile *profile, unsigned family, unsigned type)
{
	struct decision decision = {.mediated = true};
	/* Interface versions below 7 left these two to other rules. */
	if (profile->version < 7 && (family == FAMILY_UNIX || family == FAMILY_NETLINK))
		return (struct decision){.allowed = true};
	if (family >= profile->family_count || type > 15)
		return decision;
	const struct compiled_family *masks = &profile->families[family];
	unsigned bit = 1u << type;
	decision.allowed = masks->allow & bit;
	decision.audited = decision.allowed && (profile->audits_all || (masks->audit & bit));
	decision.quiet = !decision.allowed && !profile->audits_all && (masks->quiet & bit);
	return decision;
}

/*
 * The state behind the family where unix sockets are mediated by their own rules. A policy compiled
 * for such a kernel bears the mark of class 4, and its `unix` rules are under class 14 or 4; one
 * for newer kernels has class 15. Where there is no such rule, the coarse ones decide.
 */
static uint32_t unix_state(const struct compiled_profile *profile)
{
	const struct dfa *dfa = profile->policy.dfa;
	uint32_t state = class_state(profile, CLASS_NETWORK_9);
	if (state != DFA_NOWHERE)
		return step_number(dfa, state, FAMILY_UNIX);
	uint32_t old = class_state(profile, CLASS_NETWORK_7);
	if (old == DFA_NOWHERE)
		return DFA_NOWHERE;
	state = class_state(profile, CLASS_NETWORK);
	return step_number(dfa, state != DFA_NOWHERE ? state : old, FAMILY_UNIX);
}

struct decision decide_network(
	const struct compiled_profile *profile, unsigned family, unsigned type, unsigned protocol)
{
	static const struct decision unmediated = {.allowed = true};
	if (profile->mode == COMPILED_UNCONFINED)
		return unmediated;
	if (family == FAMILY_UNIX) {
		uint32_t state = unix_state(profile);
		const struct dfa *dfa = profile->policy.dfa;
		if (state != DFA_NOWHERE)
			return decision_of(perms_of_policy(profile,
				step_number(dfa, step_number(dfa, state, type), protocol)));
	}
	uint32_t state = class_state(profile, CLASS_NETWORK_9);
	if (state == DFA_NOWHERE)
		state = class_state(profile, CLASS_NETWORK);
	if (state != DFA_NOWHERE)
		return by_type(profile, state, family, type, protocol);
	return profile->has_families ? by_family(profile, family, type) : unmediated;
}
