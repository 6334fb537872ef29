/*
 * What a profile of template host is attached to besides the program that is meant: the whole of a
 * directory, or an interpreter. Other templates may mean it, so they are left alone; two profiles
 * for one program are the business of cli/attach_claim.c, which sees all of a run.
 */
#include "compiler/check/check.h"
#include "policy/glob/attachment.h"

struct interpreter {
	const char *name;
	bool scripts;
};

static const struct interpreter interpreters[] = {
#define INTERPRETER(name, scripts) {name, scripts},
#include "compiler/check/interpreters.def"
#undef INTERPRETER
};

_Static_assert(sizeof(interpreters) > 0, "there are interpreters");

static const char *const program_directories[] = {"/usr/bin", "/bin", "/usr/sbin", "/sbin",
	"/usr/local/bin", "/usr/local/sbin", "/usr/libexec", "/usr/lib"};

enum { DIRECTORIES = sizeof(program_directories) / sizeof(program_directories[0]) };

static bool matches(const struct check_input *input, const struct attachment *attachment,
	struct slice directory, const char *name)
{
	return attachment_matches(attachment,
		arena_printf(&input->unit->arena, "%.*s/%s", SLICE_FMT(directory), name));
}

/* Names that have nothing in common: what matches all of them matches any. */
static bool catches_all(const struct check_input *input, const struct attachment *attachment,
	struct slice directory)
{
	static const char *const names[] = {"sh", "X11", "zz-9.0", "_q+", "passwd"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!matches(input, attachment, directory, names[i]))
			return false;
	return true;
}

/* Whether it catches a directory; one that everybody knows goes to *ret_known. */
static bool catches_directory(const struct check_input *input, const struct attachment *attachment,
	struct slice *ret_known)
{
	for (size_t i = 0; i < DIRECTORIES; i++) {
		*ret_known = slice_str(program_directories[i]);
		if (catches_all(input, attachment, *ret_known))
			return true;
	}
	*ret_known = slice_of(NULL, 0);
	struct slice directory = glob_prefix(attachment->glob);
	while (directory.len > 0 && directory.at[directory.len - 1] != '/')
		directory.len--;
	directory.len -= directory.len > 0;
	return catches_all(input, attachment, directory);
}

/* Below a directory whose name is a pattern itself: the last component has nothing but stars. */
static bool ends_in_star(struct slice text)
{
	size_t len = text.len;
	while (len > 0 && text.at[len - 1] == '*')
		len--;
	return len < text.len && len > 0 && text.at[len - 1] == '/';
}

static bool warn_directory(const struct check_input *input, const struct path_entry *entry,
	const struct attachment *attachment)
{
	struct unit *unit = input->unit;
	struct slice known;
	if (!catches_directory(input, attachment, &known) && !ends_in_star(attachment->text))
		return false;
	if (known.len > 0)
		known = arena_printf(&unit->arena, ", as '%.*s/sh'", SLICE_FMT(known));
	struct diag *diag = diag_add(&unit->diags, DIAG_ATTACH_DIRECTORY, entry->span,
		"'%.*s' attaches the profile to every program there%.*s, whoever starts it",
		SLICE_FMT(entry->path), SLICE_FMT(known));
	diag_help(&unit->diags, diag,
		"name the one program that is the service; those that it runs belong to 'exec'");
	return true;
}

/* Digits and points: "3", "3.11". */
static bool is_version(struct slice rest)
{
	for (size_t i = 0; i < rest.len; i++)
		if (!slice_has(SLICE("0123456789."), rest.at[i]))
			return false;
	return true;
}

static bool names_interpreter(struct slice program, const struct interpreter *interpreter)
{
	struct slice name = slice_str(interpreter->name);
	for (size_t i = program.len; i > 0; i--) {
		if (program.at[i - 1] != '/')
			continue;
		program = slice_from(program, i);
		break;
	}
	return slice_starts(program, name) && is_version(slice_from(program, name.len));
}

