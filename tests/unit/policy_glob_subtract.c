/*
 * What is left of a glob: a few texts as they are, and for many pairs the proof that the texts mean
 * exactly the difference.
 */

#include "policy/glob/glob.h"
#include "tests/unit/unit.h"

enum { MOST = 64 };

static struct arena arena;

static const struct glob *glob(struct slice pattern)
{
	const char *error;
	size_t offset;
	struct glob *read = glob_read(&arena, &limits_default, pattern, &error, &offset);
	CU_ASSERT_PTR_NOT_NULL_FATAL(read);
	return read;
}

static size_t read_all(const char *const *patterns, const struct glob **globs)
{
	size_t count = 0;
	for (; patterns[count]; count++)
		globs[count] = glob(slice_str(patterns[count]));
	return count;
}

/* Results and exceptions together are the whole, results alone have none of the exceptions. */
static void check_exact(const struct glob *whole, const struct glob *const *excepts, size_t count,
	const struct slice *texts, size_t text_count)
{
	const struct glob *both[2 * MOST];
	CU_ASSERT_FATAL(count <= MOST && text_count <= MOST);
	for (size_t i = 0; i < text_count; i++) {
		both[i] = glob(texts[i]);
		CU_ASSERT_EQUAL(
			glob_covered(&arena, &limits_default, both[i], &whole, 1, NULL), GLOB_YES);
		for (size_t k = 0; k < count; k++)
			CU_ASSERT_EQUAL(
				glob_overlap(&arena, &limits_default, both[i], excepts[k], NULL),
				GLOB_NO);
	}
	for (size_t k = 0; k < count; k++)
		both[text_count + k] = excepts[k];
	CU_ASSERT_EQUAL(
		glob_covered(&arena, &limits_default, whole, both, text_count + count, NULL),
		GLOB_YES);
}

static void check_subtract(const char *whole, const char *const *excepts, const char *const *wants)
{
	const struct glob *globs[MOST], *all = glob(slice_str(whole));
	size_t count = read_all(excepts, globs), text_count = 0;
	struct slice *texts = NULL;
	CU_ASSERT_EQUAL_FATAL(
		glob_subtract(&arena, &limits_default, all, globs, count, &texts, &text_count),
		GLOB_YES);
	check_exact(all, globs, count, texts, text_count);
	size_t want_count = 0;
	while (wants && wants[want_count])
		want_count++;
	if (!wants)
		return;
	CU_ASSERT_EQUAL_FATAL(text_count, want_count);
	for (size_t i = 0; i < want_count; i++)
		CU_ASSERT(slice_is(texts[i], wants[i]));
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

UNIT_TEST(subtract_texts)
{
	arena_init(&arena, test_out_of_memory);
	check_subtract("/proc/**", LIST("/proc/self/comm"),
		LIST("/proc/{[^s],s[^e],se[^l],sel[^f],self?}**", "/proc/{s,se,sel,self}",
			"/proc/self/{[^c],c[^o],co[^m],com[^m],comm{?,/}}**",
			"/proc/self/{,c,co,com}"));
	check_subtract(
		"/sys/**", LIST("/sys/fs/**"), LIST("/sys/{[^f],f[^s],fs?}**", "/sys/{f,fs,fs/}"));
	check_subtract("/proc/**", LIST("/proc/*/comm"),
		LIST("/proc/*", "/proc/*/{[^c],c[^o],co[^m],com[^m],comm{?,/}}**",
			"/proc/*/{,c,co,com}"));
	check_subtract("/proc/**", LIST("/proc/{[1-9],[1-9][0-9],[1-4][0-9][0-9]}/**"),
		LIST("/proc/{[^1-9],[1-9][^/0-9],[5-9][0-9]?,[1-4][0-9][^/0-9],[1-4][0-9][0-9]?}**",
			"/proc/{[1-9],[1-9][0-9],[1-9][0-9]/,[1-9]/,[1-4][0-9][0-9],"
			"[1-4][0-9][0-9]/}"));
	check_subtract("/proc/**", LIST("/proc/s\\*[-^]", "/sys/x"),
		LIST("/proc/{[^s],s[^\\*],s\\*[^-^],s\\*[-^]{?,/}}**", "/proc/{s,s\\*}"));
	check_subtract("/proc/**", LIST("/sys/x"), LIST("/proc/**"));
	check_subtract("/proc/**", LIST("/**"), (const char *const[]){NULL});
	check_subtract("/proc/a**", LIST("/proc/a*/x"),
		LIST("/proc/a*", "/proc/a*/{[^x],x{?,/}}**", "/proc/a*/"));
	check_subtract("/proc/a**", LIST("/proc/a*/**"), LIST("/proc/a{*,*/}"));
	check_subtract("/{,**}", LIST("/a,b/**"),
		LIST("/{[^a],a[^,],a\\,[^b],a\\,b?}**", "/{,a,a\\,,a\\,b,a\\,b/}"));
	arena_free(&arena);
}

UNIT_TEST(subtract_is_exact)
{
	static const char *const names[] = {"self", "s", "se*", "*", "[1-9]", "{[1-9],[1-9][0-9]}",
		"{a,b}c", "[^s]", "?", "\xc3\xa9", "x/*", "*/x", "self/attr/**", "sel/{,**}"};
	enum { NAMES = sizeof(names) / sizeof(*names), PLAIN = NAMES - 2 /* without loops */ };
	arena_init(&arena, test_out_of_memory);
	for (size_t i = 0; i < NAMES; i++) {
		for (size_t k = 0; k < PLAIN; k++) {
			const char *a = arena_printf(&arena, "/proc/%s", names[i]).at;
			const char *b = arena_printf(&arena, "/proc/%s/comm", names[k]).at;
			check_subtract("/proc/**", LIST(a, b), NULL);
			check_subtract("/{proc,sys}/**", LIST(a, b), NULL);
			check_subtract("/proc/s**", LIST(b), NULL);
			check_subtract("/pr**", LIST(a, b), NULL);
		}
		arena_reset(&arena);
	}
	arena_free(&arena);
}

UNIT_TEST(subtract_long_names)
{
	struct buf path = buf_new(&arena);
	arena_init(&arena, test_out_of_memory);
	path.arena = &arena;
	buf_add_str(&path, "/sys/fs/cgroup/");
	for (int i = 0; i < 120; i++)
		buf_add_char(&path, (char)('a' + i % 26));
	const char *text = arena_string(&arena, buf_slice(&path));
	check_subtract("/sys/**", LIST(text), NULL);
	arena_free(&arena);
}

UNIT_TEST(subtract_refuses)
{
	struct limits limits = limits_default;
	struct slice *texts = NULL;
	size_t count = 77;
	arena_init(&arena, test_out_of_memory);
	const struct glob *whole = glob(SLICE("/sys/**"));
	const struct glob *loop = glob(SLICE("/sys/**/x"));
	const struct glob *file = glob(SLICE("/sys/a/b/c"));
	CU_ASSERT_EQUAL(glob_subtract(&arena, &limits, whole, &loop, 1, &texts, &count), GLOB_NO);
	limits.carved_rules = 5;
	CU_ASSERT_EQUAL(
		glob_subtract(&arena, &limits, whole, &file, 1, &texts, &count), GLOB_TOO_COMPLEX);
	CU_ASSERT_EQUAL(count, 77);
	CU_ASSERT_PTR_NULL(texts);
	limits.carved_rules = 6;
	CU_ASSERT_EQUAL(glob_subtract(&arena, &limits, whole, &file, 1, &texts, &count), GLOB_YES);
	CU_ASSERT_EQUAL(count, 6);
	arena_free(&arena);
}
