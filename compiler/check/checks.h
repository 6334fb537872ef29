#ifndef COMPILER_CHECK_CHECKS_H
#define COMPILER_CHECK_CHECKS_H

/* Running the semantic checks (compiler/check/check.h) on a profile. */

#include "compiler/compile.h"

/* Runs all checks on a profile and on its children; those of the run only with `run`. */
void check_profile(struct unit *unit, const struct service_templates *templates,
	const struct scope *scope, const struct profile *profile, const struct service *service,
	enum abi abi, bool run);

#endif
