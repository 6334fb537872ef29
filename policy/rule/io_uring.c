/* io_uring [(sqpoll, override_creds)] [label=PROFILE]: operations of io_uring(7). */

#include "policy/rule/region.h"

enum { SQPOLL = 1, OVERRIDE_CREDS = 2 };

static const struct access_name access_names[] = {
	{"sqpoll", SQPOLL},
	{"override_creds", OVERRIDE_CREDS},
};

static const struct condition_kind conditions[] = {
	{.key = "label", .type = CONDITION_PATTERN},
};

static const struct access_kind kind = {
	.name = "io_uring",
	.access = access_names,
	.access_count = sizeof(access_names) / sizeof(*access_names),
	.all = SQPOLL | OVERRIDE_CREDS,
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
	.name = "io_uring",
	.sets = {{.form = FORM_ACCESS, .access = &kind}},
	.set_count = 1,
	.patterns =
		{
			{.form = FORM_TEXT, .key = "label", .is_label = true},
		},
	.pattern_count = 1,
};

static void regions(struct region_list *list, const struct rule *rule)
{
	region_add_access(list, &region_kind, &kind, rule);
}

const struct rule_ops rule_io_uring = {
	.name = "io_uring",
	.size = sizeof(struct access_rule),
	.since = ABI_4_0,
	.access = &kind,
	.about = "io_uring(7) operations",
	.read = read,
	.print = access_print,
	.equal = access_rule_equal,
	.regions = regions,
};
