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
#include "policy/region.h"

enum { ALLOWS_MAX = 256, REGIONS_MAX = 8, WORK_MAX = 1000 };

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
			return NULL;
		first = first ? first : by;
	}
	return first;
}

/* What a rule of another kind than file is about, to be looked for. */
struct wanted {
	struct unit *unit;
	const struct scope *scope;
	const struct rule *entry;
	struct region_list regions;
	size_t work;
};

static const struct rule *covering(struct wanted *wanted, const struct rule *from)
{
	for (const struct rule *rule = from; rule; rule = rule->next) {
		if (rule->ops != wanted->entry->ops || rule->origin == ORIGIN_DESCRIPTION ||
			rule->qualifiers.deny)
			continue;
		struct region_list by = {.unit = wanted->unit, .scope = wanted->scope};
		const struct region *at[REGIONS_MAX];
		regions_of_rule(&by, rule);
		size_t count = by.count < REGIONS_MAX ? by.count : REGIONS_MAX;
		for (size_t i = 0; i < count; i++)
			at[i] = &by.at[i];
		struct region_answer answer =
			region_question(wanted->unit, &wanted->regions, at, count, &wanted->work);
		if (answer.cover == COVER_WHOLLY)
			return rule;
	}
	return NULL;
}

static const struct rule *covering_include(
	struct wanted *wanted, struct include_set *set, const struct include *include)
{
	const struct rule *found = NULL;
	for (; include && !found; include = include->next)
		for (const struct include_file *file = include->files; file && !found;
			file = file->next) {
			if (!include_set_add(set, file))
				continue;
			found = covering(wanted, file->body->rules);
			if (!found)
				found = covering_include(wanted, set, file->body->includes);
		}
	return found;
}

/* Another rule that allows all that this one does, or NULL. */
static const struct rule *other_given_by(const struct check_input *input, const struct rule *rule)
{
	struct unit *unit = input->unit;
	struct include_set set = include_set_new(&unit->arena);
	struct wanted wanted = {.unit = unit,
		.scope = input->scope,
		.entry = rule,
		.regions = {.unit = unit, .scope = input->scope},
		.work = WORK_MAX};
	const struct body *body = &input->profile->body;
	regions_of_rule(&wanted.regions, rule);
	/* The profile changed to, and which program it is for, is not what is denied. */
	for (size_t i = 0; i < wanted.regions.count; i++)
		wanted.regions.at[i].is_extra = false;
	if (wanted.regions.count == 0)
		return NULL;
	const struct rule *by = covering(&wanted, body->rules);
	return by ? by : covering_include(&wanted, &set, body->includes);
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
