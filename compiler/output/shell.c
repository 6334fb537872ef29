#include "compiler/output/shell.h"

/* Bytes that mean nothing to any shell, wherever they stand but at the start. */
static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("@%_+=:,./-", c));
}

static bool needs_quotes(struct slice word)
{
	/* zsh reads =ls as the path of ls; %1 is a job to some commands. */
	if (word.len == 0 || word.at[0] == '=' || word.at[0] == '%')
		return true;
	for (size_t i = 0; i < word.len; i++)
		if (!is_plain(word.at[i]))
			return true;
	return false;
}

void shell_word(struct slice word, struct buf *out)
{
	if (!needs_quotes(word)) {
		buf_add(out, word);
		return;
	}
	buf_add_char(out, '\'');
	for (size_t i = 0; i < word.len; i++) {
		if (word.at[i] == '\'')
			buf_add_str(out, "'\\''");
		else
			buf_add_char(out, word.at[i]);
	}
	buf_add_char(out, '\'');
}
