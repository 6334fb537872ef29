#include "policy/policy.h"

void body_init(struct body *body)
{
	*body = (struct body){0};
}

/* An empty list's end is set anew, as a body may have been copied since. */

void body_add_rule(struct body *body, struct rule *rule)
{
	if (!body->rules)
		body->rules_end = &body->rules;
	rule->next = NULL;
	*body->rules_end = rule;
	body->rules_end = &rule->next;
}

void body_add_include(struct body *body, struct include *include)
{
	if (!body->includes)
		body->includes_end = &body->includes;
	include->next = NULL;
	*body->includes_end = include;
	body->includes_end = &include->next;
}

void body_add_child(struct body *body, struct profile *child)
{
	if (!body->children)
		body->children_end = &body->children;
	child->next = NULL;
	*body->children_end = child;
	body->children_end = &child->next;
}

bool profile_has_flag(const struct profile *profile, const char *flag)
{
	for (size_t i = 0; i < profile->flag_count; i++)
		if (slice_is(profile->flags[i], flag))
			return true;
	return false;
}
