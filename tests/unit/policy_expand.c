#include "policy/expand.h"

#include "tests/unit/policy_support.h"
#include "tests/unit/unit.h"

#include <stdio.h>

/* Variables in patterns. */

static const char preamble[] = "@{A} = /a/ /b\n@{B} = x y\n@{C} = @{A}/@{B} /z\n@{D} = /d/\n"
			       "@{M} = /m// /n\n@{N} = \"\" /q\n@{Z} = \"\"\n"
			       "@{P} = @{profile_name} other\n@{D} += /e\n@{D1} = /d/\n";

static const struct {
	const char *given, *expanded;
} rows[] = {
	{"/plain/*", "/plain/*"},
	{"@{A}/foo", "{/a,/b}/foo"},
	{"/x/@{A}", "/x/{a/,b}"},
	{"@{A} b", "{/a/,/b} b"},
	{"@{A}@{B}/", "{/a/,/b}{x,y}/"},
	{"@{C}/@{B}k", "{/a//x,/a//y,/b/x,/b/y,/z}/{x,y}k"},
	{"@{D1}/foo", "/d//foo"},
	{"/x/@{D1}", "/x//d/"},
	{"@{D}", "{/d/,/e}"},
	{"@{M}/foo", "{/m,/n}/foo"},
	{"/x//@{M}", "/x//{m//,n}"},
	{"/z@{N}/k", "/z{,/q}/k"},
	{"/z@{Z}k", "/zk"},
	{"/@{profile_name}", "/p"},
	{"/x@{P}", "/x{p,other}"},
	{"/w\\@{D}", "/w\\@{D}"},
	{"/w\\\\@{D1}", "/w\\\\/d/"},
};

static struct scope *scope_of(struct unit *unit, const char *text, struct slice profile)
{
	struct policy policy;
	test_read(unit, "vars", slice_str(text), ORIGIN_TEMPLATE, NULL, &policy);
	struct preamble *kept = arena_new(&unit->arena, struct preamble);
	*kept = policy.preamble;
	return scope_new(unit, kept, profile);
}

UNIT_TEST(variables_expand_as_in_apparmor_parser)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct scope *scope = scope_of(&unit, preamble, SLICE("p"));
	test_no_diagnostics(&unit, "variables");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct slice given = slice_str(rows[i].given), expanded = SLICE("?"), name;
		CU_ASSERT_TRUE(
			scope_expand(&unit.arena, unit.limits, scope, given, &expanded, &name));
		CU_ASSERT_TRUE(slice_is(expanded, rows[i].expanded));
		if (!slice_is(expanded, rows[i].expanded))
			printf("\n'%s' expands to '%.*s'\n", rows[i].given, SLICE_FMT(expanded));
	}
	unit_free(&unit);
}

UNIT_TEST(a_pattern_without_variables_is_not_copied)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct scope *scope = scope_of(&unit, preamble, SLICE("p"));
	struct slice given = SLICE("/a/**"), expanded, name;
	size_t used = unit.arena.used;
	CU_ASSERT_TRUE(scope_expand(&unit.arena, unit.limits, scope, given, &expanded, &name));
	CU_ASSERT_PTR_EQUAL(expanded.at, given.at);
	CU_ASSERT_EQUAL(unit.arena.used, used);
	unit_free(&unit);
}

UNIT_TEST(a_scope_serves_other_profiles)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct scope *scope = scope_of(&unit, preamble, SLICE("p"));
	struct scope *other = scope_for_profile(&unit.arena, scope, SLICE("p//q"));
	struct slice expanded, name;
	CU_ASSERT_TRUE(scope_expand(
		&unit.arena, unit.limits, other, SLICE("/x@{P}@{B}"), &expanded, &name));
	CU_ASSERT_TRUE(slice_is(expanded, "/x{p//q,other}{x,y}"));
	unit_free(&unit);
}

