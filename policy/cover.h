#ifndef POLICY_COVER_H
#define POLICY_COVER_H

/*
 * How much of an allow rule a deny rule takes away, field by field. A rule is a product of fields;
 * a deny takes all when it holds every field wholly, nothing when one field is apart. What cannot
 * be told (a pattern with variables, or too complex) counts as apart: no claim is made.
 */

#include "policy/conditions.h"

/* The smaller claim of two fields. */
static inline enum cover cover_and(enum cover a, enum cover b)
{
	return a < b ? a : b;
}

/* Sets as bits, 0 being `all`; *ret_common is what both hold. */
enum cover cover_bits(uint32_t deny, uint32_t allow, uint32_t all, uint32_t *ret_common);

/* Patterns; a pattern that is not given matches everything. *ret_common matches what both do. */
enum cover cover_pattern(
	struct unit *unit, struct slice deny, struct slice allow, struct slice *ret_common);

/* Conditions of a kind; *ret_common is made in the arena. */
enum cover cover_conditions(struct unit *unit, const struct condition_kind *kinds, size_t count,
	const struct condition *deny, const struct condition *allow, struct condition **ret_common);

/* rule_ops.covers of the kinds that are an access list and conditions. */
enum cover access_covers(struct unit *unit, const struct rule *deny, const struct rule *allow,
	struct slice *ret_witness);

#endif
