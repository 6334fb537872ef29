/*
 * network [FAMILY] [TYPE|PROTOCOL]: apparmor.d(5), "Network Rules". apparmor 4 adds an access list
 * before and ip=, port=, peer=(ip= port=) after. A protocol stands for a socket type: `inet tcp` is
 * `inet stream`; without family it is of inet and inet6, icmp of inet alone.
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
	PEER = SEND | RECEIVE | CONNECT | ACCEPT,
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

/* none, 192.0.2.1 or 2001:db8::1; the exact form is left to apparmor_parser. */
static bool check_ip(struct unit *unit, const struct item *item)
{
	static const char address[] = "0123456789abcdefABCDEF.:";
	struct slice text = item->text;
	bool has_separator = slice_has(text, '.') || slice_has(text, ':');
	bool ok = has_separator || slice_is(text, "none");
	for (size_t i = 0; has_separator && i < text.len; i++)
		ok = ok && strchr(address, text.at[i]) && text.at[i];
	if (!ok)
		diag_add(&unit->diags, DIAG_BAD_RULE, item->span,
			"'%.*s' is not an IP address, expected one such as 192.0.2.1 or none",
			SLICE_FMT(text));
	return ok;
}

/* A number up to 65535; -1 when it is none. */
static long port_number(struct slice text)
{
	long number = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9' || i > 4)
			return -1;
		number = number * 10 + (text.at[i] - '0');
	}
	return text.len && number <= 65535 ? number : -1;
}

static bool check_port(struct unit *unit, const struct item *item)
{
	struct slice text = item->text;
	const char *dash = text.len ? memchr(text.at, '-', text.len) : NULL;
	size_t first_len = dash ? (size_t)(dash - text.at) : text.len;
	long first = port_number(slice_first(text, first_len));
	long last = dash ? port_number(slice_from(text, first_len + 1)) : first;
	if (first >= 0 && last >= first)
		return true;
	diag_add(&unit->diags, DIAG_BAD_RULE, item->span,
		"'%.*s' is not a port, expected 0 to 65535 or a range such as 8000-8080",
		SLICE_FMT(text));
	return false;
}

static const struct condition_kind peer_conditions[] = {
	{.key = "ip", .type = CONDITION_PATTERN, .check = check_ip},
	{.key = "port", .type = CONDITION_PATTERN, .check = check_port},
};

static const struct condition_kind conditions[] = {
	{.key = "ip", .type = CONDITION_PATTERN, .check = check_ip},
	{.key = "port", .type = CONDITION_PATTERN, .check = check_port},
	{.key = "peer",
		.type = CONDITION_GROUP,
		.members = peer_conditions,
		.member_count = sizeof(peer_conditions) / sizeof(*peer_conditions)},
};

static const struct access_kind kind = {
	.name = "network",
	.access = access_names,
	.access_count = sizeof(access_names) / sizeof(*access_names),
	.all = ALL,
	.has_parentheses = true,
	.conditions = conditions,
	.condition_count = sizeof(conditions) / sizeof(*conditions),
};

/* The nearest of the names that could stand here. */
static void report_word(struct unit *unit, const struct item *item, bool family_seen)
{
	const struct name_list *lists[] = {&names_types, &names_protocols, &names_families};
	const char *nearest = NULL;
	for (size_t i = 0; i < (family_seen ? 2 : 3) && !nearest; i++)
		nearest = name_nearest(lists[i], item_text(item));
	report_unknown(unit, item->span,
		family_seen ? "socket type or protocol" : "address family, socket type or protocol",
		item_text(item), nearest);
}

static bool type_read(struct unit *unit, const struct item *item, struct network_rule *rule)
{
	const struct name *type = name_find(&names_types, item->text);
	const struct name *protocol = name_find(&names_protocols, item->text);
	if (type) {
		rule->type = type->name;
		return true;
	}
	if (!protocol) {
		if (!name_find(&names_families, item->text))
			return report_word(unit, item, rule->family != NULL), false;
		diag_add(&unit->diags, DIAG_BAD_RULE, item->span,
			"'%.*s' is an address family, expected a socket type or protocol after '%s'",
			SLICE_FMT(item->text), rule->family);
		return false;
	}
	rule->protocol = protocol->name;
	bool inet = !rule->family || strcmp(rule->family, "inet") == 0;
	bool inet6 = rule->family && strcmp(rule->family, "inet6") == 0;
	if (inet || (inet6 && strcmp(protocol->name, "icmp") != 0))
		return true;
	struct diag *diag = diag_add(&unit->diags, DIAG_BAD_RULE, item->span,
		"protocol '%s' does not go with family '%s'", protocol->name, rule->family);
	if (inet6)
		diag_help(&unit->diags, diag, "ICMPv6 is 'network inet6 raw'");
	return false;
}

/* At most a family, then a type or protocol. */
static bool words_read(struct unit *unit, const struct item *item, struct network_rule *rule,
	const struct item **ret_rest)
{
	*ret_rest = item;
	if (!item || item->kind != ITEM_WORD)
		return true;
	const struct name *family = name_find(&names_families, item->text);
	if (family) {
		rule->family = family->name;
		item = item->next;
	}
	*ret_rest = item;
	if (!item || item->kind != ITEM_WORD)
		return true;
	*ret_rest = item->next;
	if (!type_read(unit, item, rule))
		return false;
	if (!item->next || item->next->kind != ITEM_WORD)
		return true;
	if (!rule->family && name_find(&names_families, item->next->text))
		diag_add(&unit->diags, DIAG_BAD_RULE, item->next->span,
			"the address family '%.*s' stands before '%.*s'",
			SLICE_FMT(item->next->text), SLICE_FMT(item->text));
	else
		diag_add(&unit->diags, DIAG_BAD_RULE, item->next->span,
			"unexpected '%.*s': a network rule takes one socket type or protocol",
			SLICE_FMT(item->next->text));
	return false;
}

