#include "cli/verify.h"

#include "cli/blame.h"
#include "cli/toolbox.h"
#include "manager/apparmor_parser/verdict.h"

#include <stdlib.h>
#include <unistd.h>

enum { WAITING_MOST = 256 };

/* A document between compilation and its turn to be handed on. */
struct waiting {
	struct waiting *next;
	struct work_item item;
	struct digest key;
	struct slice binary;
	bool accepted, done;
};

struct run {
	struct verify *verify;
	struct pipeline pipeline;
	struct toolbox tools;
	struct waiting *first, **end; /* in the order of the documents */
	size_t waiting;
	bool shows_progress;
};

static void must(const void *memory)
{
	if (!memory)
		out_of_memory();
}

static void show_progress(const struct run *run)
{
	if (run->shows_progress)
		fprintf(stderr, "\r%s: %zu", run->verify->doing, run->verify->seen);
}

static void clear_progress(const struct run *run)
{
	if (run->shows_progress)
		fputs("\r\033[K", stderr);
}

/*
 * The next one to hand on: the first, when it is done. When very many wait for one that takes
 * long, order gives way to memory.
 */
static struct waiting *take_done(struct run *run)
{
	struct waiting **at = &run->first;
	while (*at && !(*at)->done && run->waiting > WAITING_MOST)
		at = &(*at)->next;
	struct waiting *waiting = *at;
	if (!waiting || !waiting->done)
		return NULL;
	*at = waiting->next;
	if (!*at)
		run->end = at;
	run->waiting--;
	return waiting;
}

static void hand_on(struct run *run)
{
	for (struct waiting *waiting; (waiting = take_done(run));) {
		run->verify->seen++;
		run->verify->accepted += waiting->accepted;
		clear_progress(run);
		run->verify->use(run->verify, &waiting->item, waiting->accepted, waiting->binary);
		show_progress(run);
		work_item_free(&waiting->item);
		free(waiting);
	}
}

static void finish(struct run *run, struct waiting *waiting, const struct parser_result *result)
{
	waiting->accepted = blame_verdict(&waiting->item, waiting->item.text, result);
	if (result->verdict == PARSER_FAILED && run->pipeline.status < STATUS_SYSTEM)
		run->pipeline.status = STATUS_SYSTEM;
	if (run->verify->want_binary)
		waiting->binary = arena_copy(&waiting->item.unit.arena, result->binary);
	waiting->done = true;
}

static struct waiting *wait_for(struct run *run)
{
	struct waiting *waiting = calloc(1, sizeof(*waiting));
	must(waiting);
	work_item_init(&waiting->item, &run->pipeline);
	if (!pipeline_next(&run->pipeline, &waiting->item)) {
		work_item_free(&waiting->item);
		free(waiting);
		return NULL;
	}
	*run->end = waiting;
	run->end = &waiting->next;
	run->waiting++;
	return waiting;
}

/* Prints the profile, and looks whether its verdict is known. */
static bool is_known(struct run *run, struct waiting *waiting)
{
	struct work_item *item = &waiting->item;
	struct buf text = buf_new(&item->unit.arena);
	struct profile_header header = item->header;
	header.templates = item->templates;
	output_profile(&item->unit, &item->compiled, &header, &run->pipeline.compile, &text);
	item->text = buf_slice(&text);
	struct parser_result result;
	if (verdict_strays(run->pipeline.library, item->text, &item->unit.arena, &result)) {
		finish(run, waiting, &result);
		return true;
	}
	if (!run->tools.cache)
		return false;
	waiting->key = verdict_key(run->tools.parser, &run->tools.features.digest,
		run->pipeline.library, waiting->item.text);
	if (!verdict_get(run->tools.cache, &waiting->key, run->verify->want_binary,
		    &item->unit.arena, &result))
		return false;
	finish(run, waiting, &result);
	return true;
}

static bool next_job(void *context, struct parser_job *ret_job)
{
	struct run *run = context;
	for (struct waiting *waiting; (waiting = wait_for(run));) {
		if (waiting->item.ok && !is_known(run, waiting)) {
			*ret_job = (struct parser_job){
				.text = waiting->item.text,
				.want_binary = run->verify->want_binary,
				.user = waiting,
			};
			return true;
		}
		waiting->done = true;
		hand_on(run);
	}
	return false;
}

static void job_done(
	void *context, const struct parser_job *job, const struct parser_result *result)
{
	struct run *run = context;
	struct waiting *waiting = job->user;
	if (run->tools.cache)
		verdict_put(run->tools.cache, &waiting->key, run->verify->want_binary, result);
	finish(run, waiting, result);
	hand_on(run);
}

static void run_all(struct run *run)
{
	struct parser_source source = {.next = next_job, .done = job_done, .context = run};
	struct error *error = NULL;
	if (!parser_run(run->tools.parser, &source, &error))
		pipeline_problem(&run->pipeline, error);
	while (run->first) { /* only after a failure of the system */
		run->first->done = true;
		hand_on(run);
	}
	clear_progress(run);
}

/* A terminal that cannot clear a line. */
static bool is_dumb(void)
{
	const char *terminal = getenv("TERM");
	return !terminal || strcmp(terminal, "dumb") == 0;
}

enum status verify_run(const struct options *options, struct verify *verify)
{
	struct run run = {.verify = verify};
	run.end = &run.first;
	if (!pipeline_open(options, &run.pipeline))
		return options->argument_count ? STATUS_SYSTEM : STATUS_USAGE;
	verify->pipeline = &run.pipeline;
	run.shows_progress = !options->quiet && isatty(STDERR_FILENO) && !is_dumb();
	struct error *error = NULL;
	if (toolbox_open(options, 0, &run.tools, &error))
		run_all(&run);
	else
		pipeline_problem(&run.pipeline, error);
	toolbox_close(&run.tools);
	pipeline_close(&run.pipeline);
	return run.pipeline.status;
}
