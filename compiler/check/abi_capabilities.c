/*
 * Capabilities that the features of an ABI do not know. apparmor_parser 3 and 4 do not refuse them:
 * they grant or deny what the capability was split off from.
 *
 *     abi 3.0    capability checkpoint_restore,      compiles to      capability sys_admin,
 */
#include "compiler/check/check.h"

#include "policy/includes.h"
#include "policy/names.h"

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

static void check_includes(
	const struct check_input *input, struct include_set *set, const struct include *include)
{
	for (; include; include = include->next)
		for (const struct include_file *file = include->files; file; file = file->next) {
			if (!include_set_add(set, file))
				continue;
			for (const struct rule *rule = file->body->rules; rule; rule = rule->next)
				check_rule(input, rule);
			check_includes(input, set, file->body->includes);
		}
}

void check_abi_capabilities(const struct check_input *input)
{
	struct include_set set = include_set_new(&input->unit->arena);
	const struct body *body = &input->profile->body;
	if (input->abi != ABI_3_0)
		return;
	for (const struct rule *rule = body->rules; rule; rule = rule->next)
		check_rule(input, rule);
	check_includes(input, &set, body->includes);
}
