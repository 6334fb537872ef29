#include "parser/substitute.h"
#include "tests/unit/parser_dump.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#define VALUES(...)                                                                                \
	(const struct binding_value[])                                                             \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define VALUE(text, place)                                                                         \
	{                                                                                          \
		SLICE(text),                                                                       \
		{                                                                                  \
			place, place + 1                                                           \
		}                                                                                  \
	}

static struct statement *parse(struct unit *unit, const char *text)
{
	const struct source *source =
		sources_add(&unit->sources, SLICE("template"), slice_str(text), 1);
	struct statement *first = NULL;
	CU_ASSERT_FATAL(parse_policy(unit, source, &first));
	return first;
}

static void check(const char *text, const char *want)
{
	struct binding bindings[] = {
		{.name = SLICE("name"), .values = VALUES(VALUE("web", 100)), .count = 1},
		{.name = SLICE("dirs"),
			.values = VALUES(VALUE("/a/", 101), VALUE("/b\\,c/", 102)),
			.count = 2},
		{.name = SLICE("none"), .count = 0},
		{.name = SLICE("evil"),
			.values = VALUES(VALUE("/x rw, } profile y { @{dirs} \"#", 103)),
			.count = 1},
	};
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct statement *first = parse(&unit, text);
	struct buf before = buf_new(&unit.arena), after = buf_new(&unit.arena);
	dump_statements(first, &before);
	struct buf out = buf_new(&unit.arena);
	dump_statements(substitute(&unit, first, bindings, 4), &out);
	dump_statements(first, &after);
	CU_ASSERT(slice_eq(buf_slice(&before), buf_slice(&after)));
	if (!slice_is(buf_slice(&out), want)) {
		fprintf(stderr, "\ntext %s\nwant %s\ngot  %.*s\n", text, want,
			SLICE_FMT(buf_slice(&out)));
		CU_FAIL("substitution");
	}
	unit_free(&unit);
}

UNIT_TEST(values_replace_variables)
{
	check("/x r,", "/x r;");
	check("/x/@{name}/y r,", "/x/web/y r;");
	check("@{dirs} r,", "/a/ r; /b\\,c/ r;");
	check("@{dirs}** r,", "/a/** r; /b\\,c/** r;");
	check("@{dirs}/** r,", "/a/** r; /b\\,c/** r;");
	check("/x/@{dirs} r,", "/x/a/ r; /x/b\\,c/ r;");
	check("@{none} r, /x r,", "/x r;");
	check("/x@{none} -> @{name},", "");
	check("@{other}/x r,", "@{other}/x r;");
	check("@{other}@{name} r,", "@{other}web r;");
	check("/\\@{name} r,", "/\\@{name} r;");
}

UNIT_TEST(each_occurrence_counts)
{
	check("link @{dirs} -> @{dirs},",
		"link /a/ -> /a/; link /a/ -> /b\\,c/; link /b\\,c/ -> /a/; "
		"link /b\\,c/ -> /b\\,c/;");
	check("signal set=(hup int) peer=@{name},", "signal set=(hup int) peer=web;");
	check("unix peer=(label=@{name} addr=\"@{dirs}\"),",
		"unix peer=(label=web addr=\"/a/\"); unix peer=(label=web addr=\"/b\\,c/\");");
}

/* Whatever a value holds, it stays within its word. */
UNIT_TEST(values_stay_words)
{
	check("@{evil} r,", "/x rw, } profile y { @{dirs} \"# r;");
	check("include <abstractions/@{name}>", "include <abstractions/web>;");
}

UNIT_TEST(blocks_and_variables)
{
	check("profile @{name} @{none} flags=(a) { @{dirs} r, @{none} w, }",
		"profile web flags=(a) { /a/ r; /b\\,c/ r; }");
	check("profile @{name} { ^@{name} { @{name} r, } }", "profile web { ^web { web r; } }");
	check("profile x @{dirs} { /@{name} r, }",
		"profile x /a/ { /web r; } profile x /b\\,c/ { /web r; }");
	check("@{X} = a @{dirs} @{none} b", "@{X} = a /a/ /b\\,c/ b;");
	check("@{X} = @{none}", "");
	check("# why\n@{dirs} r,", "[why] /a/ r; /b\\,c/ r;");
}

UNIT_TEST(causes_and_uses)
{
	struct binding bindings[] = {
		{.name = SLICE("dirs"),
			.values = VALUES(VALUE("/a", 101), VALUE("/b", 102)),
			.count = 2},
		{.name = SLICE("none"), .count = 0},
		{.name = SLICE("idle"), .values = VALUES(VALUE("/c", 103)), .count = 1},
	};
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct statement *first = parse(&unit, "@{dirs} r, /x r, @{none} r,");
	struct statement *out = substitute(&unit, first, bindings, 3);
	CU_ASSERT(out->cause.begin == 101);
	CU_ASSERT(out->next->cause.begin == 102);
	CU_ASSERT(span_none(out->next->next->cause));
	CU_ASSERT(out->span.begin == first->span.begin);
	CU_ASSERT(bindings[0].used && bindings[1].used && !bindings[2].used);
	unit_free(&unit);
}

/* A template cannot make more rules than the limit out of a description's values. */
UNIT_TEST(products_are_limited)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct binding_value *values = arena_array(&unit.arena, 1000, sizeof(*values));
	for (size_t i = 0; i < 1000; i++)
		values[i].text = SLICE("/a");
	struct binding binding = {.name = SLICE("x"), .values = values, .count = 1000};
	struct statement *first = parse(&unit, "@{x}@{x}@{x}@{x} r, @{x}@{x} r,");
	substitute(&unit, first, &binding, 1);
	CU_ASSERT(unit.diags.errors == 1 && unit.diags.first->id == DIAG_TOO_LARGE);
	unit_reset(&unit);
	struct buf text = buf_new(&unit.arena);
	for (size_t i = 0; i < 100; i++)
		buf_add_str(&text, "@{y}");
	buf_add_str(&text, " r,");
	buf_add_char(&text, '\0');
	binding.name = SLICE("y");
	binding.count = 1;
	struct binding_value one = {.text = SLICE("/a")};
	binding.values = &one;
	substitute(&unit, parse(&unit, text.at), &binding, 1);
	CU_ASSERT(unit.diags.errors == 1 && unit.diags.first->id == DIAG_TOO_LARGE);
	unit_free(&unit);
}
