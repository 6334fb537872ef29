#include "manager/host/root_check.h"

#include "compiler/lower_paths.h"
#include "manager/host/root_judge.h"

bool root_is_host(const struct compiled *compiled)
{
	return compiled->policy->profiles->attachment.len > 0;
}

/* A further program that is a link to what the profile attaches to gets it all the same. */
static void take_back_first(struct root_look *look, const struct root_entry *at)
{
	bool is_further = at->key->id == KEY_BINARY && at->side == look->sides && !at->attaches;
	if (!is_further || !look->attachment || at->entry->kind != PATH_FILE)
		return;
	const struct rooted_path *place = root_view_at(look->view, at->entry->path);
	if (place->exists && glob_match(look->attachment, place->resolved))
		diag_forget(&look->unit->diags, DIAG_ATTACH_FIRST, at->entry->span);
}

static void check_entries(struct root_look *look, struct root_side *side, enum key_id key,
	const struct path_entry *entry, unsigned perms)
{
	struct root_entry at = {.side = side,
		.key = &keys[key],
		.perms = perms,
		.is_program = key == KEY_BINARY || key == KEY_EXEC};
	at.attaches = key == KEY_BINARY && side == look->sides && look->is_host;
	for (; entry; entry = entry->next) {
		at.entry = entry;
		take_back_first(look, &at);
		if (!lower_is_proc_self(entry->path) && !root_is_too_much(look))
			root_judge(look, &at);
		at.attaches = false; /* only the first one does */
	}
}

/* What stands there is AppArmor's language, and may be about anything; of denies, those that the
 * mode leaves in force. */
static void check_rules(struct root_look *look, struct root_side *side)
{
	const struct rule *rule = side->profile->body.rules;
	for (; rule; rule = rule->next) {
		bool is_written = rule->section == SECTION_RULES || rule->section == SECTION_DENY;
		if (is_written && rule->ops == &rule_file && !root_is_too_much(look))
			root_judge_rule(look, side, (const struct file_rule *)rule);
	}
}

static void check_side(struct root_look *look, struct root_side *side)
{
	const struct service *service = side->service;
	check_entries(look, side, KEY_BINARY, service->binary, PERM_EXEC);
	check_entries(look, side, KEY_LIBRARIES, service->libraries, PERM_READ | PERM_MMAP);
	check_entries(look, side, KEY_READABLE, service->readable, PERM_READ);
	check_entries(look, side, KEY_WRITABLE, service->writable, PERM_WRITE);
	check_entries(look, side, KEY_EXEC, service->exec, PERM_EXEC);
	check_rules(look, side);
}

static const struct profile *child_profile(const struct profile *profile, struct slice name)
{
	const struct profile *child = profile->body.children;
	while (child && !slice_eq(child->name, name))
		child = child->next;
	return child;
}

static void add_side(
	struct root_look *look, const struct service *service, const struct profile *profile)
{
	struct root_side **end = &look->sides;
	while (*end)
		end = &(*end)->next;
	*end = arena_new(&look->unit->arena, struct root_side);
	(*end)->service = service;
	(*end)->profile = profile;
}

/* NULL: it depends on what is not known here; then nothing is said of the attachment. */
static const struct glob *read_attachment(struct root_look *look)
{
	struct unit *unit = look->unit;
	struct slice text, name;
	const char *error;
	size_t offset;
	if (!scope_expand(&unit->arena, unit->limits, look->compiled->scope,
		    look->compiled->policy->profiles->attachment, &text, &name))
		return NULL;
	return glob_read(&unit->arena, unit->limits, text, &error, &offset);
}

static void report_too_much(struct root_look *look)
{
	struct root_finding *finding = arena_new(&look->unit->arena, struct root_finding);
	finding->id = DIAG_TOO_COMPLEX;
	finding->at = look->compiled->service->name_span;
	finding->message = SLICE(
		"not all paths were compared with the root: there are too many links or findings");
	*look->end = finding;
}

const struct root_finding *root_check(
	struct root_view *view, struct unit *unit, const struct compiled *compiled)
{
	struct root_look look = {.view = view, .unit = unit, .compiled = compiled};
	const struct profile *profile = compiled->policy->profiles;
	look.is_host = root_is_host(compiled);
	look.end = &look.findings;
	if (look.is_host)
		look.attachment = read_attachment(&look);
	add_side(&look, compiled->service, profile);
	for (const struct service *child = compiled->service->children; child;
		child = child->next) {
		const struct profile *compiled_child = child_profile(profile, child->name);
		if (compiled_child)
			add_side(&look, child, compiled_child);
	}
	for (struct root_side *side = look.sides; side; side = side->next)
		check_side(&look, side);
	if (root_is_too_much(&look))
		report_too_much(&look);
	return look.findings;
}

void root_report(struct unit *unit, const struct root_finding *findings)
{
	for (const struct root_finding *at = findings; at; at = at->next) {
		struct diag *diag =
			diag_add(&unit->diags, at->id, at->at, "%.*s", SLICE_FMT(at->message));
		if (at->help.len > 0)
			diag_help(&unit->diags, diag, "%.*s", SLICE_FMT(at->help));
	}
}
