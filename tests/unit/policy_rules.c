#include "tests/unit/policy_support.h"

#include "tests/unit/unit.h"

#include <stdio.h>

/* What a rule is printed as, and how it compiles. */

struct row {
	const char *given, *printed;
	bool newer; /* apparmor 4 */
};

static const struct row rows[] = {
#define RULE(given, printed)   {given, printed, false},
#define RULE_4(given, printed) {given, printed, true},
#include "tests/unit/policy_rules.def"
#include "tests/unit/policy_rules_mount.def"
#undef RULE
#undef RULE_4
};

#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

static struct slice printed(struct unit *unit, const struct rule *rule)
{
	struct buf out = buf_new(&unit->arena);
	rule_print(rule, &out);
	return buf_slice(&out);
}

UNIT_TEST(rules_are_printed_canonically)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < ROW_COUNT; i++) {
		struct rule *rule = test_rule(&unit, rows[i].given, ABI_4_0, false);
		test_no_diagnostics(&unit, rows[i].given);
		CU_ASSERT_PTR_NOT_NULL_FATAL(rule);
		struct slice text = printed(&unit, rule);
		CU_ASSERT_TRUE(slice_is(text, rows[i].printed));
		if (!slice_is(text, rows[i].printed))
			printf("\n'%s' is printed '%.*s'\n", rows[i].given, SLICE_FMT(text));
		unit_reset(&unit);
	}
	unit_free(&unit);
}

UNIT_TEST(printed_rules_read_back_equal)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < ROW_COUNT; i++) {
		struct rule *given = test_rule(&unit, rows[i].given, ABI_4_0, false);
		struct rule *again = test_rule(&unit, rows[i].printed, ABI_4_0, false);
		test_no_diagnostics(&unit, rows[i].printed);
		CU_ASSERT_PTR_NOT_NULL_FATAL(given);
		CU_ASSERT_PTR_NOT_NULL_FATAL(again);
		CU_ASSERT_TRUE(rule_equal(given, again));
		CU_ASSERT_TRUE(slice_is(printed(&unit, again), rows[i].printed));
		unit_reset(&unit);
	}
	unit_free(&unit);
}

UNIT_TEST(rules_with_other_text_differ)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	const char *const pairs[][2] = {
		{"/a r", "/a rw"},
		{"/a r", "owner /a r"},
		{"/a r", "deny /a r"},
		{"/a r", "audit /a r"},
		{"/a px", "/a Px"},
		{"/a px", "/a px -> b"},
		{"signal set=(hup)", "signal set=(hup, int)"},
		{"signal peer=a", "signal peer=b"},
		{"signal peer=a", "signal"},
		{"unix peer=(label=a)", "unix peer=(addr=@a)"},
		{"network inet tcp", "network inet udp"},
		{"network tcp", "network stream"},
		{"capability chown", "capability"},
		{"mount options=(ro)", "mount options in (ro)"},
		{"mount /a", "mount -> /a"},
		{"link /a -> /b", "link subset /a -> /b"},
		{"set rlimit nice <= 5", "set rlimit nice <= 6"},
		{"userns", "all"},
	};
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct rule *a = test_rule(&unit, pairs[i][0], ABI_4_0, false);
		struct rule *b = test_rule(&unit, pairs[i][1], ABI_4_0, false);
		CU_ASSERT_FALSE(rule_equal(a, b));
		CU_ASSERT_TRUE(rule_equal(a, a));
	}
	struct rule *tcp = test_rule(&unit, "network inet tcp", ABI_4_0, false);
	CU_ASSERT_TRUE(rule_equal(tcp, test_rule(&unit, "network inet stream", ABI_4_0, false)));
	unit_free(&unit);
}

static void add(struct buf *text, size_t i, const char *rule)
{
	buf_printf(text, "profile p%zu {\n\t%s,\n}\n", i, rule);
}

static struct slice compiled(struct arena *arena, struct slice text, const char *what)
{
	struct slice error;
	struct slice binary = test_binary(arena, text, &error);
	if (!binary.at)
		printf("\n%s: %.*s\n", what, SLICE_FMT(error));
	CU_ASSERT_PTR_NOT_NULL(binary.at);
	return binary;
}

/* Only after the whole is known to differ: which rule is it? */
static void find_difference(struct arena *arena)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		struct buf given = buf_new(arena), again = buf_new(arena);
		if (rows[i].newer && !test_has_abi_4())
			continue;
		buf_add_str(&given, "@{PROC} = /proc/\n");
		buf_add_str(&again, "@{PROC} = /proc/\n");
		add(&given, 0, rows[i].given);
		add(&again, 0, rows[i].printed);
		if (!slice_eq(compiled(arena, buf_slice(&given), rows[i].given),
			    compiled(arena, buf_slice(&again), rows[i].printed)))
			printf("\n'%s' does not compile as '%s'\n", rows[i].given, rows[i].printed);
	}
}

UNIT_TEST(given_and_printed_rules_compile_to_the_same_bytes)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	struct buf given = buf_new(&arena), again = buf_new(&arena);
	buf_add_str(&given, "@{PROC} = /proc/\n");
	buf_add_str(&again, "@{PROC} = /proc/\n");
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (rows[i].newer && !test_has_abi_4())
			continue;
		add(&given, i, rows[i].given);
		add(&again, i, rows[i].printed);
	}
	struct slice a = compiled(&arena, buf_slice(&given), "as given");
	struct slice b = compiled(&arena, buf_slice(&again), "as printed");
	CU_ASSERT_TRUE(a.len > 1000);
	CU_ASSERT_TRUE(slice_eq(a, b));
	if (!slice_eq(a, b))
		find_difference(&arena);
	arena_free(&arena);
}
