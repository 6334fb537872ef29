#include "cli/status.h"
#include "manager/kernel.h"
#include "manager/system/path.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool status_is_ours(const struct status_row *row)
{
	return row->has_record || row->installed.owner == OWNER_AAFORGE ||
	       row->installed.owner == OWNER_EDITED;
}

static struct status_row *find_row(const struct status_view *view, struct slice name)
{
	for (size_t i = 0; i < view->count; i++)
		if (slice_eq(view->rows[i].name, name))
			return &view->rows[i];
	return NULL;
}

static struct status_row *append(struct status_view *view)
{
	if (view->count == view->capacity) {
		view->capacity = view->capacity ? 2 * view->capacity : 64;
		view->rows = reallocarray(view->rows, view->capacity, sizeof(*view->rows));
		if (!view->rows)
			out_of_memory();
	}
	view->rows[view->count] = (struct status_row){0};
	return &view->rows[view->count++];
}

/* What is known of a name, without compiling anything. */
static struct status_row *add_row(struct status_view *view, struct slice name)
{
	struct status_row *row = append(view);
	row->name = arena_copy(&view->arena, name);
	row->namespace = view->namespace;
	row->held = loaded_find(&view->loaded, view->namespace, name);
	row->has_record =
		record_read(&view->places, view->namespace, name, &view->arena, &row->record);
	if (view->namespace.len == 0 && installed_name_is_fine(&view->places, name, NULL))
		installed_read(&view->places, name, &view->arena, &row->installed, NULL);
	if (row->installed.owner == OWNER_AAFORGE || row->installed.owner == OWNER_EDITED)
		row->file = row->installed.path;
	else if (row->has_record)
		row->file = row->record.source;
	return row;
}

/* Names that may be there twice are added once, by their order. */
static int by_slice(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

static void take_all(struct status_view *view)
{
	struct record_list records;
	struct installed_list installed = {0};
	struct error *error = NULL;
	record_list_read(&view->places, &view->arena, &records);
	if (view->namespace.len == 0 &&
		!installed_list_read(&view->places, &view->arena, &installed, &error))
		view->status = print_error(error);
	view->hides_installed = installed.is_partial;
	struct slice *names = arena_array(
		&view->arena, view->loaded.count + records.count + installed.count, sizeof(*names));
	size_t count = 0;
	for (size_t i = 0; i < view->loaded.count; i++) {
		const struct loaded_profile *profile = &view->loaded.profiles[i];
		if (slice_eq(profile->namespace, view->namespace))
			names[count++] = loaded_top(&view->loaded, profile);
	}
	for (size_t i = 0; i < records.count; i++)
		if (slice_eq(records.entries[i].namespace, view->namespace))
			names[count++] = records.entries[i].name;
	for (size_t i = 0; i < installed.count; i++)
		names[count++] = installed.entries[i].name;
	qsort(names, count, sizeof(*names), by_slice);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || !slice_eq(names[i], names[i - 1]))
			add_row(view, names[i]);
}

static const char *nearest(struct status_view *view, const char *name)
{
	const char **names = arena_array(&view->arena, view->loaded.count, sizeof(*names));
	for (size_t i = 0; i < view->loaded.count; i++)
		names[i] = arena_string(&view->arena, view->loaded.profiles[i].name);
	return slice_nearest(slice_str(name), names, view->loaded.count);
}

/* A child stands for its parent. false when nobody knows the name. */
static bool take_name(struct status_view *view, const char *text)
{
	struct slice name = slice_str(text);
	const struct loaded_profile *held = loaded_find(&view->loaded, view->namespace, name);
	if (held)
		name = loaded_top(&view->loaded, held);
	if (find_row(view, name))
		return true;
	struct status_row *row = add_row(view, name);
	if (row->held || status_is_ours(row))
		return true;
	view->count--;
	return false;
}

static void say_unknown(struct status_view *view, const char *text)
{
	const char *near = nearest(view, text);
	if (near)
		print_problem("there is no profile '%s', loaded or installed, did you mean '%s'?",
			text, near);
	else
		print_problem("there is no profile '%s', loaded or installed", text);
	if (view->status < STATUS_INPUT)
		view->status = STATUS_INPUT;
}

/* status is no check: only errors matter. */
static void compile(struct status_view *view, char **paths, size_t count, struct gathering *out)
{
	struct options options = *view->options;
	options.arguments = paths;
	options.argument_count = count;
	options.quiet = true;
	char *features = kernel_features(&view->places, NULL);
	struct gather_options how = {.errors_only = true, .features = features};
	gather(&options, &how, out);
	free(features);
}

/* A row for each profile of the files; what they say counts, not what is installed. */
static void take_files(struct status_view *view, char **paths, size_t count)
{
	compile(view, paths, count, &view->files);
	if (view->files.status > view->status)
		view->status = view->files.status;
	for (size_t i = 0; i < view->files.count; i++) {
		const struct gathered *item = &view->files.items[i];
		const struct set_profile *top = NULL;
		while (item->member && (top = set_member_next_top(item->member, top))) {
			struct status_row *row = find_row(view, top->name);
			if (!row)
				row = add_row(view, top->name);
			row->file = item->path;
			row->wanted = item->member;
		}
	}
}

void status_collect(struct status_view *view)
{
	const struct options *options = view->options;
	if (options->argument_count == 0) {
		take_all(view);
		return;
	}
	char **files = arena_array(&view->arena, options->argument_count, sizeof(*files));
	size_t count = 0;
	for (size_t i = 0; i < options->argument_count; i++) {
		char *operand = options->arguments[i];
		/* A loaded or installed name comes before a file, as profiles may be named like
		 * programs. */
		bool is_description = is_description_name(slice_str(operand));
		if (!is_description && take_name(view, operand))
			continue;
		if (is_description || path_access(operand, F_OK) == 0)
			files[count++] = operand;
		else
			say_unknown(view, operand);
	}
	if (count > 0)
		take_files(view, files, count);
}

/* The item that came from the row's file and has its profile. */
static const struct set_member *member_for(
	const struct gathering *gathering, const struct status_row *row)
{
	for (size_t i = 0; i < gathering->count; i++) {
		const struct gathered *item = &gathering->items[i];
		if (item->member && slice_eq(item->path, row->file) &&
			member_top(item->member, row->namespace, row->name))
			return item->member;
	}
	return NULL;
}

void status_compile(struct status_view *view)
{
	struct slice *files = arena_array(&view->arena, view->count, sizeof(*files));
	char **paths = arena_array(&view->arena, view->count, sizeof(*paths));
	size_t count = 0, distinct = 0;
	for (size_t i = 0; i < view->count; i++) {
		struct status_row *row = &view->rows[i];
		if (row->wanted || row->file.len == 0 || !row->held)
			continue;
		row->is_unreadable = path_access(arena_string(&view->arena, row->file), R_OK) != 0;
		if (!row->is_unreadable)
			files[count++] = row->file;
	}
	qsort(files, count, sizeof(*files), by_slice);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || !slice_eq(files[i], files[i - 1]))
			paths[distinct++] = arena_string(&view->arena, files[i]);
	if (distinct == 0)
		return;
	compile(view, paths, distinct, &view->described);
	for (size_t i = 0; i < view->count; i++)
		if (!view->rows[i].wanted && view->rows[i].held)
			view->rows[i].wanted = member_for(&view->described, &view->rows[i]);
}
