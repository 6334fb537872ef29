/*
 * aaforge status: profiles, their mode and state, and the tasks they confine.
 *
 *     what is loaded, recorded, installed -> what the files say now -> state -> table
 */
#include "cli/status.h"

#include "cli/machine.h"
#include "manager/documents.h"
#include "manager/kernel.h"

#include <stdlib.h>

/* What the header of an installed text says of the description that it was made from. */
static struct slice described_digest(struct slice text)
{
	struct slice key = SLICE("# SHA-256 of the description: ");
	const char *at = memmem(text.at, text.len, key.at, key.len);
	size_t begin = at ? (size_t)(at - text.at) + key.len : text.len;
	return slice_first(slice_from(text, begin), DIGEST_HEX);
}

/* Whether the description beside an installed text was changed since. */
static bool is_description_changed(const struct status_row *row)
{
	struct documents documents;
	struct document document;
	struct slice said = described_digest(row->installed.text);
	bool is_changed = false;
	if (row->installed.description.len == 0 || said.len != DIGEST_HEX ||
		!documents_open(row->installed.description.at, limits_default.document_bytes,
			&documents, NULL))
		return false;
	if (documents_next(&documents, &document, NULL)) {
		char hex[DIGEST_HEX + 1];
		struct digest digest = digest_of(document.text);
		digest_hex(&digest, hex);
		is_changed = !slice_is(said, hex);
	}
	documents_close(&documents);
	return is_changed;
}

/* What is worth knowing although the state is as it is. */
static void add_remarks(struct status_view *view, struct status_row *row)
{
	struct buf why = buf_new(&view->arena);
	buf_add(&why, row->state.why);
	const struct {
		bool applies;
		const char *words;
	} remarks[] = {
		{row->installed.owner == OWNER_EDITED, "its installed text was edited"},
		{row->is_unreadable, "its file cannot be read any more"},
		{row->installed.is_disabled && status_is_ours(row),
			"disabled at boot by a link in disable/"},
		{row->installed.is_forced_complain && status_is_ours(row),
			"set to complain at boot by a link in force-complain/"},
	};
	for (size_t i = 0; i < sizeof(remarks) / sizeof(remarks[0]); i++)
		if (remarks[i].applies)
			buf_printf(&why, "%s%s", why.len ? "; " : "", remarks[i].words);
	row->state.why = buf_slice(&why);
}

static void decide(struct status_view *view, struct status_row *row)
{
	struct state_question question = {
		.namespace = row->namespace,
		.name = row->name,
		.loaded = &view->loaded,
		.record = row->has_record ? &row->record : NULL,
		.owner = row->installed.owner,
		.wanted = row->wanted,
		.is_described = row->file.len > 0 && !row->is_unreadable,
	};
	row->state = state_decide(&question, &view->arena);
	bool is_of_installed = row->file.len > 0 && slice_eq(row->file, row->installed.path);
	if (row->state.state == STATE_CURRENT && is_of_installed && is_description_changed(row))
		row->state = (struct state_answer){
			STATE_STALE, SLICE("its description was changed since it was installed")};
	add_remarks(view, row);
}

static void count_tasks(struct status_view *view, struct status_row *row)
{
	int *pids = arena_array(&view->arena, view->tasks.count, sizeof(*pids));
	for (size_t i = 0; i < view->tasks.count; i++) {
		const struct task *task = &view->tasks.tasks[i];
		bool is_new = row->pid_count == 0 || pids[row->pid_count - 1] != task->pid;
		if (is_new && label_holds(task->label, row->namespace, row->name))
			pids[row->pid_count++] = task->pid;
	}
	row->pids = pids;
}

/* Ours first, then by name. */
static int by_owner(const void *a, const void *b)
{
	const struct status_row *left = a, *right = b;
	bool left_foreign = left->state.state == STATE_FOREIGN;
	bool right_foreign = right->state.state == STATE_FOREIGN;
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
	if (view->hides_installed)
		print_problem("note: not all files of '%s' could be read: run it as root",
			view->places.profiles);
	if (view->has_tasks && view->tasks.is_partial)
		print_problem("not all tasks can be seen, there may be more: %.*s",
			SLICE_FMT(view->tasks.hidden));
}

static enum status judge(const struct status_view *view)
{
	enum status status = view->status;
	bool is_named = view->options->argument_count > 0;
	for (size_t i = 0; i < view->count; i++) {
		enum profile_state state = view->rows[i].state.state;
		if (state == STATE_CURRENT || (state == STATE_FOREIGN && !is_named))
			continue;
		status = status > STATUS_INPUT ? status : STATUS_INPUT;
	}
	return status;
}

static enum status show(struct status_view *view)
{
	struct error *error = NULL;
	if (!places_find(view->options->root, &view->places, &error) ||
		!kernel_is_ready(&view->places, &error) ||
		!loaded_read(&view->places, &view->arena, &view->loaded, &error))
		return print_error(error);
	read_tasks(view);
	status_collect(view);
	status_compile(view);
	for (size_t i = 0; i < view->count; i++) {
		decide(view, &view->rows[i]);
		count_tasks(view, &view->rows[i]);
	}
	if (view->count > 0)
		qsort(view->rows, view->count, sizeof(*view->rows), by_owner);
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
	free(view.rows);
	gather_free(&view.files);
	gather_free(&view.described);
	places_free(&view.places);
	arena_free(&view.arena);
	return status;
}
