#include "compiler/output/tree.h"

#include "compiler/service/service.h"

static json_t *must(struct unit *unit, json_t *value)
{
	if (!value)
		unit->arena.out_of_memory();
	return value;
}

json_t *tree_object(struct unit *unit)
{
	return must(unit, json_object());
}

json_t *tree_list(struct unit *unit)
{
	return must(unit, json_array());
}

/* The length of the UTF-8 sequence that a byte begins, 1 for a byte that begins none. */
static size_t sequence_length(unsigned char first)
{
	return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
}

static bool is_utf8(struct slice text)
{
	json_t *whole = json_stringn(text.at ? text.at : "", text.len);
	json_decref(whole);
	return whole != NULL;
}

static struct slice mended(struct unit *unit, struct slice text)
{
	struct buf out = buf_new(&unit->arena);
	while (text.len > 0) {
		size_t len = sequence_length((unsigned char)text.at[0]);
		bool good = len <= text.len && is_utf8(slice_first(text, len));
		buf_add(&out, good ? slice_first(text, len) : SLICE("\xef\xbf\xbd"));
		text = slice_from(text, good ? len : 1);
	}
	return buf_slice(&out);
}

json_t *tree_text(struct unit *unit, struct slice text)
{
	json_t *value = json_stringn(text.at ? text.at : "", text.len);
	if (value)
		return value;
	struct slice good = mended(unit, text);
	return must(unit, json_stringn(good.at ? good.at : "", good.len));
}

json_t *tree_string(struct unit *unit, const char *text)
{
	return tree_text(unit, slice_str(text));
}

json_t *tree_number(struct unit *unit, int64_t number)
{
	return must(unit, json_integer(number));
}

json_t *tree_bool(bool value)
{
	return json_boolean(value);
}

void tree_put(struct unit *unit, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		unit->arena.out_of_memory();
}

void tree_put_text(struct unit *unit, json_t *object, struct slice key, json_t *value)
{
	struct slice good = is_utf8(key) ? key : mended(unit, key);
	tree_put(unit, object, arena_string(&unit->arena, good), value);
}

void tree_add(struct unit *unit, json_t *list, json_t *value)
{
	if (json_array_append_new(list, value) != 0)
		unit->arena.out_of_memory();
}

json_t *tree_texts(struct unit *unit, const struct text *texts)
{
	json_t *list = tree_list(unit);
	for (const struct text *at = texts; at; at = at->next)
		tree_add(unit, list, tree_text(unit, at->text));
	return list;
}

static int add_text(const char *text, size_t len, void *out)
{
	buf_add(out, slice_of(text, len));
	return 0;
}

void tree_print_json(struct unit *unit, const json_t *tree, struct buf *out)
{
	if (json_dump_callback(tree, add_text, out, JSON_INDENT(2) | JSON_PRESERVE_ORDER) != 0)
		unit->arena.out_of_memory();
	buf_add_char(out, '\n');
}
