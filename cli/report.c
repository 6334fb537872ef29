#include "cli/report.h"

#include <jansson.h>
#include <stdlib.h>

static json_t *must(json_t *json)
{
	if (!json)
		out_of_memory();
	return json;
}

struct json_t *report_json_text(struct slice text)
{
	json_t *json = json_stringn(text.at ? text.at : "", text.len);
	if (json)
		return json;
	struct arena arena;
	arena_init(&arena, out_of_memory);
	struct buf safe = buf_new(&arena);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c >= 0x80 || c == 0)
			buf_printf(&safe, "\\x%02x", c);
		else
			buf_add_char(&safe, (char)c);
	}
	json = must(json_stringn(safe.at ? safe.at : "", safe.len));
	arena_free(&arena);
	return json;
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, must(value)) != 0)
		out_of_memory();
}

static bool has_result;

void report_json_print(struct json_t *result)
{
	char *text = json_dumps(must(result), JSON_COMPACT);
	if (!text)
		out_of_memory();
	puts(text);
	fflush(stdout); /* before what follows on standard error */
	free(text);
	json_decref(result);
	has_result = true;
}

void report_json_failure(enum status status)
{
	if (has_result)
		return;
	json_t *object = must(json_object());
	set(object, "error", report_json_text(slice_str(first_problem())));
	set(object, "status", json_integer(status));
	report_json_print(object);
}

static void add_place(json_t *object, const struct sources *sources, struct span at, bool with_end)
{
	struct location where;
	if (!sources_locate(sources, at.begin, &where))
		return;
	set(object, "file", report_json_text(where.source->name));
	set(object, "line", json_integer(where.line));
	set(object, "column", json_integer(where.column));
	if (!with_end || !sources_locate(sources, at.end, &where))
		return;
	set(object, "end_line", json_integer(where.line));
	set(object, "end_column", json_integer(where.column));
}

struct json_t *report_json(const struct diag *diag, const struct sources *sources)
{
	json_t *object = must(json_object());
	add_place(object, sources, diag->at, true);
	set(object, "severity", json_string(severity_name(diag->severity)));
	set(object, "id", json_string(diag_kinds[diag->id].name));
	set(object, "message", report_json_text(diag->message));
	if (diag->more > 0)
		set(object, "more", json_integer((json_int_t)diag->more));
	if (diag->second_message.len > 0) {
		json_t *second = must(json_object());
		add_place(second, sources, diag->second, false);
		set(second, "message", report_json_text(diag->second_message));
		set(object, "second", second);
	}
	if (diag->help.len > 0)
		set(object, "help", report_json_text(diag->help));
	return object;
}

static void print_json(const struct diag *diag, const struct sources *sources)
{
	json_t *json = report_json(diag, sources);
	char *text = json_dumps(json, JSON_COMPACT);
	if (!text)
		out_of_memory();
	fprintf(stderr, "%s\n", text);
	free(text);
	json_decref(json);
}

static void print_text(const struct diag *diag, struct unit *unit)
{
	struct buf text = buf_new(&unit->arena);
	diag_render(diag, &unit->sources, &text);
	fwrite(text.at, 1, text.len, stderr);
}

void report_diags(struct unit *unit, enum format format)
{
	diags_sort(&unit->diags);
	for (const struct diag *diag = unit->diags.first; diag; diag = diag->next) {
		if (format == FORMAT_JSON)
			print_json(diag, &unit->sources);
		else
			print_text(diag, unit);
	}
}
