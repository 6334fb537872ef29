#include "cli/help_key.h"

#include "cli/report.h"

#include <jansson.h>
#include <stdlib.h>

const struct help_page *help_page_find(
	const struct help_page *pages, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(pages[i].name, name) == 0)
			return &pages[i];
	return NULL;
}

/* The line without its end; *text moves behind it. */
static struct slice take_line(struct slice *text)
{
	const char *newline = memchr(text->at, '\n', text->len);
	size_t len = newline ? (size_t)(newline - text->at) : text->len;
	struct slice line = slice_first(*text, len);
	*text = slice_from(*text, len + 1);
	return line;
}

void help_page_split(
	const struct help_page *page, struct buf *explanation, struct slice *ret_example)
{
	struct slice text = slice_of(page->text, page->len);
	while (text.len > 0 && text.at[0] == '#') {
		struct slice line = take_line(&text);
		if (slice_starts(line, SLICE("#!")))
			continue; /* for the tests: which command gives this message */
		line = slice_from(line, line.len > 1 && line.at[1] == ' ' ? 2 : 1);
		buf_add(explanation, line);
		buf_add_char(explanation, '\n');
	}
	while (text.len > 0 && text.at[0] == '\n')
		text = slice_from(text, 1);
	*ret_example = text;
}

void help_page_print(struct slice text)
{
	while (text.len > 0) {
		struct slice line = take_line(&text);
		printf("%s%.*s\n", line.len ? "    " : "", SLICE_FMT(line));
	}
}

bool help_key_is(const char *name)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (slice_is(keys[i].name, name))
			return true;
	return false;
}

static bool is_first(size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (slice_eq(keys[i].name, keys[index].name))
			return false;
	return true;
}

void help_key_list(void)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (is_first(i))
			printf("%-18s %s\n", keys[i].name.at, keys[i].about);
}

/* "a description, a child" */
static struct slice places_of(struct arena *arena, const struct key *key)
{
	struct buf out = buf_new(arena);
	for (unsigned place = 0; place < PLACE_COUNT; place++)
		if (key->places & 1u << place)
			buf_printf(&out, "%s%s", out.len ? ", " : "", place_words[place]);
	return buf_slice(&out);
}

static void print_key(struct arena *arena, const struct key *key)
{
	const struct shape_words *words = &shape_words[key->shape];
	printf("%s, in %.*s: %s\n", key->name.at, SLICE_FMT(places_of(arena, key)), words->takes);
	printf("    %s\n", key->about);
	if (words->each[0])
		printf("    Each entry is %s.\n", words->each);
}

static json_t *key_json(struct arena *arena, const struct key *key)
{
	json_t *json = json_pack("{s:o, s:s, s:s, s:s}", "places",
		report_json_text(places_of(arena, key)), "takes", shape_words[key->shape].takes,
		"each", shape_words[key->shape].each, "about", key->about);
	if (!json)
		out_of_memory();
	return json;
}

static void print_json(
	struct arena *arena, const char *name, struct slice text, struct slice example)
{
	json_t *meanings = json_array();
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (slice_is(keys[i].name, name))
			json_array_append_new(meanings, key_json(arena, &keys[i]));
	json_t *json = json_pack("{s:s, s:o, s:o, s:o}", "key", name, "meanings", meanings,
		"explanation", report_json_text(text), "example", report_json_text(example));
	char *printed = json_dumps(json, JSON_INDENT(2));
	if (!json || !printed)
		out_of_memory();
	puts(printed);
	free(printed);
	json_decref(json);
}

static void print_text(
	struct arena *arena, const char *name, struct slice text, struct slice example)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (slice_is(keys[i].name, name))
			print_key(arena, &keys[i]);
	if (text.len > 0) {
		putchar('\n');
		help_page_print(text);
	}
	if (example.len > 0) {
		puts("\nExample:\n");
		help_page_print(example);
	}
}

bool help_key(const char *name, enum format format)
{
	struct arena arena;
	struct slice example = {0};
	if (!help_key_is(name))
		return false;
	arena_init(&arena, out_of_memory);
	struct buf text = buf_new(&arena);
	const struct help_page *page = help_page_find(key_pages, key_page_count, name);
	if (page)
		help_page_split(page, &text, &example);
	if (format == FORMAT_JSON)
		print_json(&arena, name, buf_slice(&text), example);
	else
		print_text(&arena, name, buf_slice(&text), example);
	arena_free(&arena);
	return true;
}
