/*
 * Entries of the description that change nothing: what they allow is allowed by the template or by
 * an abstraction already.
 *
 *     template: docker-default     `file,` allows everything
 *     readable: [/etc/ssl/]        warning: this entry changes nothing
 *
 * An entry that opens a hole in a deny does change something, and so does one that is logged.
 */
#include "compiler/check/check.h"

#include "policy/includes.h"

enum { ALLOWS_MAX = 256 };

/* `binary` is named for more than its permissions: attachment, launch outputs, checks. */
static bool is_entry_rule(const struct rule *rule)
{
	switch (rule->section) {
	case SECTION_NETWORK:
	case SECTION_CAPABILITIES:
	case SECTION_LIBRARIES:
	case SECTION_READABLE:
	case SECTION_WRITABLE:
	case SECTION_EXEC:
	case SECTION_RULES:
		break;
	default:
		return false;
	}
	return rule->origin == ORIGIN_DESCRIPTION && !rule->qualifiers.deny &&
	       !rule->qualifiers.audit && !rule->opens_deny;
}

static bool gives(const struct file_rule *by, const struct file_rule *entry, unsigned perm)
{
	unsigned perms = by->perms & PERM_WRITE ? by->perms | PERM_APPEND : by->perms;
	enum owner owner = by->head.qualifiers.owner;
	if (!(perms & perm) || (owner != OWNER_ANY && owner != entry->head.qualifiers.owner))
		return false;
	return perm != PERM_EXEC ||
	       (by->exec == entry->exec && slice_eq(by->target, entry->target) &&
		       by->scrub == entry->scrub);
}

/* The allow rules of others that meet the entry's path. */
struct allows {
	const struct pattern *at[ALLOWS_MAX];
	size_t count;
};

static void find_allows(struct unit *unit, const struct pattern_list *from,
	const struct pattern *entry, struct allows *allows)
{
	for (size_t i = 0; i < from->count && allows->count < ALLOWS_MAX; i++) {
		const struct pattern *by = &from->at[i];
		const struct rule *rule = &by->rule->head;
		if (rule->origin == ORIGIN_DESCRIPTION || rule->qualifiers.deny ||
			!(by->rule->perms & entry->rule->perms))
			continue;
		if (glob_overlap(&unit->arena, unit->limits, by->glob, entry->glob, NULL) ==
			GLOB_YES)
			allows->at[allows->count++] = by;
	}
}

/* The first of the rules that together give the entry a permission on all of its path, or NULL. */
static const struct rule *given_by(
	struct unit *unit, const struct allows *allows, const struct pattern *entry, unsigned perm)
{
	const struct glob *by[ALLOWS_MAX];
	const struct rule *first = NULL;
	size_t count = 0;
	for (size_t i = 0; i < allows->count; i++) {
		if (!gives(allows->at[i]->rule, entry->rule, perm))
			continue;
		first = first ? first : &allows->at[i]->rule->head;
		by[count++] = allows->at[i]->glob;
	}
	return first && glob_covered(&unit->arena, unit->limits, entry->glob, by, count, NULL) ==
				       GLOB_YES
		       ? first
		       : NULL;
}

/* A rule of others for this very file, not for all files there: the entry is about a file, then. */
static const struct rule *given_for_name(const struct pattern_list *from,
	const struct file_rule *entry, struct slice path, struct slice other)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct pattern *by = &from->at[i];
		const struct rule *rule = &by->rule->head;
		if (rule->origin != ORIGIN_DESCRIPTION && !rule->qualifiers.deny && by->glob &&
			gives(by->rule, entry, PERM_READ) && glob_match(by->glob, path) &&
			!glob_match(by->glob, other))
			return rule;
	}
	return NULL;
}

/* The rule that gives the file, of an entry that is a file or a directory. */
static const struct rule *name_given_by(
	const struct check_input *input, const struct file_rule *entry)
{
	struct unit *unit = input->unit;
	struct pattern name = pattern_of_name(unit, input->scope, entry);
	struct slice path = name.glob ? glob_prefix(name.glob) : slice_of(NULL, 0);
	if (!name.glob || !glob_match(name.glob, path))
		return NULL; /* not one name */
	struct slice other = arena_printf(&unit->arena, "%.*s~", SLICE_FMT(path));
	const struct rule *by = given_for_name(&input->own, entry, path, other);
	return by ? by : given_for_name(&input->included, entry, path, other);
}

