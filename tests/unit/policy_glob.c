/*
 * Globs: reading, matching, overlap, inclusion, on hand-picked cases. That the meaning is
 * apparmor_parser's is the business of tests/property/globs.py.
 */

#include "policy/glob/both.h"
#include "policy/glob/glob.h"
#include "tests/unit/unit.h"

static struct arena arena;

static struct glob *glob(const char *pattern)
{
	const char *error;
	size_t offset;
	struct glob *read = glob_read(&arena, &limits_default, slice_str(pattern), &error, &offset);
	CU_ASSERT_PTR_NOT_NULL_FATAL(read);
	return read;
}

static bool matches(const char *pattern, const char *path)
{
	return glob_match(glob(pattern), slice_str(path));
}

UNIT_TEST(glob_matches)
{
	static const struct {
		const char *pattern, *path;
		bool match;
	} cases[] = {
		{"/a", "/a", true},
		{"/a", "/ab", false},
		{"/a/*", "/a/b", true},
		{"/a/*", "/a/", false},
		{"/a/*", "/a/b/c", false},
		{"/a/*b", "/a/b", true},
		{"/*/b", "//b", false},
		{"/a/**", "/a/b/c", true},
		{"/a/**", "/a/", false},
		{"/a/**", "/a//b", false},
		{"/a**", "/a", true},
		{"/a{,/**}", "/a", true},
		{"/a{,/**}", "/a/", true},
		{"/a/{,**}", "/a/", true},
		{"/a/***", "/a/b/c", true},
		{"/a/**/b", "/a/b", false},
		{"/a/**b", "/a/b", true},
		{"/?n", "/\xc3\xbcn", false},
		{"/??n", "/\xc3\xbcn", true},
		{"/a?b", "/a/b", false},
		{"/a[^b]", "/a/", true},
		{"/[c-a]", "/b", true},
		{"/[-a]", "/-", true},
		{"/[a\\-c]", "/b", true},
		{"/[\\^a]", "/b", true},
		{"/[a^]", "/^", true},
		{"/[\\,]", "/\\", true},
		{"/[,]", "/\\", false},
		{"/[?]", "/?", false},
		{"/[?]", "/[]", true},
		{"/[\\?]", "/?", true},
		{"/{a,{b,c}d}e", "/cde", true},
		{"/{a,{b,c}d}e", "/ce", false},
		{"/{,a}", "/", true},
		{"/a,b", "/a,b", true},
		{"/\\{a\\,b\\}", "/{a,b}", true},
		{"/a//b", "/a/b", true},
		{"//a", "//a", true},
		{"///a", "/a", true},
		{"/\\141\\x62\\d099", "/abc", true},
		{"/a.+|()$^b", "/a.+|()$^b", true},
	};
	arena_init(&arena, test_out_of_memory);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CU_ASSERT_EQUAL(matches(cases[i].pattern, cases[i].path), cases[i].match);
	arena_free(&arena);
}

UNIT_TEST(glob_refuses)
{
	static const struct {
		const char *pattern, *error;
		size_t offset;
	} cases[] = {
		{"/{a,b", "missing '}'", 1},
		{"/a}", "'}' without '{'", 2},
		{"/[a", "missing ']'", 1},
		{"/a]", "']' without '['", 2},
		{"/x{a}", "braces need at least two alternatives, with a ',' between them", 2},
		{"/{}", "braces need at least two alternatives, with a ',' between them", 1},
		{"/x/[]", "an empty class", 3},
		{"/[]]", "']' without '['", 3},
		{"/a\\", "a backslash at the end", 2},
		{"//b//[a-]",
			"the range has no end, a '-' that is meant literally comes first in a "
			"class",
			8},
	};
	arena_init(&arena, test_out_of_memory);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *error = "";
		size_t offset = 999;
		CU_ASSERT_PTR_NULL(glob_read(
			&arena, &limits_default, slice_str(cases[i].pattern), &error, &offset));
		CU_ASSERT_STRING_EQUAL(error, cases[i].error);
		CU_ASSERT_EQUAL(offset, cases[i].offset);
	}
	arena_free(&arena);
}

