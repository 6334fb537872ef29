#include "audit/editor.h"

#include "audit/intake.h"
#include "compiler/service/index.h"

char editor_byte(const struct editor *editor, uint32_t position)
{
	uint32_t at = position - editor->source->begin;
	return at < editor->source->text.len ? editor->source->text.at[at] : '\0';
}

bool node_is_new(const struct node *node)
{
	return span_none(node->span);
}

bool node_is_within(const struct node *inner, const struct node *outer)
{
	return node_is_new(inner) ||
	       (inner->span.begin >= outer->span.begin && inner->span.end <= outer->span.end);
}

struct span editor_whole(const struct editor *editor, const struct node *node)
{
	struct span span = node->span;
	if (node->kind != NODE_SCALAR || !node->verbatim || node->plain || span.begin == 0)
		return span;
	char before = editor_byte(editor, span.begin - 1), after = editor_byte(editor, span.end);
	if (span.begin > editor->source->begin && (before == '"' || before == '\'') &&
		before == after)
		return span_of(span.begin - 1, span.end + 1);
	return span;
}

void editor_patch(struct editor *editor, struct span span, struct slice text)
{
	struct patch *made = arena_new(&editor->unit->arena, struct patch);
	*made = (struct patch){editor->patches, editor->patch_count++, span.begin, span.end, text};
	editor->patches = made;
}

struct editor *editor_new(struct unit *unit, const struct source *source, bool json)
{
	struct editor *editor = arena_new(&unit->arena, struct editor);
	*editor = (struct editor){.unit = unit, .source = source, .json = json};
	return editor;
}

/* `open` is of no use once a tree is read: here it says that the node is noted already. */
static void grow(struct editor *editor, struct node *node)
{
	if (node_is_new(node) || node->open)
		return;
	node->open = true;
	struct growth *growth = arena_new(&editor->unit->arena, struct growth);
	growth->node = node;
	growth->next = editor->growths;
	editor->growths = growth;
}

/* true, 256, "10001:10001" */
static struct node *new_scalar(struct editor *editor, struct slice token)
{
	struct node *node = arena_new(&editor->unit->arena, struct node);
	bool is_quoted = token.len >= 2 && token.at[0] == '"';
	node->kind = NODE_SCALAR;
	node->plain = !is_quoted;
	node->text = is_quoted ? slice_of(token.at + 1, token.len - 2) : token;
	return node;
}

static struct node *new_collection(struct editor *editor, enum node_kind kind)
{
	struct node *node = arena_new(&editor->unit->arena, struct node);
	node->kind = kind;
	return node;
}

static void add_entry(
	struct editor *editor, struct node *node, struct slice key, const struct node *value)
{
	struct entry **end = &node->first;
	while (*end)
		end = &(*end)->next;
	struct entry *entry = arena_new(&editor->unit->arena, struct entry);
	entry->value = value;
	if (node->kind == NODE_MAPPING) {
		struct node *name = new_scalar(editor, key);
		name->plain = !editor->json;
		entry->key = name;
	}
	*end = entry;
	node->count++;
	grow(editor, node);
}

static struct entry *find_entry(const struct node *mapping, struct slice key)
{
	for (struct entry *entry = mapping->first; entry; entry = entry->next)
		if (slice_eq(entry->key->text, key))
			return entry;
	return NULL;
}

/* An entry that a merge key brought stands elsewhere; a key of its own wins over it. */
static bool is_merged(const struct node *mapping, const struct entry *entry)
{
	return !node_is_new(entry->key) && !node_is_within(entry->key, mapping);
}

static void replace_value(struct editor *editor, struct entry *entry, const struct node *value)
{
	struct filling *filling = arena_new(&editor->unit->arena, struct filling);
	*filling = (struct filling){editor->fillings, editor_whole(editor, entry->value), value};
	editor->fillings = filling;
	entry->value = value;
}

/* The collection behind a key, made where there is none. */
static struct node *step(
	struct editor *editor, struct node *mapping, struct slice key, enum node_kind kind)
{
	struct entry *entry = find_entry(mapping, key);
	if (!entry) {
		struct node *made = new_collection(editor, kind);
		add_entry(editor, mapping, key, made);
		return made;
	}
	if (is_merged(mapping, entry) || !node_is_within(entry->value, mapping))
		return NULL;
	if (node_is_null(entry->value)) {
		struct node *made = new_collection(editor, kind);
		replace_value(editor, entry, made);
		return made;
	}
	return entry->value->kind == kind ? (struct node *)entry->value : NULL;
}

static bool set_key(
	struct editor *editor, struct node *mapping, struct slice key, struct slice token)
{
	struct entry *entry = find_entry(mapping, key);
	struct node *value = new_scalar(editor, token);
	if (!entry) {
		add_entry(editor, mapping, key, value);
		return true;
	}
	if (is_merged(mapping, entry)) {
		struct entry **place = &mapping->first;
		while (*place != entry)
			place = &(*place)->next;
		*place = entry->next;
		mapping->count--;
		add_entry(editor, mapping, key, value);
		return true;
	}
	if (entry->value->kind != NODE_SCALAR || !node_is_within(entry->value, mapping))
		return false;
	replace_value(editor, entry, value);
	return true;
}

