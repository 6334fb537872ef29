#ifndef COMPILER_CHECK_DEAD_REGIONS_H
#define COMPILER_CHECK_DEAD_REGIONS_H

/*
 * Allow rules that denies take away, for every kind whose rules have regions
 * (policy/rule/region.h). An entry of the description is `dead-rule` or `partly-dead-rule`, by
 * denies of the description, of the template and of abstractions; an allow of an abstraction is
 * `dead-included-rule`, by denies of the template.
 */

#include "compiler/check/check.h"

/* Compares the rules of the profile and its abstractions that `is_wanted`, each with each deny;
 * file rules of abstractions only `with_files`. */
void check_dead_regions(const struct check_input *input, bool (*is_wanted)(const struct rule *rule),
	bool with_files);

#endif
