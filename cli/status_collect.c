#include "cli/status.h"
#include "manager/kernel/kernel.h"
#include "manager/system/path.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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
	struct review *review = &view->review;
	struct slice name = slice_str(text);
	const struct loaded_profile *held = loaded_find(&view->loaded, view->namespace, name);
	if (held)
		name = loaded_top(&view->loaded, held);
	if (review_find(review, view->namespace, name))
		return true;
	const struct review_row *row = review_add(review, view->namespace, name);
	if (row->held || row->has_record || row->installed.owner == OWNER_AAFORGE ||
		row->installed.owner == OWNER_EDITED)
		return true;
	review->count--;
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
	struct gather_options how = {
		.errors_only = true, .looks_at_root = true, .features = features};
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
			struct review_row *row =
				review_add(&view->review, view->namespace, top->name);
			row->file = item->path;
			row->is_from_operand = true;
			row->wanted = item->member;
		}
	}
}

void status_collect(struct status_view *view)
{
	const struct options *options = view->options;
	if (options->argument_count == 0) {
		review_add_all(&view->review, &view->namespace, true);
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
