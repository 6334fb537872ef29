/* ptrace [ACCESS] [peer=PROFILE]: apparmor.d(5), "PTrace rules". */

#include "policy/rule/region.h"

enum { TRACE = 1, READ = 2, TRACED_BY = 4, READ_BY = 8 };

static const struct access_name access_names[] = {
	{"trace", TRACE},
	{"read", READ},
	{"tracedby", TRACED_BY},
	{"readby", READ_BY},
	{"write", TRACE},
	{"w", TRACE},
	{"r", READ},
	{"rw", READ | TRACE},
	{"wr", READ | TRACE},
};

static const struct condition_kind conditions[] = {
	{.key = "peer", .type = CONDITION_PATTERN, .no_list = true},
};

static const struct access_kind kind = {
	.name = "ptrace",
	.access = access_names,
	.access_count = sizeof(access_names) / sizeof(*access_names),
	.all = TRACE | READ | TRACED_BY | READ_BY,
	.has_parentheses = true,
	.conditions = conditions,
	.condition_count = sizeof(conditions) / sizeof(*conditions),
};

static struct rule *read(struct unit *unit, const struct statement *statement,
	const struct item *items, const struct qualifiers *qualifiers)
{
	(void)statement;
	(void)qualifiers;
	struct access_rule *rule = access_rule_read(unit, &kind, items);
	return rule ? &rule->head : NULL;
}

static const struct region_kind region_kind = {
	.name = "ptrace",
	.sets = {{.form = FORM_ACCESS, .access = &kind}},
	.set_count = 1,
	.patterns =
		{
			{.form = FORM_TEXT, .key = "peer", .is_label = true, .never_empty = true},
		},
	.pattern_count = 1,
};

static void regions(struct region_list *list, const struct rule *rule)
{
	region_add_access(list, &region_kind, &kind, rule);
}

const struct rule_ops rule_ptrace = {
	.name = "ptrace",
	.size = sizeof(struct access_rule),
	.since = ABI_NONE,
	.access = &kind,
	.about = "tracing and reading of other processes",
	.read = read,
	.print = access_print,
	.equal = access_rule_equal,
	.regions = regions,
};
