/* signal [ACCESS] [set=(SIGNAL …)] [peer=PROFILE]: apparmor.d(5), "Signal rules". */

#include "policy/cover.h"

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

const struct rule_ops rule_signal = {
	.name = "signal",
	.size = sizeof(struct access_rule),
	.since = ABI_NONE,
	.access = &kind,
	.about = "signals sent and received",
	.read = read,
	.print = access_print,
	.equal = access_rule_equal,
	.covers = access_covers,
};
