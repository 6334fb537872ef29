/* The text of a changed tree. */
#include "audit/editor.h"

#include <stdlib.h>

static void add_scalar(struct buf *out, const struct node *node)
{
	buf_printf(out, node->plain ? "%.*s" : "\"%.*s\"", SLICE_FMT(node->text));
}

static void add_flow(struct buf *out, const struct node *node)
{
	if (node->kind == NODE_SCALAR) {
		add_scalar(out, node);
		return;
	}
	bool is_mapping = node->kind == NODE_MAPPING;
	buf_add_char(out, is_mapping ? '{' : '[');
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		if (is_mapping) {
			add_scalar(out, entry->key);
			buf_add_str(out, ": ");
		}
		add_flow(out, entry->value);
		buf_add_str(out, entry->next ? ", " : "");
	}
	buf_add_char(out, is_mapping ? '}' : ']');
}

static void add_indent(struct buf *out, const char *newline, size_t indent)
{
	buf_add_str(out, newline);
	for (size_t i = 0; i < indent; i++)
		buf_add_char(out, ' ');
}

/* Behind "key:" or "-". */
static void add_block(struct buf *out, const struct node *node, const char *newline, size_t indent)
{
	if (node->kind == NODE_SCALAR) {
		buf_add_char(out, ' ');
		add_scalar(out, node);
		return;
	}
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		add_indent(out, newline, indent + 2);
		if (node->kind == NODE_MAPPING) {
			add_scalar(out, entry->key);
			buf_add_char(out, ':');
		} else {
			buf_add_char(out, '-');
		}
		add_block(out, entry->value, newline, indent + 2);
	}
}

static const struct entry *first_old(const struct node *node)
{
	for (const struct entry *entry = node->first; entry; entry = entry->next)
		if (!node_is_new(node->kind == NODE_MAPPING ? entry->key : entry->value) &&
			node_is_within(
				node->kind == NODE_MAPPING ? entry->key : entry->value, node))
			return entry;
	return NULL;
}

static bool is_entry_new(const struct node *node, const struct entry *entry)
{
	return node->kind == NODE_MAPPING ? node_is_new(entry->key) : node_is_new(entry->value);
}

static uint32_t line_begin(const struct editor *editor, uint32_t at)
{
	while (at > editor->source->begin && editor_byte(editor, at - 1) != '\n')
		at--;
	return at;
}

static uint32_t line_end(const struct editor *editor, uint32_t at)
{
	uint32_t end = editor->source->begin + (uint32_t)editor->source->text.len;
	while (at < end && editor_byte(editor, at) != '\n')
		at++;
	if (at > editor->source->begin && editor_byte(editor, at - 1) == '\r')
		at--;
	return at;
}

static const char *newline_of(const struct editor *editor)
{
	return slice_find(editor->source->text, SLICE("\r\n")) ? "\r\n" : "\n";
}

/* Whether the value ends on the line where the entry begins, with nothing but a comment behind. */
static bool is_one_line(const struct editor *editor, uint32_t begin, const struct node *value)
{
	if (value->kind != NODE_SCALAR || !value->verbatim || value->span.end == value->span.begin)
		return false;
	uint32_t end = line_end(editor, begin);
	struct span span = editor_whole(editor, value);
	if (span.begin < begin || span.end > end)
		return false;
	uint32_t at = span.end;
	while (at < end && (editor_byte(editor, at) == ' ' || editor_byte(editor, at) == '\t'))
		at++;
	return at == end || (editor_byte(editor, at) == '#' && at > span.end);
}

/* The entry behind which new keys look best: the image, else the last that is on one line. */
static const struct entry *neighbour(const struct editor *editor, const struct node *mapping)
{
	const struct entry *found = NULL;
	for (const struct entry *entry = mapping->first; entry; entry = entry->next) {
		if (node_is_new(entry->key) || !node_is_within(entry->key, mapping) ||
			node_is_new(entry->value))
			continue;
		if (!is_one_line(editor, entry->key->span.begin, entry->value))
			continue;
		found = entry;
		if (slice_is(entry->key->text, "image"))
			break;
	}
	return found;
}

static bool grow_mapping(struct editor *editor, const struct node *node)
{
	struct buf text = buf_new(&editor->unit->arena);
	const char *newline = newline_of(editor);
	const struct entry *old = first_old(node), *beside = neighbour(editor, node);
	if (!old)
		return false;
	uint32_t begin = editor_whole(editor, old->key).begin;
	size_t indent = begin - line_begin(editor, begin);
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		if (!node_is_new(entry->key))
			continue;
		if (beside)
			add_indent(&text, newline, indent);
		add_scalar(&text, entry->key);
		buf_add_char(&text, ':');
		add_block(&text, entry->value, newline, indent);
		if (!beside)
			add_indent(&text, newline, indent);
	}
	uint32_t at = beside ? line_end(editor, beside->value->span.end) : begin;
	editor_patch(editor, span_of(at, at), buf_slice(&text));
	return true;
}

