#include "compiler/check/check.h"

static void (*const checks[])(const struct check_input *) = {
#define CHECK(symbol) check_##symbol,
#include "compiler/check/checks.def"
#undef CHECK
};

_Static_assert(sizeof(checks) > 0, "there are checks");

enum { CHILDREN_DEPTH = 16 };

static void check_at_depth(struct unit *unit, const struct policy_template *template,
	const struct scope *scope, const struct profile *profile, unsigned depth)
{
	struct check_input input = {
		.unit = unit,
		.template = template,
		.scope = scope,
		.profile = profile,
	};
	patterns_of_rules(unit, scope, &profile->body, &input.own);
	patterns_of_includes(unit, template, &profile->body, &input.included);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](&input);
	if (depth == CHILDREN_DEPTH)
		return;
	for (const struct profile *child = profile->body.children; child; child = child->next)
		check_at_depth(unit, template, scope, child, depth + 1);
}

void check_profile(struct unit *unit, const struct policy_template *template,
	const struct scope *scope, const struct profile *profile)
{
	check_at_depth(unit, template, scope, profile, 0);
}

struct slice check_rule_text(struct unit *unit, const struct rule *rule)
{
	struct buf text = buf_new(&unit->arena);
	rule_print(rule, &text);
	return buf_slice(&text);
}

struct span check_place(const struct rule *rule)
{
	return span_none(rule->cause) ? rule->span : rule->cause;
}
