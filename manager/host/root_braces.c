#include "manager/host/root_braces.h"

#include "base/buf.h"

static size_t skip(struct slice s, size_t at)
{
	if (s.at[at] == '\\')
		return at + 2 < s.len ? at + 2 : s.len;
	if (s.at[at] != '[')
		return at + 1;
	for (at++; at < s.len && s.at[at] != ']'; at++)
		at += s.at[at] == '\\';
	return at < s.len ? at + 1 : s.len;
}

size_t braces_find(struct slice aare, size_t at, char c)
{
	while (at < aare.len && aare.at[at] != c)
		at = skip(aare, at);
	return at < aare.len ? at : aare.len;
}

/* The '}' or, with `comma`, the ',' that ends what begins at `at` inside of a brace. */
static size_t find_end(struct slice s, size_t at, bool comma)
{
	for (unsigned depth = 0; at < s.len; at = skip(s, at)) {
		if (depth == 0 && (s.at[at] == '}' || (comma && s.at[at] == ',')))
			return at;
		if (s.at[at] == '{')
			depth++;
		else if (s.at[at] == '}')
			depth--;
	}
	return s.len;
}

struct braces braces_begin(struct slice pattern, size_t open)
{
	return (struct braces){pattern, open, find_end(pattern, open + 1, false), open + 1};
}

bool braces_next(struct braces *braces, struct arena *arena, struct slice *ret_way)
{
	struct slice pattern = braces->pattern;
	if (braces->at > braces->close)
		return false;
	size_t end = find_end(pattern, braces->at, true);
	*ret_way = arena_printf(arena, "%.*s%.*s%.*s", (int)braces->open, pattern.at,
		(int)(end - braces->at), pattern.at + braces->at,
		SLICE_FMT(slice_from(pattern, braces->close + 1)));
	braces->at = end + 1;
	return true;
}