static bool reads(const struct limits *limits, struct slice pattern)
{
	const char *error;
	size_t offset;
	return glob_read(&arena, limits, pattern, &error, &offset) != NULL;
}

static struct slice nested(unsigned depth)
{
	struct buf text = buf_new(&arena);
	buf_add_char(&text, '/');
	for (unsigned i = 0; i < depth; i++)
		buf_add_str(&text, "{a,");
	for (unsigned i = 0; i < depth; i++)
		buf_add_char(&text, '}');
	return buf_slice(&text);
}

UNIT_TEST(glob_limits)
{
	struct limits limits = limits_default;
	arena_init(&arena, test_out_of_memory);
	CU_ASSERT(reads(&limits, nested(49)));
	CU_ASSERT_FALSE(reads(&limits, nested(50)));
	limits.depth = 3;
	CU_ASSERT(reads(&limits, nested(3)));
	CU_ASSERT_FALSE(reads(&limits, nested(4)));
	limits.glob_text = 4;
	CU_ASSERT(reads(&limits, SLICE("/abc")));
	CU_ASSERT_FALSE(reads(&limits, SLICE("/abcd")));
	CU_ASSERT_FALSE(reads(&limits_default, SLICE("/a\0b")));
	arena_free(&arena);
}

UNIT_TEST(glob_exact_and_prefix)
{
	arena_init(&arena, test_out_of_memory);
	CU_ASSERT(glob_is_exact(glob("/a/b")));
	CU_ASSERT(glob_is_exact(glob("/{a,b}\\*")));
	CU_ASSERT_FALSE(glob_is_exact(glob("/[ab]")));
	CU_ASSERT_FALSE(glob_is_exact(glob("/a?")));
	CU_ASSERT_FALSE(glob_is_exact(glob("/a/**")));
	CU_ASSERT(slice_is(glob_prefix(glob("/a/**")), "/a/"));
	CU_ASSERT(slice_is(glob_prefix(glob("/a\\*b*")), "/a*b"));
	CU_ASSERT(slice_is(glob_prefix(glob("/{usr,usr/local}/x")), "/usr/"));
	CU_ASSERT(slice_is(glob_prefix(glob("/{a,a}[b]?")), "/ab"));
	CU_ASSERT(slice_is(glob_prefix(glob("/{,a}")), "/"));
	arena_free(&arena);
}

static void check_overlap(const char *a, const char *b, const char *want)
{
	struct slice witness = SLICE("untouched");
	enum glob_answer answer = glob_overlap(&arena, &limits_default, glob(a), glob(b), &witness);
	CU_ASSERT_EQUAL(answer, want ? GLOB_YES : GLOB_NO);
	CU_ASSERT(slice_is(witness, want ? want : "untouched"));
	CU_ASSERT_EQUAL(glob_overlap(&arena, &limits_default, glob(b), glob(a), NULL), answer);
}

UNIT_TEST(glob_overlaps)
{
	arena_init(&arena, test_out_of_memory);
	check_overlap("/a", "/a", "/a");
	check_overlap("/a", "/b", NULL);
	check_overlap("/a/**", "/a/b", "/a/b");
	check_overlap("/a/**", "/a/", NULL);
	check_overlap("/a/**", "/a/b/**", "/a/b/a");
	check_overlap("/ab/**", "/a/**", NULL);
	check_overlap("/proc/**", "/proc/*/stat", "/proc/a/stat");
	check_overlap("/{usr/,}lib/**", "/proc/**", NULL);
	check_overlap("/**.so", "/lib/*", "/lib/.so");
	check_overlap("/**.so", "/lib/*.s", NULL);
	check_overlap("/[0-9]?*x", "/[^1-9]*[yx]", "/0ax");
	check_overlap("/a/[^b]*c", "/a/[^d]c", "/a/ac");
	check_overlap("/a/[/]c", "/a/?c", NULL);
	check_overlap("/a/[/b]c", "/a/**c", "/a/bc");
	check_overlap("/\xff*", "/[\x80-\xff]", "/\xff");
	check_overlap("/", "/{[x]y,,z/**}", "/");
	arena_free(&arena);
}

