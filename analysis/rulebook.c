#include "analysis/rulebook.h"

struct alias {
	struct alias *next;
	struct slice from, to;
};

/* What is needed while a rulebook is made. */
struct maker {
	struct unit *unit;
	const struct scope *scope;
	struct alias *aliases;
	size_t alias_count;
	struct entry *entries; /* NULL in the first run, which only counts */
	size_t count;
	bool implied;
};

bool entry_matches(const struct entry *entry, struct slice path)
{
	for (size_t i = 0; i < entry->glob_count; i++)
		if (glob_match(entry->globs[i], path))
			return true;
	return false;
}

bool entry_is_exact(const struct entry *entry)
{
	for (size_t i = 0; i < entry->glob_count; i++)
		if (!glob_is_exact(entry->globs[i]))
			return false;
	return true;
}

static void add_glob(struct maker *maker, struct entry *entry, struct slice aare)
{
	const char *error;
	size_t offset;
	struct unit *unit = maker->unit;
	struct glob *glob = glob_read(&unit->arena, unit->limits, aare, &error, &offset);
	if (glob)
		entry->globs[entry->glob_count++] = glob;
	else
		entry->broken = true;
}

/* alias /home/ -> /mnt/home/ adds to every rule that begins with /home/ one for /mnt/home/. */
static void add_pattern(struct maker *maker, struct entry *entry, struct slice aare)
{
	struct arena *arena = &maker->unit->arena;
	struct slice expanded, name;
	if (!scope_expand(arena, maker->unit->limits, maker->scope, aare, &expanded, &name)) {
		entry->broken = true;
		return;
	}
	entry->globs = arena_array(arena, maker->alias_count + 1, sizeof(struct glob *));
	add_glob(maker, entry, expanded);
	for (const struct alias *alias = maker->aliases; alias; alias = alias->next) {
		if (!slice_starts(expanded, alias->from))
			continue;
		struct slice rest = slice_from(expanded, alias->from.len);
		add_glob(maker, entry,
			arena_printf(arena, "%.*s%.*s", SLICE_FMT(alias->to), SLICE_FMT(rest)));
	}
}

static void add_rule(struct maker *maker, const struct rule *rule)
{
	if (rule->ops == &rule_change_profile)
		maker->implied = true;
	size_t at = maker->count++;
	if (!maker->entries)
		return;
	struct entry *entry = &maker->entries[at];
	entry->rule = rule;
	if (rule->ops == &rule_file) {
		const struct file_rule *file = (const struct file_rule *)rule;
		if (!file->all)
			add_pattern(maker, entry, file->path);
	} else if (rule->ops == &rule_link) {
		add_pattern(maker, entry, ((const struct link_rule *)rule)->from);
	}
}

static void add_body(struct maker *maker, const struct body *body, unsigned depth)
{
	if (depth == 0)
		return;
	for (const struct rule *rule = body->rules; rule; rule = rule->next)
		add_rule(maker, rule);
	maker->implied |= body->children != NULL;
	for (const struct include *include = body->includes; include; include = include->next)
		for (const struct include_file *file = include->files; file; file = file->next)
			if (file->body)
				add_body(maker, file->body, depth - 1);
}

static void add_alias(struct maker *maker, const struct alias_rule *rule)
{
	struct arena *arena = &maker->unit->arena;
	struct alias *alias = arena_new(arena, struct alias);
	*alias = (struct alias){.next = maker->aliases, .from = rule->from, .to = rule->to};
	maker->aliases = alias;
	maker->alias_count++;
}

static void add_aliases(struct maker *maker, const struct preamble *preamble, unsigned depth)
{
	if (!preamble || depth == 0)
		return;
	for (const struct rule *rule = preamble->aliases; rule; rule = rule->next)
		add_alias(maker, (const struct alias_rule *)rule);
	for (const struct include *include = preamble->includes; include; include = include->next)
		for (const struct include_file *file = include->files; file; file = file->next)
			add_aliases(maker, file->preamble, depth - 1);
}

static bool is_open(const struct profile *profile)
{
	return profile_has_flag(profile, "unconfined") ||
	       profile_has_flag(profile, "default_allow");
}

const struct rulebook *rulebook_new(struct unit *unit, const struct scope *scope,
	const struct preamble *preamble, const struct profile *profile)
{
	struct maker maker = {.unit = unit, .scope = scope, .implied = profile->is_hat};
	add_aliases(&maker, preamble, unit->limits->depth);
	add_body(&maker, &profile->body, unit->limits->depth);
	maker.entries = arena_array(&unit->arena, maker.count, sizeof(struct entry));
	maker.count = 0;
	add_body(&maker, &profile->body, unit->limits->depth);
	struct rulebook *book = arena_new(&unit->arena, struct rulebook);
	*book = (struct rulebook){
		.entries = maker.entries,
		.count = maker.count,
		.implied = maker.implied,
		.open = is_open(profile),
	};
	return book;
}
