/*
 * dbus [ACCESS] [bus=BUS] [path=… interface=… member=… peer=(…) | name=NAME]: apparmor.d(5), "DBus
 * rules". Messages are sent and received, services bound; eavesdropping takes only a bus.
 */

#include "policy/rule/region.h"

enum {
	SEND = 1 << 0,
	RECEIVE = 1 << 1,
	BIND = 1 << 2,
	EAVESDROP = 1 << 3,
	MESSAGE = SEND | RECEIVE,
	ALL = (1 << 4) - 1,
};

static const struct access_name access_names[] = {
	{"send", SEND},
	{"receive", RECEIVE},
	{"bind", BIND},
	{"eavesdrop", EAVESDROP},
	{"write", SEND},
	{"read", RECEIVE},
	{"w", SEND},
	{"r", RECEIVE},
	{"rw", SEND | RECEIVE},
	{"wr", SEND | RECEIVE},
};

static const struct condition_kind peer_conditions[] = {
	{.key = "name", .type = CONDITION_PATTERN},
	{.key = "label", .type = CONDITION_PATTERN},
};

static const struct condition_kind conditions[] = {
	{.key = "bus", .type = CONDITION_PATTERN},
	{.key = "path", .type = CONDITION_PATTERN},
	{.key = "interface", .type = CONDITION_PATTERN},
	{.key = "member", .type = CONDITION_PATTERN},
	{.key = "name", .type = CONDITION_PATTERN},
	{.key = "peer",
		.type = CONDITION_GROUP,
		.members = peer_conditions,
		.member_count = sizeof(peer_conditions) / sizeof(*peer_conditions)},
};

static const struct condition *message_condition(const struct condition *given)
{
	static const char *const keys[] = {"path", "interface", "member", "peer"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (condition_find(given, keys[i]))
			return condition_find(given, keys[i]);
	return NULL;
}

static uint32_t implied(const struct condition *given)
{
	if (condition_find(given, "name"))
		return BIND;
	return message_condition(given) ? MESSAGE : ALL;
}

static const struct access_kind kind = {
	.name = "dbus",
	.access = access_names,
	.access_count = sizeof(access_names) / sizeof(*access_names),
	.all = ALL,
	.implied = implied,
	.has_parentheses = true,
	.conditions = conditions,
	.condition_count = sizeof(conditions) / sizeof(*conditions),
};

static bool refuse(
	struct unit *unit, const struct condition *at, const char *access, const char *takes)
{
	diag_add(&unit->diags, DIAG_BAD_RULE, at->span,
		"'%.*s=' does not go with %s in a dbus rule, %s", SLICE_FMT(at->key), access,
		takes);
	return false;
}

static bool check(struct unit *unit, const struct access_rule *rule)
{
	const struct condition *name = condition_find(rule->conditions, "name");
	const struct condition *message = message_condition(rule->conditions);
	if (name && message) {
		struct diag *diag = diag_add(&unit->diags, DIAG_BAD_RULE, message->span,
			"'%.*s=' is of messages, 'name=' of services: a dbus rule takes one of them",
			SLICE_FMT(message->key));
		diag_help(&unit->diags, diag, "the name of a peer is peer=(name=…)");
		return false;
	}
	if ((rule->access & EAVESDROP) && (name || message))
		return refuse(unit, name ? name : message, "eavesdrop", "which takes only 'bus='");
	if ((rule->access & BIND) && message)
		return refuse(unit, message, "bind", "which takes only 'bus=' and 'name='");
	if ((rule->access & MESSAGE) && name)
		return refuse(
			unit, name, "send and receive", "the name of a peer is peer=(name=…)");
	return true;
}

static struct rule *read(struct unit *unit, const struct statement *statement,
	const struct item *items, const struct qualifiers *qualifiers)
{
	(void)statement;
	(void)qualifiers;
	struct access_rule *rule = access_rule_read(unit, &kind, items);
	return rule && check(unit, rule) ? &rule->head : NULL;
}

static const struct region_kind region_kind = {
	.name = "dbus",
	.sets = {{.form = FORM_ACCESS, .access = &kind}},
	.set_count = 1,
	.patterns =
		{
			{.form = FORM_TEXT, .key = "bus"},
			{.form = FORM_TEXT, .key = "path"},
			{.form = FORM_TEXT, .key = "interface"},
			{.form = FORM_TEXT, .key = "member"},
			{.form = FORM_TEXT, .key = "name"},
			{.form = FORM_TEXT, .key = "name", .group = "peer"},
			{.form = FORM_TEXT, .key = "label", .group = "peer", .is_label = true},
		},
	.pattern_count = 7,
};

static void regions(struct region_list *list, const struct rule *rule)
{
	region_add_access(list, &region_kind, &kind, rule);
}

const struct rule_ops rule_dbus = {
	.name = "dbus",
	.size = sizeof(struct access_rule),
	.since = ABI_NONE,
	.access = &kind,
	.about = "messages on D-Bus",
	.read = read,
	.print = access_print,
	.equal = access_rule_equal,
	.regions = regions,
};
