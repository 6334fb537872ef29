#include "policy/rule/items.h"

#include "policy/escape.h"

bool item_is(const struct item *item, const char *text)
{
	return item && item->kind == ITEM_WORD && !item->quoted && slice_is(item->text, text);
}

bool item_is_path(const struct item *item)
{
	return item && item->kind == ITEM_WORD &&
	       (slice_starts(item->text, SLICE("/")) || slice_starts(item->text, SLICE("@{")));
}

struct slice item_text(const struct item *item)
{
	switch (item->kind) {
	case ITEM_WORD:
	case ITEM_ASSIGN:
		return item->text;
	case ITEM_LIST:
		return SLICE("(");
	case ITEM_ARROW:
		return SLICE("->");
	case ITEM_SUBSET:
		return SLICE("<=");
	}
	return SLICE("");
}

bool items_end(struct unit *unit, const struct item *item, const char *kind)
{
	if (!item)
		return true;
	struct slice text = item_text(item);
	struct diag *diag = diag_add(&unit->diags, DIAG_BAD_RULE, item->span,
		"unexpected '%.*s%s', expected the end of the %s rule", SLICE_FMT(text),
		item->kind == ITEM_ASSIGN ? "=" : "", kind);
	if (item_is(item, "in"))
		diag_help(&unit->diags, diag,
			"after 'in' comes a list in parentheses: options in (ro, noexec)");
	return false;
}

struct diag *report_unknown(struct unit *unit, struct span at, const char *what, struct slice given,
	const char *nearest)
{
	if (!nearest)
		return diag_add(&unit->diags, DIAG_UNKNOWN_VALUE, at, "unknown %s '%.*s'", what,
			SLICE_FMT(given));
	return diag_add(&unit->diags, DIAG_UNKNOWN_VALUE, at,
		"unknown %s '%.*s', did you mean '%s'?", what, SLICE_FMT(given), nearest);
}

const char *read_name(struct unit *unit, const struct name_list *list, const struct item *item)
{
	if (item->kind != ITEM_WORD) {
		diag_add(&unit->diags, DIAG_BAD_RULE, item->span,
			"expected a word (%s), not '%.*s'", list->what, SLICE_FMT(item_text(item)));
		return NULL;
	}
	const struct name *name = name_find(list, item->text);
	if (name)
		return name->name;
	report_unknown(unit, item->span, list->what, item->text, name_nearest(list, item->text));
	return NULL;
}

bool read_target(
	struct unit *unit, const struct item *item, const char *kind, struct slice *ret_target)
{
	if (!item || item->kind != ITEM_ARROW)
		return items_end(unit, item, kind);
	const struct item *target = item->next;
	if (!target || target->kind != ITEM_WORD || target->text.len == 0) {
		diag_add(&unit->diags, DIAG_BAD_RULE, item->span,
			"expected a name after '->' in the %s rule", kind);
		return false;
	}
	if (!items_end(unit, target->next, kind))
		return false;
	*ret_target = item_word(target);
	return true;
}

void print_word(struct slice aare, struct buf *out)
{
	if (aare.len == 0)
		buf_add_str(out, "\"\"");
	else
		escape_token(aare, out);
}

void print_list_word(struct slice aare, struct buf *out)
{
	if (aare.len == 0) {
		buf_add_str(out, "\"\"");
		return;
	}
	struct buf token = buf_new(out->arena);
	escape_token(aare, &token);
	struct slice text = buf_slice(&token);
	bool quote = text.at[0] != '"' && (slice_has(text, ',') || slice_has(text, '(') ||
						  slice_has(text, ')') || slice_has(text, '='));
	if (quote)
		buf_add_char(out, '"');
	buf_add(out, text);
	if (quote)
		buf_add_char(out, '"');
}
