#include "manager/host/root_judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct root_finding *root_find(struct root_look *look, const struct root_entry *at, enum diag_id id,
	struct slice sees, const char *format, ...)
{
	struct arena *arena = &look->unit->arena;
	struct root_finding *finding = arena_new(arena, struct root_finding);
	char *text = NULL;
	va_list arguments;
	va_start(arguments, format);
	int len = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (len < 0)
		arena->out_of_memory();
	look->found++;
	finding->id = id;
	finding->at = at->entry->span;
	finding->path = at->entry->path;
	finding->sees = sees;
	finding->message = arena_copy(arena, slice_of(text, (size_t)len));
	free(text);
	*look->end = finding;
	look->end = (const struct root_finding **)&finding->next;
	return finding;
}

static struct root_side *side_of(struct root_look *look, struct slice child)
{
	for (struct root_side *side = look->sides; side; side = side->next)
		if (side->service != look->compiled->service &&
			slice_eq(side->service->name, child))
			return side;
	return NULL;
}

/* The rules of a profile and of its abstractions, read when they are first asked for. */
static const struct pattern_list *rules_of(struct root_look *look, struct root_side *side)
{
	if (side->has_rules)
		return &side->rules;
	side->has_rules = true;
	const struct body *body = &side->profile->body;
	for (const struct rule *rule = body->rules; rule; rule = rule->next) {
		if (rule->ops != &rule_file)
			continue;
		struct pattern pattern = pattern_of(
			look->unit, look->compiled->scope, (const struct file_rule *)rule, false);
		if (pattern.glob)
			pattern_list_add(&look->unit->arena, &side->rules, pattern);
	}
	const struct included *included =
		patterns_of_includes(look->unit, look->compiled->template, body);
	for (size_t i = 0; i < included->files.count; i++)
		pattern_list_add(&look->unit->arena, &side->rules, included->files.at[i]);
	return &side->rules;
}

static bool gives(const struct file_rule *rule, unsigned perms)
{
	return !rule->head.qualifiers.deny && (rule->all || (rule->perms & perms) == perms);
}

bool root_is_too_much(const struct root_look *look)
{
	enum { WORK_MOST = 20000000, FOUND_MOST = 1000 };
	return look->work >= WORK_MOST || look->found >= FOUND_MOST;
}

bool root_allows(struct root_look *look, struct root_side *side, struct slice path, unsigned perms)
{
	const struct pattern_list *rules = rules_of(look, side);
	if (root_is_too_much(look))
		return true;
	look->work += rules->count;
	for (size_t i = 0; i < rules->count; i++)
		if (gives(rules->at[i].rule, perms) && rules->at[i].glob &&
			glob_match(rules->at[i].glob, path))
			return true;
	return false;
}

/* The transition that lowering gives an entry (compiler/lower.c). */
static bool starts_as(const struct path_entry *entry, const struct file_rule *rule)
{
	bool is_named = slice_eq(rule->target, entry->as_name) && rule->scrub;
	switch (entry->as) {
	case EXEC_AS_INHERIT:
		return rule->all || rule->exec == EXEC_INHERIT;
	case EXEC_AS_CHILD:
		return rule->exec == EXEC_CHILD && is_named;
	case EXEC_AS_PROFILE:
		return rule->exec == EXEC_PROFILE && is_named;
	case EXEC_AS_UNCONFINED:
		return rule->exec == EXEC_UNCONFINED && rule->scrub;
	}
	return false;
}

const struct file_rule *root_start_rule(
	struct root_look *look, struct root_side *side, struct slice path)
{
	const struct pattern_list *rules = rules_of(look, side);
	const struct file_rule *found = NULL;
	look->work += rules->count;
	for (size_t i = 0; i < rules->count; i++) {
		const struct pattern *pattern = &rules->at[i];
		if (!gives(pattern->rule, PERM_EXEC) || !pattern->glob ||
			!glob_match(pattern->glob, path))
			continue;
		if (glob_is_exact(pattern->glob))
			return pattern->rule;
		found = pattern->rule;
	}
	return found;
}

bool root_starts(struct root_look *look, const struct root_entry *at, struct slice path)
{
	if (root_is_too_much(look))
		return true;
	const struct file_rule *rule = root_start_rule(look, at->side, path);
	return rule && starts_as(at->entry, rule);
}

bool root_allows_all(struct root_look *look, const struct root_entry *at, const struct glob *glob)
{
	struct unit *unit = look->unit;
	if (at->attaches)
		return glob_covered(&unit->arena, unit->limits, glob, &look->attachment, 1, NULL) !=
		       GLOB_NO;
	const struct pattern_list *rules = rules_of(look, at->side);
	const struct glob **by = arena_array(&unit->arena, rules->count, sizeof(*by));
	size_t count = 0;
	for (size_t i = 0; i < rules->count; i++)
		if (rules->at[i].glob && gives(rules->at[i].rule, at->perms) &&
			(!at->is_program || starts_as(at->entry, rules->at[i].rule)))
			by[count++] = rules->at[i].glob;
	return glob_covered(&unit->arena, unit->limits, glob, by, count, NULL) != GLOB_NO;
}

