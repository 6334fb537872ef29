#include "policy/rule/conditions.h"

#define MAX_ACCESS_NAMES 32

static const struct access_name *access_find(const struct access_kind *kind, struct slice text)
{
	for (size_t i = 0; i < kind->access_count; i++)
		if (slice_is(text, kind->access[i].name))
			return &kind->access[i];
	return NULL;
}

static bool report_access(
	struct unit *unit, const struct access_kind *kind, const struct item *item)
{
	const char *texts[MAX_ACCESS_NAMES];
	size_t count = 0;
	for (; count < kind->access_count && count < MAX_ACCESS_NAMES; count++)
		texts[count] = kind->access[count].name;
	const char *what = arena_printf(&unit->arena, "%s permission", kind->name).at;
	const char *nearest =
		item->kind == ITEM_WORD ? slice_nearest(item->text, texts, count) : NULL;
	report_unknown(unit, item->span, what, item_text(item), nearest);
	return false;
}

static bool access_word_read(struct unit *unit, const struct access_kind *kind,
	const struct item *item, uint32_t *access)
{
	const struct access_name *name = NULL;
	if (item->kind == ITEM_WORD && !item->quoted)
		name = access_find(kind, item->text);
	if (!name)
		return report_access(unit, kind, item);
	*access |= name->bits;
	return true;
}

bool access_list_read(struct unit *unit, const struct access_kind *kind, const struct item *item,
	uint32_t *ret_access, const struct item **ret_rest)
{
	uint32_t access = 0;
	bool ok = true;
	*ret_rest = item;
	if (!item)
		return true;
	if (item->kind == ITEM_WORD && !item->quoted && access_find(kind, item->text)) {
		ok = access_word_read(unit, kind, item, &access);
		*ret_rest = item->next;
	} else if (item->kind == ITEM_LIST && kind->has_parentheses) {
		for (const struct item *member = item->items; member; member = member->next)
			ok = access_word_read(unit, kind, member, &access) && ok;
		*ret_rest = item->next;
	}
	if (ok)
		*ret_access = access == kind->all ? 0 : access;
	return ok;
}

static const struct condition_kind *condition_kind_find(
	const struct condition_kind *kinds, size_t count, struct slice key)
{
	for (size_t i = 0; i < count; i++)
		if (!kinds[i].bare && slice_is(key, kinds[i].key))
			return &kinds[i];
	return NULL;
}

static bool report_key(struct unit *unit, const struct access_kind *kind,
	const struct condition_kind *kinds, size_t count, const struct item *item)
{
	const char *texts[MAX_ACCESS_NAMES];
	for (size_t i = 0; i < count; i++)
		texts[i] = kinds[i].key;
	const char *what = arena_printf(&unit->arena, "%s condition", kind->name).at;
	struct diag *diag = report_unknown(
		unit, item->span, what, item->text, slice_nearest(item->text, texts, count));
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < kinds[i].member_count; j++)
			if (slice_is(item->text, kinds[i].members[j].key))
				diag_help(&unit->diags, diag, "write %s=(%s=…)", kinds[i].key,
					kinds[i].members[j].key);
	return false;
}

static bool report_once(struct unit *unit, const struct item *item)
{
	diag_add(&unit->diags, DIAG_BAD_RULE, item->span, "'%.*s=' can be given only once",
		SLICE_FMT(item->text));
	return false;
}

/* The values of `key=value` or `key=(value …)`: the first item of them. */
static const struct item *values_of(const struct item *assign)
{
	const struct item *value = assign->items;
	return value && value->kind == ITEM_LIST ? value->items : value;
}

static void value_add(struct arena *arena, struct condition *condition, struct slice value)
{
	for (size_t i = 0; i < condition->count; i++)
		if (slice_eq(condition->values[i], value))
			return;
	if ((condition->count & (condition->count - 1)) == 0) {
		size_t room = condition->count ? condition->count * 2 : 1;
		struct slice *values = arena_array(arena, room, sizeof(*values));
		if (condition->count)
			memcpy(values, condition->values, condition->count * sizeof(*values));
		condition->values = values;
	}
	condition->values[condition->count++] = value;
}

