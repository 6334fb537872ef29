/*
 * The forms of every byte. What each token means to apparmor_parser was found by compiling all of
 * them with 3.0.8 and 4.1.0 and walking the result: each accepts exactly the literal.
 */

#include "policy/escape.h"

#include "parser/parser.h"
#include "tests/unit/unit.h"

#include <stdio.h>

static struct slice literal_to_aare(struct arena *arena, struct slice literal)
{
	struct buf out = buf_new(arena);
	escape_literal(literal, &out);
	return buf_slice(&out);
}

static struct slice aare_to_token(struct arena *arena, struct slice aare)
{
	struct buf out = buf_new(arena);
	escape_token(aare, &out);
	return buf_slice(&out);
}

/* What our own parser makes of `TOKEN r`: the AARE of its first word. */
static bool read_back(struct unit *unit, struct slice token, struct slice *ret_aare)
{
	struct statement *rule;
	struct slice text = arena_printf(&unit->arena, "%.*s r", SLICE_FMT(token));
	if (!parse_rule(unit, text, span_of(0, 0), false, &rule))
		return false;
	const struct item *word = rule->items;
	if (word->kind != ITEM_WORD || !word->next || word->next->next)
		return false;
	*ret_aare = word->text;
	return true;
}

static bool round_trip(struct unit *unit, struct slice literal)
{
	struct slice aare = literal_to_aare(&unit->arena, literal), read;
	struct slice token = aare_to_token(&unit->arena, aare);
	struct buf back = buf_new(&unit->arena);
	bool fine = read_back(unit, token, &read) && slice_eq(read, aare) &&
		    escape_to_literal(read, &back) && slice_eq(buf_slice(&back), literal) &&
		    !escape_is_pattern(aare);
	if (!fine)
		fprintf(stderr, "\nliteral '%.*s' aare '%.*s' token '%.*s'\n", SLICE_FMT(literal),
			SLICE_FMT(aare), SLICE_FMT(token));
	return fine;
}

/* Every byte but NUL and newline, in the middle, at the end, doubled, and before a digit. */
UNIT_TEST(every_byte_round_trips)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (unsigned byte = 1; byte < 256; byte++) {
		char b = (char)byte;
		if (b == '\n')
			continue;
		CU_ASSERT(round_trip(&unit, slice_of((char[]){'/', 'p', b, 'q'}, 4)));
		CU_ASSERT(round_trip(&unit, slice_of((char[]){'/', 'p', b}, 3)));
		CU_ASSERT(round_trip(&unit, slice_of((char[]){'/', 'p', b, b, ' '}, 5)));
		CU_ASSERT(round_trip(&unit, slice_of((char[]){'/', 'p', b, '1', '1'}, 5)));
		unit_reset(&unit);
	}
	unit_free(&unit);
}

UNIT_TEST(pairs_of_bytes_round_trip)
{
	static const char bytes[] = "\\*?[]{}, \"#@$!()<>=-^\t\x01\xff\xc3\xa9"
				    "a0d/";
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
		for (size_t k = 0; k < sizeof(bytes) - 1; k++) {
			char text[] = {'/', bytes[i], bytes[k]};
			CU_ASSERT(round_trip(&unit, slice_of(text, sizeof(text))));
			char middle[] = {'/', 'x', bytes[k], bytes[i], bytes[k], '}'};
			CU_ASSERT(round_trip(&unit, slice_of(middle, sizeof(middle))));
		}
		unit_reset(&unit);
	}
	unit_free(&unit);
}

