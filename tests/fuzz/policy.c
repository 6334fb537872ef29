/* Any bytes as AppArmor's language: refused with a diagnostic, or printing it is a fixed point that
 * means the same. */
#include "parser/parser.h"
#include "policy/print.h"
#include "policy/read.h"
#include "tests/fuzz/fuzz.h"

static bool read_text(struct unit *unit, struct slice text, struct policy *ret_policy)
{
	const struct source *source = sources_add(&unit->sources, SLICE("input"), text, 1);
	struct statement *statements;
	return source && parse_policy(unit, source, &statements) &&
	       policy_read(unit, statements, ORIGIN_TEMPLATE, NULL, ret_policy);
}

static struct slice print_policy(struct unit *unit, const struct policy *policy)
{
	struct buf out = buf_new(&unit->arena);
	struct print_options plain = {.sources = &unit->sources};
	preamble_print(&policy->preamble, &plain, &out);
	for (const struct profile *profile = policy->profiles; profile; profile = profile->next)
		profile_print(profile, &plain, &out);
	return buf_slice(&out);
}

static void check_fixed_point(struct unit *unit, const struct policy *policy)
{
	struct slice text = print_policy(unit, policy), why = SLICE("");
	struct policy again;
	bool readable = read_text(unit, text, &again);
	if (!readable)
		fuzz_show(text);
	fuzz_demand(readable, "printed text is valid");
	bool same = policy_equal(&unit->arena, policy, &again, &why) &&
		    slice_eq(text, print_policy(unit, &again));
	if (!same) {
		fuzz_show(text);
		fuzz_show(why);
	}
	fuzz_demand(same, "printed text means the same");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unit unit;
	unit_init(&unit, NULL, fuzz_out_of_memory);
	struct policy policy;
	if (read_text(&unit, slice_of((const char *)data, size), &policy))
		check_fixed_point(&unit, &policy);
	else
		fuzz_demand(unit.diags.errors > 0, "refused without a diagnostic");
	unit_free(&unit);
	return 0;
}
