/*
 * Capabilities that the features of an ABI do not know. apparmor_parser 3 and 4 do not refuse them:
 * they grant or deny what the capability was split off from.
 *
 *     abi 3.0    capability checkpoint_restore,      compiles to      capability sys_admin,
 */
#include "compiler/check/check.h"

#include "policy/names/names.h"

/* Those that abi/3.0 lacks, and what apparmor_parser makes of them; perfmon and bpf it has. */
static const struct newer {
	int number;
	const char *becomes;
} newer[] = {
	{40, "sys_admin"}, /* checkpoint_restore */
};

static void report(
	const struct check_input *input, const struct rule *rule, const struct newer *one)
{
	struct diags *diags = &input->unit->diags;
	bool is_deny = rule->qualifiers.deny, is_included = rule->origin == ORIGIN_INCLUDE;
	const char *name = name_of(&names_capabilities, one->number)->name;
	struct diag *diag = diag_add(diags, DIAG_CAPABILITY_NEWER_THAN_ABI, check_place(rule),
		"ABI 3.0 does not know the capability %s: apparmor_parser would %s %s instead",
		name, is_deny ? "deny" : "allow", one->becomes);
	diag_help(diags, diag, "compile with --abi 4.0, or %s",
		is_included ? "leave out the abstraction" : "leave the capability out");
}

static void check_rule(const struct check_input *input, const struct rule *rule)
{
	if (rule->ops != &rule_capability)
		return;
	uint64_t mask = ((const struct capability_rule *)rule)->mask;
	for (size_t i = 0; i < sizeof(newer) / sizeof(*newer); i++)
		if (mask >> newer[i].number & 1)
			report(input, rule, &newer[i]);
}

void check_abi_capabilities(const struct check_input *input)
{
	const struct included *included = input->included;
	if (input->abi != ABI_3_0)
		return;
	for (const struct rule *rule = input->profile->body.rules; rule; rule = rule->next)
		check_rule(input, rule);
	for (size_t i = 0; i < included->other_count; i++)
		check_rule(input, included->others[i].rule);
}
