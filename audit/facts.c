#include "audit/facts.h"

#include "policy/rule/rules.h"

enum { INCLUDES_DEEP = 32, WRITABLE_MAX = 1000 };

struct collector {
	struct arena *arena;
	struct profile_facts *facts;
	struct slice *writable;
	size_t count;
	uint64_t denied;
};

static void take_capability(struct collector *collector, const struct capability_rule *rule)
{
	uint64_t mask = rule->mask ? rule->mask : UINT64_MAX;
	if (rule->head.qualifiers.deny)
		collector->denied |= mask;
	else
		collector->facts->capabilities |= mask;
}

static void take_network(struct collector *collector, const struct network_rule *rule)
{
	bool is_internet = !rule->family || strcmp(rule->family, "inet") == 0 ||
			   strcmp(rule->family, "inet6") == 0;
	if (is_internet && !rule->head.qualifiers.deny)
		collector->facts->inet = true;
}

static void take_file(struct collector *collector, const struct file_rule *rule)
{
	bool writes = rule->perms & (PERM_WRITE | PERM_APPEND);
	if (!writes || rule->all || rule->head.qualifiers.deny || collector->count >= WRITABLE_MAX)
		return;
	if (slice_find(rule->path, SLICE("@{")))
		return;
	collector->writable[collector->count++] = arena_copy(collector->arena, rule->path);
}

static void take_body(struct collector *collector, const struct body *body, unsigned depth)
{
	for (const struct rule *rule = body->rules; rule; rule = rule->next) {
		if (rule->ops == &rule_capability)
			take_capability(collector, (const struct capability_rule *)rule);
		else if (rule->ops == &rule_network)
			take_network(collector, (const struct network_rule *)rule);
		else if (rule->ops == &rule_file && depth == 0 && rule->origin != ORIGIN_INCLUDE)
			take_file(collector, (const struct file_rule *)rule);
	}
	if (depth == INCLUDES_DEEP)
		return;
	for (const struct include *include = body->includes; include; include = include->next)
		for (const struct include_file *file = include->files; file; file = file->next)
			if (file->body)
				take_body(collector, file->body, depth + 1);
}

static struct slice mode_of(const struct profile *profile)
{
	static const char *const modes[] = {"complain", "kill", "unconfined", "prompt"};
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (profile_has_flag(profile, modes[i]))
			return slice_str(modes[i]);
	return SLICE("enforce");
}

const struct profile_facts *profile_facts(
	struct arena *arena, const struct profile *profile, struct slice where)
{
	struct profile_facts *facts = arena_new(arena, struct profile_facts);
	facts->name = arena_copy(arena, profile->name);
	facts->where = where;
	facts->mode = mode_of(profile);
	facts->has_rules = true;
	struct collector collector = {
		.arena = arena,
		.facts = facts,
		.writable = arena_array(arena, WRITABLE_MAX, sizeof(struct slice)),
	};
	take_body(&collector, &profile->body, 0);
	facts->capabilities &= ~collector.denied;
	facts->writable = collector.writable;
	facts->writable_count = collector.count;
	return facts;
}
