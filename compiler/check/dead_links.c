/*
 * Links that denies take away. A link is a pair: its name, and the file that it is made to; both
 * the `l` of a file rule (to any file) and `link` rules are about pairs.
 *
 *     {path: /srv/a, link: true}    deny: /srv/a/{,?*} l     error: no link is left
 *     link /a -> /b                 deny: link /? -> /b       error
 */
#include "compiler/check/dead_regions.h"

static bool is_link(const struct rule *rule)
{
	return rule->ops == &rule_link ||
	       (rule->ops == &rule_file && ((const struct file_rule *)rule)->perms & PERM_LINK);
}

void check_dead_links(const struct check_input *input)
{
	check_dead_regions(input, is_link);
}
