#include "cli/destination.h"
#include "cli/launch.h"
#include "cli/pipeline.h"

/* Where the profiles go: a directory (one file each), or one text for a file or standard output. */
struct sink {
	struct pipeline *pipeline;
	struct destination destination;
	struct bytes single;	     /* the whole file, as long as it holds one profile */
	struct bytes preamble, body; /* its two parts, for several */
	size_t count;
};

static void must(bool enough_memory)
{
	if (!enough_memory)
		out_of_memory();
}

static bool has_line(const struct bytes *text, struct slice line)
{
	struct slice rest = bytes_slice(text);
	while (rest.len > 0) {
		const char *newline = memchr(rest.at, '\n', rest.len);
		size_t len = newline ? (size_t)(newline - rest.at) + 1 : rest.len;
		if (slice_eq(slice_first(rest, len), line))
			return true;
		rest = slice_from(rest, len);
	}
	return false;
}

/*
 * AppArmor's language wants everything that stands before profiles in front of the first one: the
 * lines of all preambles, each once.
 */
static void add_preamble(struct sink *sink, struct slice text)
{
	while (text.len > 0) {
		const char *newline = memchr(text.at, '\n', text.len);
		size_t len = newline ? (size_t)(newline - text.at) + 1 : text.len;
		struct slice line = slice_first(text, len);
		if (!has_line(&sink->preamble, line))
			must(bytes_add(&sink->preamble, line));
		text = slice_from(text, len);
	}
}

static void add_to_text(struct sink *sink, struct work_item *item)
{
	struct unit *unit = &item->unit;
	if (sink->count++ == 0) {
		struct buf whole = buf_new(&unit->arena);
		output_profile(
			unit, &item->compiled, &item->header, &sink->pipeline->compile, &whole);
		must(bytes_add(&sink->single, buf_slice(&whole)));
	}
	struct buf preamble = buf_new(&unit->arena), body = buf_new(&unit->arena);
	output_preamble(unit, &item->compiled, &sink->pipeline->compile, &preamble);
	output_body(unit, &item->compiled, &item->header, &sink->pipeline->compile, &body);
	add_preamble(sink, buf_slice(&preamble));
	if (sink->body.len > 0)
		must(bytes_add(&sink->body, SLICE("\n")));
	must(bytes_add(&sink->body, buf_slice(&body)));
}

static void add_to_stage(struct sink *sink, struct work_item *item)
{
	struct buf text = buf_new(&item->unit.arena);
	output_profile(
		&item->unit, &item->compiled, &item->header, &sink->pipeline->compile, &text);
	struct error *error = NULL;
	char *name = arena_string(&item->unit.arena, item->compiled.name);
	if (!stage_add(sink->destination.stage, name, buf_slice(&text), &error))
		pipeline_problem(sink->pipeline, error);
}

static void compile_all(struct sink *sink)
{
	struct work_item item;
	work_item_init(&item, sink->pipeline);
	while (pipeline_next(sink->pipeline, &item)) {
		pipeline_report(sink->pipeline, &item);
		/* After the first error nothing will be written: the rest is only checked. */
		if (!item.ok || sink->pipeline->status != STATUS_OK)
			continue;
		if (sink->destination.stage)
			add_to_stage(sink, &item);
		else
			add_to_text(sink, &item);
	}
	work_item_free(&item);
}

/* What does not go to a directory is one text. */
static void join_text(struct sink *sink, struct bytes *whole)
{
	if (sink->destination.stage)
		return;
	if (sink->count == 1) {
		must(bytes_add(whole, bytes_slice(&sink->single)));
		return;
	}
	must(bytes_add(whole, bytes_slice(&sink->preamble)));
	must(bytes_add(whole, SLICE("\n")));
	must(bytes_add(whole, bytes_slice(&sink->body)));
}

static void finish(struct sink *sink)
{
	struct error *error = NULL;
	struct bytes whole = {0};
	if (sink->pipeline->status != STATUS_OK) {
		destination_abort(&sink->destination);
		return;
	}
	join_text(sink, &whole);
	if (!destination_commit(&sink->destination, bytes_slice(&whole), &error))
		pipeline_problem(sink->pipeline, error);
	bytes_free(&whole);
}

enum status command_compile(const struct options *options)
{
	if (launch_is_wanted(options))
		return compile_launch(options);
	struct pipeline pipeline;
	if (!pipeline_open(options, &pipeline))
		return options->argument_count ? STATUS_SYSTEM : STATUS_USAGE;
	struct sink sink = {.pipeline = &pipeline};
	struct error *error = NULL;
	if (destination_open(options->output, &sink.destination, &error)) {
		compile_all(&sink);
		finish(&sink);
	} else {
		pipeline_problem(&pipeline, error);
	}
	bytes_free(&sink.single);
	bytes_free(&sink.preamble);
	bytes_free(&sink.body);
	pipeline_close(&pipeline);
	return pipeline.status;
}