static bool grow_list(struct editor *editor, const struct node *node)
{
	struct buf text = buf_new(&editor->unit->arena);
	const struct entry *last = NULL;
	for (const struct entry *entry = node->first; entry; entry = entry->next)
		if (!node_is_new(entry->value) && node_is_within(entry->value, node))
			last = entry;
	if (!last)
		return false;
	uint32_t dash = editor_whole(editor, last->value).begin;
	while (dash > editor->source->begin && editor_byte(editor, dash - 1) == ' ')
		dash--;
	if (dash == editor->source->begin || editor_byte(editor, --dash) != '-' ||
		!is_one_line(editor, dash, last->value))
		return false;
	size_t indent = dash - line_begin(editor, dash);
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		if (!node_is_new(entry->value))
			continue;
		add_indent(&text, newline_of(editor), indent);
		buf_add_char(&text, '-');
		add_block(&text, entry->value, newline_of(editor), indent);
	}
	uint32_t at = line_end(editor, last->value->span.end);
	editor_patch(editor, span_of(at, at), buf_slice(&text));
	return true;
}

/* In brackets tabs are fine, too: the next line begins as this one does. */
static void add_same_indent(const struct editor *editor, struct buf *out, const char *newline,
	uint32_t from, size_t len)
{
	buf_add_str(out, newline);
	for (size_t i = 0; i < len; i++)
		buf_add_char(out, editor_byte(editor, from + (uint32_t)i) == '\t' ? '\t' : ' ');
}

/* In brackets: keys go in front, entries of a list to the end. */
static bool grow_flow(struct editor *editor, const struct node *node)
{
	struct buf text = buf_new(&editor->unit->arena);
	const struct entry *old = first_old(node);
	bool is_mapping = node->kind == NODE_MAPPING, is_first = true;
	uint32_t first = old && is_mapping ? editor_whole(editor, old->key).begin : 0;
	size_t indent = first ? first - line_begin(editor, first) : 0;
	bool lines = first && line_begin(editor, first) > node->span.begin;
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		if (!is_entry_new(node, entry))
			continue;
		if (is_mapping && lines)
			add_same_indent(editor, &text, newline_of(editor),
				line_begin(editor, first), indent);
		if ((is_mapping && !is_first && !lines) || (!is_mapping && (old || !is_first)))
			buf_add_str(&text, is_mapping ? " " : ", ");
		if (is_mapping) {
			add_scalar(&text, entry->key);
			buf_add_str(&text, ": ");
		}
		add_flow(&text, entry->value);
		bool more = entry->next || old;
		if (is_mapping && more)
			buf_add_char(&text, ',');
		is_first = false;
	}
	if (is_mapping && old && !lines)
		buf_add_char(&text, ' ');
	uint32_t at = node->span.begin + 1;
	if (!is_mapping)
		for (const struct entry *entry = node->first; entry; entry = entry->next)
			if (!node_is_new(entry->value))
				at = editor_whole(editor, entry->value).end;
	editor_patch(editor, span_of(at, at), buf_slice(&text));
	return true;
}

static void fill(struct editor *editor, const struct filling *filling)
{
	struct buf text = buf_new(&editor->unit->arena);
	char before = filling->at.begin > editor->source->begin
			      ? editor_byte(editor, filling->at.begin - 1)
			      : ' ';
	if (before == ':' || before == '-')
		buf_add_char(&text, ' ');
	add_flow(&text, filling->node);
	editor_patch(editor, filling->at, buf_slice(&text));
}

static int compare(const void *a, const void *b)
{
	const struct patch *x = *(const struct patch *const *)a;
	const struct patch *y = *(const struct patch *const *)b;
	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

/* The text with its patches; false when two of them touch the same bytes. */
static bool apply(struct editor *editor, struct slice *ret_text)
{
	struct arena *arena = &editor->unit->arena;
	struct patch **list = arena_array(arena, editor->patch_count, sizeof(struct patch *));
	struct buf text = buf_new(arena);
	struct slice old = editor->source->text;
	size_t count = 0;
	uint32_t done = 0;
	for (struct patch *at = editor->patches; at; at = at->next)
		list[count++] = at;
	if (count > 0)
		qsort(list, count, sizeof(struct patch *), compare);
	for (size_t i = 0; i < count; i++) {
		uint32_t begin = list[i]->begin - editor->source->begin;
		if (begin < done)
			return false;
		buf_add(&text, slice_of(old.at + done, begin - done));
		buf_add(&text, list[i]->text);
		done = list[i]->end - editor->source->begin;
	}
	buf_add(&text, slice_from(old, done));
	*ret_text = buf_slice(&text);
	return true;
}

bool editor_text(struct editor *editor, struct slice *ret_text)
{
	for (const struct growth *at = editor->growths; at; at = at->next) {
		bool grown = at->node->flow		      ? grow_flow(editor, at->node)
			     : at->node->kind == NODE_MAPPING ? grow_mapping(editor, at->node)
							      : grow_list(editor, at->node);
		if (!grown)
			return false;
	}
	for (const struct filling *at = editor->fillings; at; at = at->next)
		fill(editor, at);
	return apply(editor, ret_text);
}
