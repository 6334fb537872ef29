/* Command lines: docker run [OPTION]… IMAGE [ARGUMENT]… */
#include "audit/intake.h"
#include "audit/shell_words.h"

enum run_argument { FLAG, VALUE, GLOBAL_FLAG, GLOBAL_VALUE };

enum run_what {
	OTHER,
	PRIVILEGED,
	READ_ONLY,
	PUBLISH_ALL,
	REMOVE,
	API_SOCKET,
	CAP_ADD,
	CAP_DROP,
	CGROUP,
	CPUS,
	DEVICE,
	DEVICE_RULE,
	GPUS,
	GROUP,
	IPC,
	MEMORY,
	MOUNT,
	NAME,
	NETWORK,
	PID,
	PIDS,
	PUBLISH,
	RESTART,
	SECURITY,
	TMPFS,
	USER,
	USERNS,
	UTS,
	VOLUME,
};

struct run_option {
	const char *name;
	char letter;
	enum run_argument argument;
	enum run_what what;
};

static const struct run_option run_options[] = {
#define RUN_OPTION(name, letter, argument, what) {name, letter, argument, what},
#include "audit/run_options.def"
#undef RUN_OPTION
};

enum { RUN_OPTION_COUNT = sizeof(run_options) / sizeof(run_options[0]) };

struct command_line {
	struct intake *intake;
	struct subject *subject;
	const struct text *at; /* the next word */
	bool is_global;	       /* before `run` */
	bool failed;
};

static struct diag *refuse(struct command_line *line, struct span at, const char *message)
{
	line->failed = true;
	return diag_add(&line->intake->unit->diags, DIAG_NOT_AUDITABLE, at, "%s", message);
}

static const struct run_option *find(
	const struct command_line *line, struct slice name, char letter)
{
	for (size_t i = 0; i < RUN_OPTION_COUNT; i++) {
		const struct run_option *option = &run_options[i];
		bool is_global = option->argument >= GLOBAL_FLAG;
		if (is_global != line->is_global)
			continue;
		if (letter ? option->letter == letter : slice_is(name, option->name))
			return option;
	}
	return NULL;
}

static void set_share(struct command_line *line, enum share share, const struct text *value)
{
	line->subject->share[share] = value;
}

/* podman takes "sys_admin,net_admin" for two. */
static void append_names(struct intake *intake, struct words *words, const struct text *value)
{
	struct slice rest = value->text;
	do
		words_say(intake, words, cut(rest, ',', &rest), value->span);
	while (rest.at);
}

static void take_lists(
	struct command_line *line, const struct run_option *option, const struct text *value)
{
	struct intake *intake = line->intake;
	struct subject *subject = line->subject;
	struct slice rest;
	if (option->what == CAP_ADD)
		append_names(intake, &subject->cap_add, value);
	else if (option->what == CAP_DROP)
		append_names(intake, &subject->cap_drop, value);
	else if (option->what == GROUP)
		words_append(intake, &subject->groups, value);
	else if (option->what == GPUS)
		words_say(intake, &subject->devices, SLICE("gpus"), value->span);
	else if (option->what == DEVICE)
		words_say(intake, &subject->devices, cut(value->text, ':', &rest), value->span);
	else if (option->what == DEVICE_RULE)
		words_append(intake, &subject->device_rules, value);
	else if (option->what == MOUNT)
		take_mount(intake, subject, value);
	else if (option->what == PUBLISH)
		take_port(intake, subject, value);
	else if (option->what == SECURITY)
		take_security_opt(intake, subject, value);
	else if (option->what == TMPFS)
		take_tmpfs(intake, subject, value);
	else if (option->what == VOLUME)
		take_volume(intake, subject, value);
	else if (option->what == USER)
		take_user(intake, subject, value);
}

