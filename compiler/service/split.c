#include "compiler/service/read.h"

/* Where the lines of a stream stand, as far as documents go. */
enum line_kind { LINE_TRIVIAL, LINE_DIRECTIVE, LINE_BEGIN, LINE_END, LINE_CONTENT };

/* `---` or `...` followed by a blank or the end of the line. */
static bool is_marker(struct slice line, const char *marker)
{
	return slice_starts(line, slice_str(marker)) &&
	       (line.len == 3 || strchr(" \t\r\n", line.at[3]));
}

static enum line_kind kind_of(struct slice line)
{
	if (is_marker(line, "---"))
		return LINE_BEGIN;
	if (is_marker(line, "..."))
		return LINE_END;
	if (slice_starts(line, SLICE("%")))
		return LINE_DIRECTIVE;
	line = slice_trim(line);
	return line.len == 0 || line.at[0] == '#' ? LINE_TRIVIAL : LINE_CONTENT;
}

/*
 * The line at an offset with its newline. false when it is not there yet or the text is at its end.
 */
static bool next_line(struct slice text, size_t at, bool complete, struct slice *ret_line)
{
	struct slice rest = slice_from(text, at);
	const char *newline = rest.len > 0 ? memchr(rest.at, '\n', rest.len) : NULL;
	if (rest.len == 0 || (!newline && !complete))
		return false;
	*ret_line = newline ? slice_first(rest, (size_t)(newline - rest.at) + 1) : rest;
	return true;
}

/* Whether only comments, blank lines and `...` follow; *ret_known: whether that is certain. */
static bool is_end(struct slice text, size_t at, bool complete, bool *ret_known)
{
	struct slice line;
	while (next_line(text, at, complete, &line)) {
		enum line_kind kind = kind_of(line);
		if (kind != LINE_TRIVIAL && kind != LINE_END) {
			*ret_known = true;
			return false;
		}
		at += line.len;
	}
	*ret_known = complete;
	return true;
}

size_t service_next_document(struct slice text, bool complete)
{
	bool begun = false;
	struct slice line;
	size_t at = slice_starts(text, SLICE("\xef\xbb\xbf")) ? 3 : 0;
	for (; next_line(text, at, complete, &line); at += line.len) {
		enum line_kind kind = kind_of(line);
		if (kind == LINE_BEGIN && begun)
			return at;
		if (kind == LINE_END && begun) {
			bool known;
			bool last = is_end(text, at + line.len, complete, &known);
			return !known ? 0 : last ? text.len : at + line.len;
		}
		/* A directive's line is content once the document has begun. */
		begun |= kind == LINE_BEGIN || kind == LINE_CONTENT;
	}
	return complete ? text.len : 0;
}