/* "rtmin+05" is the signal that the table calls "rtmin+5". */
static const char *read_condition_name(
	struct unit *unit, const struct name_list *list, const struct item *item)
{
	struct item plain = *item;
	const struct slice prefix = SLICE("rtmin+0");
	if (list == &names_signals && item->kind == ITEM_WORD && item->text.len > prefix.len &&
		slice_starts(item->text, prefix)) {
		plain.text = slice_from(item->text, prefix.len);
		while (plain.text.len > 1 && plain.text.at[0] == '0')
			plain.text = slice_from(plain.text, 1);
		plain.text = arena_printf(&unit->arena, "rtmin+%.*s", SLICE_FMT(plain.text));
		if (!name_find(list, plain.text))
			plain.text = item->text;
	}
	return read_name(unit, list, &plain);
}

static bool values_read(struct unit *unit, const struct condition_kind *kind,
	const struct item *assign, struct condition *condition)
{
	bool ok = true;
	const struct item *first = values_of(assign);
	if (kind->no_list && assign->items && assign->items->kind == ITEM_LIST) {
		diag_add(&unit->diags, DIAG_BAD_RULE, assign->span,
			"'%s=' takes one value without parentheses", kind->key);
		return false;
	}
	if (!first || (kind->type != CONDITION_NAMES && first->next)) {
		diag_add(&unit->diags, DIAG_BAD_RULE, assign->span, "'%s=' takes %s", kind->key,
			kind->type == CONDITION_NAMES ? "at least one value" : "one value");
		return false;
	}
	for (const struct item *item = first; item; item = item->next) {
		if (kind->names) {
			const char *name = read_condition_name(unit, kind->names, item);
			if (name)
				value_add(&unit->arena, condition, slice_str(name));
			ok = ok && name;
		} else if (item->kind != ITEM_WORD) {
			diag_add(&unit->diags, DIAG_BAD_RULE, item->span,
				"'%s=' takes a value, not '%.*s'", kind->key,
				SLICE_FMT(item_text(item)));
			ok = false;
		} else if (kind->check && !kind->check(unit, item)) {
			ok = false;
		} else {
			value_add(&unit->arena, condition, item_word(item));
		}
	}
	return ok;
}

/* Conditions in the order of their table. */
struct condition_reader {
	struct unit *unit;
	const struct access_kind *kind;
	const struct condition_kind *kinds;
	size_t count;
	struct condition *slots[MAX_ACCESS_NAMES]; /* one per entry of the table */
};

static bool group_read(struct condition_reader *outer, const struct condition_kind *kind,
	const struct item *assign);

static bool condition_read(struct condition_reader *reader, const struct item *assign)
{
	struct unit *unit = reader->unit;
	const struct condition_kind *kind =
		condition_kind_find(reader->kinds, reader->count, assign->text);
	if (!kind)
		return report_key(unit, reader->kind, reader->kinds, reader->count, assign);
	if (assign->has_in) {
		diag_add(&unit->diags, DIAG_BAD_RULE, assign->span,
			"'%.*s in (…)' is for mount rules, write '%.*s=(…)'",
			SLICE_FMT(assign->text), SLICE_FMT(assign->text));
		return false;
	}
	struct condition **slot = &reader->slots[kind - reader->kinds];
	if (*slot && kind->type != CONDITION_NAMES)
		return report_once(unit, assign);
	if (!*slot)
		*slot = arena_new(&unit->arena, struct condition);
	(*slot)->key = slice_str(kind->key);
	(*slot)->span = span_join((*slot)->span, assign->span);
	(*slot)->is_list = kind->type == CONDITION_NAMES;
	if (kind->type == CONDITION_GROUP)
		return group_read(reader, kind, assign);
	return values_read(unit, kind, assign, *slot);
}

static struct condition *slots_link(struct condition **slots, size_t count)
{
	struct condition *first = NULL, **end = &first;
	for (size_t i = 0; i < count; i++) {
		if (!slots[i])
			continue;
		*end = slots[i];
		end = &slots[i]->next;
	}
	return first;
}

