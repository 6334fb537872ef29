/* capability [NAME …]: capabilities(7), lower case and without CAP_; none named means all. */

#include "policy/rule/region.h"

/* "CAP_CHOWN" and "CHOWN" are meant for "chown"; apparmor_parser takes only that. */
static const char *nearest(struct arena *arena, struct slice given)
{
	struct slice plain = arena_copy(arena, given);
	char *at = (char *)plain.at;
	for (size_t i = 0; i < plain.len; i++)
		if (at[i] >= 'A' && at[i] <= 'Z')
			at[i] = (char)(at[i] - 'A' + 'a');
	if (slice_starts(plain, SLICE("cap_")))
		plain = slice_from(plain, 4);
	return name_nearest(&names_capabilities, plain);
}

static struct rule *read(struct unit *unit, const struct statement *statement,
	const struct item *items, const struct qualifiers *qualifiers)
{
	(void)statement;
	(void)qualifiers;
	struct capability_rule *rule = arena_new(&unit->arena, struct capability_rule);
	bool ok = true;
	for (const struct item *item = items->next; item; item = item->next) {
		const struct name *name = NULL;
		if (item->kind == ITEM_LIST) {
			diag_add(&unit->diags, DIAG_BAD_RULE, item->span,
				"capabilities stand without parentheses, separated by blanks");
			ok = false;
			continue;
		}
		if (item->kind == ITEM_WORD && !item->quoted)
			name = name_find(&names_capabilities, item->text);
		if (!name) {
			report_unknown(unit, item->span, "capability", item_text(item),
				nearest(&unit->arena, item_text(item)));
			ok = false;
			continue;
		}
		rule->mask |= UINT64_C(1) << name->number;
	}
	return ok ? &rule->head : NULL;
}

static void mask_print(uint64_t mask, struct buf *out)
{
	buf_add_str(out, "capability");
	for (size_t i = 0; i < names_capabilities.count; i++)
		if (mask & (UINT64_C(1) << names_capabilities.names[i].number)) {
			buf_add_char(out, ' ');
			buf_add_str(out, names_capabilities.names[i].name);
		}
}

static void print(const struct rule *rule, struct buf *out)
{
	mask_print(((const struct capability_rule *)rule)->mask, out);
}

static bool equal(const struct rule *a, const struct rule *b)
{
	return ((const struct capability_rule *)a)->mask ==
	       ((const struct capability_rule *)b)->mask;
}

static const struct region_kind region_kind = {
	.name = "capability",
	.sets = {{.form = FORM_WORDS, .names = &names_capabilities}},
	.set_count = 1,
};

static void regions(struct region_list *list, const struct rule *rule)
{
	uint64_t mask = ((const struct capability_rule *)rule)->mask;
	struct region *region = region_add(list, &region_kind, rule);
	if (mask == 0)
		return;
	region->sets[0] = 0;
	for (size_t i = 0; i < names_capabilities.count; i++)
		if (mask >> names_capabilities.names[i].number & 1)
			region->sets[0] |= (region_bits)1 << i;
}

const struct rule_ops rule_capability = {
	.name = "capability",
	.size = sizeof(struct capability_rule),
	.since = ABI_NONE,
	.about = "capabilities(7)",
	.read = read,
	.print = print,
	.equal = equal,
	.regions = regions,
};
