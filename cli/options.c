#include "cli/options_table.h"

#include "compiler/output/outputs.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define ON(command) (1u << COMMAND_##command)
#define ON_ALL	    (~0u)
#define ON_CHANGING (ON(load) | ON(unload) | ON(install) | ON(remove) | ON(sync))
#define ON_MANAGING (ON_CHANGING | ON(status) | ON(lookup) | ON(doctor))
#define ON_PARSING                                                                                 \
	(ON(check) | ON(test) | ON(load) | ON(install) | ON(sync) | ON(status) | ON(lookup))
#define ON_COMPILING (ON(compile) | ON_PARSING)
#define ON_LOOKING   (ON(compile) | ON(check) | ON(test))

_Static_assert(COMMAND_COUNT <= 32, "a bit for each command");

/* getopt_long returns letters, or FIRST_LONG + index for options that have none. */
enum { FIRST_LONG = 256 };

static void getopt_tables(enum command_id command, char *letters, struct option *longs)
{
	*letters++ = ':'; /* a missing argument is told apart */
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		const struct option_entry *entry = &option_table[i];
		if (!option_is_on((enum option_id)i, command))
			continue;
		if (entry->letter) {
			*letters++ = entry->letter;
			if (entry->argument)
				*letters++ = ':';
		}
		if (entry->long_name)
			*longs++ = (struct option){
				.name = entry->long_name,
				.has_arg = entry->argument ? required_argument : no_argument,
				.val = entry->letter ? entry->letter : (int)(FIRST_LONG + i),
			};
	}
	*letters = '\0';
	*longs = (struct option){0};
}

static enum option_id option_of(int value)
{
	if (value >= FIRST_LONG)
		return (enum option_id)(value - FIRST_LONG);
	for (unsigned i = 0; i < OPTION_COUNT; i++)
		if (option_table[i].letter == value)
			return (enum option_id)i;
	return OPTION_COUNT;
}

static bool read_number(const struct option_entry *entry, const char *text, unsigned *ret_number)
{
	char *end;
	errno = 0;
	unsigned long number = strtoul(text, &end, 10);
	if (errno || *end || end == text || text[0] == '-' || number < entry->least ||
		number > entry->most) {
		print_problem("--%s takes a whole number from %u to %u, not '%s'", entry->long_name,
			entry->least, entry->most, text);
		return false;
	}
	*ret_number = (unsigned)number;
	return true;
}

/* The options whose values are words of their own: read_x for READ(x) in options.def. */
#define READER(what)                                                                               \
	static bool read_##what(enum command_id command __attribute__((unused)), const char *text, \
		struct options *options)

READER(format)
{
	if (command != COMMAND_test && strcmp(text, "text") == 0)
		options->format = FORMAT_TEXT;
	else if (command == COMMAND_test && strcmp(text, "tap") == 0)
		options->format = FORMAT_TAP;
	else if (strcmp(text, "json") == 0)
		options->format = FORMAT_JSON;
	else if (command == COMMAND_audit && strcmp(text, "sarif") == 0)
		options->format = FORMAT_SARIF;
	else {
		print_problem("--format takes %s or json, not '%s'",
			command == COMMAND_test	   ? "tap"
			: command == COMMAND_audit ? "text, sarif"
						   : "text",
			text);
		return false;
	}
	return true;
}

static bool set_severity(const char *text, enum severity severity, struct options *options)
{
	enum diag_id id = diag_find(slice_str(text));
	if (id == DIAG_COUNT) {
		print_problem("there is no message id '%s'; 'aaforge help ids' lists them", text);
		return false;
	}
	if (!diag_kinds[id].may_change) {
		print_problem("'%s' is always an error", text);
		return false;
	}
	options->severities[id] = severity;
	return true;
}

READER(warning)
{
	return set_severity(text, SEVERITY_WARNING, options);
}

READER(error)
{
	return set_severity(text, SEVERITY_ERROR, options);
}

READER(silence)
{
	return set_severity(text, SEVERITY_OFF, options);
}

READER(abi)
{
	if (abi_find(slice_str(text), &options->abi))
		return true;
	print_problem("--abi takes 3.0, 4.0 or none, not '%s'", text);
	return false;
}

/* What can be a namespace's name without any escape: "tenant", "tenants//a". */
READER(namespace)
{
	size_t good =
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/");
	if (*text && !text[good] && isalnum((unsigned char)*text) && strlen(text) <= 200) {
		options->namespace = text;
		return true;
	}
	print_problem(
		"--namespace takes a name of letters, digits, '.', '_' and '-', not '%s'", text);
	return false;
}