/* Spares most patterns the trouble. */
static bool may_match_below(const struct attachment *attachment, struct slice directory)
{
	struct slice prefix = glob_prefix(attachment->glob);
	return attachment_program_name(attachment).len == 0 &&
	       (slice_starts(prefix, directory) || slice_starts(directory, prefix));
}

/* A pattern is tried with the versions that there are, unless it ends in a name. */
static bool catches_interpreter(const struct check_input *input, const struct path_entry *entry,
	const struct attachment *attachment, const struct interpreter *interpreter,
	struct slice *ret_program)
{
	static const char *const versions[] = {"", "2", "3", "3.11", "3.13", "5", "5.3", "5.4",
		"5.36", "8", "8.2", "8.4", "20", "22"};
	bool is_one = entry->kind == PATH_FILE || attachment_is_literal(attachment);
	*ret_program = entry->kind == PATH_FILE		   ? entry->path
		       : attachment_is_literal(attachment) ? glob_prefix(attachment->glob)
							   : attachment->text;
	if (names_interpreter(*ret_program, interpreter))
		return true;
	if (is_one)
		return false;
	for (size_t d = 0; d < DIRECTORIES; d++) {
		if (!may_match_below(attachment, slice_str(program_directories[d])))
			continue;
		for (size_t v = 0; v < sizeof(versions) / sizeof(versions[0]); v++) {
			*ret_program = arena_printf(&input->unit->arena, "%s/%s%s",
				program_directories[d], interpreter->name, versions[v]);
			if (attachment_matches(attachment, *ret_program))
				return true;
		}
	}
	return false;
}

/* The kernel attaches by the path that is executed: of a script that is the script's. */
static void report_scripts(struct unit *unit, const struct path_entry *entry, struct slice program)
{
	struct diag *diag = diag_add(&unit->diags, DIAG_ATTACH_INTERPRETER, entry->span,
		"'%.*s' is an interpreter: every '%.*s FILE' on the machine gets this profile, and a "
		"script that is executed itself does not",
		SLICE_FMT(program), SLICE_FMT(program));
	diag_help(&unit->diags, diag,
		"start the script by its own path, name that in 'binary' and '%.*s' in 'exec'",
		SLICE_FMT(program));
}

static void report_others(struct unit *unit, const struct path_entry *entry, struct slice program)
{
	struct diag *diag = diag_add(&unit->diags, DIAG_ATTACH_INTERPRETER, entry->span,
		"'%.*s' runs the programs of others, too: each of them gets this profile",
		SLICE_FMT(program));
	diag_help(&unit->diags, diag,
		"start it by a script, name that in 'binary' and '%.*s' in 'exec'",
		SLICE_FMT(program));
}

static void warn_interpreter(const struct check_input *input, const struct path_entry *entry,
	const struct attachment *attachment)
{
	for (size_t i = 0; i < sizeof(interpreters) / sizeof(interpreters[0]); i++) {
		struct slice program;
		if (!catches_interpreter(input, entry, attachment, &interpreters[i], &program))
			continue;
		if (interpreters[i].scripts)
			report_scripts(input->unit, entry, program);
		else
			report_others(input->unit, entry, program);
		return;
	}
}

void check_attachment(const struct check_input *input)
{
	struct unit *unit = input->unit;
	struct attachment attachment;
	struct slice text, variable;
	const char *error;
	if (!input->attached || !input->attached->binary)
		return;
	const struct path_entry *entry = input->attached->binary;
	if (!scope_expand(&unit->arena, unit->limits, input->scope, input->profile->attachment,
		    &text, &variable) ||
		!attachment_read(&unit->arena, unit->limits, text, false, &attachment, &error))
		return;
	if (attachment_is_literal(&attachment) || !warn_directory(input, entry, &attachment))
		warn_interpreter(input, entry, &attachment);
}
