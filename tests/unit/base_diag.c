#include "base/unit.h"
#include "tests/unit/unit.h"

static struct slice render(struct unit *unit)
{
	struct buf out = buf_new(&unit->arena);
	for (const struct diag *diag = unit->diags.first; diag; diag = diag->next)
		diag_render(diag, &unit->sources, &out);
	return buf_slice(&out);
}

static void assert_text(struct slice got, const char *want)
{
	CU_ASSERT(slice_is(got, want));
	if (!slice_is(got, want))
		fprintf(stderr, "\ngot:\n%.*s\nwant:\n%s\n", SLICE_FMT(got), want);
}

UNIT_TEST(positions_become_lines_and_columns)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	const struct source *one =
		sources_add(&unit.sources, SLICE("one"), SLICE("a\r\nbü c\n"), 1);
	const struct source *two = sources_add(&unit.sources, SLICE("two"), SLICE("x"), 41);
	struct location at;
	CU_ASSERT(sources_locate(&unit.sources, one->begin + 7, &at));
	CU_ASSERT_PTR_EQUAL(at.source, one);
	CU_ASSERT_EQUAL(at.line, 2);
	CU_ASSERT_EQUAL(at.column, 4); /* ü is one character, two bytes */
	CU_ASSERT(slice_is(at.line_text, "bü c"));
	CU_ASSERT(sources_locate(&unit.sources, two->begin + 1, &at));
	CU_ASSERT_PTR_EQUAL(at.source, two);
	CU_ASSERT_EQUAL(at.line, 41);
	CU_ASSERT(!sources_locate(&unit.sources, 0, &at));
	CU_ASSERT(!sources_locate(&unit.sources, two->begin + 100, &at));
	unit_free(&unit);
}

UNIT_TEST(shared_sources_lie_below_own_ones)
{
	struct unit library, unit;
	unit_init(&library, NULL, test_out_of_memory);
	unit_init(&unit, &library.sources, test_out_of_memory);
	const struct source *own = sources_add(&unit.sources, SLICE("own"), SLICE("abc"), 1);
	const struct source *shared =
		sources_add(&library.sources, SLICE("shared"), SLICE("def"), 1);
	CU_ASSERT(shared->begin < own->begin);
	CU_ASSERT_PTR_EQUAL(sources_find(&unit.sources, shared->begin), shared);
	CU_ASSERT_PTR_EQUAL(sources_find(&unit.sources, own->begin + 3), own);
	CU_ASSERT_PTR_NULL(sources_find(&library.sources, own->begin));
	CU_ASSERT(slice_is(
		sources_text(&unit.sources, span_of(own->begin + 1, own->begin + 3)), "bc"));
	unit_free(&unit);
	unit_free(&library);
}

UNIT_TEST(diagnostics_show_line_caret_second_place_and_help)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	const struct source *s = sources_add(
		&unit.sources, SLICE("a.yaml"), SLICE("name: x\nwriteable: [/tmp]\n"), 1);
	struct diag *diag = diag_add(&unit.diags, DIAG_UNKNOWN_KEY,
		span_of(s->begin + 8, s->begin + 17), "unknown key '%s'", "writeable");
	diag_second(&unit.diags, diag, span_of(s->begin, s->begin + 4), "not as here");
	diag_help(&unit.diags, diag, "write 'writable'");
	assert_text(render(&unit), "a.yaml:2:1: error: unknown key 'writeable' [unknown-key]\n"
				   "    2 | writeable: [/tmp]\n"
				   "      | ^~~~~~~~~\n"
				   "a.yaml:1:1: note: not as here\n"
				   "    1 | name: x\n"
				   "      | ^~~~\n"
				   "  help: write 'writable'\n");
	CU_ASSERT_EQUAL(unit.diags.errors, 1);
	unit_free(&unit);
}

UNIT_TEST(user_text_cannot_drive_the_terminal)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	const struct source *s = sources_add(
		&unit.sources, SLICE("a\x1b.yaml"), SLICE("\t\x1b[2J\xff\xe2\x80\xae!"), 1);
	diag_add(&unit.diags, DIAG_YAML, span_of(s->begin + 1, s->begin + 2), "a\nb\x7f");
	assert_text(render(&unit), "a\\x1b.yaml:1:2: error: a\\x0ab\\x7f [yaml]\n"
				   "    1 |  \\x1b[2J\\xff\\xe2\\x80\\xae!\n"
				   "      |  ^~~~\n");
	unit_free(&unit);
}

UNIT_TEST(long_lines_are_shown_around_the_caret)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	char *text = arena_alloc(&unit.arena, 5000);
	memset(text, 'a', 5000);
	text[3000] = 'X';
	const struct source *s = sources_add(&unit.sources, SLICE("l"), slice_of(text, 5000), 1);
	diag_add(&unit.diags, DIAG_YAML, span_of(s->begin + 3000, s->begin + 3001), "here");
	struct slice out = render(&unit);
	CU_ASSERT(out.len < 700);
	const char *x = memchr(out.at, 'X', out.len), *caret = memchr(out.at, '^', out.len);
	CU_ASSERT_PTR_NOT_NULL(x);
	CU_ASSERT_PTR_NOT_NULL(caret);
	unit_free(&unit);
}