READER(to)
{
	const char *names[OUTPUT_COUNT + 2] = {"profile", "all"};
	for (size_t i = 0; i < OUTPUT_COUNT; i++)
		names[i + 2] = outputs[i].name;
	for (size_t i = 0; i < OUTPUT_COUNT + 2; i++) {
		if (strcmp(text, names[i]) != 0)
			continue;
		options->to = text;
		return true;
	}
	const char *nearest = slice_nearest(slice_str(text), names, OUTPUT_COUNT + 2);
	print_problem("--to knows no target '%s'%s%s%s; 'aaforge help compile' lists them", text,
		nearest ? ", did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
	return false;
}

READER(kind)
{
	options->pod = strcmp(text, "Pod") == 0;
	if (options->pod || strcmp(text, "Deployment") == 0)
		return true;
	print_problem("--kind takes Deployment or Pod, not '%s'", text);
	return false;
}

READER(kubernetes)
{
	const char *minor = strncmp(text, "1.", 2) == 0 ? text + 2 : "";
	size_t digits = strspn(minor, "0123456789");
	if (digits > 0 && digits <= 2 && !minor[digits] && atoi(minor) >= 19) {
		options->kubernetes_minor = (unsigned)atoi(minor);
		return true;
	}
	print_problem("--kubernetes-version takes 1.19 to 1.99, not '%s'", text);
	return false;
}

READER(fail_on)
{
	static const enum severity all[] = {SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR};
	options->fail_on = SEVERITY_OFF;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(text, severity_name(all[i])) == 0)
			options->fail_on = all[i];
	if (options->fail_on != SEVERITY_OFF || strcmp(text, "never") == 0)
		return true;
	print_problem("--fail-on takes error, warning, note or never, not '%s'", text);
	return false;
}

/* The table. A row names a member of struct options, of the type of its kind, or a reader. */
#define MEMBER(member, type)                                                                       \
	.offset = _Generic(&((struct options *)NULL)->member, type *                               \
			   : offsetof(struct options, member))
#define FLAG(member) .type = OPTION_FLAG, MEMBER(member, bool)
#define TEXT(member) .type = OPTION_TEXT, MEMBER(member, const char *)
#define LIST(member) .type = OPTION_LIST, MEMBER(member, struct option_list)
#define NUMBER(member, first, last)                                                                \
	.type = OPTION_NUMBER, MEMBER(member, unsigned), .least = (first), .most = (last)
#define READ(what) .type = OPTION_READ, .read = read_##what
const struct option_entry option_table[OPTION_COUNT] = {
#define OPTION(symbol, short_name, name, takes, setting, commands, words)                          \
	[OPTION_##symbol] = {.letter = (short_name),                                               \
		.long_name = (name),                                                               \
		.argument = (takes),                                                               \
		setting,                                                                           \
		.on = (commands),                                                                  \
		.help = (words)},
#include "cli/options.def"
#undef OPTION
};

static void add_word(struct option_list *words, const char *word)
{
	const char **more = reallocarray(words->at, words->count + 1, sizeof(*more));
	if (!more)
		out_of_memory();
	more[words->count++] = word;
	words->at = more;
}

static bool set_option(
	enum command_id command, enum option_id id, const char *text, struct options *options)
{
	const struct option_entry *entry = &option_table[id];
	void *member = (char *)options + entry->offset;
	switch (entry->type) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return true;
	case OPTION_TEXT:
		*(const char **)member = text;
		return true;
	case OPTION_LIST:
		add_word(member, text);
		return true;
	case OPTION_NUMBER:
		return read_number(entry, text, member);
	case OPTION_READ:
		return entry->read(command, text, options);
	}
	return false;
}

void options_free(struct options *options)
{
	free(options->include_dirs.at);
	free(options->template_dirs.at);
	free(options->replaced.at);
	free(options->root_base);
}

static void print_unknown(enum command_id command, char **argv)
{
	const char *given = argv[optind - 1];
	if (optopt && optopt < FIRST_LONG && strncmp(given, "--", 2) != 0) {
		print_problem("unknown option '-%c'; 'aaforge help %s' lists the options", optopt,
			commands[command].name);
		return;
	}
	const char *names[OPTION_COUNT];
	size_t count = 0;
	for (unsigned i = 0; i < OPTION_COUNT; i++)
		if (option_is_on((enum option_id)i, command) && option_table[i].long_name)
			names[count++] = option_table[i].long_name;
	struct slice name = slice_str(given + 2);
	const char *nearest =
		slice_nearest(slice_first(name, strcspn(given + 2, "=")), names, count);
	if (nearest)
		print_problem("unknown option '%s', did you mean '--%s'?", given, nearest);
	else
		print_problem("unknown option '%s'; 'aaforge help %s' lists the options", given,
			commands[command].name);
}

bool options_read(enum command_id command, int argc, char **argv, struct options *ret_options)
{
	char letters[2 * OPTION_COUNT + 2];
	struct option longs[OPTION_COUNT + 1];
	struct options options = {
		.abi = ABI_3_0,
		.timeout = 30,
		.memory = 1024,
		.fail_on = SEVERITY_ERROR,
		.kubernetes_minor = 31,
		.format = command == COMMAND_test ? FORMAT_TAP : FORMAT_TEXT,
	};
	for (size_t i = 0; i < DIAG_COUNT; i++)
		options.severities[i] = diag_kinds[i].severity;
	getopt_tables(command, letters, longs);
	opterr = 0;
	optind = 1;
	for (int value; (value = getopt_long(argc, argv, letters, longs, NULL)) != -1;) {
		if (value == ':') {
			print_problem("option '%s' needs an argument", argv[optind - 1]);
			return false;
		}
		enum option_id id = value == '?' ? OPTION_COUNT : option_of(value);
		if (id == OPTION_COUNT) {
			print_unknown(command, argv);
			return false;
		}
		if (!set_option(command, id, optarg, &options))
			return false;
	}
	if (options.root && (ON_LOOKING & 1u << command)) {
		options.look_at = options.root;
		options.looks_at_images = true;
	}
	options.arguments = argv + optind;
	options.argument_count = (size_t)(argc - optind);
	*ret_options = options;
	return true;
}
