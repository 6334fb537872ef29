#include "manager/host/interpreter.h"

/* Of a cluster of letters behind one "-": */
struct interpreter {
	const char *name;    /* without a version at its end */
	const char *instead; /* the rest of the line is no script */
	const char *takes;   /* takes the rest of the cluster, or the next word */
};

static const struct interpreter interpreters[] = {
	{"sh", "cs", "oO"},
	{"bash", "cs", "oO"},
	{"dash", "cs", "o"},
	{"ash", "cs", "o"},
	{"ksh", "cs", "o"},
	{"mksh", "cs", "o"},
	{"zsh", "cs", "o"},
	{"busybox", "cs", "o"},
	{"python", "cm", "WX"},
	{"pypy", "cm", "WX"},
	{"perl", "eE", "IMm"},
	{"ruby", "e", "rIEC"},
	{"node", "ep", "rC"},
	{"nodejs", "ep", "rC"},
	{"php", "rBRE", "cdzg"},
	{"lua", "e", "l"},
	{"tclsh", "", ""},
	{"guile", "c", "lLx"},
};

/* "/usr/bin/python3.11" to "python". */
static struct slice base_of(struct slice program)
{
	const char *slash = program.len ? memrchr(program.at, '/', program.len) : NULL;
	if (slash)
		program = slice_from(program, (size_t)(slash - program.at) + 1);
	while (program.len > 0 && memchr("0123456789.", program.at[program.len - 1], 11))
		program.len--;
	return program;
}

static const struct interpreter *find(struct slice program)
{
	struct slice base = base_of(program);
	for (size_t i = 0; i < sizeof(interpreters) / sizeof(*interpreters); i++)
		if (slice_is(base, interpreters[i].name))
			return &interpreters[i];
	return NULL;
}

bool interpreter_is(struct slice program)
{
	return find(program) != NULL;
}

bool interpreter_is_same(struct slice program, struct slice other)
{
	const struct interpreter *found = find(program);
	return slice_eq(program, other) || (found && found == find(other));
}

bool interpreter_next_word(struct slice *rest, struct slice *ret_word)
{
	if (rest->len == 0)
		return false;
	const char *end = memchr(rest->at, '\0', rest->len);
	*ret_word = end ? slice_of(rest->at, (size_t)(end - rest->at)) : *rest;
	*rest = slice_from(*rest, ret_word->len + 1);
	return true;
}

/* false: there is no script behind it. */
static bool pass_option(
	const struct interpreter *interpreter, struct slice option, struct slice *rest)
{
	struct slice word;
	if (slice_starts(option, SLICE("--")))
		return true;
	for (size_t i = 1; i < option.len; i++) {
		if (strchr(interpreter->instead, option.at[i]))
			return false;
		if (strchr(interpreter->takes, option.at[i]))
			return i + 1 < option.len || interpreter_next_word(rest, &word);
	}
	return true;
}

struct slice interpreter_script(struct slice program, struct slice cmdline)
{
	const struct interpreter *interpreter = find(program);
	struct slice word = SLICE(""), rest = cmdline;
	if (!interpreter || !interpreter_next_word(&rest, &word))
		return SLICE("");
	/* `busybox sh script`, the shell's name being a word of its own. */
	bool names_applet =
		slice_is(base_of(program), "busybox") && slice_is(base_of(word), "busybox");
	if (names_applet && !interpreter_next_word(&rest, &word))
		return SLICE("");
	while (interpreter_next_word(&rest, &word)) {
		if (slice_is(word, "--"))
			return interpreter_next_word(&rest, &word) ? word : SLICE("");
		if (word.len == 0 || slice_is(word, "-"))
			return SLICE("");
		if (word.at[0] != '-')
			return word;
		if (!pass_option(interpreter, word, &rest))
			return SLICE("");
	}
	return SLICE("");
}
