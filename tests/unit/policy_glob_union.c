/*
 * Many globs as one automaton, and behind a screen, against the answers of one by one: random
 * patterns of few pieces, so that many of them meet; and that the work grows with the number of
 * patterns, not of pairs.
 */

#include "base/buf.h"
#include "policy/glob/glob.h"
#include "policy/glob/screen.h"
#include "policy/glob/union.h"
#include "tests/unit/unit.h"

enum { SIDE = 34, ROUNDS = 60, PATHS = 40 };

static struct arena arena;
static uint32_t seed;

static uint32_t pick(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 16) % below;
}

static const struct glob *read_glob(struct slice pattern)
{
	const char *error;
	size_t offset;
	return glob_read(&arena, &limits_default, pattern, &error, &offset);
}

static struct slice random_text(const char *const *pieces, uint32_t count, uint32_t most)
{
	struct buf text = buf_new(&arena);
	buf_add_char(&text, '/');
	for (uint32_t i = pick(most) + 1; i > 0; i--)
		buf_add_str(&text, pieces[pick(count)]);
	return buf_slice(&text);
}

static struct slice random_pattern(void)
{
	static const char *const pieces[] = {"a", "b", "/", "/a", "ab", "*", "**", "/**", "/**/",
		"?", "[ab]", "[^a]", "{a,b/}", "{,/**}", "{a,{b,ab}*}/", "/*"};
	return random_text(pieces, sizeof(pieces) / sizeof(*pieces), 5);
}

static struct slice random_path(void)
{
	static const char *const pieces[] = {"a", "b", "/a", "ab", "c", "/b"};
	return random_text(pieces, sizeof(pieces) / sizeof(*pieces), 6);
}

static size_t random_globs(const struct glob *globs[static SIDE])
{
	size_t count = 0;
	while (count < SIDE) {
		struct slice pattern = random_pattern();
		/* A pattern that spells "//" is asked one by one. */
		const struct glob *glob =
			slice_starts(pattern, SLICE("//")) ? NULL : read_glob(pattern);
		if (glob)
			globs[count++] = glob;
	}
	return count;
}

static struct glob_union *union_of(
	const struct glob *const *first, const struct glob *const *second, size_t count)
{
	struct glob_union *all = glob_union_new(&arena, count * 2);
	for (size_t i = 0; i < count; i++)
		glob_union_add(all, first[i], (uint32_t)i, UNION_FIRST);
	for (size_t i = 0; i < count; i++)
		glob_union_add(all, second[i], (uint32_t)(count + i), UNION_SECOND);
	return all;
}

static void check_paths(
	struct glob_union *all, const struct glob *const *first, const struct glob *const *second)
{
	for (unsigned round = 0; round < PATHS; round++) {
		struct slice path = random_path();
		const uint32_t *numbers;
		size_t count, at = 0;
		CU_ASSERT_TRUE_FATAL(
			glob_union_match(all, &limits_default, path, &numbers, &count));
		for (uint32_t i = 0; i < SIDE * 2; i++) {
			const struct glob *glob = i < SIDE ? first[i] : second[i - SIDE];
			bool is_found = at < count && numbers[at] == i;
			CU_ASSERT_EQUAL(is_found, glob_match(glob, path));
			at += is_found;
		}
		CU_ASSERT_EQUAL(at, count);
	}
}

static void check_screen(const struct glob *const *globs)
{
	struct glob_screen *screen = glob_screen_new(&arena, globs, SIDE * 2);
	for (unsigned round = 0; round < PATHS; round++) {
		struct slice path = random_path();
		const uint32_t *indices;
		size_t count, at = 0;
		CU_ASSERT_TRUE_FATAL(
			glob_screen_match(screen, &limits_default, path, &indices, &count));
		for (uint32_t i = 0; i < SIDE * 2; i++) {
			bool is_found = at < count && indices[at] == i;
			CU_ASSERT_EQUAL(is_found, glob_match(globs[i], path));
			at += is_found;
		}
		CU_ASSERT_EQUAL(at, count);
	}
}

static bool is_paired(const struct glob_pair *pairs, size_t count, uint32_t first, uint32_t second)
{
	for (size_t i = 0; i < count; i++)
		if (pairs[i].first == first && pairs[i].second == second)
			return true;
	return false;
}

/* No pair is missing; how many there are that do not overlap. */
static size_t check_pairs(
	struct glob_union *all, const struct glob *const *first, const struct glob *const *second)
{
	struct glob_pair *pairs;
	size_t count, more = 0;
	enum glob_answer answer = glob_union_pairs(all, &arena, &limits_default, &pairs, &count);
	CU_ASSERT_EQUAL_FATAL(answer, GLOB_YES);
	for (uint32_t i = 0; i < SIDE; i++)
		for (uint32_t k = 0; k < SIDE; k++) {
			bool meet = glob_overlap(&arena, &limits_default, first[i], second[k],
					    NULL) == GLOB_YES;
			bool paired = is_paired(pairs, count, i, SIDE + k);
			CU_ASSERT_TRUE(paired || !meet);
			more += paired && !meet;
		}
	return more;
}

