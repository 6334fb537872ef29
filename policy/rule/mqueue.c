/* mqueue [ACCESS] [type=posix|sysv] [label=PROFILE] [NAME]: message queues, kernels from 6.8 on. */

#include "policy/rule/region.h"

enum {
	CREATE = 1 << 0,
	OPEN = 1 << 1,
	DELETE = 1 << 2,
	READ = 1 << 3,
	WRITE = 1 << 4,
	GETATTR = 1 << 5,
	SETATTR = 1 << 6,
	ALL = (1 << 7) - 1,
};

static const struct access_name access_names[] = {
	{"create", CREATE},
	{"open", OPEN},
	{"delete", DELETE},
	{"read", READ},
	{"write", WRITE},
	{"getattr", GETATTR},
	{"setattr", SETATTR},
	{"r", READ},
	{"w", WRITE},
	{"rw", READ | WRITE},
	{"wr", READ | WRITE},
};

static const struct name type_names[] = {{"posix", 0}, {"sysv", 1}};
static const char *const type_texts[] = {"posix", "sysv"};
static const struct name_list types = {"message queue type", type_names, type_texts, 2};

static const struct condition_kind conditions[] = {
	{.key = "type", .type = CONDITION_NAME, .names = &types},
	{.key = "label", .type = CONDITION_PATTERN},
	{.key = "name", .type = CONDITION_PATTERN, .bare = true},
};

static const struct access_kind kind = {
	.name = "mqueue",
	.access = access_names,
	.access_count = sizeof(access_names) / sizeof(*access_names),
	.all = ALL,
	.has_parentheses = true,
	.conditions = conditions,
	.condition_count = sizeof(conditions) / sizeof(*conditions),
};

static bool is_number(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.len > 0;
}

/* posix queues have a name with '/', System V queues a number. */
static bool check_name(struct unit *unit, const struct access_rule *rule)
{
	const struct condition *name = condition_find(rule->conditions, "name");
	const struct condition *type = condition_find(rule->conditions, "type");
	if (!name)
		return true;
	bool posix = slice_starts(name->values[0], SLICE("/"));
	bool sysv = is_number(name->values[0]);
	if (type && slice_is(type->values[0], "posix"))
		sysv = false;
	else if (type)
		posix = false;
	if (posix || sysv)
		return true;
	diag_add(&unit->diags, DIAG_BAD_RULE, name->span,
		"'%.*s' does not name a message queue: a posix queue starts with '/', a sysv queue "
		"is a number",
		SLICE_FMT(name->values[0]));
	return false;
}

static struct rule *read(struct unit *unit, const struct statement *statement,
	const struct item *items, const struct qualifiers *qualifiers)
{
	(void)statement;
	(void)qualifiers;
	struct access_rule *rule = access_rule_read(unit, &kind, items);
	return rule && check_name(unit, rule) ? &rule->head : NULL;
}

static const struct region_kind region_kind = {
	.name = "mqueue",
	.sets = {{.form = FORM_ACCESS, .access = &kind},
		{.form = FORM_NAME, .key = "type", .names = &types}},
	.set_count = 2,
	.patterns =
		{
			{.form = FORM_TEXT, .key = "label", .is_label = true},
			{.form = FORM_BARE, .key = "name"},
		},
	.pattern_count = 2,
};

/* A name tells the type. */
static void regions(struct region_list *list, const struct rule *rule)
{
	region_add_access(list, &region_kind, &kind, rule);
	struct region *region = &list->at[list->count - 1];
	const struct region_pattern *name = &region->patterns[1];
	if (name->is_given)
		region->sets[1] &= region_name(&types,
			slice_starts(name->text, SLICE("/")) ? SLICE("posix") : SLICE("sysv"));
}

const struct rule_ops rule_mqueue = {
	.name = "mqueue",
	.size = sizeof(struct access_rule),
	.since = ABI_4_0,
	.access = &kind,
	.about = "message queues",
	.read = read,
	.print = access_print,
	.equal = access_rule_equal,
	.regions = regions,
};
