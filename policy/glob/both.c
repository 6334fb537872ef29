#include "policy/glob/both.h"

/* The bytes that both begin with, to behind a '/'. */
static size_t common_start(struct slice a, struct slice b)
{
	size_t common = 0;
	for (size_t i = 0; i < a.len && i < b.len && a.at[i] == b.at[i]; i++)
		if (a.at[i] == '/')
			common = i + 1;
	return common;
}

/* The bytes that both end with, from behind a '/' on; neither is shorter than `start` before. */
static size_t common_end(struct slice a, struct slice b, size_t start)
{
	size_t common = 0;
	for (size_t i = 1; i <= a.len - start && i <= b.len - start; i++) {
		if (a.at[a.len - i] != b.at[b.len - i])
			return common;
		bool begins_a = i == a.len - start || a.at[a.len - i - 1] == '/';
		bool begins_b = i == b.len - start || b.at[b.len - i - 1] == '/';
		if (begins_a && begins_b)
			common = i;
	}
	return common;
}

/* What stands between commas means the same there. */
static bool is_simple(struct slice part)
{
	return !slice_has(part, ',') && !slice_has(part, '[') && !slice_has(part, '\\');
}

struct slice glob_both(struct arena *arena, struct slice a, struct slice b)
{
	size_t start = common_start(a, b), end = common_end(a, b, start);
	bool are_both = end > 0 && a.len - end > start && b.len - end > start;
	end += are_both; /* the '/' that stands before it in both */
	struct slice one = slice_first(slice_from(a, start), a.len - end - start);
	struct slice two = slice_first(slice_from(b, start), b.len - end - start);
	if (slice_eq(a, b) || start == 0 || !is_simple(one) || !is_simple(two))
		return slice_of(NULL, 0);
	if (two.len == 0) {
		two = one;
		one = slice_of(NULL, 0);
	}
	return arena_printf(arena, "%.*s{%.*s,%.*s}%.*s", (int)start, a.at, SLICE_FMT(one),
		SLICE_FMT(two), SLICE_FMT(slice_from(a, a.len - end)));
}