static const struct rule *file_given_by(const struct check_input *input, const struct rule *rule)
{
	struct allows allows = {.count = 0};
	struct pattern entry =
		pattern_of(input->unit, input->scope, (const struct file_rule *)rule, false);
	const struct rule *first = NULL;
	if (!entry.glob)
		return NULL;
	find_allows(input->unit, &input->own, &entry, &allows);
	find_allows(input->unit, &input->included, &entry, &allows);
	for (unsigned perm = 1; perm <= PERM_EXEC; perm <<= 1) {
		if (!(entry.rule->perms & perm))
			continue;
		const struct rule *by = given_by(input->unit, &allows, &entry, perm);
		if (!by)
			return name_given_by(input, entry.rule);
		first = first ? first : by;
	}
	return first;
}

static const struct rule *covering(
	struct unit *unit, const struct rule *from, const struct rule *entry)
{
	struct slice witness;
	for (const struct rule *rule = from; rule; rule = rule->next)
		if (rule->ops == entry->ops && rule->origin != ORIGIN_DESCRIPTION &&
			!rule->qualifiers.deny &&
			rule->ops->covers(unit, rule, entry, &witness) == COVER_WHOLLY)
			return rule;
	return NULL;
}

static const struct rule *covering_include(struct unit *unit, struct include_set *set,
	const struct include *include, const struct rule *entry)
{
	const struct rule *found = NULL;
	for (; include && !found; include = include->next)
		for (const struct include_file *file = include->files; file && !found;
			file = file->next) {
			if (!include_set_add(set, file))
				continue;
			found = covering(unit, file->body->rules, entry);
			if (!found)
				found = covering_include(unit, set, file->body->includes, entry);
		}
	return found;
}

/* Another rule that allows all that this one does, or NULL. */
static const struct rule *other_given_by(const struct check_input *input, const struct rule *rule)
{
	struct include_set set = include_set_new(&input->unit->arena);
	const struct body *body = &input->profile->body;
	if (!rule->ops->covers)
		return NULL;
	const struct rule *by = covering(input->unit, body->rules, rule);
	return by ? by : covering_include(input->unit, &set, body->includes, rule);
}

static bool is_same_entry(const struct rule *a, const struct rule *b)
{
	return b && a->cause.begin == b->cause.begin && a->cause.end == b->cause.end;
}

static void report(const struct check_input *input, const struct rule *entry, const struct rule *by)
{
	struct unit *unit = input->unit;
	struct slice text = check_rule_text(unit, by);
	struct diag *diag = diag_add(&unit->diags, DIAG_ALREADY_ALLOWED, check_place(entry),
		"this entry changes nothing: '%.*s' is allowed already",
		SLICE_FMT(check_rule_text(unit, entry)));
	diag_second(&unit->diags, diag, by->span, "'%.*s' of %s allows it", SLICE_FMT(text),
		by->origin == ORIGIN_TEMPLATE ? "the template" : "an abstraction");
	diag_help(&unit->diags, diag, "take the entry out%s",
		slice_is(input->template->name, "docker-default")
			? "; with 'template: container' only what is listed is allowed"
			: "");
}

/* A directory gives two rules: the entry changes nothing when both are allowed already. */
void check_already_allowed(const struct check_input *input)
{
	const struct rule *rule = input->profile->body.rules;
	while (rule) {
		const struct rule *first = rule, *by = NULL;
		bool is_allowed = true;
		do {
			const struct rule *one = NULL;
			if (is_allowed && is_entry_rule(rule))
				one = rule->ops == &rule_file ? file_given_by(input, rule)
							      : other_given_by(input, rule);
			is_allowed = one != NULL;
			by = by ? by : one;
			rule = rule->next;
		} while (is_same_entry(first, rule));
		if (is_allowed)
			report(input, first, by);
	}
}
