#include "tests/unit/policy_support.h"

#include "tests/unit/unit.h"

#include <stdio.h>

/* What is no rule, and where it says so. */

static const struct {
	const char *rule;
	enum diag_id id;
	const char *marked;
} rows[] = {
#define REFUSED(rule, symbol, marked) {rule, DIAG_##symbol, marked},
#include "tests/unit/policy_refused.def"
#undef REFUSED
};

UNIT_TEST(wrong_rules_are_refused_at_the_right_word)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct rule *rule = test_rule(&unit, rows[i].rule, ABI_4_0, false);
		const struct diag *diag = unit.diags.first;
		CU_ASSERT_PTR_NULL(rule);
		CU_ASSERT_PTR_NOT_NULL(diag);
		if (!diag)
			printf("\n'%s' is not refused\n", rows[i].rule);
		if (!diag)
			continue;
		struct slice marked = sources_text(&unit.sources, diag->at);
		CU_ASSERT_EQUAL(diag->id, rows[i].id);
		CU_ASSERT_TRUE(slice_is(marked, rows[i].marked));
		if (diag->id != rows[i].id || !slice_is(marked, rows[i].marked))
			printf("\n'%s': %s at '%.*s'\n", rows[i].rule, diag_kinds[diag->id].name,
				SLICE_FMT(marked));
		unit_reset(&unit);
	}
	unit_free(&unit);
}

static enum diag_id refusal(struct unit *unit, const char *text, enum abi abi, bool deny)
{
	unit_reset(unit);
	struct rule *rule = test_rule(unit, text, abi, deny);
	CU_ASSERT_EQUAL(rule == NULL, unit->diags.errors > 0);
	return unit->diags.first ? unit->diags.first->id : DIAG_COUNT;
}

UNIT_TEST(newer_kinds_need_a_newer_abi)
{
	static const char *const newer[] = {"userns", "mqueue", "io_uring", "all",
		"network (send) inet", "network inet ip=127.0.0.1", "priority=5 /a r",
		"prompt /a r"};
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < sizeof(newer) / sizeof(*newer); i++) {
		CU_ASSERT_EQUAL(refusal(&unit, newer[i], ABI_3_0, false), DIAG_KIND_NEWER_THAN_ABI);
		CU_ASSERT_EQUAL(
			refusal(&unit, newer[i], ABI_NONE, false), DIAG_KIND_NEWER_THAN_ABI);
		CU_ASSERT_EQUAL(refusal(&unit, newer[i], ABI_4_0, false), DIAG_COUNT);
	}
	CU_ASSERT_EQUAL(refusal(&unit, "network inet tcp", ABI_NONE, false), DIAG_COUNT);
	unit_free(&unit);
}

UNIT_TEST(rules_of_a_deny_list_have_no_decision_of_their_own)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	CU_ASSERT_EQUAL(refusal(&unit, "deny /a r", ABI_3_0, true), DIAG_BAD_QUALIFIER);
	CU_ASSERT_EQUAL(refusal(&unit, "allow /a r", ABI_3_0, true), DIAG_BAD_QUALIFIER);
	CU_ASSERT_EQUAL(refusal(&unit, "/a ix", ABI_3_0, true), DIAG_BAD_RULE);
	CU_ASSERT_EQUAL(refusal(&unit, "file", ABI_3_0, true), DIAG_BAD_RULE);
	CU_ASSERT_EQUAL(refusal(&unit, "alias /a -> /b", ABI_3_0, false), DIAG_BAD_RULE);
	unit_reset(&unit);
	struct rule *rule = test_rule(&unit, "audit owner /a rx", ABI_3_0, true);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rule);
	CU_ASSERT_TRUE(rule->qualifiers.deny && rule->qualifiers.audit);
	CU_ASSERT_EQUAL(rule->section, SECTION_DENY);
	unit_free(&unit);
}