UNIT_TEST(severities_can_be_changed)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	unit.diags.severities[DIAG_DEAD_RULE] = SEVERITY_WARNING;
	unit.diags.severities[DIAG_WRITE_EXEC] = SEVERITY_OFF;
	CU_ASSERT_PTR_NOT_NULL(diag_add(&unit.diags, DIAG_DEAD_RULE, span_of(0, 0), "x"));
	struct diag *off = diag_add(&unit.diags, DIAG_WRITE_EXEC, span_of(0, 0), "x");
	CU_ASSERT_PTR_NULL(off);
	diag_help(&unit.diags, off, "nothing happens");
	diag_second(&unit.diags, off, span_of(0, 0), "nothing happens");
	CU_ASSERT_EQUAL(unit.diags.errors, 0);
	CU_ASSERT_EQUAL(unit.diags.warnings, 1);
	unit_reset(&unit);
	CU_ASSERT_EQUAL(unit.diags.warnings, 0);
	CU_ASSERT_EQUAL(unit.diags.severities[DIAG_DEAD_RULE], SEVERITY_WARNING);
	unit_free(&unit);
}

UNIT_TEST(diagnostics_sort_by_place_and_keep_order)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	static const uint32_t begins[] = {5, 0, 3, 5, 1, 3};
	for (size_t i = 0; i < 6; i++)
		diag_add(&unit.diags, DIAG_YAML, span_of(begins[i], begins[i]), "%zu", i);
	diags_sort(&unit.diags);
	char order[7] = {0};
	size_t n = 0;
	for (const struct diag *diag = unit.diags.first; diag; diag = diag->next)
		order[n++] = diag->message.at[0];
	CU_ASSERT_STRING_EQUAL(order, "425031");
	CU_ASSERT_PTR_NULL(unit.diags.last->next);
	unit_free(&unit);
}

UNIT_TEST(every_id_is_found_by_its_name)
{
	for (size_t i = 0; i < DIAG_COUNT; i++)
		CU_ASSERT_EQUAL(diag_find(slice_str(diag_kinds[i].name)), i);
	CU_ASSERT_EQUAL(diag_find(SLICE("no-such-id")), DIAG_COUNT);
}

UNIT_TEST(a_line_of_bytes_that_are_not_utf8_is_cut)
{
	struct unit unit;
	char text[4000];
	unit_init(&unit, NULL, test_out_of_memory);
	memset(text, '\x80', sizeof(text));
	const struct source *source =
		sources_add(&unit.sources, SLICE("x"), slice_of(text, sizeof(text)), 1);
	for (uint32_t at = 0; at < sizeof(text); at += 50)
		diag_add(&unit.diags, DIAG_ENCODING,
			span_of(source->begin + at, source->begin + (uint32_t)sizeof(text)), "bad");
	struct slice out = render(&unit);
	CU_ASSERT(out.len < sizeof(text) / 50 * 1500);
	unit_free(&unit);
}

UNIT_TEST(what_has_one_cause_is_told_once)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct span here = span_of(1, 2), there = span_of(3, 4);
	CU_ASSERT_FALSE(diag_again(&unit.diags, DIAG_WRITE_EXEC, here));
	diag_add(&unit.diags, DIAG_WRITE_EXEC, here, "here");
	diag_add(&unit.diags, DIAG_WRITE_EXEC, there, "there");
	CU_ASSERT(diag_again(&unit.diags, DIAG_WRITE_EXEC, here));
	CU_ASSERT(diag_again(&unit.diags, DIAG_WRITE_EXEC, here));
	CU_ASSERT_FALSE(diag_again(&unit.diags, DIAG_WRITE_EXEC_ALLOWED, here));
	assert_text(diag_message(&unit.arena, unit.diags.first), "here, and 2 more like it");
	assert_text(diag_message(&unit.arena, unit.diags.last), "there");
	CU_ASSERT_EQUAL(unit.diags.errors, 2);
	unit_free(&unit);
}

UNIT_TEST(a_warning_that_weighs_less_is_a_note)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct span at = span_of(1, 2);
	diag_soften(&unit.diags, NULL);
	diag_soften(&unit.diags, diag_add(&unit.diags, DIAG_LITERAL_PATTERN, at, "x"));
	CU_ASSERT_EQUAL(unit.diags.first->severity, SEVERITY_NOTE);
	unit.diags.severities[DIAG_LITERAL_PATTERN] = SEVERITY_ERROR;
	diag_soften(&unit.diags, diag_add(&unit.diags, DIAG_LITERAL_PATTERN, at, "x"));
	CU_ASSERT_EQUAL(unit.diags.last->severity, SEVERITY_ERROR);
	CU_ASSERT(unit.diags.errors == 1 && unit.diags.warnings == 0 && unit.diags.notes == 1);
	unit_free(&unit);
}

UNIT_TEST(what_is_forgotten_is_not_counted)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct diags *diags = &unit.diags;
	struct span one = span_of(1, 2), two = span_of(2, 3);
	diag_add(diags, DIAG_ATTACH_FIRST, one, "a");
	diag_add(diags, DIAG_ATTACH_FIRST, two, "b");
	diag_add(diags, DIAG_YAML, two, "c");
	diag_forget(diags, DIAG_YAML, one);
	CU_ASSERT_EQUAL(diags->errors + diags->warnings, 3);
	diag_forget(diags, DIAG_YAML, two);
	CU_ASSERT_EQUAL(diags->errors, 0);
	CU_ASSERT(slice_is(diags->last->message, "b"));
	diag_forget(diags, DIAG_ATTACH_FIRST, one);
	diag_forget(diags, DIAG_ATTACH_FIRST, two);
	CU_ASSERT_EQUAL(diags->warnings, 0);
	CU_ASSERT_PTR_NULL(diags->first);
	CU_ASSERT_PTR_NULL(diags->last);
	unit_free(&unit);
}