static struct entry **find_old(struct node *list, struct span old)
{
	if (span_none(old))
		return NULL;
	for (struct entry **place = &list->first; *place; place = &(*place)->next)
		if ((*place)->value->span.begin == old.begin &&
			(*place)->value->span.end == old.end)
			return place;
	return NULL;
}

/* Takes a line "- entry" out, or the entry of a list in brackets. */
static bool cut_entry(struct editor *editor, struct node *list, struct entry **place)
{
	struct entry *entry = *place;
	struct span span = editor_whole(editor, entry->value);
	if (entry->value->kind != NODE_SCALAR || list->count == 1)
		return false;
	if (list->flow) {
		while (editor_byte(editor, span.end) == ' ')
			span.end++;
		if (editor_byte(editor, span.end) == ',') {
			span.end++;
			while (editor_byte(editor, span.end) == ' ')
				span.end++;
		} else {
			while (editor_byte(editor, span.begin - 1) == ' ')
				span.begin--;
			if (editor_byte(editor, span.begin - 1) != ',')
				return false;
			span.begin--;
		}
	} else {
		while (span.begin > editor->source->begin &&
			editor_byte(editor, span.begin - 1) == ' ')
			span.begin--;
		if (editor_byte(editor, span.begin - 1) != '-')
			return false;
		span.begin--;
		while (span.begin > editor->source->begin &&
			editor_byte(editor, span.begin - 1) == ' ')
			span.begin--;
		if (span.begin > editor->source->begin &&
			editor_byte(editor, span.begin - 1) != '\n')
			return false;
		while (editor_byte(editor, span.end) != '\n' &&
			editor_byte(editor, span.end) != '\0')
			span.end++;
		span.end += editor_byte(editor, span.end) == '\n';
	}
	editor_patch(editor, span, slice_of(NULL, 0));
	*place = entry->next;
	list->count--;
	return true;
}

/* The only entry of a list leaves with its key: empty lists are not welcome everywhere. */
static bool empty_list(struct editor *editor, struct node *mapping, struct slice key)
{
	struct entry **place = &mapping->first;
	while (*place && !slice_eq((*place)->key->text, key))
		place = &(*place)->next;
	if (!*place || mapping->flow || is_merged(mapping, *place))
		return false;
	struct span span = editor_whole(editor, (*place)->key);
	span.end = editor_whole(editor, (*place)->value->first->value).end;
	while (span.begin > editor->source->begin && editor_byte(editor, span.begin - 1) == ' ')
		span.begin--;
	if (span.begin > editor->source->begin && editor_byte(editor, span.begin - 1) != '\n')
		return false;
	while (editor_byte(editor, span.end) != '\n' && editor_byte(editor, span.end) != '\0')
		span.end++;
	span.end += editor_byte(editor, span.end) == '\n';
	editor_patch(editor, span, slice_of(NULL, 0));
	*place = (*place)->next;
	mapping->count--;
	return true;
}

static bool change_list(
	struct editor *editor, struct node *mapping, struct slice key, const struct change *change)
{
	struct node *list = step(editor, mapping, key, NODE_SEQUENCE);
	if (!list)
		return false;
	struct entry **old = find_old(list, change->old);
	if (change->kind == CHANGE_REMOVE)
		return old && (list->count == 1 ? empty_list(editor, mapping, key)
						: cut_entry(editor, list, old));
	struct node *value = new_scalar(editor, change->value);
	if (old)
		replace_value(editor, *old, value);
	else
		add_entry(editor, list, slice_of(NULL, 0), value);
	return true;
}

bool editor_change(struct editor *editor, const struct change *change)
{
	struct node *mapping = (struct node *)change->base;
	struct slice path = change->path;
	while (mapping && mapping->kind == NODE_MAPPING) {
		struct slice key = cut(path, '/', &path);
		if (!path.at)
			return change->kind == CHANGE_SET
				       ? set_key(editor, mapping, key, change->value)
				       : change_list(editor, mapping, key, change);
		mapping = step(editor, mapping, key, NODE_MAPPING);
	}
	return false;
}

static bool mapping_equal(struct arena *arena, const struct node *a, const struct node *b)
{
	struct index others = index_new(arena);
	for (const struct entry *entry = b->first; entry; entry = entry->next)
		*index_at(&others, entry->key->text) = (void *)entry->value;
	for (const struct entry *entry = a->first; entry; entry = entry->next) {
		const struct node *other = index_find(&others, entry->key->text);
		if (!other || !tree_equal(arena, entry->value, other))
			return false;
	}
	return true;
}

bool tree_equal(struct arena *arena, const struct node *a, const struct node *b)
{
	if (a->kind != b->kind || a->count != b->count)
		return false;
	if (a->kind == NODE_SCALAR)
		return a->plain == b->plain && slice_eq(a->text, b->text);
	if (a->kind == NODE_MAPPING)
		return mapping_equal(arena, a, b);
	const struct entry *other = b->first;
	for (const struct entry *entry = a->first; entry; entry = entry->next) {
		if (!tree_equal(arena, entry->value, other->value))
			return false;
		other = other->next;
	}
	return true;
}
