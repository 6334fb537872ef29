#ifndef COMPILER_SERVICE_TEMPLATES_H
#define COMPILER_SERVICE_TEMPLATES_H

/* Which template each profile of a description is made from. */

#include "compiler/service/service.h"
#include "compiler/template.h"

/* The templates of a service: its own, and one for each of its children, in their order. */
struct service_templates {
	const struct policy_template *own;
	const struct policy_template *const *children;
};

/* The template of a profile: of the child of that name, else the service's own. */
const struct policy_template *template_of_profile(const struct service *service,
	const struct service_templates *templates, const struct profile *profile);

#endif
