#include "analysis/rulebook.h"
#include "policy/names/names.h"

/* Collects the rules that speak about one access. */
struct collector {
	struct arena *arena;
	const struct rulebook *book;
	const struct rule **allow, **deny;
	size_t allow_count, deny_count;
	const struct file_rule *exec;
	bool uncertain;
};

static struct collector collector_new(struct arena *arena, const struct rulebook *book)
{
	return (struct collector){
		.arena = arena,
		.book = book,
		.allow = arena_array(arena, book->count, sizeof(struct rule *)),
		.deny = arena_array(arena, book->count, sizeof(struct rule *)),
	};
}

static void collect(struct collector *collector, const struct rule *rule)
{
	if (rule->qualifiers.deny)
		collector->deny[collector->deny_count++] = rule;
	else
		collector->allow[collector->allow_count++] = rule;
	if (rule->qualifiers.prompt)
		collector->uncertain = true;
}

static int priority_of(const struct rule *rule)
{
	return rule->qualifiers.has_priority ? rule->qualifiers.priority : 0;
}

static int highest(const struct rule *const *rules, size_t count, int at_least)
{
	for (size_t i = 0; i < count; i++)
		if (priority_of(rules[i]) > at_least)
			at_least = priority_of(rules[i]);
	return at_least;
}

static size_t keep_priority(const struct rule **rules, size_t count, int priority)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (priority_of(rules[i]) == priority)
			rules[kept++] = rules[i];
	return kept;
}

static struct attribution finish(struct collector *collector)
{
	int top = highest(collector->allow, collector->allow_count, INT32_MIN);
	top = highest(collector->deny, collector->deny_count, top);
	collector->allow_count = keep_priority(collector->allow, collector->allow_count, top);
	collector->deny_count = keep_priority(collector->deny, collector->deny_count, top);
	bool allowed = collector->allow_count > 0 || collector->book->open;
	return (struct attribution){
		.allow = collector->allow,
		.allow_count = collector->allow_count,
		.deny = collector->deny,
		.deny_count = collector->deny_count,
		.exec = allowed && collector->deny_count == 0 ? collector->exec : NULL,
		.allowed = allowed && collector->deny_count == 0,
		.uncertain = collector->uncertain || collector->book->open,
	};
}

static bool concerns(const struct rule *rule, bool owner)
{
	switch (rule->qualifiers.owner) {
	case OWNER_ANY:
		return true;
	case OWNER_OWNER:
		return owner;
	case OWNER_OTHER:
		return !owner;
	}
	return true;
}

/* w is a as well; a transition that may stay in the profile maps the program. */
static unsigned effective_perms(const struct file_rule *rule)
{
	unsigned perms = rule->perms;
	if (rule->all && perms == 0)
		perms = PERM_READ | PERM_WRITE | PERM_LINK | PERM_LOCK | PERM_MMAP | PERM_EXEC;
	if (perms & PERM_WRITE)
		perms |= PERM_APPEND;
	bool inherits = rule->exec == EXEC_INHERIT || rule->exec == EXEC_PROFILE_INHERIT ||
			rule->exec == EXEC_CHILD_INHERIT;
	if (inherits && !rule->head.qualifiers.deny)
		perms |= PERM_MMAP;
	return perms;
}

/* Among several exec rules a literal path wins; globs must agree, so that any of them does. */
static void note_transition(struct collector *collector, const struct entry *entry)
{
	const struct file_rule *rule = (const struct file_rule *)entry->rule,
			       *old = collector->exec;
	int priority = priority_of(entry->rule), before = old ? priority_of(&old->head) : 0;
	bool exact = entry->glob_count > 0 && entry_is_exact(entry);
	if (!old || priority > before || (priority == before && exact))
		collector->exec = rule;
}

static void collect_file(struct collector *collector, const struct entry *entry, struct slice path,
	bool owner, enum perm perm)
{
	const struct file_rule *rule = (const struct file_rule *)entry->rule;
	if (!(effective_perms(rule) & perm) || !concerns(entry->rule, owner))
		return;
	if (entry->broken)
		collector->uncertain = true;
	if (!rule->all && !entry_matches(entry, path))
		return;
	/* `deny l /a -> /b` is of one pair: it is no deny of every link. */
	if (perm == PERM_LINK && rule->link_target && entry->rule->qualifiers.deny) {
		collector->uncertain = true;
		return;
	}
	collect(collector, entry->rule);
	if (perm == PERM_EXEC && !entry->rule->qualifiers.deny)
		note_transition(collector, entry);
}

