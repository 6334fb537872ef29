/* Attachments of compiled profiles: the programs, and the automaton against that of the text. */

#include "analysis/xmatch.h"
#include "policy/glob/attachment.h"
#include "tests/unit/analysis_compile.h"
#include "tests/unit/unit.h"

static struct arena arena;

static const struct compiled_db *compile(const char *attachment)
{
	const char *text = arena_printf(&arena, "profile x %s { }\n", attachment).at;
	const struct compiled_profile *profile = test_compile(&arena, text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(profile);
	return &profile->xmatch;
}

static bool has_words(const char *attachment, const char *wanted)
{
	struct slice *words;
	size_t count;
	struct buf text = buf_new(&arena);
	if (!xmatch_words(&arena, compile(attachment), &words, &count))
		return !wanted;
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%.*s;", SLICE_FMT(words[i]));
	return wanted && slice_is(buf_slice(&text), wanted);
}

UNIT_TEST(xmatch_counts_programs)
{
	arena_init(&arena, test_out_of_memory);
	CU_ASSERT_TRUE(has_words("/usr/bin/web", "/usr/bin/web;"));
	CU_ASSERT_TRUE(has_words("\"/usr/bin/a b\"", "/usr/bin/a b;"));
	CU_ASSERT_TRUE(has_words("/{,usr/}bin/web", "/bin/web;/usr/bin/web;"));
	CU_ASSERT_TRUE(has_words("/x{a,ab,b}", "/xa;/xab;/xb;"));
	CU_ASSERT_TRUE(has_words("/x[a-c]", "/xa;/xb;/xc;"));
	CU_ASSERT_TRUE(has_words("/usr/bin/*", NULL));
	CU_ASSERT_TRUE(has_words("/x?", NULL)); /* 253 of them */
	CU_ASSERT_TRUE(has_words("/**", NULL));
	CU_ASSERT_TRUE(has_words("/x{a,b*}", NULL));
	struct slice *words;
	size_t count;
	const struct compiled_db none = {0};
	CU_ASSERT_TRUE(xmatch_words(&arena, &none, &words, &count) && count == 0);
	arena_free(&arena);
}

static bool agrees(const char *attachment)
{
	struct attachment read;
	const char *why;
	const struct small_automaton *ours, *made;
	if (!attachment_read(&arena, &limits_default, slice_str(attachment), false, &read, &why) ||
		!(ours = read.automaton) ||
		!(made = xmatch_automaton(&arena, compile(attachment), 10000)) ||
		ours->states != made->states)
		return false;
	for (uint32_t state = 1; state <= made->states; state++) {
		if (ours->accepts[state] != made->accepts[state] ||
			ours->depth[state] != made->depth[state] ||
			ours->cyclic[state] != made->cyclic[state])
			return false;
		for (int byte = 1; byte < 256; byte++)
			if (small_step(ours, state, (uint8_t)byte) !=
				small_step(made, state, (uint8_t)byte))
				return false;
	}
	return true;
}

UNIT_TEST(xmatch_is_the_automaton_of_the_text)
{
	static const char *const patterns[] = {"/usr/bin/*", "/usr/{,s}bin/web", "/**", "/a**b",
		"/{,u/}{a,bu}*x", "/x[^a]b", "/*/b/**", "/a?b{c,**d}"};
	arena_init(&arena, test_out_of_memory);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		CU_ASSERT_TRUE(agrees(patterns[i]));
	CU_ASSERT_PTR_NULL(xmatch_automaton(&arena, compile("/usr/bin/*"), 5));
	arena_free(&arena);
}

UNIT_TEST(xmatch_attachment_is_compared)
{
	arena_init(&arena, test_out_of_memory);
	struct attachment one = attachment_of_automaton(
		xmatch_automaton(&arena, compile("/usr/bin/web"), 10000), 12);
	struct attachment many =
		attachment_of_automaton(xmatch_automaton(&arena, compile("/usr/bin/*"), 10000), 9);
	struct slice witness;
	CU_ASSERT_TRUE(attachment_matches(&many, SLICE("/usr/bin/web")));
	CU_ASSERT_FALSE(attachment_matches(&many, SLICE("/usr/bin/")));
	CU_ASSERT_FALSE(attachment_matches(&one, SLICE("/usr/bin/we")));
	CU_ASSERT_EQUAL(attachment_compare(&arena, &limits_default, &one, &many, &witness),
		ATTACHMENT_FIRST);
	CU_ASSERT_EQUAL(attachment_compare(&arena, &limits_default, &many, &one, &witness),
		ATTACHMENT_SECOND);
	CU_ASSERT_TRUE(slice_is(witness, "/usr/bin/web"));
	CU_ASSERT_EQUAL(attachment_compare(&arena, &limits_default, &one, &one, &witness),
		ATTACHMENT_NEITHER);
	arena_free(&arena);
}
