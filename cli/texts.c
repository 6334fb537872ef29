#include "cli/texts.h"

#include "cli/report.h"
#include "cli/toolbox.h"
#include "manager/apparmor_parser/library.h"
#include "manager/apparmor_parser/verdict.h"

/* A text with what is said about it. */
struct work {
	struct profile_text *text;
	struct unit unit;
	const struct source *source;
	struct digest key;
};

struct run {
	const struct options *options;
	struct toolbox tools;
	struct library *library;
	struct trusted *trusted; /* or NULL */
	struct work *works;
	size_t count, next;
	struct arena *arena;
	enum status status;
};

static void worsen(struct run *run, enum status status)
{
	if (status > run->status)
		run->status = status;
}

/* The span of a line of a source; no place for line 0. */
static struct span line_span(const struct source *source, uint32_t line)
{
	struct slice rest = source->text;
	if (line == 0)
		return span_of(0, 0);
	for (; line > 1 && rest.len > 0; line--) {
		const char *newline = memchr(rest.at, '\n', rest.len);
		rest = slice_from(rest, newline ? (size_t)(newline - rest.at) + 1 : rest.len);
	}
	if (rest.len == 0)
		return span_of(0, 0);
	const char *newline = memchr(rest.at, '\n', rest.len);
	struct slice words =
		slice_trim(slice_first(rest, newline ? (size_t)(newline - rest.at) : rest.len));
	if (words.len == 0)
		words = slice_first(rest, 1);
	uint32_t begin = source->begin + (uint32_t)(words.at - source->text.at);
	return span_of(begin, begin + (uint32_t)words.len);
}

static void add_message(struct work *work, const struct parser_message *message)
{
	struct diags *diags = &work->unit.diags;
	bool is_warning = parser_message_is_warning(message);
	enum diag_id id = is_warning ? DIAG_NOT_ENFORCED_INCLUDE : DIAG_PARSER;
	uint32_t line = message->line ? message->line : message->likely_line;
	struct span at = line_span(work->source, message->file.len > 0 ? 1 : line ? line : 1);
	struct diag *diag = diag_add(diags, id, at,
		is_warning ? "the kernel would not enforce a rule: %.*s"
			   : "apparmor_parser refuses the profile: %.*s",
		SLICE_FMT(message->text));
	if (message->file.len > 0)
		diag_help(diags, diag, "the place it names is %.*s, line %u",
			SLICE_FMT(message->file), message->line);
}

static void add_trouble(struct work *work, const struct parser_result *result)
{
	bool is_limit =
		result->verdict == PARSER_TIMED_OUT || result->verdict == PARSER_OUT_OF_MEMORY;
	diag_add(&work->unit.diags, is_limit ? DIAG_PARSER_LIMIT : DIAG_PARSER,
		line_span(work->source, 1), "apparmor_parser %.*s", SLICE_FMT(result->trouble));
}

static void finish(struct run *run, struct work *work, const struct parser_result *result)
{
	for (const struct parser_message *m = result->messages; m; m = m->next)
		if (parser_message_is_warning(m) || result->verdict == PARSER_REFUSED)
			add_message(work, m);
	if (result->verdict != PARSER_ACCEPTED && result->verdict != PARSER_REFUSED)
		add_trouble(work, result);
	if (result->verdict == PARSER_FAILED)
		worsen(run, STATUS_SYSTEM);
	work->text->accepted = result->verdict == PARSER_ACCEPTED && work->unit.diags.errors == 0;
	if (work->text->accepted)
		work->text->binary = arena_copy(run->arena, result->binary);
}

/* apparmor_parser would wait for a named pipe that is included. */
static bool is_readable(struct run *run, struct work *work)
{
	work->key = verdict_key(
		run->tools.parser, &run->tools.features.digest, run->library, work->text->text);
	struct slice trouble = library_trouble(run->library);
	if (trouble.len > 0)
		diag_add(&work->unit.diags, DIAG_MISSING_INCLUDE, line_span(work->source, 1),
			"'%.*s', which is included, is not a file that can be read",
			SLICE_FMT(trouble));
	return trouble.len == 0;
}

static bool is_trusted(struct run *run, const struct work *work)
{
	bool is = !run->trusted ||
		  trusted_includes(run->trusted, run->library, work->text->path, work->text->text);
	if (!is)
		worsen(run, STATUS_INPUT);
	return is;
}

static bool is_known(struct run *run, struct work *work)
{
	struct parser_result result;
	if (verdict_strays(run->library, work->text->text, &work->unit.arena, &result)) {
		finish(run, work, &result);
		return true;
	}
	if (!run->tools.cache)
		return false;
	if (!verdict_get(run->tools.cache, &work->key, true, &work->unit.arena, &result))
		return false;
	finish(run, work, &result);
	return true;
}

static bool next_job(void *context, struct parser_job *ret_job)
{
	struct run *run = context;
	while (run->next < run->count) {
		struct work *work = &run->works[run->next++];
		if (!work->source || !is_trusted(run, work) || !is_readable(run, work) ||
			is_known(run, work))
			continue;
		*ret_job = (struct parser_job){
			.text = work->text->text,
			.want_binary = true,
			.user = work,
		};
		return true;
	}
	return false;
}

static void job_done(
	void *context, const struct parser_job *job, const struct parser_result *result)
{
	struct run *run = context;
	struct work *work = job->user;
	if (run->tools.cache)
		verdict_put(run->tools.cache, &work->key, true, result);
	finish(run, work, result);
}

static void work_open(struct run *run, struct work *work, struct profile_text *text)
{
	work->text = text;
	unit_init(&work->unit, NULL, out_of_memory);
	memcpy(work->unit.diags.severities, run->options->severities,
		sizeof(work->unit.diags.severities));
	work->source = sources_add(&work->unit.sources, text->path, text->text, text->first_line);
}

static void work_close(struct run *run, struct work *work)
{
	if (work->unit.diags.errors > 0)
		worsen(run, STATUS_INPUT);
	report_diags(&work->unit, run->options->format);
	unit_free(&work->unit);
}

static void run_all(struct run *run)
{
	struct error *error = NULL;
	struct parser_source source = {next_job, job_done, run};
	unsigned use = run->options->complain ? TOOLBOX_COMPLAINS : 0;
	if (!toolbox_open(run->options, use, &run->tools, &error) ||
		!library_open(run->options->base, run->options->include_dirs.at,
			run->options->include_dirs.count, out_of_memory, &run->library, &error) ||
		!parser_run(run->tools.parser, &source, &error))
		worsen(run, print_error(error));
	library_free(run->library);
	toolbox_close(&run->tools);
}

enum status texts_compile(const struct options *options, struct profile_text *texts, size_t count,
	struct trusted *trusted, struct arena *arena)
{
	struct run run = {.options = options, .count = count, .trusted = trusted, .arena = arena};
	if (count == 0)
		return STATUS_OK;
	run.works = arena_array(arena, count, sizeof(*run.works));
	for (size_t i = 0; i < count; i++)
		work_open(&run, &run.works[i], &texts[i]);
	run_all(&run);
	for (size_t i = 0; i < count; i++)
		work_close(&run, &run.works[i]);
	return run.status;
}