static void take_value(
	struct command_line *line, const struct run_option *option, const struct text *value)
{
	struct subject *subject = line->subject;
	if (option->what == CGROUP)
		set_share(line, SHARE_CGROUP, value);
	else if (option->what == IPC)
		set_share(line, SHARE_IPC, value);
	else if (option->what == NETWORK)
		set_share(line, SHARE_NETWORK, value);
	else if (option->what == PID)
		set_share(line, SHARE_PID, value);
	else if (option->what == USERNS)
		set_share(line, SHARE_USERNS, value);
	else if (option->what == UTS)
		set_share(line, SHARE_UTS, value);
	else if (option->what == CPUS)
		subject->cpus = value;
	else if (option->what == MEMORY)
		subject->memory = value;
	else if (option->what == PIDS)
		subject->pids = value;
	else if (option->what == RESTART)
		subject->restart = value;
	else if (option->what == NAME)
		subject->name = value->text;
	else
		take_lists(line, option, value);
}

static void take_flag(
	struct command_line *line, const struct run_option *option, bool is_on, struct span at)
{
	struct subject *subject = line->subject;
	struct flag flag = {is_on ? SAID_TRUE : SAID_FALSE, at};
	if (option->what == PRIVILEGED)
		subject->privileged = flag;
	else if (option->what == READ_ONLY)
		subject->read_only = flag;
	else if (option->what == REMOVE && is_on && !subject->restart)
		subject->restart = text_new(line->intake, SLICE("--rm"), at);
	else if (option->what == PUBLISH_ALL && is_on)
		port_append(
			line->intake, subject, SLICE("every exposed port"), slice_of(NULL, 0), at);
	else if (option->what == API_SOCKET && is_on)
		mount_append(line->intake, subject, MOUNT_BIND, SLICE("/var/run/docker.sock"),
			SLICE("/var/run/docker.sock"), at);
}

/* The value of an option: behind the '=' or the letter, else the next word. */
static bool want_value(struct command_line *line, const struct text *word, struct slice given,
	struct text *ret_value)
{
	*ret_value = (struct text){.text = given, .span = word->span};
	if (given.at)
		return true;
	if (!line->at) {
		refuse(line, word->span, "an option at the end of the command wants an argument");
		return false;
	}
	*ret_value = (struct text){
		.text = line->at->text, .span = span_join(word->span, line->at->span)};
	line->at = line->at->next;
	return true;
}

static void take_option(struct command_line *line, const struct run_option *option,
	const struct text *word, struct slice given)
{
	struct text value;
	if (option->argument == FLAG || option->argument == GLOBAL_FLAG) {
		bool is_off = slice_is(given, "false") || slice_is(given, "0");
		if (line->subject)
			take_flag(line, option, !is_off, word->span);
		return;
	}
	if (!want_value(line, word, given, &value) || !line->subject)
		return;
	struct text *kept = arena_new(&line->intake->unit->arena, struct text);
	*kept = value;
	take_value(line, option, kept);
}

static void unknown(struct command_line *line, const struct text *word)
{
	const char *names[RUN_OPTION_COUNT];
	size_t count = 0;
	for (size_t i = 0; i < RUN_OPTION_COUNT; i++)
		names[count++] = run_options[i].name;
	struct slice rest, name = cut(word->text, '=', &rest);
	while (slice_starts(name, SLICE("-")))
		name = slice_from(name, 1);
	const char *nearest = slice_nearest(name, names, count);
	struct diag *diag = refuse(line, word->span,
		"an unknown option: what follows it cannot be told apart from the image");
	if (nearest)
		diag_help(&line->intake->unit->diags, diag, "did you mean '--%s'?", nearest);
}

/* "-it", "-p8080:80", "-e NAME" */
static void take_letters(struct command_line *line, const struct text *word)
{
	for (size_t i = 1; i < word->text.len && !line->failed; i++) {
		const struct run_option *option = find(line, slice_of(NULL, 0), word->text.at[i]);
		if (!option) {
			unknown(line, word);
			return;
		}
		bool has_value = option->argument == VALUE || option->argument == GLOBAL_VALUE;
		struct slice rest = slice_from(word->text, i + 1);
		if (!has_value && slice_starts(rest, SLICE("="))) {
			take_option(line, option, word, slice_from(rest, 1));
			return;
		}
		if (has_value && slice_starts(rest, SLICE("=")))
			rest = slice_from(rest, 1);
		take_option(
			line, option, word, has_value && rest.len > 0 ? rest : slice_of(NULL, 0));
		if (has_value)
			return;
	}
}