/* A deny of one pair leaves others: it is no deny of every link. */
static void collect_link(struct collector *collector, const struct entry *entry, struct slice path,
	bool owner, enum perm perm)
{
	if (perm != PERM_LINK || !concerns(entry->rule, owner))
		return;
	if (entry->broken || entry->rule->qualifiers.deny)
		collector->uncertain = true;
	else if (entry_matches(entry, path))
		collect(collector, entry->rule);
}

/* What apparmor_parser lets profiles do that may change into another profile or hat. */
static bool is_implied(const struct rulebook *book, struct slice path, enum perm perm)
{
	if (!book->implied || !(perm & (PERM_READ | PERM_WRITE | PERM_APPEND)))
		return false;
	if (slice_is(path, "/sys/module/apparmor/parameters/enabled"))
		return true;
	return slice_starts(path, SLICE("/proc/")) &&
	       (slice_ends(path, SLICE("/current")) || slice_ends(path, SLICE("/exec")) ||
		       slice_ends(path, SLICE("/attr/apparmor/")));
}

struct attribution attribute_file(struct arena *arena, const struct rulebook *book,
	struct slice path, bool owner, enum perm perm)
{
	struct collector collector = collector_new(arena, book);
	for (size_t i = 0; i < book->count; i++) {
		const struct entry *entry = &book->entries[i];
		if (entry->rule->ops == &rule_file)
			collect_file(&collector, entry, path, owner, perm);
		else if (entry->rule->ops == &rule_link)
			collect_link(&collector, entry, path, owner, perm);
		else if (entry->rule->ops == &rule_all)
			collect(&collector, entry->rule);
	}
	collector.uncertain |= is_implied(book, path, perm);
	return finish(&collector);
}

/*
 * `network tcp` is of the internet families, `network icmp` of inet alone; the protocol's number
 * is the type it stands for.
 */
static bool protocol_concerns(const char *protocol, const char *family, const char *type)
{
	const struct name *found = name_find(&names_protocols, slice_str(protocol));
	const struct name *wanted = name_find(&names_types, slice_str(type));
	bool internet = !strcmp(family, "inet") ||
			(!strcmp(family, "inet6") && strcmp(protocol, "icmp") != 0);
	return found && wanted && found->number == wanted->number && internet;
}

static bool network_concerns(const struct network_rule *rule, const char *family, const char *type)
{
	if (rule->family && strcmp(rule->family, family) != 0)
		return false;
	if (rule->type && strcmp(rule->type, type) != 0)
		return false;
	return !rule->protocol || protocol_concerns(rule->protocol, family, type);
}

struct attribution attribute_network(
	struct arena *arena, const struct rulebook *book, const char *family, const char *type)
{
	struct collector collector = collector_new(arena, book);
	for (size_t i = 0; i < book->count; i++) {
		const struct rule *rule = book->entries[i].rule;
		if (rule->ops == &rule_network) {
			const struct network_rule *network = (const struct network_rule *)rule;
			if (!network_concerns(network, family, type))
				continue;
			collector.uncertain |= network->conditions || network->access;
			collect(&collector, rule);
		} else if (rule->ops == &rule_unix && !strcmp(family, "unix")) {
			/* By address, access and peer: it says more than is asked here. */
			collector.uncertain = true;
			collect(&collector, rule);
		} else if (rule->ops == &rule_all) {
			collect(&collector, rule);
		}
	}
	return finish(&collector);
}

struct attribution attribute_capability(
	struct arena *arena, const struct rulebook *book, int capability)
{
	struct collector collector = collector_new(arena, book);
	for (size_t i = 0; i < book->count; i++) {
		const struct rule *rule = book->entries[i].rule;
		if (rule->ops == &rule_capability) {
			uint64_t mask = ((const struct capability_rule *)rule)->mask;
			if (mask == 0 || (mask >> capability & 1))
				collect(&collector, rule);
		} else if (rule->ops == &rule_all) {
			collect(&collector, rule);
		}
	}
	return finish(&collector);
}

const struct rule *attribution_decides(const struct attribution *attribution)
{
	if (attribution->deny_count > 0)
		return attribution->deny[0];
	return attribution->allow_count > 0 ? attribution->allow[0] : NULL;
}

struct span attribution_place(const struct rule *rule)
{
	return span_none(rule->cause) ? rule->span : rule->cause;
}
