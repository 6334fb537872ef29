/* alias PATH -> PATH and the older rewrite: apparmor.d(5), "Alias rules". Only before a profile. */

#include "policy/rule/items.h"

static bool path_read(
	struct unit *unit, const struct item *item, struct span after, struct slice *ret_path)
{
	if (item && item->kind == ITEM_WORD && slice_starts(item->text, SLICE("/"))) {
		*ret_path = item_word(item);
		return true;
	}
	diag_add(&unit->diags, DIAG_BAD_RULE, item ? item->span : after,
		"expected 'alias PATH -> PATH' with absolute paths");
	return false;
}

static struct rule *read(struct unit *unit, const struct statement *statement,
	const struct item *items, const struct qualifiers *qualifiers)
{
	(void)statement;
	(void)qualifiers;
	struct alias_rule *rule = arena_new(&unit->arena, struct alias_rule);
	const struct item *from = items->next;
	rule->rewrite = item_is(items, "rewrite");
	if (!path_read(unit, from, items->span, &rule->from))
		return NULL;
	const struct item *arrow = from->next;
	if (!arrow || arrow->kind != ITEM_ARROW) {
		diag_add(&unit->diags, DIAG_BAD_RULE, arrow ? arrow->span : from->span,
			"expected '-> PATH' after the path of the alias");
		return NULL;
	}
	if (!path_read(unit, arrow->next, arrow->span, &rule->to) ||
		!items_end(unit, arrow->next->next, "alias"))
		return NULL;
	return &rule->head;
}

static void print(const struct rule *head, struct buf *out)
{
	const struct alias_rule *rule = (const struct alias_rule *)head;
	buf_add_str(out, rule->rewrite ? "rewrite " : "alias ");
	print_word(rule->from, out);
	buf_add_str(out, " -> ");
	print_word(rule->to, out);
}

static bool equal(const struct rule *a, const struct rule *b)
{
	const struct alias_rule *x = (const struct alias_rule *)a;
	const struct alias_rule *y = (const struct alias_rule *)b;
	return x->rewrite == y->rewrite && slice_eq(x->from, y->from) && slice_eq(x->to, y->to);
}

const struct rule_ops rule_alias = {
	.name = "alias",
	.size = sizeof(struct alias_rule),
	.since = ABI_NONE,
	.about = "alias and rewrite of paths, before the first profile",
	.read = read,
	.print = print,
	.equal = equal,
};