static void check_covered(const char *a, const char *const *by, size_t count, const char *want)
{
	const struct glob *globs[8];
	struct slice witness = SLICE("covered");
	for (size_t i = 0; i < count; i++)
		globs[i] = glob(by[i]);
	enum glob_answer answer =
		glob_covered(&arena, &limits_default, glob(a), globs, count, &witness);
	CU_ASSERT_EQUAL(answer, want ? GLOB_NO : GLOB_YES);
	CU_ASSERT(slice_is(witness, want ? want : "covered"));
}

UNIT_TEST(glob_covers)
{
	arena_init(&arena, test_out_of_memory);
	check_covered("/a", (const char *[]){"/b", "/?"}, 2, NULL);
	check_covered("/a", (const char *[]){"/b", "/??"}, 2, "/a");
	check_covered("/a/b/**", (const char *[]){"/a/**"}, 1, NULL);
	check_covered("/a/**", (const char *[]){"/a/b/**"}, 1, "/a/a");
	check_covered("/a/**", (const char *[]){"/b/**"}, 1, "/a/a");
	check_covered("/a/{b,c}*x", (const char *[]){"/d"}, 1, "/a/bx");
	check_covered("/a/*", (const char *[]){"/a/[a-m]*", "/a/[^a-m]*"}, 2, NULL);
	check_covered("/a/*", (const char *[]){"/a/[a-m]*", "/a/[^a-n]*"}, 2, "/a/n");
	/* no path holds two slashes that meet */
	check_covered("/a/**", (const char *[]){"/a/*", "/a/*/", "/a/*/**"}, 3, NULL);
	check_covered("/a/**", (const char *[]){"/a/*", "/a/*/**"}, 2, "/a/a/");
	check_covered("/{a,b}/**", (const char *[]){"/a/**", "/b/**"}, 2, NULL);
	arena_free(&arena);
}

UNIT_TEST(glob_gives_up)
{
	struct limits limits = limits_default;
	struct slice witness;
	arena_init(&arena, test_out_of_memory);
	const struct glob *a = glob("/**a????????????"), *b = glob("/**b????????????");
	limits.glob_states = 1000;
	CU_ASSERT_EQUAL(glob_overlap(&arena, &limits, a, b, &witness), GLOB_TOO_COMPLEX);
	CU_ASSERT_EQUAL(glob_covered(&arena, &limits, a, &b, 1, NULL), GLOB_TOO_COMPLEX);
	arena_free(&arena);
}

static bool both_are(const char *a, const char *b, const char *wanted)
{
	return slice_is(glob_both(&arena, slice_str(a), slice_str(b)), wanted);
}

UNIT_TEST(glob_of_both)
{
	arena_init(&arena, test_out_of_memory);
	CU_ASSERT(both_are("/var/run/x", "/run/x", "/{,var/}run/x"));
	CU_ASSERT(both_are("/run/x", "/var/run/x", "/{,var/}run/x"));
	CU_ASSERT(both_are("/usr/sbin/one", "/usr/sbin/two", "/usr/sbin/{one,two}"));
	CU_ASSERT(both_are("/a/b/c/d", "/a/x/y/d", "/a/{b/c,x/y}/d"));
	CU_ASSERT(both_are("/a", "/b/a", "/{,b/}a"));
	CU_ASSERT(both_are("/a", "/b", "/{a,b}"));
	CU_ASSERT(
		both_are("/a/a/a", "/a/a", "/a/a{,/a}") || both_are("/a/a/a", "/a/a", "/a/{,a/}a"));
	CU_ASSERT(both_are("/var/run/", "/run/", "/{,var/}run/"));
	CU_ASSERT(both_are("/a/lib/*.{x,y}", "/lib/*.{x,y}", "/{,a/}lib/*.{x,y}"));
	CU_ASSERT(both_are("/a,b", "/c", ""));
	CU_ASSERT(both_are("/a\\*b", "/c", ""));
	CU_ASSERT(both_are("/a", "/a", ""));
	CU_ASSERT(both_are("a", "/a", ""));
	CU_ASSERT(both_are("", "", ""));
	arena_free(&arena);
}
