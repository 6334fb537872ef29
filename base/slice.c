#include "base/slice.h"

enum { DISTANCE_MAX_LEN = 64 };

int slice_cmp(struct slice a, struct slice b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter ? memcmp(a.at, b.at, shorter) : 0;
	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice slice_trim(struct slice s)
{
	while (s.len > 0 && is_blank(s.at[0]))
		s = slice_of(s.at + 1, s.len - 1);
	while (s.len > 0 && is_blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool slice_eq_nocase(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.at[i]) != lower(b.at[i]))
			return false;
	return true;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;
	return least < c ? least : c;
}

/* The optimal string alignment distance, three rows of the table at a time. */
unsigned slice_distance(struct slice a, struct slice b, unsigned limit)
{
	if (a.len > DISTANCE_MAX_LEN || b.len > DISTANCE_MAX_LEN)
		return limit + 1;
	unsigned rows[3][DISTANCE_MAX_LEN + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];
	for (size_t j = 0; j <= b.len; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= a.len; i++) {
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b.len; j++) {
			char x = lower(a.at[i - 1]), y = lower(b.at[j - 1]);
			row[j] = min3(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y));
			bool swapped = i > 1 && j > 1 && x == lower(b.at[j - 2]) &&
				       lower(a.at[i - 2]) == y;
			if (swapped && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		unsigned *oldest = before;
		before = last;
		last = row;
		row = oldest;
	}
	return last[b.len] <= limit ? last[b.len] : limit + 1;
}

/* The one name that begins with what was given: "desc" for "description". */
static const char *only_continuation(struct slice given, const char *const *names, size_t count)
{
	const char *only = NULL;
	for (size_t i = 0; given.len >= 3 && i < count; i++) {
		if (!slice_eq_nocase(slice_first(slice_str(names[i]), given.len), given))
			continue;
		if (only)
			return NULL;
		only = names[i];
	}
	return only;
}

const char *slice_nearest(struct slice given, const char *const *names, size_t count)
{
	unsigned limit = given.len < 3 ? 1 : (unsigned)(given.len / 3 < 8 ? given.len / 3 : 8);
	const char *nearest = NULL;
	for (size_t i = 0; i < count; i++) {
		unsigned distance = slice_distance(given, slice_str(names[i]), limit);
		if (distance > limit)
			continue;
		nearest = names[i];
		if (distance == 0)
			break;
		limit = distance - 1; /* only nearer ones from here on */
	}
	return nearest ? nearest : only_continuation(given, names, count);
}
