/* link [subset] PATH -> PATH: apparmor.d(5), "Link rules". */

#include "policy/rule/items.h"
#include "policy/rule/region.h"

static bool path_read(
	struct unit *unit, const struct item *item, struct span after, struct slice *ret_path)
{
	if (item_is_path(item)) {
		*ret_path = item_word(item);
		return true;
	}
	diag_add(&unit->diags, DIAG_BAD_RULE, item ? item->span : after,
		"expected a path that starts with '/' or a variable in the link rule");
	return false;
}

static struct rule *read(struct unit *unit, const struct statement *statement,
	const struct item *items, const struct qualifiers *qualifiers)
{
	(void)statement;
	(void)qualifiers;
	struct link_rule *rule = arena_new(&unit->arena, struct link_rule);
	const struct item *item = items->next;
	rule->subset = item_is(item, "subset");
	struct span after = rule->subset ? item->span : items->span;
	if (rule->subset)
		item = item->next;
	if (!path_read(unit, item, after, &rule->from))
		return NULL;
	const struct item *arrow = item->next;
	if (!arrow || arrow->kind != ITEM_ARROW) {
		diag_add(&unit->diags, DIAG_BAD_RULE, arrow ? arrow->span : item->span,
			"expected '-> TARGET' after the path of the link");
		return NULL;
	}
	if (!path_read(unit, arrow->next, arrow->span, &rule->to) ||
		!items_end(unit, arrow->next->next, "link"))
		return NULL;
	return &rule->head;
}

static void print(const struct rule *head, struct buf *out)
{
	const struct link_rule *rule = (const struct link_rule *)head;
	buf_add_str(out, rule->subset ? "link subset " : "link ");
	print_word(rule->from, out);
	buf_add_str(out, " -> ");
	print_word(rule->to, out);
}

static bool equal(const struct rule *a, const struct rule *b)
{
	const struct link_rule *x = (const struct link_rule *)a;
	const struct link_rule *y = (const struct link_rule *)b;
	return x->subset == y->subset && slice_eq(x->from, y->from) && slice_eq(x->to, y->to);
}

/* Whose file the name is, too. That the target must have no less permissions is another test. */
static const char *const owner_texts[] = {"owner", "other"};
static const struct name owner_names[] = {{"owner", 0}, {"other", 1}};
static const struct name_list owners = {"owner", owner_names, owner_texts, 2};

static const struct region_kind region_kind = {
	.name = "link",
	.sets = {{.form = FORM_OWNER, .names = &owners}},
	.set_count = 1,
	.patterns = {{.form = FORM_BARE}, {.form = FORM_ARROW}},
	.pattern_count = 2,
};

void link_region_add(
	struct region_list *list, const struct rule *rule, struct slice from, struct slice to)
{
	struct region *region = region_add(list, &region_kind, rule);
	if (rule->qualifiers.owner != OWNER_ANY)
		region->sets[0] = rule->qualifiers.owner == OWNER_OWNER ? 1 : 2;
	region_match(list, region, 0, from);
	region_match(list, region, 1, to);
}

static void regions(struct region_list *list, const struct rule *head)
{
	const struct link_rule *rule = (const struct link_rule *)head;
	link_region_add(list, head, rule->from, rule->to);
}

const struct rule_ops rule_link = {
	.name = "link",
	.size = sizeof(struct link_rule),
	.since = ABI_NONE,
	.about = "hard links",
	.read = read,
	.print = print,
	.equal = equal,
	.regions = regions,
};
