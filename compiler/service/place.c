/* Where something stands in a description, and in which words a message shows it. */
#include "compiler/service/reader.h"

enum { SHOWN_BYTES = 80 };

bool reader_is_quiet(struct reader *reader, enum diag_id id, struct span at)
{
	struct diags *diags = &reader->unit->diags;
	size_t limit = reader->unit->limits->errors;
	if (diags->severities[id] == SEVERITY_ERROR) {
		size_t errors = diags->errors - reader->errors;
		if (errors == limit)
			diag_add(diags, DIAG_TOO_LARGE, at,
				"more than %zu errors, the other ones are not shown", limit);
		if (errors >= limit)
			return true;
	} else if (diags->warnings + diags->notes - reader->warnings >= limit) {
		return true;
	}
	return reader->aliased && diag_is_there(diags, id, at);
}

struct slice shown(struct reader *reader, struct slice text)
{
	if (text.len <= SHOWN_BYTES)
		return text;
	size_t len = SHOWN_BYTES;
	while (len > 0 && ((unsigned char)text.at[len] & 0xc0) == 0x80)
		len--;
	return arena_printf(reader_arena(reader), "%.*s…", (int)len, text.at);
}

struct span text_part(const struct text *text, size_t offset, size_t len)
{
	if (!text->verbatim)
		return text->span;
	uint32_t begin = text->span.begin + (uint32_t)offset;
	return span_of(begin, begin + (uint32_t)len);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

size_t text_words(const struct text *text, struct text *ret_words, size_t max)
{
	size_t count = 0;
	struct slice s = text->text;
	for (size_t at = 0; at < s.len;) {
		size_t len = 0;
		while (at + len < s.len && !is_blank(s.at[at + len]))
			len++;
		if (len > 0 && count < max)
			ret_words[count] = (struct text){.text = slice_of(s.at + at, len),
				.span = text_part(text, at, len),
				.verbatim = text->verbatim};
		count += len > 0;
		at += len + 1;
	}
	return count;
}

const char *node_words(const struct node *node)
{
	switch (node->kind) {
	case NODE_BROKEN:
		break;
	case NODE_SCALAR:
		return node_is_null(node) ? "nothing" : "a text";
	case NODE_SEQUENCE:
		return "a list";
	case NODE_MAPPING:
		return "a mapping";
	}
	return "that";
}

struct span node_place(const struct reader *reader, const struct node *node)
{
	const struct source *source = reader->source;
	struct slice written = slice_of(source->text.at + (node->span.begin - source->begin),
		node->span.end - node->span.begin);
	const char *newline = written.len > 0 ? memchr(written.at, '\n', written.len) : NULL;
	if (newline)
		written.len = (size_t)(newline - written.at);
	while (written.len > 1 && is_blank(written.at[written.len - 1]))
		written.len--;
	return span_of(node->span.begin, node->span.begin + (uint32_t)written.len);
}
