#include "manager/host/root_script.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Cuts the first word off; empty at the end. */
static struct slice next_word(struct slice *rest)
{
	size_t begin = 0, end;
	while (begin < rest->len && is_blank(rest->at[begin]))
		begin++;
	for (end = begin; end < rest->len && !is_blank(rest->at[end]); end++)
		;
	struct slice word = slice_first(slice_from(*rest, begin), end - begin);
	*rest = slice_from(*rest, end);
	return word;
}

/* The program among the words of env(1): behind its options and NAME=VALUE. */
static struct slice program_of_env(struct slice rest)
{
	for (struct slice word; (word = next_word(&rest)).len > 0;) {
		if (slice_is(word, "-u") || slice_is(word, "-C"))
			next_word(&rest);
		else if (slice_starts(word, SLICE("-S")) && word.len > 2)
			return slice_from(word, 2);
		else if (word.at[0] != '-' && !slice_has(word, '='))
			return word;
	}
	return slice_of(NULL, 0);
}

bool script_read(struct slice start, struct script *ret_script)
{
	if (!slice_starts(start, SLICE("#!")))
		return false;
	struct slice line = slice_from(slice_first(start, SCRIPT_START), 2);
	const char *newline = line.len ? memchr(line.at, '\n', line.len) : NULL;
	if (newline)
		line = slice_first(line, (size_t)(newline - line.at));
	struct slice interpreter = next_word(&line);
	if (!slice_starts(interpreter, SLICE("/")) || slice_has(interpreter, '\0'))
		return false;
	*ret_script = (struct script){.interpreter = interpreter};
	if (slice_ends(interpreter, SLICE("/env"))) {
		struct slice program = program_of_env(line);
		if (!slice_has(program, '\0'))
			ret_script->program = program;
	}
	return true;
}
