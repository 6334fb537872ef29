/* userns [create]: creation of user namespaces, mediated by kernels from 6.7 on. */

#include "policy/rule/region.h"

static const struct access_name access_names[] = {{"create", 1}};

static const struct access_kind kind = {
	.name = "userns",
	.access = access_names,
	.access_count = 1,
	.all = 1,
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
	.name = "userns",
	.sets = {{.form = FORM_ACCESS, .access = &kind}},
	.set_count = 1,
};

static void regions(struct region_list *list, const struct rule *rule)
{
	region_add_access(list, &region_kind, &kind, rule);
}

const struct rule_ops rule_userns = {
	.name = "userns",
	.size = sizeof(struct access_rule),
	.since = ABI_4_0,
	.access = &kind,
	.about = "creation of user namespaces",
	.read = read,
	.print = access_print,
	.equal = access_rule_equal,
	.regions = regions,
};
