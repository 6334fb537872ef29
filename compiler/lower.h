#ifndef COMPILER_LOWER_H
#define COMPILER_LOWER_H

/*
 * Service to policy: the template with the description's values put in, and the sections of rules
 * that the template did not place itself.
 */

#include "compiler/compile.h"

/*
 * The policy of a service; its preamble is the template's, with what those of the
 * children need. Denies are still whole (carve.h),
 * nothing is checked yet. NULL after an error.
 */
struct policy *lower_service(struct unit *unit, const struct service *service,
	const struct service_templates *templates, const struct compile_options *options);

/*
 * Reads the strings of `rules` and `deny`, of the children too, for their mistakes only: for a
 * description that cannot be lowered because of other mistakes. Children lie one level deep.
 */
void lower_check_rules(
	struct unit *unit, const struct service *service, const struct compile_options *options);

#endif
