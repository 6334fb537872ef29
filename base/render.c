#include "base/diag.h"

/* Longer source lines are shown as a window around the caret. */
enum { LINE_SHOWN = 160, LINE_BEFORE = 60 };

/*
 * The length of the character at the start of s, and whether it may go to a terminal as it is.
 * Control characters (C0, DEL, C1), the ones that turn the direction of text and bytes that are not
 * UTF-8 may not: a description must not be able to drive the terminal of who reads a message.
 */
static size_t character(struct slice s, bool *ret_printable)
{
	unsigned char c = (unsigned char)s.at[0];
	*ret_printable = false;
	if (c < 0x80) {
		*ret_printable = c >= 0x20 && c != 0x7f;
		return 1;
	}
	size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || s.len < len)
		return 1;
	uint32_t code = c & (0x7f >> len);
	for (size_t i = 1; i < len; i++) {
		unsigned char next = (unsigned char)s.at[i];
		if ((next & 0xc0) != 0x80)
			return 1;
		code = code << 6 | (next & 0x3f);
	}
	bool control = code < 0xa0;
	bool turns = (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
		     (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
	*ret_printable = !control && !turns;
	return len;
}

static void add_safe(struct buf *out, struct slice s)
{
	while (s.len > 0) {
		bool printable;
		size_t len = character(s, &printable);
		if (printable)
			buf_add(out, slice_first(s, len));
		else if (s.at[0] == '\t')
			buf_add_char(out, ' ');
		else
			for (size_t i = 0; i < len; i++)
				buf_printf(out, "\\x%02x", (unsigned char)s.at[i]);
		s = slice_from(s, len);
	}
}

/* Columns that add_safe gives s. */
static size_t width(struct arena *arena, struct slice s)
{
	struct buf shown = buf_new(arena);
	add_safe(&shown, s);
	size_t columns = 0;
	for (size_t i = 0; i < shown.len; i++)
		columns += ((unsigned char)shown.at[i] & 0xc0) != 0x80;
	return columns;
}

static bool is_continuation(struct slice line, size_t at)
{
	return at < line.len && ((unsigned char)line.at[at] & 0xc0) == 0x80;
}

/* The end of the character that `at` is inside of; bytes that are not UTF-8 are not followed far.
 */
static size_t character_end(struct slice line, size_t at)
{
	for (int i = 0; i < 3 && is_continuation(line, at); i++)
		at++;
	return at;
}

/* The part of a long line that is shown, whole characters only. */
static struct slice window(struct slice line, size_t caret, size_t *ret_begin)
{
	size_t begin = 0;
	if (line.len > LINE_SHOWN && caret > LINE_BEFORE)
		begin = character_end(line, caret - LINE_BEFORE);
	size_t end = line.len > begin + LINE_SHOWN ? begin + LINE_SHOWN : line.len;
	end = character_end(line, end);
	*ret_begin = begin;
	return slice_of(line.at + begin, end - begin);
}

static void add_excerpt(struct buf *out, const struct location *where, struct span span)
{
	size_t begin;
	struct slice line = where->line_text;
	if (line.len == 0)
		return;
	size_t caret = where->byte_column < line.len ? where->byte_column : line.len;
	struct slice shown = window(line, caret, &begin);
	buf_printf(out, "%5u | %s", where->line, begin > 0 ? "…" : "");
	add_safe(out, shown);
	buf_add_str(out, begin + shown.len < line.len ? "…\n" : "\n");

	struct slice lead = slice_of(line.at + begin, caret - begin);
	size_t marked = span.end > span.begin ? span.end - span.begin : 1;
	marked = character_end(line, caret + marked) - caret;
	size_t left = begin + shown.len - caret;
	if (marked > left)
		marked = left;
	buf_printf(out, "      | %*s^", (int)width(out->arena, lead) + (begin > 0), "");
	size_t tail = width(out->arena, slice_of(line.at + caret, marked));
	for (size_t i = 1; i < tail; i++)
		buf_add_char(out, '~');
	buf_add_char(out, '\n');
}

static void add_place(struct buf *out, const struct sources *sources, struct span at,
	const char *severity, struct slice message, const char *id)
{
	struct location where;
	bool known = sources_locate(sources, at.begin, &where);
	if (known) {
		add_safe(out, where.source->name);
		buf_printf(out, ":%u:%u: ", where.line, where.column);
	}
	buf_printf(out, "%s: ", severity);
	add_safe(out, message);
	if (id)
		buf_printf(out, " [%s]", id);
	buf_add_char(out, '\n');
	if (known)
		add_excerpt(out, &where, at);
}

void diag_render(const struct diag *diag, const struct sources *sources, struct buf *out)
{
	add_place(out, sources, diag->at, severity_name(diag->severity),
		diag_message(out->arena, diag), diag_kinds[diag->id].name);
	if (diag->second_message.len > 0)
		add_place(out, sources, diag->second, "note", diag->second_message, NULL);
	if (diag->help.len > 0) {
		buf_add_str(out, "  help: ");
		add_safe(out, diag->help);
		buf_add_char(out, '\n');
	}
}