static bool group_read(struct condition_reader *outer, const struct condition_kind *kind,
	const struct item *assign)
{
	struct unit *unit = outer->unit;
	if (!assign->items || assign->items->kind != ITEM_LIST) {
		diag_add(&unit->diags, DIAG_BAD_RULE, assign->span,
			"'%s=' takes conditions in parentheses, such as %s=(%s=…)", kind->key,
			kind->key, kind->members[0].key);
		return false;
	}
	struct condition_reader reader = {.unit = unit,
		.kind = outer->kind,
		.kinds = kind->members,
		.count = kind->member_count};
	bool ok = true;
	for (const struct item *item = assign->items->items; item; item = item->next) {
		if (item->kind == ITEM_ASSIGN) {
			ok = condition_read(&reader, item) && ok;
			continue;
		}
		diag_add(&unit->diags, DIAG_BAD_RULE, item->span,
			"expected '%s=' in '%s=(…)', not '%.*s'", kind->members[0].key, kind->key,
			SLICE_FMT(item_text(item)));
		ok = false;
	}
	struct condition *members = slots_link(reader.slots, reader.count);
	if (!members && ok)
		outer->slots[kind - outer->kinds] = NULL; /* `peer=()` says nothing */
	else
		outer->slots[kind - outer->kinds]->members = members;
	return ok;
}

bool conditions_read(struct unit *unit, const struct access_kind *kind, const struct item *item,
	struct condition **ret_conditions, const struct item **ret_rest)
{
	struct condition_reader reader = {.unit = unit,
		.kind = kind,
		.kinds = kind->conditions,
		.count = kind->condition_count};
	bool ok = true, had_group = false;
	for (; item && item->kind == ITEM_ASSIGN; item = item->next) {
		if (had_group && !slice_is(item->text, "peer")) {
			diag_add(&unit->diags, DIAG_BAD_RULE, item->span,
				"'%.*s=' must stand before 'peer=(…)'", SLICE_FMT(item->text));
			ok = false;
		}
		had_group = had_group ||
			    (item->items && item->items->kind == ITEM_LIST && item->items->items &&
				    item->items->items->kind == ITEM_ASSIGN);
		ok = condition_read(&reader, item) && ok;
	}
	*ret_rest = item;
	if (!ok)
		return false;
	*ret_conditions = slots_link(reader.slots, reader.count);
	return true;
}

/* `mqueue … /name`: the word becomes the last condition. */
static const struct item *bare_read(struct unit *unit, const struct access_kind *kind,
	const struct item *item, struct condition **conditions)
{
	const struct condition_kind *last =
		kind->condition_count ? &kind->conditions[kind->condition_count - 1] : NULL;
	if (!item || item->kind != ITEM_WORD || !last || !last->bare)
		return item;
	struct condition *condition = arena_new(&unit->arena, struct condition);
	condition->key = slice_str(last->key);
	condition->span = item->span;
	value_add(&unit->arena, condition, item_word(item));
	while (*conditions)
		conditions = &(*conditions)->next;
	*conditions = condition;
	return item->next;
}

struct access_rule *access_rule_read(
	struct unit *unit, const struct access_kind *kind, const struct item *items)
{
	struct access_rule *rule = arena_new(&unit->arena, struct access_rule);
	const struct item *rest = items->next;
	bool ok = access_list_read(unit, kind, rest, &rule->access, &rest);
	ok = conditions_read(unit, kind, rest, &rule->conditions, &rest) && ok;
	rest = bare_read(unit, kind, rest, &rule->conditions);
	if (rest && rest->kind == ITEM_WORD && rest == items->next)
		return report_access(unit, kind, rest), NULL;
	ok = items_end(unit, rest, kind->name) && ok;
	return ok ? rule : NULL;
}

const struct condition *condition_find(const struct condition *first, const char *key)
{
	for (; first; first = first->next)
		if (slice_is(first->key, key))
			return first;
	return NULL;
}
