/* signal [ACCESS] [set=(SIGNAL …)] [peer=PROFILE]: apparmor.d(5), "Signal rules". */

#include "policy/rule/region.h"

enum { SEND = 1, RECEIVE = 2 };

static const struct access_name access_names[] = {
	{"send", SEND},
	{"receive", RECEIVE},
	{"write", SEND},
	{"read", RECEIVE},
	{"w", SEND},
	{"r", RECEIVE},
	{"rw", SEND | RECEIVE},
	{"wr", SEND | RECEIVE},
};

static const struct condition_kind conditions[] = {
	{.key = "set", .type = CONDITION_NAMES, .names = &names_signals},
	{.key = "peer", .type = CONDITION_PATTERN, .no_list = true},
};

static const struct access_kind kind = {
	.name = "signal",
	.access = access_names,
	.access_count = sizeof(access_names) / sizeof(*access_names),
	.all = SEND | RECEIVE,
	.has_parentheses = true,
	.conditions = conditions,
	.condition_count = sizeof(conditions) / sizeof(*conditions),
};

static struct rule *read(struct unit *unit, const struct statement *statement,
	const struct item *items, const struct qualifiers *qualifiers)
{
	(void)statement;
	(void)qualifiers;
	struct access_rule *rule = access_rule_read(unit, &kind, items);
	return rule ? &rule->head : NULL;
}

static const struct region_kind region_kind = {
	.name = "signal",
	.sets = {{.form = FORM_ACCESS, .access = &kind},
		{.form = FORM_LIST, .key = "set", .names = &names_signals}},
	.set_count = 2,
	.patterns =
		{
			{.form = FORM_TEXT, .key = "peer", .is_label = true, .never_empty = true},
		},
	.pattern_count = 1,
};

static void regions(struct region_list *list, const struct rule *rule)
{
	region_add_access(list, &region_kind, &kind, rule);
}

const struct rule_ops rule_signal = {
	.name = "signal",
	.size = sizeof(struct access_rule),
	.since = ABI_NONE,
	.access = &kind,
	.about = "signals sent and received",
	.read = read,
	.print = access_print,
	.equal = access_rule_equal,
	.regions = regions,
};
