#include "base/source.h"

/* The own sources of a compilation begin here when there are shared ones below. */
#define OWN_BEGIN   0x80000000u
#define ADDRESS_END 0xfffffff0u

struct span span_join(struct span a, struct span b)
{
	if (span_none(a))
		return b;
	if (span_none(b))
		return a;
	return span_of(a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end);
}

void sources_init(struct sources *sources, struct arena *arena, const struct sources *shared)
{
	*sources = (struct sources){
		.arena = arena,
		.shared = shared,
		/* Position 0 belongs to nobody: {0,0} is "no place". */
		.next = shared ? OWN_BEGIN : 1,
	};
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Goes on over the text from one offset to another. */
static struct line_mark mark_after(struct slice text, struct line_mark mark, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (text.at[i] == '\n') {
			mark.lines++;
			mark.line_begin = (uint32_t)i + 1;
			mark.characters = 0;
		} else if (!is_continuation(text.at[i])) {
			mark.characters++;
		}
	}
	return mark;
}

static const struct line_mark *make_marks(struct arena *arena, struct slice text)
{
	size_t count = text.len / SOURCE_MARK;
	if (count == 0)
		return NULL;
	struct line_mark *marks = arena_array(arena, count + 1, sizeof(*marks));
	for (size_t i = 0; i < count; i++)
		marks[i + 1] = mark_after(text, marks[i], i * SOURCE_MARK, (i + 1) * SOURCE_MARK);
	return marks;
}

const struct source *sources_add(
	struct sources *sources, struct slice name, struct slice text, uint32_t first_line)
{
	uint32_t end = sources->next < OWN_BEGIN ? OWN_BEGIN : ADDRESS_END;
	if (text.len >= end - sources->next)
		return NULL;
	struct source *source = arena_new(sources->arena, struct source);
	source->name = name;
	source->text = text.at ? text : SLICE("");
	source->begin = sources->next;
	source->first_line = first_line;
	source->marks = make_marks(sources->arena, source->text);
	sources->next += (uint32_t)text.len + 1;
	if (sources->last)
		sources->last->next = source;
	else
		sources->first = source;
	sources->last = source;
	return source;
}

const struct source *sources_find(const struct sources *sources, uint32_t position)
{
	for (; sources; sources = sources->shared)
		for (const struct source *s = sources->first; s; s = s->next)
			if (position >= s->begin && position - s->begin <= s->text.len)
				return s;
	return NULL;
}

bool sources_locate(const struct sources *sources, uint32_t position, struct location *ret_location)
{
	const struct source *source = sources_find(sources, position);
	if (!source)
		return false;
	struct slice text = source->text;
	size_t offset = position - source->begin, near = offset / SOURCE_MARK;
	struct line_mark mark = {0, 0, 0};
	if (source->marks)
		mark = source->marks[near];
	mark = mark_after(text, mark, source->marks ? near * SOURCE_MARK : 0, offset);
	const char *newline = mark.line_begin < text.len ? memchr(text.at + mark.line_begin, '\n',
								   text.len - mark.line_begin)
							 : NULL;
	size_t line_end = newline ? (size_t)(newline - text.at) : text.len;
	if (line_end > mark.line_begin && text.at[line_end - 1] == '\r')
		line_end--;
	uint32_t column = mark.characters + 1;
	/* A byte order mark takes no column. */
	if (mark.line_begin == 0 && slice_starts(text, SLICE("\xef\xbb\xbf")) && offset >= 3)
		column--;
	*ret_location = (struct location){
		.source = source,
		.line = source->first_line + mark.lines,
		.column = column,
		.byte_column = (uint32_t)(offset - mark.line_begin),
		.line_text = slice_of(text.at + mark.line_begin, line_end - mark.line_begin),
	};
	return true;
}

struct slice sources_text(const struct sources *sources, struct span span)
{
	const struct source *source = sources_find(sources, span.begin);
	if (!source || span.end < span.begin || span.end - source->begin > source->text.len)
		return slice_of(NULL, 0);
	return slice_of(source->text.at + (span.begin - source->begin), span.end - span.begin);
}