/* Whether a rule says, of one permission and of its own paths, what another one says. */
static bool says_same(const struct file_rule *rule, const struct file_rule *as, unsigned perm)
{
	const struct qualifiers *mine = &rule->head.qualifiers, *theirs = &as->head.qualifiers;
	bool has_it = rule->all || (rule->perms & perm) ||
		      (perm == PERM_APPEND && (rule->perms & PERM_WRITE));
	if (!has_it || mine->deny != theirs->deny ||
		(mine->owner != OWNER_ANY && mine->owner != theirs->owner))
		return false;
	if (perm != PERM_EXEC || mine->deny)
		return true;
	enum exec_mode exec = rule->all ? EXEC_INHERIT : rule->exec;
	return exec == as->exec && rule->scrub == as->scrub && slice_eq(rule->target, as->target);
}

bool root_says_all(struct root_look *look, struct root_side *side, const struct file_rule *rule,
	const struct glob *glob)
{
	struct unit *unit = look->unit;
	const struct pattern_list *rules = rules_of(look, side);
	const struct glob **by = arena_array(&unit->arena, rules->count, sizeof(*by));
	for (unsigned perm = PERM_READ; perm <= PERM_EXEC; perm <<= 1) {
		size_t count = 0;
		if (!(rule->perms & perm))
			continue;
		look->work += rules->count;
		for (size_t i = 0; i < rules->count; i++)
			if (rules->at[i].glob && says_same(rules->at[i].rule, rule, perm))
				by[count++] = rules->at[i].glob;
		if (glob_covered(&unit->arena, unit->limits, glob, by, count, NULL) == GLOB_NO)
			return false;
	}
	return true;
}

struct root_side *root_started_side(struct root_look *look, const struct root_entry *at)
{
	switch (at->entry->as) {
	case EXEC_AS_INHERIT:
		return at->side;
	case EXEC_AS_CHILD:
		return side_of(look, at->entry->as_name);
	case EXEC_AS_PROFILE:
	case EXEC_AS_UNCONFINED:
		break;
	}
	return NULL;
}

/* In a tree each name below it, else the name itself; the attachment for the first program. */
bool root_fits(struct root_look *look, const struct root_entry *at, const struct rooted_path *place)
{
	struct arena *arena = &look->unit->arena;
	struct slice path = place->resolved;
	if (at->attaches)
		return look->attachment && glob_match(look->attachment, path);
	bool is_tree = place->exists ? S_ISDIR(place->at.st_mode) : at->entry->kind == PATH_TREE;
	struct slice below = slice_is(path, "/") ? SLICE("") : path;
	struct slice inside =
		is_tree ? arena_printf(arena, "%.*s/x", SLICE_FMT(below)) : slice_of(NULL, 0);
	if (at->is_program)
		return root_starts(look, at, is_tree ? inside : path);
	if (!is_tree)
		return root_allows(look, at->side, path, at->perms);
	return root_allows(look, at->side, inside, at->perms) ||
	       root_allows(
		       look, at->side, arena_printf(arena, "%.*s/", SLICE_FMT(below)), at->perms);
}

static bool is_below(struct slice path, const char *directory)
{
	struct slice top = slice_str(directory);
	return slice_starts(path, top) && (path.len == top.len || path.at[top.len] == '/');
}

/* What runtimes mount over files of the image. */
static bool is_mounted(const struct root_look *look, struct slice path)
{
	static const char *const mounted[] = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"};
	for (size_t i = 0; i < sizeof(mounted) / sizeof(mounted[0]); i++)
		if (!look->is_host && slice_is(path, mounted[i]))
			return true;
	return false;
}

/* What a boot, or the start of a container, makes: a tree that nobody booted does not hold it. */
static bool is_made_later(const struct root_look *look, struct slice path)
{
	static const char *const made[] = {
		"/proc", "/sys", "/dev", "/run", "/tmp", "/var/run", "/var/lock"};
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (!root_view_is_machine(look->view) && is_below(path, made[i]))
			return true;
	return is_mounted(look, path);
}

bool root_is_elsewhere(struct root_look *look, struct slice path)
{
	/* Of processes: another one's is not this one's. */
	if (slice_starts(path, SLICE("/proc/")) && path.len > 6 && path.at[6] >= '0' &&
		path.at[6] <= '9')
		return true;
	if (is_made_later(look, path))
		return true;
	const struct container *run = look->compiled->service->run;
	const struct mount *mount = look->is_host || !run ? NULL : container_mount(run, path);
	return mount && (mount->volume || !mount->tmpfs->is_default);
}

bool root_is_hidden(struct root_look *look, struct slice link)
{
	static const char *const tops[] = {"/proc", "/sys", "/dev", "/run", "/tmp"};
	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++)
		if (!root_view_is_machine(look->view) && is_below(link, tops[i]) &&
			link.len > strlen(tops[i]))
			return true;
	/* A mount on the link itself is made where that leads to, so the link stays. */
	const struct container *run = look->compiled->service->run;
	const char *slash = memrchr(link.at, '/', link.len);
	struct slice above = slice_first(link, slash ? (size_t)(slash - link.at) : 0);
	const struct mount *mount = look->is_host || !run ? NULL : container_mount(run, above);
	if (is_mounted(look, link))
		return true;
	return mount && (mount->volume || !mount->tmpfs->is_default);
}
