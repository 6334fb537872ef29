#include "compiler/output/unit_word.h"

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_@+=:,./-", c));
}

bool unit_word_is_plain(struct slice word)
{
	for (size_t i = 0; i < word.len; i++)
		if (!is_plain(word.at[i]))
			return false;
	return word.len > 0;
}

static void add_byte(char c, bool is_command, struct buf *out)
{
	if (c == '\n')
		buf_add_str(out, "\\n");
	else if (c == '\t')
		buf_add_str(out, "\\t");
	else if ((unsigned char)c < ' ' || c == 0x7f)
		buf_printf(out, "\\x%02x", (unsigned char)c);
	else if (c == '"' || c == '\\')
		buf_printf(out, "\\%c", c);
	else if (c == '%' || (c == '$' && is_command))
		buf_printf(out, "%c%c", c, c);
	else
		buf_add_char(out, c);
}

void unit_word(struct slice word, bool is_command, struct buf *out)
{
	if (unit_word_is_plain(word)) {
		buf_add(out, word);
		return;
	}
	buf_add_char(out, '"');
	for (size_t i = 0; i < word.len; i++)
		add_byte(word.at[i], is_command, out);
	buf_add_char(out, '"');
}
