/*
 * Links that denies take away. A link is a pair: its name, and the file that it is made to; both
 * the `l` of a file rule (to any file) and `link` rules are about pairs.
 *
 *     {path: /srv/a, link: true}    deny: /srv/a/{,?*} l     error: no link is left
 *     link /a -> /b                 deny: link /? -> /b       error
 */
#include "compiler/check/dead_regions.h"

static bool permits_link(const struct rule *rule)
{
	return rule->ops == &rule_file && ((const struct file_rule *)rule)->perms & PERM_LINK;
}

static bool is_link(const struct rule *rule)
{
	return rule->ops == &rule_link || permits_link(rule);
}

static bool has_link_rules(const struct check_input *input)
{
	const struct included *included = input->included;
	for (const struct rule *rule = input->profile->body.rules; rule; rule = rule->next)
		if (rule->ops == &rule_link)
			return true;
	for (size_t i = 0; i < included->other_count; i++)
		if (included->others[i].rule->ops == &rule_link)
			return true;
	return false;
}

/* Those with the permission to link: allows that can be in vain, or denies. */
static void add_linking(
	struct unit *unit, const struct pattern_list *from, bool deny, struct pattern_list *list)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct rule *rule = &from->at[i].rule->head;
		if (permits_link(rule) && rule->qualifiers.deny == deny &&
			(deny || rule->origin != ORIGIN_TEMPLATE))
			pattern_list_add(&unit->arena, list, from->at[i]);
	}
}

/* Of most profiles no deny is about the names of links that they permit. */
static bool may_be_dead(const struct check_input *input)
{
	enum { PAIRS_MAX = 4096 }; /* of so many the closer look tells, which has a budget */
	struct unit *unit = input->unit;
	struct pattern_list allows = {0}, denies = {0};
	if (has_link_rules(input))
		return true;
	add_linking(unit, &input->own, false, &allows);
	add_linking(unit, &input->included->files, false, &allows);
	add_linking(unit, &input->own, true, &denies);
	add_linking(unit, &input->included->files, true, &denies);
	if (allows.count > 0 && denies.count > PAIRS_MAX / allows.count)
		return true;
	for (size_t i = 0; i < allows.count; i++)
		for (size_t j = 0; j < denies.count; j++)
			if (glob_overlap(&unit->arena, unit->limits, denies.at[j].glob,
				    allows.at[i].glob, NULL) != GLOB_NO)
				return true;
	return false;
}

void check_dead_links(const struct check_input *input)
{
	if (may_be_dead(input))
		check_dead_regions(input, is_link, true);
}
