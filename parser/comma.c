#include "parser/comma.h"

static bool is_path(const struct item *item)
{
	return item && item->kind == ITEM_WORD &&
	       (slice_starts(item->text, SLICE("/")) || slice_starts(item->text, SLICE("@{")));
}

static bool is_permissions(const struct item *item)
{
	if (!item || item->kind != ITEM_WORD || item->quoted || item->text.len == 0)
		return false;
	for (size_t i = 0; i < item->text.len; i++)
		if (!strchr("rwaklmxpciuRWALKMXPCIU", item->text.at[i]))
			return false;
	return true;
}

static bool is_arrow(const struct item *item)
{
	return item && item->kind == ITEM_ARROW;
}

static bool is_file_rule(const struct item *item)
{
	return (is_path(item) && is_permissions(item->next)) ||
	       (is_permissions(item) && is_path(item->next));
}

/* What may stand before the path of a file rule. */
static bool is_qualifier(const struct item *item)
{
	static const char *const words[] = {
		"audit", "deny", "allow", "owner", "other", "prompt", "file", "safe", "unsafe"};
	if (item->kind == ITEM_ASSIGN)
		return slice_is(item->text, "priority");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (item->kind == ITEM_WORD && slice_is(item->text, words[i]))
			return true;
	return false;
}

static bool is_block_keyword(const struct item *item)
{
	return item->kind == ITEM_WORD && !item->quoted &&
	       (slice_is(item->text, "profile") || slice_is(item->text, "hat") ||
		       slice_starts(item->text, SLICE("^")));
}

struct item *missing_comma(struct item *items, bool is_block)
{
	bool keyword = !is_qualifier(items);
	const struct item *before = NULL;
	for (struct item *item = items; item->next; before = item, item = item->next) {
		const struct item *next = item->next;
		if (next->new_line && !is_arrow(next)) {
			if (before && is_file_rule(before))
				return item;
			if (keyword && is_file_rule(next) &&
				(!next->next->next || is_arrow(next->next->next) ||
					next->next->next->new_line))
				return item;
			if (is_block && is_block_keyword(next))
				return item;
		}
		keyword |= !is_qualifier(next);
	}
	return NULL;
}