UNIT_TEST(tokens)
{
	static const struct {
		const char *literal, *aare, *token;
	} samples[] = {
		{"/srv/www", "/srv/www", "/srv/www"},
		{"/srv/a*b c", "/srv/a\\*b c", "\"/srv/a\\*b c\""},
		{"/a,b", "/a\\,b", "\"/a\\,b\""},
		{"/a\\b", "/a\\\\b", "\"/a\\134b\""},
		{"/a\\", "/a\\\\", "\"/a\\134\""},
		{"/a\"b", "/a\"b", "\"/a\\\"b\""},
		{"/@{x}", "/@\\{x\\}", "/@\\{x\\}"},
		{"/#a", "/#a", "\"/#a\""},
		{"/a\tb\x01", "/a\tb\x01", "\"/a\\011b\\001\""},
		{"/\xc3\xa9", "/\xc3\xa9", "\"/\xc3\xa9\""},
		{"/\xc3", "/\xc3", "\"/\\303\""},
		{"/\xc2\x9b", "/\xc2\x9b", "\"/\\302\\233\""},
		{"/\xed\xa0\x80", "/\xed\xa0\x80", "\"/\\355\\240\\200\""},
		{"/\xc0\xaf", "/\xc0\xaf", "\"/\\300\\257\""},
		{"a=b", "a=b", "\"a=b\""},
		{"/a=b", "/a=b", "/a=b"},
		{"", "", "\"\""},
	};
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct slice aare = literal_to_aare(&arena, slice_str(samples[i].literal));
		CU_ASSERT(slice_is(aare, samples[i].aare));
		CU_ASSERT(slice_is(aare_to_token(&arena, aare), samples[i].token));
	}
	arena_free(&arena);
}

/* Patterns stand as they are as long as they are one word. */
UNIT_TEST(pattern_tokens)
{
	static const char *const samples[][2] = {
		{"/a/**", "/a/**"},
		{"/a{b,c}", "/a{b,c}"},
		{"/a{b,c}{,d}/", "/a{b,c}{,d}/"},
		{"/a[^b]?", "/a[^b]?"},
		{"@{HOME}/x", "@{HOME}/x"},
		{"/a{b c,d}", "\"/a{b c,d}\""},
		{"/a{b", "\"/a{b\""},
		{"/a}", "\"/a}\""},
		{"{a,b}", "\"{a,b}\""},
		{"/a\\{*", "/a\\{*"},
		{"/a\\", "\"/a\\134\""},
		{"/a\\\\*", "\"/a\\134*\""},
		{"/a\\ b", "\"/a b\""},
		{"/a\\\x01", "\"/a\\001\""},
		{"/a\n", "\"/a\\012\""},
		{"-5", "-5"},
		{"->", "\"->\""},
		{"include", "\"include\""},
	};
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct slice token = aare_to_token(&arena, slice_str(samples[i][0]));
		if (!slice_is(token, samples[i][1]))
			fprintf(stderr, "\n%s gives %.*s\n", samples[i][0], SLICE_FMT(token));
		CU_ASSERT(slice_is(token, samples[i][1]));
	}
	arena_free(&arena);
}

UNIT_TEST(patterns_are_told_from_literals)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	static const char *const patterns[] = {
		"*", "/a?", "/[a]", "/{a,b}", "@{X}", "/\\\\*", "/]"};
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct buf out = buf_new(&arena);
		CU_ASSERT(escape_is_pattern(slice_str(patterns[i])));
		CU_ASSERT(!escape_to_literal(slice_str(patterns[i]), &out) && out.len == 0);
	}
	static const char *const literals[][2] = {{"/a\\*", "/a*"}, {"/a,b", "/a,b"},
		{"\\\\", "\\"}, {"/a\\052", "/a*"}, {"/@x", "/@x"}};
	for (size_t i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
		struct buf out = buf_new(&arena);
		CU_ASSERT(!escape_is_pattern(slice_str(literals[i][0])));
		CU_ASSERT(escape_to_literal(slice_str(literals[i][0]), &out));
		CU_ASSERT(slice_is(buf_slice(&out), literals[i][1]));
	}
	struct buf out = buf_new(&arena);
	CU_ASSERT(!escape_to_literal(SLICE("/a\\"), &out));
	CU_ASSERT(!escape_to_literal(SLICE("/a\\0"), &out));
	CU_ASSERT(out.len == 0);
	arena_free(&arena);
}
