#ifndef ANALYSIS_EXPECT_REPORT_H
#define ANALYSIS_EXPECT_REPORT_H

/* The diagnostics of analysis/expect.c. */

#include "analysis/expect.h"

struct run {
	struct unit *unit;
	const struct compiled_profile *profile;
	const struct rulebook *book; /* or NULL */
	bool disagreed;
};

/* Index 0 is the owner's side, 1 that of others. */
struct file_failure {
	unsigned wrong[2];   /* letters refused that should be allowed, or the reverse */
	unsigned allowed[2]; /* what the compiled policy allows */
};

void report_file(
	struct run *run, const struct expectation *expectation, const struct file_failure *failure);

void report_exec(struct run *run, const struct expectation *expectation, struct exec_decision exec,
	const struct attribution *attribution);

/* what: the access in words, "network inet stream". */
void report_decision(struct run *run, const struct expectation *expectation,
	struct decision decision, const struct attribution *attribution, struct slice what);

void report_disagreement(struct run *run, const struct expectation *expectation,
	const struct attribution *attribution, struct slice what);

#endif
