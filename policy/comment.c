#include "policy/comment.h"

#include "policy/escape.h"

void print_indent(unsigned tabs, struct buf *out)
{
	while (tabs--)
		buf_add_char(out, '\t');
}

/* How many bytes s starts with that are printable ASCII or tabs. */
static size_t plain_run(struct slice s)
{
	size_t len = 0;
	while (len < s.len && (s.at[len] == '\t' || (s.at[len] >= ' ' && s.at[len] < 0x7f)))
		len++;
	return len;
}

void print_visible(struct slice text, struct buf *out)
{
	while (text.len > 0) {
		size_t len = plain_run(text);
		len = len ? len : escape_printable(text);
		if (len > 0)
			buf_add(out, slice_first(text, len));
		else
			buf_printf(out, "\\x%02x", (unsigned char)text.at[0]);
		text = slice_from(text, len ? len : 1);
	}
}

/* Blanks at the end of a line, and empty lines at the end of a comment, do not count. */
static struct slice trim_end(struct slice s)
{
	while (s.len && strchr(" \t\r\n", s.at[s.len - 1]) && s.at[s.len - 1])
		s.len--;
	return s;
}

static void print_line(struct slice line, unsigned tabs, struct buf *out)
{
	line = trim_end(line);
	print_indent(tabs, out);
	buf_add_char(out, '#');
	if (line.len)
		buf_add_char(out, ' ');
	print_visible(line, out);
	buf_add_char(out, '\n');
}

void print_comment(struct slice text, unsigned tabs, struct buf *out)
{
	text = trim_end(text);
	while (text.len) {
		const char *end = memchr(text.at, '\n', text.len);
		size_t len = end ? (size_t)(end - text.at) : text.len;
		print_line(slice_first(text, len), tabs, out);
		text = slice_from(text, len + 1);
	}
}
