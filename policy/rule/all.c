/* all: everything that AppArmor mediates, apparmor 4. */

#include "policy/rule/items.h"
#include "policy/rule/region.h"

static struct rule *read(struct unit *unit, const struct statement *statement,
	const struct item *items, const struct qualifiers *qualifiers)
{
	(void)statement;
	(void)qualifiers;
	return items_end(unit, items->next, "all") ? arena_new(&unit->arena, struct rule) : NULL;
}

static void print(const struct rule *rule, struct buf *out)
{
	(void)rule;
	buf_add_str(out, "all");
}

static bool equal(const struct rule *a, const struct rule *b)
{
	(void)a;
	(void)b;
	return true;
}

static void regions(struct region_list *list, const struct rule *rule)
{
	static const struct region_kind kind = {.name = "all"};
	region_add(list, &kind, rule);
}

const struct rule_ops rule_all = {
	.name = "all",
	.size = sizeof(struct rule),
	.since = ABI_4_0,
	.about = "everything",
	.read = read,
	.print = print,
	.equal = equal,
	.regions = regions,
};
