#include "cli/plan.h"
#include "cli/report.h"
#include "cli/status.h"
#include "manager/change/replaced.h"

#include <jansson.h>
#include <stdlib.h>

enum { COLUMNS = 5 };

/* Bytes that could drive the terminal are shown as \xNN. */
static struct slice visible(struct arena *arena, struct slice text)
{
	struct buf out = buf_new(arena);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c < 0x20 || c == 0x7f)
			buf_printf(&out, "\\x%02x", c);
		else
			buf_add_char(&out, (char)c);
	}
	return buf_slice(&out);
}

struct line {
	struct slice cells[COLUMNS];
	struct slice why;
};

/* "2", or "2+" where there may be more. */
static struct slice count_of(struct status_view *view, const struct review_row *row)
{
	if (!view->has_tasks)
		return SLICE("-");
	return arena_printf(
		&view->arena, "%zu%s", row->pid_count, view->tasks.is_partial ? "+" : "");
}

static struct line line_of(struct status_view *view, const struct review_row *row)
{
	struct arena *arena = &view->arena;
	struct slice none = SLICE("-");
	return (struct line){
		.cells =
			{
				visible(arena, profile_label(arena, row->namespace, row->name)),
				row->held ? visible(arena, row->held->mode) : none,
				slice_str(state_name(row->judgment.state)),
				count_of(view, row),
				row->file.len ? visible(arena, row->file) : none,
			},
		.why = row->judgment.state == STATE_FOREIGN ? none
							    : visible(arena, row->judgment.why),
	};
}

/* Characters, not bytes: continuation bytes of UTF-8 take no room. */
static size_t width_of(struct slice text)
{
	size_t width = 0;
	for (size_t i = 0; i < text.len; i++)
		width += ((unsigned char)text.at[i] & 0xc0) != 0x80;
	return width;
}

static void print_line(const struct line *line, const size_t widths[COLUMNS])
{
	for (size_t i = 0; i < COLUMNS; i++) {
		printf("%.*s", SLICE_FMT(line->cells[i]));
		if (i + 1 < COLUMNS)
			printf("%*s", (int)(widths[i] - width_of(line->cells[i]) + 2), "");
	}
	if (line->why.len > 1)
		printf("  (%.*s)", SLICE_FMT(line->why));
	putchar('\n');
}

static void print_counts(struct status_view *view)
{
	size_t counts[STATE_COUNT] = {0}, tasks = 0;
	for (size_t i = 0; i < view->review.count; i++) {
		counts[view->review.rows[i].judgment.state]++;
		tasks += view->review.rows[i].pid_count;
	}
	printf("%zu profile%s", view->review.count, view->review.count == 1 ? "" : "s");
	const char *between = ": ";
	for (unsigned i = 0; i < STATE_COUNT; i++)
		if (counts[i] > 0) {
			printf("%s%zu %s", between, counts[i], state_name((enum profile_state)i));
			between = ", ";
		}
	if (view->has_tasks)
		printf("; %s%zu confined task%s", view->tasks.is_partial ? "at least " : "", tasks,
			tasks == 1 ? "" : "s");
	putchar('\n');
}

void status_print_table(struct status_view *view)
{
	struct line *lines = arena_array(&view->arena, view->review.count + 1, sizeof(*lines));
	lines[0] = (struct line){.cells = {SLICE("NAME"), SLICE("MODE"), SLICE("STATE"),
					 SLICE("TASKS"), SLICE("SOURCE")}};
	size_t widths[COLUMNS] = {0};
	for (size_t i = 0; i <= view->review.count; i++) {
		if (i > 0)
			lines[i] = line_of(view, &view->review.rows[i - 1]);
		for (size_t column = 0; column < COLUMNS; column++) {
			size_t width = width_of(lines[i].cells[column]);
			if (width > widths[column])
				widths[column] = width;
		}
	}
	for (size_t i = 0; i <= view->review.count && view->review.count > 0; i++)
		print_line(&lines[i], widths);
	print_counts(view);
	fflush(stdout); /* before what follows on standard error */
}

static json_t *must(json_t *json)
{
	if (!json)
		out_of_memory();
	return json;
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, must(value)) != 0)
		out_of_memory();
}

static void set_text(json_t *object, const char *key, struct slice text)
{
	if (text.len > 0)
		set(object, key, report_json_text(text));
}

static void push(json_t *array, json_t *value)
{
	if (json_array_append_new(array, must(value)) != 0)
		out_of_memory();
}

static void set_known(json_t *object, const char *key, enum known known)
{
	set(object, key, known == KNOWN_NOT ? json_null() : json_boolean(known == KNOWN_YES));
}

static json_t *children_json(struct status_view *view, const struct review_row *row)
{
	json_t *array = must(json_array());
	const struct loaded_profile *child = NULL;
	while (row->held &&
		(child = loaded_next_below(&view->loaded, row->namespace, row->name, child))) {
		json_t *object = must(json_object());
		set(object, "name", report_json_text(child->name));
		set(object, "mode", report_json_text(child->mode));
		push(array, object);
	}
	return array;
}

/* The files of the distribution that an installed profile has put aside. */
static void set_replaced(struct status_view *view, const struct review_row *row, json_t *object)
{
	struct replaced replaced = {0};
	if (row->namespace.len == 0)
		replaced_read(&view->places, row->name, &view->arena, &replaced);
	json_t *files = must(json_array());
	for (size_t i = 0; i < replaced.count; i++)
		push(files, report_json_text(replaced.files[i]));
	set(object, "replaces", files);
}

static json_t *row_json(struct status_view *view, const struct review_row *row)
{
	json_t *object = must(json_object()), *tasks = must(json_array());
	for (size_t i = 0; i < row->pid_count; i++)
		push(tasks, json_integer(row->pids[i]));
	set(object, "name", report_json_text(row->name));
	set_text(object, "namespace", row->namespace);
	if (row->held)
		set(object, "mode", report_json_text(row->held->mode));
	set(object, "state", json_string(state_name(row->judgment.state)));
	set_text(object, "why", row->judgment.why);
	set_text(object, "source", row->file);
	set_known(object, "confines", row->judgment.confines);
	set_known(object, "confines_after_boot", row->judgment.confines_after_boot);
	set(object, "tasks", tasks);
	set(object, "children", children_json(view, row));
	if (row->running.count > 0)
		set(object, "running", running_json(&row->running));
	set(object, "edited", json_boolean(row->installed.owner == OWNER_EDITED));
	set(object, "disabled", json_boolean(row->installed.is_disabled));
	set(object, "force_complain", json_boolean(row->installed.is_forced_complain));
	set_replaced(view, row, object);
	return object;
}

void status_print_json(struct status_view *view)
{
	json_t *object = must(json_object()), *profiles = must(json_array());
	for (size_t i = 0; i < view->review.count; i++)
		push(profiles, row_json(view, &view->review.rows[i]));
	set(object, "profiles", profiles);
	set(object, "tasks_complete", json_boolean(view->has_tasks && !view->tasks.is_partial));
	set_text(object, "tasks_hidden", view->tasks.hidden);
	set(object, "partial",
		json_boolean(view->loaded.is_partial || view->review.hides_installed ||
			     !view->has_tasks || view->tasks.is_partial ||
			     view->review.kernel_enforces == KNOWN_NOT ||
			     view->review.hides_processes));
	report_json_print(object);
}
