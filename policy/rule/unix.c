/* unix [ACCESS] [type=TYPE] [addr=ADDRESS] [peer=([label=PROFILE] [addr=ADDRESS])]: apparmor.d(5).
 */

#include "policy/rule/region.h"

enum {
	SEND = 1 << 0,
	RECEIVE = 1 << 1,
	CONNECT = 1 << 2,
	ACCEPT = 1 << 3,
	CREATE = 1 << 4,
	BIND = 1 << 5,
	LISTEN = 1 << 6,
	SHUTDOWN = 1 << 7,
	GETATTR = 1 << 8,
	SETATTR = 1 << 9,
	GETOPT = 1 << 10,
	SETOPT = 1 << 11,
	PEER = SEND | RECEIVE | CONNECT | ACCEPT, /* all that a peer can be named for */
	ALL = (1 << 12) - 1,
};

static const struct access_name access_names[] = {
	{"create", CREATE},
	{"bind", BIND},
	{"listen", LISTEN},
	{"accept", ACCEPT},
	{"connect", CONNECT},
	{"shutdown", SHUTDOWN},
	{"getattr", GETATTR},
	{"setattr", SETATTR},
	{"getopt", GETOPT},
	{"setopt", SETOPT},
	{"send", SEND},
	{"receive", RECEIVE},
	{"write", SEND},
	{"read", RECEIVE},
	{"w", SEND},
	{"r", RECEIVE},
	{"rw", SEND | RECEIVE},
	{"wr", SEND | RECEIVE},
};

/* An abstract address starts with '@'; "none" is anonymous, "auto" chosen by the kernel. */
static bool check_address(struct unit *unit, const struct item *item)
{
	struct slice text = item->text;
	if (slice_starts(text, SLICE("@")) || slice_is(text, "none") || slice_is(text, "auto"))
		return true;
	struct diag *diag = diag_add(&unit->diags, DIAG_BAD_RULE, item->span,
		"unix address '%.*s' must be none, auto, or start with '@'", SLICE_FMT(text));
	if (slice_starts(text, SLICE("/")))
		diag_help(&unit->diags, diag,
			"a socket with a path is a file: use a file rule such as '%.*s rw'",
			SLICE_FMT(text));
	return false;
}

static const struct condition_kind peer_conditions[] = {
	{.key = "label", .type = CONDITION_PATTERN},
	{.key = "addr", .type = CONDITION_PATTERN, .check = check_address},
};

static const struct condition_kind conditions[] = {
	{.key = "type", .type = CONDITION_NAME, .names = &names_types},
	{.key = "addr", .type = CONDITION_PATTERN, .check = check_address},
	{.key = "peer",
		.type = CONDITION_GROUP,
		.members = peer_conditions,
		.member_count = sizeof(peer_conditions) / sizeof(*peer_conditions)},
};

static uint32_t implied(const struct condition *given)
{
	return condition_find(given, "peer") ? PEER : ALL;
}

static const struct access_kind kind = {
	.name = "unix",
	.access = access_names,
	.access_count = sizeof(access_names) / sizeof(*access_names),
	.all = ALL,
	.implied = implied,
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
	if (!rule)
		return NULL;
	const struct condition *peer = condition_find(rule->conditions, "peer");
	if (!peer || (rule->access & ~(uint32_t)PEER) == 0)
		return &rule->head;
	diag_add(&unit->diags, DIAG_BAD_RULE, peer->span,
		"'peer=' goes only with send, receive, connect and accept");
	return NULL;
}

/* A socket is created before it has an address or a peer. */
static const struct region_kind region_kind = {
	.name = "unix",
	.sets = {{.form = FORM_ACCESS, .access = &kind},
		{.form = FORM_NAME, .key = "type", .names = &names_types}},
	.set_count = 2,
	.patterns = {{.form = FORM_TEXT, .key = "addr"},
		{.form = FORM_TEXT, .key = "label", .group = "peer", .is_label = true},
		{.form = FORM_TEXT, .key = "addr", .group = "peer"}},
	.pattern_count = 3,
};

void unix_regions_of_type(struct region_list *list, const struct rule *rule, region_bits types)
{
	region_add(list, &region_kind, rule)->sets[1] = types;
}

static void regions(struct region_list *list, const struct rule *head)
{
	region_add_access(list, &region_kind, &kind, head);
	struct region *region = &list->at[list->count - 1];
	if (!(region->sets[0] & CREATE) || region->sets[0] == CREATE ||
		!condition_find(((const struct access_rule *)head)->conditions, "addr")) {
		if (region->sets[0] == CREATE)
			memset(region->patterns, 0, sizeof(region->patterns));
		return;
	}
	region_bits types = region->sets[1];
	region->sets[0] &= ~(region_bits)CREATE;
	region = region_add(list, &region_kind, head);
	region->sets[0] = CREATE;
	region->sets[1] = types;
}

const struct rule_ops rule_unix = {
	.name = "unix",
	.size = sizeof(struct access_rule),
	.since = ABI_NONE,
	.access = &kind,
	.about = "unix sockets by address and peer",
	.read = read,
	.print = access_print,
	.equal = access_rule_equal,
	.regions = regions,
};
