/*
 * Allow rules of the kinds other than file that a deny of the same kind takes away, by their
 * fields: network, capability, signal and the others.
 */
#include "compiler/check/check.h"

static void report(const struct check_input *input, const struct rule *allow,
	const struct rule *deny, enum cover cover, struct slice witness)
{
	struct unit *unit = input->unit;
	struct slice text = check_rule_text(unit, allow), taken = check_rule_text(unit, deny);
	struct diag *diag;
	if (cover == COVER_WHOLLY) {
		diag = diag_add(&unit->diags, DIAG_DEAD_RULE, check_place(allow),
			"'%.*s' has no effect: deny always wins", SLICE_FMT(text));
		diag_help(&unit->diags, diag,
			deny->origin == ORIGIN_TEMPLATE
				? "take the entry out, or use a template of your own without this deny"
				: "narrow the deny, or take the entry out");
	} else {
		diag = diag_add(&unit->diags, DIAG_PARTLY_DEAD_RULE, check_place(allow),
			"part of '%.*s' is denied: '%.*s'", SLICE_FMT(text), SLICE_FMT(witness));
	}
	diag_second(&unit->diags, diag, deny->span, "'%.*s' takes it away", SLICE_FMT(taken));
}

static void check_pair(
	const struct check_input *input, const struct rule *allow, const struct rule *deny)
{
	struct slice witness = {0};
	enum cover cover = check_covers(input, deny, allow, &witness);
	if (cover == COVER_NONE)
		return;
	report(input, allow, deny, cover, witness);
	check_reported(input);
}

void check_dead_rules(const struct check_input *input)
{
	enum { LOOK_COST = 16 };
	const struct limits *limits = input->unit->limits;
	const struct rule *rules = input->profile->body.rules;
	for (const struct rule *deny = rules; deny; deny = deny->next) {
		if (!deny->qualifiers.deny || !deny->ops->covers)
			continue;
		size_t count = 0;
		for (const struct rule *allow = rules; allow && limits_spend(limits, LOOK_COST);
			allow = allow->next, count++)
			if (allow->ops == deny->ops && !allow->qualifiers.deny &&
				allow->origin == ORIGIN_DESCRIPTION)
				check_pair(input, allow, deny);
		if (!check_is_over(input))
			continue;
		check_too_complex(input, check_place(deny),
			"what this deny and later ones of its kind take away", count);
		return;
	}
}
