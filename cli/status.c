/*
 * aaforge status: profiles, their mode and state, and the tasks they confine.
 *
 *     what is loaded, recorded, installed -> what the files say now -> judgment -> table
 */
#include "cli/status.h"

#include "cli/machine.h"
#include "manager/kernel/kernel.h"

#include <stdlib.h>

static bool is_loose(const struct review_row *row, int pid)
{
	for (size_t i = 0; i < row->running.count; i++)
		if (row->running.running[i].pid == pid && row->running.running[i].is_loose)
			return true;
	return false;
}

/* Those that it confines. */
static void count_tasks(struct status_view *view, struct review_row *row)
{
	int *pids = arena_array(&view->arena, view->tasks.count, sizeof(*pids));
	for (size_t i = 0; i < view->tasks.count; i++) {
		const struct task *task = &view->tasks.tasks[i];
		bool is_new = row->pid_count == 0 || pids[row->pid_count - 1] != task->pid;
		if (is_new && label_holds(task->label, row->namespace, row->name) &&
			!is_loose(row, task->pid))
			pids[row->pid_count++] = task->pid;
	}
	row->pids = pids;
}

/* Ours first, then by name. */
static int by_owner(const void *a, const void *b)
{
	const struct review_row *left = a, *right = b;
	bool left_foreign = left->judgment.state == STATE_FOREIGN;
	bool right_foreign = right->judgment.state == STATE_FOREIGN;
	if (left_foreign != right_foreign)
		return left_foreign ? 1 : -1;
	return slice_cmp(left->name, right->name);
}

static void read_tasks(struct status_view *view)
{
	struct error *error = NULL;
	view->has_tasks = tasks_read(&view->places, &view->arena, &view->tasks, &error);
	if (view->has_tasks)
		return;
	view->tasks = (struct tasks){NULL, 0, true, error_words(&view->arena, error)};
	view->status = print_error(error);
}

/* What was not for our eyes, once for all. */
static void tell_hidden(const struct status_view *view)
{
	if (view->loaded.is_partial)
		print_problem("not everything could be seen: %.*s; run it as root",
			SLICE_FMT(view->loaded.hidden));
	if (view->review.hides_installed)
		print_problem("note: not all files of '%s' could be read: run it as root",
			view->places.profiles);
	if (view->has_tasks && view->tasks.is_partial)
		print_problem("not all tasks can be seen, there may be more: %.*s",
			SLICE_FMT(view->tasks.hidden));
	if (view->review.hides_processes && !view->tasks.is_partial)
		print_problem("not all processes can be seen, some may run without their profile: "
			      "%.*s",
			SLICE_FMT(view->review.hidden_processes));
	if (view->review.kernel_enforces == KNOWN_NOT)
		print_problem("note: whether the kernel enforces profiles at all (parameters/mode) "
			      "is for root to see");
}

static bool is_fine(const struct status_view *view, const struct review_row *row)
{
	bool is_named = view->options->argument_count > 0;
	switch (row->judgment.state) {
	case STATE_CURRENT:
		return true;
	case STATE_FOREIGN:
		return !is_named;
	case STATE_UNKNOWN:
		return !is_named && !row->judgment.is_ours;
	case STATE_STALE:
	case STATE_EDITED:
	case STATE_DRIFTED:
	case STATE_UNATTACHED:
	case STATE_NOT_IN_FORCE:
	case STATE_MISSING:
		break;
	}
	return false;
}

static enum status judge(const struct status_view *view)
{
	const struct review *review = &view->review;
	enum status status = view->status > review->status ? view->status : review->status;
	for (size_t i = 0; i < review->count; i++)
		if (!is_fine(view, &review->rows[i]) && status < STATUS_INPUT)
			status = STATUS_INPUT;
	return status;
}

static enum status show(struct status_view *view)
{
	struct error *error = NULL;
	if (!places_find(view->options->root, &view->places, &error) ||
		!kernel_is_ready(&view->places, &error) ||
		!loaded_read(&view->places, &view->arena, &view->loaded, &error))
		return print_error(error);
	struct review *review = &view->review;
	read_tasks(view);
	review_begin(view->options, &view->places, &view->loaded, REVIEW_ALL, &view->arena, review);
	review->tasks = &view->tasks;
	status_collect(view);
	review_judge(review);
	for (size_t i = 0; i < review->count; i++)
		count_tasks(view, &review->rows[i]);
	if (review->count > 0)
		qsort(review->rows, review->count, sizeof(*review->rows), by_owner);
	if (view->options->json)
		status_print_json(view);
	else
		status_print_table(view);
	tell_hidden(view);
	return judge(view);
}

enum status command_status(const struct options *options)
{
	struct status_view view = {.options = options, .namespace = SLICE("")};
	if (options->namespace)
		view.namespace = slice_str(options->namespace);
	arena_init(&view.arena, out_of_memory);
	enum status status = show(&view);
	review_end(&view.review);
	gather_free(&view.files);
	places_free(&view.places);
	arena_free(&view.arena);
	return status;
}
