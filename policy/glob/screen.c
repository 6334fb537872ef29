/* Which of many globs match a path: candidates by its first bytes, then each by itself. */

#include "policy/glob/screen.h"

#include "policy/glob/private.h"

enum { VALUES = 64 }; /* as bytes are folded in glob->hints */

struct glob_screen {
	struct arena *arena;
	const struct glob **globs;
	size_t count, words;
	uint64_t *rows[GLOB_HINTS][VALUES]; /* NULL: not asked for yet */
	uint64_t *left;			    /* work area: the candidates of a question */
	uint32_t *found;
};

struct glob_screen *glob_screen_new(
	struct arena *arena, const struct glob *const *globs, size_t count)
{
	struct glob_screen *screen = arena_new(arena, struct glob_screen);
	screen->arena = arena;
	screen->count = count;
	screen->words = (count + 63) / 64;
	screen->globs = arena_array(arena, count, sizeof(*screen->globs));
	if (count > 0)
		memcpy(screen->globs, globs, count * sizeof(*globs));
	screen->left = arena_array(arena, screen->words, sizeof(*screen->left));
	screen->found = arena_array(arena, count, sizeof(*screen->found));
	return screen;
}

/* The globs that can have a byte at a place, or end there. */
static const uint64_t *row_of(struct glob_screen *screen, size_t place, unsigned value)
{
	uint64_t **row = &screen->rows[place][value];
	if (*row)
		return *row;
	*row = arena_array(screen->arena, screen->words, sizeof(**row));
	for (size_t i = 0; i < screen->count; i++)
		(*row)[i / 64] |= (screen->globs[i]->hints[place] >> value & 1) << (i % 64);
	return *row;
}

/* Leaves the candidates in screen->left. */
static void sift(struct glob_screen *screen, struct slice path)
{
	memset(screen->left, 0xff, screen->words * sizeof(*screen->left));
	for (size_t place = 1; place < GLOB_HINTS && place <= path.len; place++) {
		unsigned value = place < path.len ? (uint8_t)path.at[place] & 63 : 0;
		const uint64_t *row = row_of(screen, place, value);
		for (size_t word = 0; word < screen->words; word++)
			screen->left[word] &= row[word];
	}
}

bool glob_screen_match(struct glob_screen *screen, const struct limits *limits, struct slice path,
	const uint32_t **ret_indices, size_t *ret_count)
{
	size_t count = 0;
	if (!limits_spend(limits, screen->words * GLOB_HINTS))
		return false;
	sift(screen, path);
	for (size_t word = 0; word < screen->words; word++)
		for (uint64_t left = screen->left[word]; left; left &= left - 1) {
			uint32_t at = (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(left);
			if (at >= screen->count)
				break;
			enum glob_answer answer = glob_asked(limits, screen->globs[at], path);
			if (answer == GLOB_TOO_COMPLEX)
				return false;
			if (answer == GLOB_YES)
				screen->found[count++] = at;
		}
	*ret_indices = screen->found;
	*ret_count = count;
	return true;
}
