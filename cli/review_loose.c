#include "cli/review_loose.h"

#include "manager/host/loose.h"

/* Of others' profiles nobody asks. */
static bool is_asked_for(const struct review_row *row)
{
	return row->held && mode_confines(row->held->mode) &&
	       (row->has_record || row->wanted || row->installed.owner == OWNER_AAFORGE ||
		       row->installed.owner == OWNER_EDITED);
}

static bool any_is_asked_for(const struct review *review)
{
	for (size_t i = 0; i < review->count; i++)
		if (is_asked_for(&review->rows[i]))
			return true;
	return false;
}

struct meant {
	const struct review *review;
	const struct review_row *row;
};

/* Whether what the kernel holds is what it should is told by its identity; but not of a child that
 * was left. */
static bool is_meant(const void *context, struct slice child)
{
	const struct meant *meant = context;
	const struct left_list *left = &meant->row->record.left;
	for (size_t i = 0; meant->row->has_record && i < left->count; i++)
		if (slice_eq(left->items[i].name, child))
			return false;
	return loaded_find(meant->review->loaded, meant->row->namespace, child) != NULL;
}

static void look(struct review *review, const struct tasks *tasks, struct review_row *row)
{
	const struct meant meant = {review, row};
	const struct loose_question question = {.namespace = row->namespace,
		.name = row->name,
		.is_meant = is_meant,
		.context = &meant};
	struct running *running;
	size_t count = processes_loose(review->places, tasks, &question, review->arena, &running);
	if (count == 0)
		return;
	row->loose = (struct judgment_outside){
		.count = count,
		.words = running_names(review->arena, running, count),
		.mend = running_mend(review->arena, &running[0]),
	};
	row->running.namespace = row->namespace;
	row->running.name = row->name;
	row->running.arena = review->arena;
	running_add(&row->running, running, count);
}

static void note_hidden(struct review *review, struct slice hidden)
{
	if (!review->hides_processes)
		review->hidden_processes = hidden;
	review->hides_processes = true;
}

static struct tasks read_tasks(const struct review *review)
{
	struct tasks tasks;
	struct error *error = NULL;
	if (review->tasks)
		return *review->tasks;
	if (tasks_read(review->places, review->arena, &tasks, &error))
		return tasks;
	tasks = (struct tasks){.is_partial = true, .hidden = error_words(review->arena, error)};
	error_free(error);
	return tasks;
}

void review_look_inside(struct review *review)
{
	if (!any_is_asked_for(review))
		return;
	struct tasks tasks = read_tasks(review);
	struct tasks few = tasks_that_log(&tasks, review->arena);
	if (tasks.is_partial)
		note_hidden(review, tasks.hidden);
	for (size_t i = 0; i < review->count; i++)
		if (is_asked_for(&review->rows[i]))
			look(review, &few, &review->rows[i]);
}
