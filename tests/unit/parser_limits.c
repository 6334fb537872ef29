/* Hostile sizes: every text is answered, quickly and with bounded memory. */

#include "tests/unit/parser_dump.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

static struct slice repeat(struct arena *arena, const char *part, size_t count)
{
	size_t len = strlen(part);
	char *text = arena_alloc(arena, len * count);
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * len, part, len);
	return slice_of(text, len * count);
}

static bool has_diag(const struct unit *unit, enum diag_id id)
{
	for (const struct diag *diag = unit->diags.first; diag; diag = diag->next)
		if (diag->id == id)
			return true;
	return false;
}

static bool parse_repeated(struct unit *unit, const char *part, size_t count)
{
	struct slice text = repeat(&unit->arena, part, count);
	const struct source *source = sources_add(&unit->sources, SLICE("big"), text, 1);
	struct statement *first = NULL;
	return parse_policy(unit, source, &first);
}

UNIT_TEST(depth_is_limited)
{
	static const char *const bombs[] = {"profile p {", "a { /b r, ", "s=(", "(", "a s=(b, "};
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < sizeof(bombs) / sizeof(bombs[0]); i++) {
		CU_ASSERT(!parse_repeated(&unit, bombs[i], 200000));
		CU_ASSERT(has_diag(&unit, DIAG_TOO_LARGE));
		CU_ASSERT(unit.diags.errors == 1);
		unit_reset(&unit);
	}
	unit_free(&unit);
}

UNIT_TEST(depth_up_to_the_limit)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (unsigned depth = unit.limits->depth - 1; depth <= unit.limits->depth + 1; depth++) {
		struct buf text = buf_new(&unit.arena);
		for (unsigned i = 0; i < depth; i++)
			buf_add_str(&text, "^h {\n");
		buf_add_str(&text, "signal set=(a=(b=(c))),\n");
		for (unsigned i = 0; i < depth; i++)
			buf_add_str(&text, "}\n");
		const struct source *source =
			sources_add(&unit.sources, SLICE("deep"), buf_slice(&text), 1);
		struct statement *first;
		CU_ASSERT(parse_policy(&unit, source, &first) == (depth <= unit.limits->depth));
		unit_reset(&unit);
	}
	unit_free(&unit);
}

/* Lists in the deepest block together with it must not overflow the grammar's stack. */
UNIT_TEST(deepest_lists_in_the_deepest_block)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct buf text = buf_new(&unit.arena);
	for (unsigned i = 0; i < unit.limits->depth; i++)
		buf_add_str(&text, "^h {\n");
	for (unsigned i = 0; i < unit.limits->depth; i++)
		buf_add_str(&text, "k=(x ");
	for (unsigned i = 0; i < unit.limits->depth; i++)
		buf_add_str(&text, ")");
	buf_add_str(&text, ",");
	for (unsigned i = 0; i < unit.limits->depth; i++)
		buf_add_str(&text, "}\n");
	const struct source *source =
		sources_add(&unit.sources, SLICE("deep"), buf_slice(&text), 1);
	struct statement *first;
	CU_ASSERT(parse_policy(&unit, source, &first));
	unit_free(&unit);
}

/* None of these may take time that grows with the square of the text. */
UNIT_TEST(long_texts_are_answered)
{
	static const char *const parts[] = {"{", "}", ")", "\"", "\"\"", ",", "r,", "a}", "[", "\\",
		"!", "include ", "include <", "#", "#\n", "a=", "a ", "a in ", "\"\\", "a{ ",
		"/a r\n", "/a r,\n", "@{X}=a\n", "@{X} ", "@{X", "profile ", "$a ", "->",
		"<=", "\r", "\\\n", "^\"", "include if exists ", "-", "\n", "\t", "# a\n/a r,\n",
		"(#\n", "@{X}=,"};
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		parse_repeated(&unit, parts[i], 1000000 / strlen(parts[i]));
		CU_ASSERT(unit.diags.errors <= 3 * unit.limits->errors);
		unit_reset(&unit);
	}
	unit_free(&unit);
}

UNIT_TEST(sizes_are_limited)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	CU_ASSERT(!parse_repeated(&unit, "\n", unit.limits->policy_bytes + 1));
	CU_ASSERT(has_diag(&unit, DIAG_TOO_LARGE));
	unit_reset(&unit);
	CU_ASSERT(!parse_repeated(&unit, "r,", unit.limits->policy_bytes / 2));
	CU_ASSERT(has_diag(&unit, DIAG_TOO_LARGE));
	unit_reset(&unit);
	CU_ASSERT(
		parse_repeated(&unit, "/usr/lib/some/library/of/an/usual/length.so mr,\n", 50000));
	unit_free(&unit);
}

/* Random texts out of the language's own pieces: no crash, and a result for each. */
UNIT_TEST(random_texts)
{
	static const char *const pieces[] = {"profile ", "p ", "{", "}", "{ ", "/a", " r", ",",
		"\n", " ", "\"", "\\", "(", ")", "a=", "->", "<=", "@{X}", "=", "+=", "#",
		"include ", "<x>", "if exists ", "^", "$b", "!", "[", "]", "\r", "\xff", "\t",
		"in (", "hat ", "\\052", "nice<=", "#include"};
	unsigned seed = 12345;
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (unsigned round = 0; round < 20000; round++) {
		struct buf text = buf_new(&unit.arena);
		for (unsigned n = 0; n < 3 + round % 40; n++) {
			seed = seed * 1103515245u + 12345u;
			buf_add_str(
				&text, pieces[(seed >> 16) % (sizeof(pieces) / sizeof(pieces[0]))]);
		}
		struct slice diags;
		parse_and_dump(&unit, buf_slice(&text), &diags);
		CU_ASSERT(!slice_ends(diags, SLICE("disagree")));
		for (const struct diag *diag = unit.diags.first; diag; diag = diag->next)
			CU_ASSERT(!slice_is(diag->message, "unexpected text here"));
		struct statement *rule = NULL;
		size_t errors = unit.diags.errors;
		bool fine = parse_rule(&unit, buf_slice(&text), span_of(0, 0), false, &rule);
		CU_ASSERT(fine == (unit.diags.errors == errors));
		CU_ASSERT(fine == (rule != NULL));
		unit_reset(&unit);
	}
	unit_free(&unit);
}
