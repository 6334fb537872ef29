/*
 * Allow rules of the kinds other than file and link that denies take away, alone or together.
 *
 *     signal peer=a            deny: [signal send, signal receive]      error: nothing is left
 *     remount options=ro /a    deny: [mount]                            error: it is a mount
 *     network [inet]           deny: [network inet raw]                 warning: part of it
 */
#include "compiler/check/dead_regions.h"

static bool is_other(const struct rule *rule)
{
	return rule->ops != &rule_file && rule->ops != &rule_link;
}

void check_dead_rules(const struct check_input *input)
{
	check_dead_regions(input, is_other, false);
}
