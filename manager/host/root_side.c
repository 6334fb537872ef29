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
		if (rules->at[i].glob && gives(rules->at[i].rule, at->perms))
			by[count++] = rules->at[i].glob;
	return glob_covered(&unit->arena, unit->limits, glob, by, count, NULL) != GLOB_NO;
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
	if (!is_tree)
		return root_allows(look, at->side, path, at->perms);
	struct slice below = slice_is(path, "/") ? SLICE("") : path;
	return root_allows(look, at->side, arena_printf(arena, "%.*s/x", SLICE_FMT(below)),
		       at->perms) ||
	       (!at->is_program &&
		       root_allows(look, at->side, arena_printf(arena, "%.*s/", SLICE_FMT(below)),
			       at->perms));
}

static bool is_below(struct slice path, const char *directory)
{
	struct slice top = slice_str(directory);
	return slice_starts(path, top) && (path.len == top.len || path.at[top.len] == '/');
}

/* What a boot, or the start of a container, makes: a tree that nobody booted does not hold it. */
static bool is_made_later(const struct root_look *look, struct slice path)
{
	static const char *const made[] = {
		"/proc", "/sys", "/dev", "/run", "/tmp", "/var/run", "/var/lock"};
	static const char *const mounted[] = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"};
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (!root_view_is_machine(look->view) && is_below(path, made[i]))
			return true;
	for (size_t i = 0; i < sizeof(mounted) / sizeof(mounted[0]); i++)
		if (!look->is_host && slice_is(path, mounted[i]))
			return true;
	return false;
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
