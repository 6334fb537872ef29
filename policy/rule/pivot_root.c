/* pivot_root [oldroot=PATH] [PATH] [-> PROFILE]: apparmor.d(5), "Pivot Root Rules". */

#include "policy/rule/region.h"

static bool old_root_read(struct unit *unit, const struct item *assign, struct slice *ret_path)
{
	const struct item *value = assign->items;
	if (value && value->kind == ITEM_LIST)
		value = value->items;
	if (!slice_is(assign->text, "oldroot")) {
		static const char *const keys[] = {"oldroot"};
		report_unknown(unit, assign->span, "pivot_root condition", assign->text,
			slice_nearest(assign->text, keys, 1));
		return false;
	}
	if (is_given(*ret_path) || assign->has_in || !item_is_path(value) || value->next) {
		diag_add(&unit->diags, DIAG_BAD_RULE, assign->span,
			"'oldroot=' is given once and takes one path, such as oldroot=/mnt/old/");
		return false;
	}
	*ret_path = item_word(value);
	return true;
}

/* apparmor_parser (3.0.8, 4.1.0) takes a variable alone for the beginning of an assignment. */
static bool is_new_root(const struct item *item)
{
	return item_is_path(item) &&
	       (item->text.at[0] == '/' || item->text.at[item->text.len - 1] != '}');
}

static struct rule *read(struct unit *unit, const struct statement *statement,
	const struct item *items, const struct qualifiers *qualifiers)
{
	(void)statement;
	(void)qualifiers;
	struct pivot_root_rule *rule = arena_new(&unit->arena, struct pivot_root_rule);
	const struct item *item = items->next;
	bool ok = true;
	for (; item && item->kind == ITEM_ASSIGN; item = item->next)
		ok = old_root_read(unit, item, &rule->old_root) && ok;
	if (is_new_root(item)) {
		rule->new_root = item_word(item);
		item = item->next;
	} else if (item && item->kind == ITEM_WORD) {
		diag_add(&unit->diags, DIAG_BAD_RULE, item->span,
			"expected a path that starts with '/' or goes on behind a variable, or 'oldroot='");
		return NULL;
	}
	ok = read_target(unit, item, "pivot_root", &rule->target) && ok;
	return ok ? &rule->head : NULL;
}

static void print(const struct rule *head, struct buf *out)
{
	const struct pivot_root_rule *rule = (const struct pivot_root_rule *)head;
	const struct slice parts[] = {rule->old_root, rule->new_root, rule->target};
	static const char *const before[] = {" oldroot=", " ", " -> "};
	buf_add_str(out, "pivot_root");
	for (size_t i = 0; i < 3; i++) {
		if (parts[i].len == 0)
			continue;
		buf_add_str(out, before[i]);
		print_word(parts[i], out);
	}
}

static bool equal(const struct rule *a, const struct rule *b)
{
	const struct pivot_root_rule *x = (const struct pivot_root_rule *)a;
	const struct pivot_root_rule *y = (const struct pivot_root_rule *)b;
	return slice_eq(x->old_root, y->old_root) && slice_eq(x->new_root, y->new_root) &&
	       slice_eq(x->target, y->target);
}

/* The profile changed to is an effect, not a condition. */
static const struct region_kind region_kind = {
	.name = "pivot_root",
	.patterns = {{.form = FORM_TEXT, .key = "oldroot"}, {.form = FORM_BARE}},
	.pattern_count = 2,
};

static void regions(struct region_list *list, const struct rule *head)
{
	const struct pivot_root_rule *rule = (const struct pivot_root_rule *)head;
	struct region *region = region_add(list, &region_kind, head);
	if (rule->old_root.len)
		region_match(list, region, 0, rule->old_root);
	if (rule->new_root.len)
		region_match(list, region, 1, rule->new_root);
}

const struct rule_ops rule_pivot_root = {
	.name = "pivot_root",
	.size = sizeof(struct pivot_root_rule),
	.since = ABI_NONE,
	.about = "pivot_root(2)",
	.read = read,
	.print = print,
	.equal = equal,
	.regions = regions,
};
