#include "cli/plan.h"

#include "cli/report.h"

#include <jansson.h>
#include <stdlib.h>

/* Names and paths may hold any byte; none may drive the terminal or end the line. */
static void print_safely(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c < 0x20 || c == 0x7f)
			printf("\\x%02x", c);
		else
			putchar(c);
	}
}

/* Opens the parentheses in front of the first part. */
static void print_part(struct slice part, const char **between)
{
	if (part.len == 0)
		return;
	fputs(*between, stdout);
	print_safely(part);
	*between = "; ";
}

static void print_line(const struct plan_line *line)
{
	printf("%c ", line->sign);
	if (line->namespace.len > 0) {
		putchar(':');
		print_safely(line->namespace);
		putchar(':');
	}
	print_safely(line->name);
	const char *between = "  (";
	print_part(line->source, &between);
	if (!slice_is(line->mode, "enforce"))
		print_part(line->mode, &between);
	print_part(line->why, &between);
	puts(*between == ';' ? ")" : "");
}

static const char *action_of(char sign)
{
	switch (sign) {
	case '+':
		return "new";
	case '~':
		return "changed";
	case '-':
		return "gone";
	case '!':
		return "refused";
	}
	return "same";
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value) != 0)
		out_of_memory();
}

static void set_text(json_t *object, const char *key, struct slice text)
{
	if (text.len > 0)
		set(object, key, report_json_text(text));
}

static json_t *line_json(const struct plan_line *line)
{
	json_t *object = json_object();
	if (!object)
		out_of_memory();
	set_text(object, "name", line->name);
	set_text(object, "namespace", line->namespace);
	set(object, "action", json_string(action_of(line->sign)));
	set_text(object, "mode", line->mode);
	set_text(object, "source", line->source);
	set_text(object, "why", line->why);
	if (line->running)
		set(object, "running", running_json(line->running));
	return object;
}

static void print_json(
	const struct options *options, const struct plan_line *lines, size_t count, bool changed)
{
	json_t *profiles = json_array(), *object = json_object();
	if (!profiles || !object)
		out_of_memory();
	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(profiles, line_json(&lines[i])) != 0)
			out_of_memory();
	set(object, "changed", json_boolean(changed));
	set(object, "dry_run", json_boolean(options->dry_run));
	set(object, "profiles", profiles);
	report_json_print(object);
}

void plan_print(
	const struct options *options, const struct plan_line *lines, size_t count, bool changed)
{
	if (options->json)
		print_json(options, lines, count, changed);
	else
		for (size_t i = 0; i < count; i++)
			print_line(&lines[i]);
	fflush(stdout); /* before what follows on standard error */
}

char plan_sign(enum set_state state)
{
	switch (state) {
	case SET_NEW:
		return '+';
	case SET_CHANGED:
		return '~';
	case SET_SAME:
		return '=';
	}
	return '?';
}

static int by_name(const void *a, const void *b)
{
	const struct plan_line *one = a, *other = b;
	int order = slice_cmp(one->namespace, other->namespace);
	return order != 0 ? order : slice_cmp(one->name, other->name);
}

void plan_sort(struct plan_line *lines, size_t count)
{
	if (count > 0)
		qsort(lines, count, sizeof(*lines), by_name);
}

struct slice profile_label(struct arena *arena, struct slice namespace, struct slice name)
{
	if (namespace.len == 0)
		return name;
	return arena_printf(arena, ":%.*s:%.*s", SLICE_FMT(namespace), SLICE_FMT(name));
}