UNIT_TEST(unions_answer_as_one_by_one)
{
	size_t more = 0;
	arena_init(&arena, test_out_of_memory);
	seed = 20;
	for (unsigned round = 0; round < ROUNDS; round++) {
		const struct glob *globs[SIDE * 2], **first = globs, **second = globs + SIDE;
		random_globs(first);
		random_globs(second);
		check_screen(globs);
		struct glob_union *all = union_of(first, second, SIDE);
		check_paths(all, first, second);
		more += check_pairs(all, first, second);
		arena_reset(&arena);
	}
	/* Few are to be looked at in vain. */
	CU_ASSERT_TRUE(more * 8 < (size_t)ROUNDS * SIDE * SIDE);
	arena_free(&arena);
}

/* The globs FORM with the numbers 0 to count - 1 in the place of %u. */
static void add_numbered(
	struct glob_union *all, const char *form, uint32_t from, uint32_t count, int side)
{
	const char *mark = strchr(form, '#');
	for (uint32_t i = 0; i < count; i++) {
		struct slice text =
			arena_printf(&arena, "%.*s%u%s", (int)(mark - form), form, i, mark + 1);
		glob_union_add(all, read_glob(text), from + i, side);
	}
}

/* What a walk of `count` globs of each of two forms costs, and how many pairs there are. */
static size_t work_of(const char *first, const char *second, uint32_t count, size_t *ret_pairs)
{
	struct limits limits = limits_default;
	size_t left = limits.check_work;
	struct glob_pair *pairs;
	limits.work = &left;
	arena_init(&arena, test_out_of_memory);
	struct glob_union *all = glob_union_new(&arena, (size_t)count * 2);
	add_numbered(all, first, 0, count, UNION_FIRST);
	add_numbered(all, second, count, count, UNION_SECOND);
	CU_ASSERT_EQUAL(glob_union_pairs(all, &arena, &limits, &pairs, ret_pairs), GLOB_YES);
	arena_free(&arena);
	return limits.check_work - left;
}

static void check_growth(const char *first, const char *second, size_t pairs_of_each)
{
	size_t pairs, small = work_of(first, second, 100, &pairs);
	CU_ASSERT_EQUAL(pairs, 100 * pairs_of_each);
	size_t large = work_of(first, second, 3000, &pairs);
	CU_ASSERT_EQUAL(pairs, 3000 * pairs_of_each);
	/* Thirty times as much, and the numbers are one digit longer. */
	CU_ASSERT_TRUE(large < small * 30 * 2);
}

UNIT_TEST(work_of_unions_grows_with_their_globs)
{
	check_growth("/**/x#/*", "/**/y#/*a", 0);
	check_growth("/**/x#", "/**/y#", 0);
	check_growth("/**/x#", "/**/x#", 1);
	check_growth("/srv/#/*", "/srv/#/*", 1);
	check_growth("/{srv,opt}/x#/*", "/{srv,opt}/y#/*", 0);
	check_growth("/a#/b", "/c#/b", 0);
	check_growth("/x#[ab]/**", "/y#[ab]/**", 0);
}

UNIT_TEST(questions_stop_when_the_work_is_used_up)
{
	struct limits limits = limits_default;
	size_t left = 0, count;
	struct glob_pair *pairs;
	const uint32_t *numbers;
	limits.work = &left;
	arena_init(&arena, test_out_of_memory);
	const struct glob *a = read_glob(SLICE("/**/x/*")), *b = read_glob(SLICE("/**/y/**"));
	CU_ASSERT_EQUAL(glob_overlap(&arena, &limits, a, b, NULL), GLOB_TOO_COMPLEX);
	CU_ASSERT_EQUAL(glob_covered(&arena, &limits, a, &b, 1, NULL), GLOB_TOO_COMPLEX);
	struct glob_union *all = union_of(&a, &b, 1);
	CU_ASSERT_EQUAL(glob_union_pairs(all, &arena, &limits, &pairs, &count), GLOB_TOO_COMPLEX);
	CU_ASSERT_FALSE(glob_union_match(all, &limits, SLICE("/x/a"), &numbers, &count));
	struct glob_screen *screen = glob_screen_new(&arena, &a, 1);
	CU_ASSERT_FALSE(glob_screen_match(screen, &limits, SLICE("/x/a"), &numbers, &count));
	left = 1 << 20;
	CU_ASSERT_EQUAL(glob_overlap(&arena, &limits, a, b, NULL), GLOB_YES);
	CU_ASSERT_TRUE(left < 1 << 20);
	/* The memory of a question has its limit, too. */
	limits.glob_bytes = 1;
	CU_ASSERT_EQUAL(glob_overlap(&arena, &limits, a, b, NULL), GLOB_TOO_COMPLEX);
	arena_free(&arena);
}
