#include "manager/apparmor_parser/parser.h"

#include "manager/apparmor_parser/cache.h"
#include "manager/system/path.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_NAME  "/dev/stdin"
#define ASK_TIMEOUT 3000 /* ms for telling the version */

struct parser {
	char *path;
	char version[32];
	unsigned major, minor;
	bool has_input_name; /* INPUT_NAME can be opened: messages then name files */
	struct digest identity;
	struct process_limits limits;
	char *base, *features; /* absolute */
	char **includes;
	size_t include_count;
	const char *namespace, *replaces; /* the caller's */
	bool complains;
	const char **validate, **compile; /* argument vectors */
	void (*out_of_memory)(void);
};

static const char *const places[] = {"/sbin/apparmor_parser", "/usr/sbin/apparmor_parser"};

bool parser_find(const char *given, const char **ret_path, struct error **ret_error)
{
	if (given && *given != '/')
		return error_say(ret_error, EINVAL,
			"the parser '%s' is not given by an absolute path", given);
	if (given) {
		*ret_path = given;
		return access(given, X_OK) == 0 ||
		       error_make(ret_error, errno, "cannot run the parser '%s'", given);
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (access(places[i], X_OK) == 0) {
			*ret_path = places[i];
			return true;
		}
	return error_say(ret_error, ENOENT,
		"there is no apparmor_parser in /sbin and /usr/sbin: install the Debian package "
		"'apparmor', or name one with --parser PATH");
}

/* The one job of asking the program something. */
struct question {
	struct process_job job;
	bool is_asked;
	char *answer;
	size_t size;
	enum process_end end;
	int code;
};

static bool question_next(void *context, struct process_job *ret_job)
{
	struct question *question = context;
	if (question->is_asked)
		return false;
	question->is_asked = true;
	*ret_job = question->job;
	return true;
}

static void question_done(
	void *context, const struct process_job *job, const struct process_result *result)
{
	(void)job;
	struct question *question = context;
	question->end = result->end;
	question->code = result->code;
	snprintf(question->answer, question->size, "%.*s", SLICE_FMT(result->output));
}

/* Output of `PATH ARGUMENT` as far as it fits. */
static bool ask(const struct parser *parser, const char *argument, char *ret_answer, size_t size,
	struct error **ret_error)
{
	const char *argv[] = {"apparmor_parser", argument, NULL};
	struct process_limits limits = process_limits_default;
	limits.timeout = ASK_TIMEOUT;
	struct question question = {
		.job = {.argv = argv, .program = parser->path, .want_output = true},
		.answer = ret_answer,
		.size = size,
	};
	struct process_source source = {question_next, question_done, &question};
	if (!process_run(&limits, &source, ret_error))
		return false;
	if (question.end == PROCESS_NOT_STARTED)
		return error_make(
			ret_error, question.code, "cannot run the parser '%s'", parser->path);
	return true;
}

/* "AppArmor parser version 3.0.8\n…" */
static bool read_version(struct parser *parser, const char *answer, struct error **ret_error)
{
	char version[sizeof(parser->version)];
	if (sscanf(answer, "AppArmor parser version %31[0-9A-Za-z.~+-]", version) != 1 ||
		sscanf(version, "%u.%u", &parser->major, &parser->minor) != 2)
		return error_say(ret_error, EINVAL,
			"'%s' does not tell its version as an apparmor_parser does", parser->path);
	strcpy(parser->version, version);
	return parser->major >= 3 ||
	       error_say(ret_error, EINVAL, "'%s' is version %s, expected 3.0 or newer",
		       parser->path, version);
}

/* What tells this very program from a later one at the same place. */
static struct digest program_digest(const struct parser *parser, const struct stat *stat)
{
	struct digest_list list;
	digest_begin(&list);
	digest_add(&list, SLICE("apparmor_parser"));
	digest_add(&list, slice_str(parser->path));
	digest_add_number(&list, stat->st_dev);
	digest_add_number(&list, stat->st_ino);
	digest_add_number(&list, (uint64_t)stat->st_size);
	digest_add_number(&list, (uint64_t)stat->st_mtim.tv_sec);
	digest_add_number(&list, (uint64_t)stat->st_mtim.tv_nsec);
	return digest_end(&list);
}

static bool ask_version(struct parser *parser, struct cache *cache, struct error **ret_error)
{
	struct stat stat_;
	if (stat(parser->path, &stat_) < 0)
		return error_make(ret_error, errno, "cannot run the parser '%s'", parser->path);
	parser->identity = program_digest(parser, &stat_);
	struct bytes known = {0};
	bool is_known = cache && cache_get(cache, &parser->identity, &known) &&
			read_version(parser, known.at, NULL);
	bytes_free(&known);
	if (is_known)
		return true;
	char answer[256];
	if (!ask(parser, "--version", answer, sizeof(answer), ret_error) ||
		!read_version(parser, answer, ret_error))
		return false;
	if (cache)
		cache_put(cache, &parser->identity, slice_str(answer));
	return true;
}

/* Newer ones compress a binary unless told not to; older ones refuse the option. */
static bool knows_compression(const struct parser *parser)
{
	static const size_t size = 1 << 16;
	char *help = parser->major < 5 ? NULL : malloc(size);
	bool knows = help && ask(parser, "--help", help, size, NULL) &&
		     strstr(help, "zstd-compress-level");
	free(help);
	return knows;
}

/*
 * Both make 3.0.8 faster and leave its binary as it is, byte for byte (20 profiles of a stock
 * system: 0.65 of the processor time on average, 1.04 at worst). 4.1.0 is fastest as it comes, and
 * its binary would change.
 */
static const char *const options_3_0[] = {
	"-O",
	"no-expr-normalize",
	"-O",
	"expr-left-simplify",
};

/* An argument vector that is being made; long enough for all that goes into it. */
struct arguments {
	const char **at;
	size_t count;
};

static void add_arguments(struct arguments *arguments, const char *const *more, size_t count)
{
	for (size_t i = 0; i < count; i++)
		arguments->at[arguments->count++] = more[i];
}

#define ADD_ARGUMENTS(arguments, ...)                                                              \
	add_arguments(arguments, (const char *const[]){__VA_ARGS__},                               \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void add_compiling(
	const struct parser *parser, bool want_binary, struct arguments *arguments)
{
	ADD_ARGUMENTS(arguments, "--config-file=/dev/null", "-M", parser->features, "-b",
		parser->base, "-K", want_binary ? "-S" : "-Q",
		"-j0", /* compile in the process itself: no fork, and a crash is seen as one */
		"--warn=rule-not-enforced", "--warn=rule-downgraded");
}

static const char **make_arguments(const struct parser *parser, bool want_binary)
{
	struct arguments arguments = {
		.at = calloc(40 + 2 * parser->include_count, sizeof(*arguments.at))};
	if (!arguments.at)
		return NULL;
	ADD_ARGUMENTS(&arguments, "apparmor_parser");
	if (parser->replaces)
		ADD_ARGUMENTS(
			&arguments, "--replace", "-K", "-f", parser->replaces, "-b", parser->base);
	else
		add_compiling(parser, want_binary, &arguments);
	for (size_t i = 0; i < parser->include_count; i++)
		ADD_ARGUMENTS(&arguments, "-I", parser->includes[i]);
	if (parser->namespace)
		ADD_ARGUMENTS(&arguments, "-n", parser->namespace);
	if (parser->complains)
		ADD_ARGUMENTS(&arguments, "-C");
	if (parser->major == 3 && parser->minor == 0)
		add_arguments(&arguments, options_3_0, sizeof(options_3_0) / sizeof(*options_3_0));
	if (!parser->replaces && want_binary && knows_compression(parser))
		ADD_ARGUMENTS(&arguments, "--zstd-compress-level=none");
	if (parser->has_input_name)
		ADD_ARGUMENTS(&arguments, INPUT_NAME);
	return arguments.at;
}

static bool absolute(const char *path, char **ret_path, struct error **ret_error)
{
	*ret_path = path_real(path);
	return *ret_path || error_make(ret_error, errno, "cannot open '%s'", path);
}

static bool make_paths(
	struct parser *parser, const struct parser_options *options, struct error **ret_error)
{
	if (!absolute(options->base, &parser->base, ret_error))
		return false;
	if (!options->replaces && !absolute(options->features, &parser->features, ret_error))
		return false;
	parser->includes = calloc(options->include_count + 1, sizeof(*parser->includes));
	if (!parser->includes)
		return error_make(ret_error, ENOMEM, "cannot run the parser");
	for (size_t i = 0; i < options->include_count; i++) {
		if (!absolute(options->includes[i], &parser->includes[i], ret_error))
			return false;
		parser->include_count = i + 1;
	}
	return true;
}

/* Everything but the texts and the files they include; those the caller adds. */
static void finish_identity(struct parser *parser)
{
	struct digest_list list;
	digest_begin(&list);
	digest_add_digest(&list, &parser->identity);
	digest_add(&list, slice_str(parser->version));
	for (const char **argument = parser->validate; *argument; argument++)
		digest_add(&list, slice_str(*argument));
	parser->identity = digest_end(&list);
}

/* A bare /dev may have no /dev/stdin. Where it leads to is another matter in each process. */
static bool input_has_name(void)
{
	return access("/proc/self/fd", X_OK) == 0 && access("/dev/fd", X_OK) == 0 &&
	       faccessat(AT_FDCWD, INPUT_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool parser_prepare(
	struct parser *parser, const struct parser_options *options, struct error **ret_error)
{
	const char *path = NULL;
	if (!parser_find(options->path, &path, ret_error))
		return false;
	parser->path = strdup(path);
	if (!parser->path)
		return error_make(ret_error, ENOMEM, "cannot run the parser");
	if (!ask_version(parser, options->cache, ret_error) ||
		!make_paths(parser, options, ret_error))
		return false;
	parser->has_input_name = input_has_name();
	parser->validate = make_arguments(parser, false);
	parser->compile = make_arguments(parser, true);
	if (!parser->validate || !parser->compile)
		return error_make(ret_error, ENOMEM, "cannot run the parser");
	finish_identity(parser);
	return true;
}

bool parser_open(
	const struct parser_options *options, struct parser **ret_parser, struct error **ret_error)
{
	struct parser *parser = calloc(1, sizeof(*parser));
	if (!parser)
		return error_make(ret_error, ENOMEM, "cannot run the parser");
	parser->limits = options->limits;
	parser->out_of_memory = options->out_of_memory;
	parser->namespace = options->namespace;
	parser->complains = options->complains;
	parser->replaces = options->replaces;
	if (!parser_prepare(parser, options, ret_error)) {
		parser_free(parser);
		return false;
	}
	*ret_parser = parser;
	return true;
}

void parser_free(struct parser *parser)
{
	if (!parser)
		return;
	for (size_t i = 0; i < parser->include_count; i++)
		free(parser->includes[i]);
	free(parser->includes);
	free(parser->validate);
	free(parser->compile);
	free(parser->base);
	free(parser->features);
	free(parser->path);
	free(parser);
}

const char *parser_path(const struct parser *parser)
{
	return parser->path;
}

const char *parser_version(const struct parser *parser)
{
	return parser->version;
}

struct digest parser_identity(const struct parser *parser)
{
	return parser->identity;
}

int parser_exit_errno(int status)
{
	return status >= 128 && status <= 255 ? 256 - status : 0;
}

/* One run: the jobs of the source as jobs of process_run. */
struct parsing {
	const struct parser *parser;
	const struct parser_source *source;
	struct arena arena; /* of one result */
	struct parsing_slot *free_slots, *all_slots;
};

/* A job's copy while its process runs. */
struct parsing_slot {
	struct parsing_slot *next_free, *next;
	struct parser_job job;
};

static struct parsing_slot *take_slot(struct parsing *parsing)
{
	struct parsing_slot *slot = parsing->free_slots;
	if (slot) {
		parsing->free_slots = slot->next_free;
		return slot;
	}
	slot = calloc(1, sizeof(*slot));
	if (!slot)
		parsing->parser->out_of_memory();
	slot->next = parsing->all_slots;
	parsing->all_slots = slot;
	return slot;
}

static bool parsing_next(void *context, struct process_job *ret_job)
{
	struct parsing *parsing = context;
	const struct parser *parser = parsing->parser;
	struct parser_job job;
	if (!parsing->source->next(parsing->source->context, &job))
		return false;
	struct parsing_slot *slot = take_slot(parsing);
	slot->job = job;
	*ret_job = (struct process_job){
		.argv = job.want_binary ? parser->compile : parser->validate,
		.program = parser->path,
		/* `include "x"` is relative to where the parser runs: the base directory. */
		.directory = parser->base,
		.input = job.text,
		.want_output = job.want_binary,
		.user = slot,
	};
	return true;
}

static bool says(const struct process_result *process, const char *words)
{
	return slice_find(process->errors, slice_str(words));
}

static bool is_out_of_memory(const struct process_result *process)
{
	static const char *const words[] = {"bad_alloc", "emory allocation error",
		"emory Allocation Error", "Out of memory", "out of memory",
		"Cannot allocate memory", "failed to map segment"};
	for (size_t i = 0; process->errors.len > 0 && i < sizeof(words) / sizeof(*words); i++)
		if (says(process, words[i]))
			return true;
	return false;
}

static void fail(struct parser_result *result, enum parser_verdict verdict, struct slice trouble)
{
	result->verdict = verdict;
	result->trouble = trouble;
}

static void judge_exit(
	struct arena *arena, const struct process_result *process, struct parser_result *result)
{
	int number = parser_exit_errno(process->code);
	if (process->code == 0 || process->code == 1)
		result->verdict = process->code == 0 ? PARSER_ACCEPTED : PARSER_REFUSED;
	else if (number)
		fail(result, PARSER_FAILED,
			arena_printf(arena, "failed with status %d (%s)", process->code,
				strerror(number)));
	else if (result->messages)
		fail(result, PARSER_FAILED,
			arena_printf(arena, "failed with status %d: %.*s", process->code,
				SLICE_FMT(result->messages->text)));
	else
		fail(result, PARSER_FAILED,
			arena_printf(arena, "failed with status %d", process->code));
}

static void judge(struct arena *arena, const struct process_limits *limits,
	const struct process_result *process, struct parser_result *result)
{
	switch (process->end) {
	case PROCESS_EXITED:
		judge_exit(arena, process, result);
		break;
	case PROCESS_KILLED:
		fail(result, PARSER_FAILED,
			arena_printf(arena, "was killed by signal %d (%s)", process->code,
				strsignal(process->code)));
		break;
	case PROCESS_TIMED_OUT:
		fail(result, PARSER_TIMED_OUT,
			arena_printf(arena, "did not end within %g s", limits->timeout / 1000.0));
		break;
	case PROCESS_TOO_LONG:
		fail(result, PARSER_FAILED, SLICE("printed far too much and was stopped"));
		break;
	case PROCESS_NOT_STARTED:
		fail(result, PARSER_FAILED,
			arena_printf(arena, "could not be started (%s)", strerror(process->code)));
		break;
	}
	if (result->verdict != PARSER_ACCEPTED && result->verdict != PARSER_TIMED_OUT &&
		is_out_of_memory(process))
		fail(result, PARSER_OUT_OF_MEMORY,
			arena_printf(
				arena, "needed more than %zu MiB of memory", limits->memory >> 20));
}

/* A refusal without a word, and a verdict on something that was not looked at. */
static void check_messages(struct arena *arena, struct parser_result *result)
{
	for (const struct parser_message *message = result->messages; message;
		message = message->next)
		if (message->kind == PARSER_SKIPPED || message->kind == PARSER_FEATURES)
			fail(result, PARSER_FAILED, message->text);
	bool has_error = false;
	for (const struct parser_message *message = result->messages; message;
		message = message->next)
		has_error = has_error || !parser_message_is_warning(message);
	if (result->verdict != PARSER_REFUSED || has_error)
		return;
	struct parser_message *silent = arena_new(arena, struct parser_message);
	silent->kind = PARSER_OTHER;
	silent->text = SLICE("refused without a message");
	silent->next = (struct parser_message *)result->messages;
	result->messages = silent;
}

static void parsing_done(
	void *context, const struct process_job *process_job, const struct process_result *process)
{
	struct parsing *parsing = context;
	struct parsing_slot *slot = process_job->user;
	struct parser_result result = {.cpu = process->cpu};
	result.messages = parser_messages_read(
		&parsing->arena, process->errors, SLICE(INPUT_NAME), slot->job.text);
	judge(&parsing->arena, &parsing->parser->limits, process, &result);
	check_messages(&parsing->arena, &result);
	if (result.verdict == PARSER_ACCEPTED)
		result.binary = process->output;
	parsing->source->done(parsing->source->context, &slot->job, &result);
	slot->next_free = parsing->free_slots;
	parsing->free_slots = slot;
	arena_reset(&parsing->arena);
}

bool parser_run(
	const struct parser *parser, const struct parser_source *source, struct error **ret_error)
{
	struct parsing parsing = {.parser = parser, .source = source};
	arena_init(&parsing.arena, parser->out_of_memory);
	struct process_source processes = {parsing_next, parsing_done, &parsing};
	bool is_run = process_run(&parser->limits, &processes, ret_error);
	arena_free(&parsing.arena);
	for (struct parsing_slot *slot = parsing.all_slots, *next; slot; slot = next) {
		next = slot->next;
		free(slot);
	}
	return is_run || error_wrap(ret_error, "cannot run the parser '%s'", parser->path);
}
