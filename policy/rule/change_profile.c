/* change_profile [[safe|unsafe] PATH] [-> PROFILE]: apparmor.d(5), "change_profile rules". */

#include "policy/rule/region.h"

static struct rule *read(struct unit *unit, const struct statement *statement,
	const struct item *items, const struct qualifiers *qualifiers)
{
	(void)statement;
	(void)qualifiers;
	struct change_profile_rule *rule = arena_new(&unit->arena, struct change_profile_rule);
	const struct item *item = items->next;
	rule->safe = item_is(item, "safe");
	rule->unsafe = item_is(item, "unsafe");
	const struct item *safety = rule->safe || rule->unsafe ? item : NULL;
	if (safety)
		item = item->next;
	if (item && item->kind == ITEM_WORD) {
		if (!item_is_path(item)) {
			struct diag *diag = diag_add(&unit->diags, DIAG_BAD_RULE, item->span,
				"expected the path of a program, or '-> PROFILE'");
			diag_help(&unit->diags, diag, "write 'change_profile -> %.*s'",
				SLICE_FMT(item->text));
			return NULL;
		}
		rule->exec = item_word(item);
		item = item->next;
	} else if (safety) {
		diag_add(&unit->diags, DIAG_BAD_RULE, safety->span,
			"'%.*s' goes only with the path of a program", SLICE_FMT(safety->text));
		return NULL;
	}
	return read_target(unit, item, "change_profile", &rule->target) ? &rule->head : NULL;
}

static void print(const struct rule *head, struct buf *out)
{
	const struct change_profile_rule *rule = (const struct change_profile_rule *)head;
	buf_add_str(out, "change_profile");
	if (rule->safe || rule->unsafe)
		buf_add_str(out, rule->safe ? " safe" : " unsafe");
	if (rule->exec.len) {
		buf_add_char(out, ' ');
		print_word(rule->exec, out);
	}
	if (rule->target.len) {
		buf_add_str(out, " -> ");
		print_word(rule->target, out);
	}
}

static bool equal(const struct rule *a, const struct rule *b)
{
	const struct change_profile_rule *x = (const struct change_profile_rule *)a;
	const struct change_profile_rule *y = (const struct change_profile_rule *)b;
	return x->unsafe == y->unsafe && slice_eq(x->exec, y->exec) &&
	       slice_eq(x->target, y->target);
}

/*
 * A profile that may be changed to, now or at the next exec; and the program that it may be changed
 * to for, at exec, which is a question of its own: `deny change_profile /bin/a -> b` refuses b
 * whatever is executed, and at the start of /bin/a whatever profile.
 */
static const struct region_kind target_kind = {
	.name = "change_profile",
	.patterns = {{.form = FORM_ARROW, .is_label = true}},
	.pattern_count = 1,
};

static const struct region_kind exec_kind = {
	.name = "change_profile at the exec of",
	.patterns = {{.form = FORM_BARE}},
	.pattern_count = 1,
};

static void regions(struct region_list *list, const struct rule *head)
{
	const struct change_profile_rule *rule = (const struct change_profile_rule *)head;
	if (rule->target.len)
		region_match(list, region_add(list, &target_kind, head), 0, rule->target);
	else
		region_add(list, &target_kind, head);
	struct region *exec = region_add(list, &exec_kind, head);
	region_match(list, exec, 0, rule->exec.len ? rule->exec : SLICE("/**"));
	exec->is_extra = true;
}

const struct rule_ops rule_change_profile = {
	.name = "change_profile",
	.size = sizeof(struct change_profile_rule),
	.since = ABI_NONE,
	.about = "aa_change_profile(2)",
	.read = read,
	.print = print,
	.equal = equal,
	.regions = regions,
};
