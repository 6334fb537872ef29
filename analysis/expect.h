#ifndef ANALYSIS_EXPECT_H
#define ANALYSIS_EXPECT_H

/*
 * Runs the `expect` section of a description against its compiled profile. The compiled policy
 * decides; the rules only explain.
 *
 * What an assertion means: `allow` needs every letter (every socket type) allowed, to the owner of
 * the file and to others alike; `deny` needs each letter (each type) refused, to both. `owner …`
 * and `other …` ask one side. `l` asks whether the path may become a link of any file at all. `exec
 * PATH as …` under `allow` needs exactly that transition, with no fallback to another; under `deny`
 * that transition must be impossible, even as a fallback. In complain mode the rules are asked all
 * the same.
 */

#include "analysis/attribute.h"
#include "analysis/decide.h"
#include "compiler/service/service.h"

struct expect_result {
	const struct expectation *expectation;
	bool passed;
};

/*
 * Runs the list of assertions. Each one that fails is a diagnostic EXPECT_FAILED at its place: what
 * the compiled policy really allows, and as second place the rule that decides, at the entry of the
 * description it was made from. Where the rules say otherwise than the compiled policy, that is a
 * diagnostic DISAGREEMENT too. book: the rules of the same profile, or NULL to explain nothing.
 * *ret_results has one result per assertion, in their order, in the unit's arena. Returns whether
 * all have passed and nothing disagreed.
 */
bool expect_run(struct unit *unit, const struct compiled_profile *profile,
	const struct rulebook *book, const struct expectation *first,
	const struct expect_result **ret_results, size_t *ret_count);

#endif
