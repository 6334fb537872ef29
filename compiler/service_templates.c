#include "compiler/service_templates.h"

const struct policy_template *template_of_profile(const struct service *service,
	const struct service_templates *templates, const struct profile *profile)
{
	size_t index = 0;
	for (const struct service *child = service->children; child; child = child->next, index++)
		if (slice_eq(child->name, profile->name))
			return templates->children[index];
	return templates->own;
}
