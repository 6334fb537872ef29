#include "base/slice.h"
#include "tests/unit/unit.h"

UNIT_TEST(slices_compare_by_bytes)
{
	CU_ASSERT(slice_eq(SLICE("abc"), slice_of("abcd", 3)));
	CU_ASSERT(!slice_eq(SLICE("abc"), SLICE("abd")));
	CU_ASSERT(slice_eq(slice_of(NULL, 0), SLICE("")));
	CU_ASSERT(slice_cmp(SLICE("ab"), SLICE("abc")) < 0);
	CU_ASSERT(slice_cmp(SLICE("b"), SLICE("abc")) > 0);
	CU_ASSERT(slice_cmp(SLICE("\xff"), SLICE("a")) > 0);
}

UNIT_TEST(slices_are_cut)
{
	CU_ASSERT(slice_is(slice_from(SLICE("abc"), 1), "bc"));
	CU_ASSERT(slice_from(SLICE("abc"), 4).len == 0);
	CU_ASSERT(slice_is(slice_first(SLICE("abc"), 2), "ab"));
	CU_ASSERT(slice_is(slice_first(SLICE("abc"), 9), "abc"));
	CU_ASSERT(slice_is(slice_trim(SLICE(" \t a b\r\n")), "a b"));
	CU_ASSERT(
		slice_starts(SLICE("abc"), SLICE("ab")) && !slice_starts(SLICE("a"), SLICE("ab")));
	CU_ASSERT(slice_ends(SLICE("abc"), SLICE("bc")) && !slice_ends(SLICE("c"), SLICE("bc")));
}

UNIT_TEST(distance_counts_edits)
{
	static const struct {
		const char *a, *b;
		unsigned distance;
	} cases[] = {
		{"", "", 0},
		{"abc", "abc", 0},
		{"ABC", "abc", 0},
		{"writeable", "writable", 1},
		{"lbiraries", "libraries", 1},
		{"kitten", "sitting", 3},
		{"", "abc", 3},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slice a = slice_str(cases[i].a), b = slice_str(cases[i].b);
		CU_ASSERT_EQUAL(slice_distance(a, b, 10), cases[i].distance);
		CU_ASSERT_EQUAL(slice_distance(b, a, 10), cases[i].distance);
	}
	CU_ASSERT_EQUAL(slice_distance(SLICE("kitten"), SLICE("sitting"), 2), 3);
	char longer[80];
	memset(longer, 'a', sizeof(longer));
	CU_ASSERT_EQUAL(slice_distance(slice_of(longer, 65), slice_of(longer, 65), 4), 5);
}

UNIT_TEST(nearest_name_is_near)
{
	const char *const names[] = {"writable", "readable", "rules"};
	CU_ASSERT_STRING_EQUAL(slice_nearest(SLICE("writeable"), names, 3), "writable");
	CU_ASSERT_STRING_EQUAL(slice_nearest(SLICE("rule"), names, 3), "rules");
	CU_ASSERT_PTR_NULL(slice_nearest(SLICE("network"), names, 3));
	CU_ASSERT_PTR_NULL(slice_nearest(SLICE(""), names, 3));
	CU_ASSERT_STRING_EQUAL(slice_nearest(SLICE("READ"), names, 3), "readable");
	CU_ASSERT_PTR_NULL(slice_nearest(SLICE("r"), names, 3));
}