static bool check_family(struct unit *unit, const struct network_rule *rule)
{
	const struct condition *peer = condition_find(rule->conditions, "peer");
	if (rule->conditions && rule->family && strcmp(rule->family, "inet") != 0 &&
		strcmp(rule->family, "inet6") != 0) {
		diag_add(&unit->diags, DIAG_BAD_RULE, rule->conditions->span,
			"'%.*s=' is for the families inet and inet6, not for '%s'",
			SLICE_FMT(rule->conditions->key), rule->family);
		return false;
	}
	if (!peer || (rule->access & ~(uint32_t)PEER) == 0)
		return true;
	diag_add(&unit->diags, DIAG_BAD_RULE, peer->span,
		"'peer=' goes only with send, receive, connect and accept");
	return false;
}

static struct rule *read(struct unit *unit, const struct statement *statement,
	const struct item *items, const struct qualifiers *qualifiers)
{
	(void)statement;
	(void)qualifiers;
	struct network_rule *rule = arena_new(&unit->arena, struct network_rule);
	const struct item *rest = items->next;
	bool ok = access_list_read(unit, &kind, rest, &rule->access, &rest);
	if (!words_read(unit, rest, rule, &rest))
		return NULL;
	ok = conditions_read(unit, &kind, rest, &rule->conditions, &rest) && ok;
	ok = ok && items_end(unit, rest, "network");
	return ok && check_family(unit, rule) ? &rule->head : NULL;
}

static void print(const struct rule *head, struct buf *out)
{
	const struct network_rule *rule = (const struct network_rule *)head;
	const char *const words[] = {rule->family, rule->type, rule->protocol};
	buf_add_str(out, "network");
	access_list_print(&kind, rule->access, out);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (words[i]) {
			buf_add_char(out, ' ');
			buf_add_str(out, words[i]);
		}
	conditions_print(&kind, rule->conditions, out);
}

/* Up to two families (a protocol without one), or none for all. */
static size_t families_of(const struct network_rule *rule, const char *ret_families[2])
{
	if (rule->family) {
		ret_families[0] = rule->family;
		return 1;
	}
	if (!rule->protocol)
		return 0;
	ret_families[0] = "inet";
	ret_families[1] = "inet6";
	return strcmp(rule->protocol, "icmp") == 0 ? 1 : 2;
}

static const char *type_of(const struct network_rule *rule)
{
	if (rule->type || !rule->protocol)
		return rule->type;
	const struct name *protocol = name_find(&names_protocols, slice_str(rule->protocol));
	return name_of(&names_types, protocol->number)->name;
}

static bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool equal(const struct rule *a, const struct rule *b)
{
	const struct network_rule *x = (const struct network_rule *)a;
	const struct network_rule *y = (const struct network_rule *)b;
	const char *xs[2] = {NULL, NULL}, *ys[2] = {NULL, NULL};
	return families_of(x, xs) == families_of(y, ys) && text_equal(xs[0], ys[0]) &&
	       text_equal(xs[1], ys[1]) && text_equal(type_of(x), type_of(y)) &&
	       x->access == y->access && conditions_equal(x->conditions, y->conditions);
}

static const struct region_kind region_kind = {
	.name = "network",
	.sets = {{.form = FORM_ACCESS, .access = &kind},
		{.form = FORM_NAME, .names = &names_families},
		{.form = FORM_NAME, .names = &names_types}},
	.set_count = 3,
	.patterns = {{.form = FORM_TEXT, .key = "ip"}, {.form = FORM_TEXT, .key = "port"},
		{.form = FORM_TEXT, .key = "ip", .group = "peer"},
		{.form = FORM_TEXT, .key = "port", .group = "peer"}},
	.pattern_count = 4,
};

static void match_address(struct region_list *list, struct region *region, size_t index,
	const struct condition *given)
{
	static const char *const keys[] = {"ip", "port"};
	for (size_t i = 0; i < 2; i++) {
		const struct condition *condition = condition_find(given, keys[i]);
		if (condition)
			region_match(list, region, index + i, condition->values[0]);
	}
}

/* What is about unix sockets is about each of them: see `unix`. */
static void regions(struct region_list *list, const struct rule *head)
{
	const struct network_rule *rule = (const struct network_rule *)head;
	const struct condition *peer = condition_find(rule->conditions, "peer");
	const char *families[2];
	size_t family_count = families_of(rule, families);
	struct region *region = region_add(list, &region_kind, head);
	if (rule->access || peer)
		region->sets[0] = rule->access ? rule->access : PEER;
	if (family_count > 0)
		region->sets[1] = 0;
	for (size_t i = 0; i < family_count; i++)
		region->sets[1] |= region_name(&names_families, slice_str(families[i]));
	if (type_of(rule))
		region->sets[2] = region_name(&names_types, slice_str(type_of(rule)));
	match_address(list, region, 0, rule->conditions);
	match_address(list, region, 2, peer ? peer->members : NULL);
	region_bits types = region->sets[2];
	if (!rule->conditions && !rule->access &&
		(region->sets[1] & region_name(&names_families, SLICE("unix"))))
		unix_regions_of_type(list, head, types);
}

const struct rule_ops rule_network = {
	.name = "network",
	.size = sizeof(struct network_rule),
	.since = ABI_NONE,
	.about = "sockets by family, type and protocol",
	.read = read,
	.print = print,
	.equal = equal,
	.regions = regions,
};