/* Options up to the first word that is none. */
static void take_options(struct command_line *line)
{
	while (line->at && !line->failed) {
		const struct text *word = line->at;
		if (word->text.len < 2 || word->text.at[0] != '-')
			return;
		line->at = word->next;
		if (slice_is(word->text, "--"))
			return;
		if (word->text.at[1] != '-') {
			take_letters(line, word);
			continue;
		}
		struct slice given, name = cut(slice_from(word->text, 2), '=', &given);
		const struct run_option *option = find(line, name, '\0');
		if (option)
			take_option(line, option, word, given);
		else
			unknown(line, word);
	}
}

static bool is_program(struct slice word, const char *name)
{
	for (size_t i = word.len; i > 0; i--)
		if (word.at[i - 1] == '/')
			return slice_is(slice_from(word, i), name);
	return slice_is(word, name);
}

static bool is_runtime(struct slice word)
{
	return is_program(word, "docker") || is_program(word, "podman") ||
	       is_program(word, "nerdctl");
}

/* sudo docker --context x container run */
static bool find_run(struct command_line *line)
{
	while (line->at && !is_runtime(line->at->text))
		line->at = line->at->next;
	if (!line->at)
		return false;
	line->at = line->at->next;
	line->is_global = true;
	take_options(line);
	line->is_global = false;
	if (line->at && slice_is(line->at->text, "container"))
		line->at = line->at->next;
	if (!line->at || (!slice_is(line->at->text, "run") && !slice_is(line->at->text, "create")))
		return false;
	line->at = line->at->next;
	return true;
}

static bool is_program_text(const struct text *words, const char *name)
{
	for (; words; words = words->next)
		if (is_runtime(words->text))
			return is_program(words->text, name);
	return false;
}

static void read_run(struct command_line *line, const struct text *words)
{
	struct intake *intake = line->intake;
	bool is_podman = is_program_text(words, "podman");
	struct workload *workload = add_workload(intake, INPUT_COMMAND,
		is_podman ? SLICE("podman run") : SLICE("docker run"), slice_of(NULL, 0));
	line->subject = add_subject(intake, workload, SLICE("container"), NULL);
	line->subject->at = words->span;
	line->subject->where = SLICE("the options before the image");
	take_options(line);
	if (line->failed)
		return;
	if (!line->at) {
		refuse(line, words->span, "the command names no image");
		return;
	}
	line->subject->image = line->at;
	workload->at = line->at->span;
	if (slice_is(line->subject->name, "container"))
		line->subject->name = line->at->text;
	workload->name = line->subject->name;
}

/* One command at a time: `docker run a && docker run b` would hide the second. */
static void refuse_second(struct command_line *line, const struct source *source, size_t position)
{
	while (position++ < source->text.len && !line->failed) {
		const char *error;
		struct span at;
		const struct text *words =
			shell_words(&line->intake->unit->arena, source, &position, &error, &at);
		struct command_line next = {.intake = line->intake, .at = words};
		if (error)
			refuse(line, at, error);
		else if (words && find_run(&next))
			refuse(line, words->span,
				"a second command begins here: audit one at a time");
		line->failed |= next.failed;
	}
}

enum audit_read audit_read_command(
	struct unit *unit, const struct source *source, struct workload **ret_first)
{
	struct reader reader = {.unit = unit, .source = source, .errors = unit->diags.errors};
	struct intake intake = {.reader = &reader, .unit = unit, .end = ret_first};
	struct command_line line = {.intake = &intake};
	const char *error;
	struct span at = span_of(source->begin, source->begin);
	*ret_first = NULL;
	if (source->text.len > unit->limits->document_bytes) {
		diag_add(&unit->diags, DIAG_TOO_LARGE, at, "the command is longer than %zu bytes",
			unit->limits->document_bytes);
		return AUDIT_BROKEN;
	}
	size_t position = 0;
	const struct text *words = shell_words(&unit->arena, source, &position, &error, &at);
	line.at = words;
	if (error)
		refuse(&line, at, error);
	else if (!find_run(&line) && !line.failed)
		refuse(&line, words ? words->span : at,
			"expected a command 'docker run …' or 'podman run …'");
	else if (!line.failed)
		read_run(&line, words);
	if (!line.failed)
		refuse_second(&line, source, position);
	return line.failed ? AUDIT_BROKEN : AUDIT_READ;
}
