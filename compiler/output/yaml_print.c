#include "compiler/output/yaml_print.h"

#include <yaml.h>

struct printer {
	struct unit *unit;
	yaml_emitter_t emitter;
};

static int write_text(void *context, unsigned char *bytes, size_t len)
{
	buf_add(context, slice_of((const char *)bytes, len));
	return 1;
}

/* The emitter fails only when memory runs out: the events come from a tree and are in order. */
static void emit(struct printer *printer, yaml_event_t *event, int is_made)
{
	if (!is_made || !yaml_emitter_emit(&printer->emitter, event))
		printer->unit->arena.out_of_memory();
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* YAML 1.1 reads these words as truth values or as nothing. */
static bool is_reserved(struct slice text)
{
	static const char *const words[] = {
		"y", "n", "yes", "no", "on", "off", "true", "false", "null"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_eq_nocase(text, slice_str(words[i])))
			return true;
	return false;
}

/* Whether a byte can stand inside of a plain text; `last` that nothing follows. */
static bool is_plain_inside(char c, bool last, char next)
{
	if (c == ':')
		return !last && next != ' ';
	if (c == ' ')
		return !last;
	return is_letter(c) || (c >= '0' && c <= '9') || (c && strchr("_/.@%+=,;!()-", c));
}

/* Stricter than YAML: no number, time, sign or indicator begins with a letter or a slash. */
static bool is_plain(struct slice text)
{
	if (text.len == 0 || !(is_letter(text.at[0]) || text.at[0] == '/' || text.at[0] == '_'))
		return false;
	for (size_t i = 1; i < text.len; i++) {
		bool last = i + 1 == text.len;
		if (!is_plain_inside(text.at[i], last, last ? '\0' : text.at[i + 1]))
			return false;
	}
	return !is_reserved(text);
}

/* Lines of printable text, none of which begins or ends with a blank or is empty at the ends. */
static bool is_block(struct slice text)
{
	if (text.len < 2 || !slice_has(text, '\n') || text.at[0] == '\n')
		return false;
	char before = '\n';
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c != '\n' && (c < ' ' || c > '~'))
			return false;
		if (c == '\n' && before == ' ')
			return false;
		before = (char)c;
	}
	return text.at[0] != ' ' && text.at[text.len - 1] == '\n' && text.at[text.len - 2] != '\n';
}

static yaml_scalar_style_t style_of(struct slice text, bool is_key)
{
	if (is_plain(text))
		return YAML_PLAIN_SCALAR_STYLE;
	return !is_key && is_block(text) ? YAML_LITERAL_SCALAR_STYLE
					 : YAML_DOUBLE_QUOTED_SCALAR_STYLE;
}

static void print_scalar(struct printer *printer, struct slice text, yaml_scalar_style_t style)
{
	yaml_event_t event;
	const char *bytes = text.at ? text.at : "";
	emit(printer, &event,
		yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)bytes,
			(int)text.len, 1, 1, style));
}

static void print_node(struct printer *printer, const json_t *node);

static void print_object(struct printer *printer, const json_t *object)
{
	yaml_event_t event;
	const char *key;
	json_t *value;
	emit(printer, &event,
		yaml_mapping_start_event_initialize(
			&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
	json_object_foreach((json_t *)object, key, value)
	{
		print_scalar(printer, slice_str(key), style_of(slice_str(key), true));
		print_node(printer, value);
	}
	emit(printer, &event, yaml_mapping_end_event_initialize(&event));
}

static void print_list(struct printer *printer, const json_t *list)
{
	yaml_event_t event;
	emit(printer, &event,
		yaml_sequence_start_event_initialize(
			&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
	for (size_t i = 0; i < json_array_size(list); i++)
		print_node(printer, json_array_get(list, i));
	emit(printer, &event, yaml_sequence_end_event_initialize(&event));
}

static int add_text(const char *text, size_t len, void *out)
{
	buf_add(out, slice_of(text, len));
	return 0;
}

/* Numbers, truth values and null are spelled as in JSON. */
static void print_literal(struct printer *printer, const json_t *node)
{
	struct buf text = buf_new(&printer->unit->arena);
	if (json_dump_callback(node, add_text, &text, JSON_ENCODE_ANY) != 0)
		printer->unit->arena.out_of_memory();
	print_scalar(printer, buf_slice(&text), YAML_PLAIN_SCALAR_STYLE);
}

static void print_node(struct printer *printer, const json_t *node)
{
	struct slice text;
	switch (json_typeof(node)) {
	case JSON_OBJECT:
		print_object(printer, node);
		break;
	case JSON_ARRAY:
		print_list(printer, node);
		break;
	case JSON_STRING:
		text = slice_of(json_string_value(node), json_string_length(node));
		print_scalar(printer, text, style_of(text, false));
		break;
	case JSON_INTEGER:
	case JSON_REAL:
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_NULL:
		print_literal(printer, node);
		break;
	}
}

void yaml_print(struct unit *unit, const json_t *tree, struct buf *out)
{
	struct printer printer = {.unit = unit};
	yaml_event_t event;
	if (!yaml_emitter_initialize(&printer.emitter))
		unit->arena.out_of_memory();
	yaml_emitter_set_output(&printer.emitter, write_text, out);
	yaml_emitter_set_unicode(&printer.emitter, 1);
	yaml_emitter_set_width(&printer.emitter, -1);
	emit(&printer, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	emit(&printer, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
	print_node(&printer, tree);
	emit(&printer, &event, yaml_document_end_event_initialize(&event, 1));
	emit(&printer, &event, yaml_stream_end_event_initialize(&event));
	yaml_emitter_delete(&printer.emitter);
}