/* The expanded rules compile to what apparmor_parser makes of the variables. */
UNIT_TEST(expanded_rules_compile_to_the_same_bytes)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct scope *scope = scope_of(&unit, preamble, SLICE("p"));
	struct buf given = buf_new(&unit.arena), again = buf_new(&unit.arena);
	struct slice error;
	buf_printf(&given, "%sprofile p {\n", preamble);
	buf_add_str(&again, "profile p {\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct slice expanded, name;
		scope_expand(&unit.arena, unit.limits, scope, slice_str(rows[i].given), &expanded,
			&name);
		if (strchr(rows[i].given, '\\') || expanded.at[0] != '/')
			continue; /* the language has no pattern that starts with a brace */
		buf_printf(&given, "\t\"%s\" r,\n", rows[i].given);
		buf_printf(&again, "\t\"%.*s\" r,\n", SLICE_FMT(expanded));
	}
	buf_add_str(&given, "}\n");
	buf_add_str(&again, "}\n");
	struct slice a = test_binary(&unit.arena, buf_slice(&given), &error);
	struct slice b = test_binary(&unit.arena, buf_slice(&again), &error);
	CU_ASSERT_TRUE(a.len > 100);
	CU_ASSERT_TRUE(slice_eq(a, b));
	unit_free(&unit);
}

UNIT_TEST(undeclared_and_recursive_variables_are_told)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct scope *scope = scope_of(
		&unit, "@{A} = @{B}\n@{B} = /x @{A}\n@{C} = @{NOPE}/c\n@{D} = /d\n", SLICE("p"));
	struct slice expanded, name = SLICE("?");
	CU_ASSERT_FALSE(scope_expand(
		&unit.arena, unit.limits, scope, SLICE("/x@{GONE}y"), &expanded, &name));
	CU_ASSERT_TRUE(slice_is(name, "GONE"));
	CU_ASSERT_FALSE(
		scope_expand(&unit.arena, unit.limits, scope, SLICE("@{C}"), &expanded, &name));
	CU_ASSERT_TRUE(slice_is(name, "NOPE"));
	CU_ASSERT_FALSE(
		scope_expand(&unit.arena, unit.limits, scope, SLICE("@{B}"), &expanded, &name));
	CU_ASSERT_EQUAL(name.len, 0);
	CU_ASSERT_FALSE(
		scope_expand(&unit.arena, unit.limits, scope, SLICE("@{"), &expanded, &name));
	CU_ASSERT_TRUE(
		scope_expand(&unit.arena, unit.limits, scope, SLICE("@{D}"), &expanded, &name));
	unit_free(&unit);
}

UNIT_TEST(an_explosion_of_values_is_stopped)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct buf text = buf_new(&unit.arena);
	buf_add_str(&text, "@{V0} = a b c d\n");
	for (int i = 1; i < 40; i++)
		buf_printf(&text, "@{V%d} = @{V%d}@{V%d} x\n", i, i - 1, i - 1);
	buf_add_char(&text, '\0');
	struct scope *scope = scope_of(&unit, text.at, SLICE("p"));
	struct slice expanded, name = SLICE("?");
	CU_ASSERT_FALSE(
		scope_expand(&unit.arena, unit.limits, scope, SLICE("/@{V39}"), &expanded, &name));
	CU_ASSERT_EQUAL(name.len, 0);
	CU_ASSERT_TRUE(
		scope_expand(&unit.arena, unit.limits, scope, SLICE("/@{V1}"), &expanded, &name));
	CU_ASSERT_TRUE(unit.arena.used < 64 << 20);
	unit_free(&unit);
}

UNIT_TEST(wrong_declarations_are_diagnostics)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	scope_of(&unit, "@{A} = x\n@{A} = y\n", SLICE("p"));
	CU_ASSERT_EQUAL(unit.diags.errors, 1);
	CU_ASSERT_TRUE(unit.diags.first && unit.diags.first->id == DIAG_BAD_VARIABLE);
	unit_reset(&unit);
	scope_of(&unit, "@{A} += x\n", SLICE("p"));
	CU_ASSERT_EQUAL(unit.diags.errors, 1);
	unit_free(&unit);
}
