#include "compiler/template_sign.h"

/* The next line, without its end. false when there is none. */
static bool next_line(struct slice *rest, struct slice *ret_line)
{
	if (rest->len == 0)
		return false;
	const char *newline = memchr(rest->at, '\n', rest->len);
	size_t len = newline ? (size_t)(newline - rest->at) : rest->len;
	*ret_line = slice_trim(slice_first(*rest, len));
	*rest = slice_from(*rest, newline ? len + 1 : len);
	return true;
}

static bool begins_with_word(struct slice line, const char *word)
{
	size_t len = strlen(word);
	return slice_starts(line, slice_str(word)) &&
	       (line.len == len || strchr(" \t<\"", line.at[len]));
}

/* A brace that opens a block: not that of @{name}. */
static bool opens_block(struct slice line)
{
	for (size_t i = 0; i < line.len && line.at[i] != '#'; i++)
		if (line.at[i] == '{' && (i == 0 || strchr(" \t)\"", line.at[i - 1])))
			return true;
	return false;
}

static bool is_preamble(struct slice line)
{
	static const char *const words[] = {"abi", "include", "alias"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (begins_with_word(line, words[i]))
			return true;
	return line.len == 0 || line.at[0] == '#' || slice_starts(line, SLICE("@{")) ||
	       slice_starts(line, SLICE("${"));
}

/* The brace may stand on the next line that is not empty. */
static bool brace_follows(struct slice rest)
{
	struct slice line;
	while (next_line(&rest, &line))
		if (line.len > 0 && line.at[0] != '#')
			return line.at[0] == '{';
	return false;
}

bool template_has_sign(struct slice text, uint32_t *ret_line)
{
	struct slice line;
	bool continues = false;
	uint32_t number = 0;
	while (!slice_has(text, '\0') && next_line(&text, &line)) {
		number++;
		if (begins_with_word(line, "profile")) {
			*ret_line = number;
			return opens_block(line) || brace_follows(text);
		}
		if (!continues && !is_preamble(line)) {
			*ret_line = number;
			return false;
		}
		continues = line.len > 0 && line.at[line.len - 1] == '\\' && line.at[0] != '#';
	}
	*ret_line = 0;
	return false;
}
