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

#include "policy/rule/region.h"

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

static unsigned granted(const struct file_rule *rule)
{
	return rule->perms & PERM_WRITE ? rule->perms | PERM_APPEND : rule->perms;
}

static bool gives(const struct file_rule *by, const struct file_rule *entry, unsigned perm)
{
	enum owner owner = by->head.qualifiers.owner;
	if (!(granted(by) & perm) || (owner != OWNER_ANY && owner != entry->head.qualifiers.owner))
		return false;
	return perm != PERM_EXEC ||
	       (by->exec == entry->exec && slice_eq(by->target, entry->target) &&
		       by->scrub == entry->scrub);
}

/* What others than the description allow: the template, and what is included. */
struct offers {
	const struct check_input *input;
	struct offered {
		const struct pattern *at; /* file rules, denies among them */
		size_t count;
		struct glob_screen *screen;
	} files[2];
	const struct rule **others; /* the profile's own of other kinds */
	size_t other_count;
	bool pivots_change; /* a pivot_root changes the profile */
	size_t at;	    /* the pattern of the next rule */
};

static bool is_offer(const struct rule *rule)
{
	return rule->origin != ORIGIN_DESCRIPTION && !rule->qualifiers.deny;
}

/* Regions do not tell of the profile after a pivot_root. */
static bool changes_profile(const struct rule *rule)
{
	return rule->ops == &rule_pivot_root &&
	       ((const struct pivot_root_rule *)rule)->target.len > 0;
}

static void find_others(struct offers *offers)
{
	const struct rule *first = offers->input->profile->body.rules;
	size_t room = 0;
	for (const struct rule *rule = first; rule; rule = rule->next)
		room += is_offer(rule) && rule->ops != &rule_file;
	offers->others = arena_array(&offers->input->unit->arena, room, sizeof(*offers->others));
	for (const struct rule *rule = first; rule; rule = rule->next) {
		if (is_offer(rule) && rule->ops != &rule_file)
			offers->others[offers->other_count++] = rule;
		offers->pivots_change = offers->pivots_change || changes_profile(rule);
	}
	for (size_t i = 0; i < offers->input->included->other_count; i++)
		offers->pivots_change = offers->pivots_change ||
					changes_profile(offers->input->included->others[i].rule);
}

static struct offers find_offers(const struct check_input *input)
{
	struct unit *unit = input->unit;
	const struct included *included = input->included;
	struct offers offers = {.input = input};
	struct pattern_list own = {0};
	for (size_t i = 0; i < input->own.count; i++)
		if (is_offer(&input->own.at[i].rule->head))
			pattern_list_add(&unit->arena, &own, input->own.at[i]);
	offers.files[0] =
		(struct offered){own.at, own.count, pattern_list_screen(&unit->arena, &own)};
	offers.files[1] =
		(struct offered){included->files.at, included->files.count, included->screen};
	find_others(&offers);
	return offers;
}

/* Rules that match a path, at most. */
enum { MATCHES_MAX = 64 };

struct matches {
	const struct pattern *at[MATCHES_MAX];
	size_t count;
};

/* The first file rules of others that match a path. false when the check's work is used up. */
static bool find_matches(
	const struct offers *offers, struct slice path, struct matches *ret_matches)
{
	const struct limits *limits = offers->input->unit->limits;
	ret_matches->count = 0;
	for (size_t k = 0; k < 2; k++) {
		const struct offered *offered = &offers->files[k];
		const uint32_t *indices;
		size_t count;
		if (!glob_screen_match(offered->screen, limits, path, &indices, &count))
			return false;
		for (size_t i = 0; i < count && ret_matches->count < MATCHES_MAX; i++) {
			const struct pattern *by = &offered->at[indices[i]];
			if (is_offer(&by->rule->head))
				ret_matches->at[ret_matches->count++] = by;
		}
	}
	return true;
}

/* The allow rules of others that meet the entry's path. */
struct allows {
	const struct pattern *at[ALLOWS_MAX];
	size_t count;
};

static void find_allows(
	const struct offers *offers, const struct pattern *entry, struct allows *ret_allows)
{
	struct unit *unit = offers->input->unit;
	ret_allows->count = 0;
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < offers->files[k].count && ret_allows->count < ALLOWS_MAX;
			i++) {
			const struct pattern *by = &offers->files[k].at[i];
			if (is_offer(&by->rule->head) && (granted(by->rule) & entry->rule->perms) &&
				glob_overlap(&unit->arena, unit->limits, by->glob, entry->glob,
					NULL) == GLOB_YES)
				ret_allows->at[ret_allows->count++] = by;
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
static const struct rule *given_for_name(const struct offers *offers, const struct file_rule *entry,
	struct slice path, struct slice other)
{
	struct matches matches;
	if (!find_matches(offers, path, &matches))
		return NULL;
	for (size_t i = 0; i < matches.count; i++)
		if (gives(matches.at[i]->rule, entry, PERM_READ) &&
			glob_asked(offers->input->unit->limits, matches.at[i]->glob, other) ==
				GLOB_NO)
			return &matches.at[i]->rule->head;
	return NULL;
}

/* The rule that gives the file, of an entry that is a file or a directory. */
static const struct rule *name_given_by(const struct offers *offers, const struct file_rule *entry)
{
	struct unit *unit = offers->input->unit;
	struct pattern name = pattern_of_name(unit, offers->input->scope, entry);
	struct slice path = name.glob ? glob_prefix(name.glob) : slice_of(NULL, 0);
	if (!name.glob || !glob_match(name.glob, path))
		return NULL; /* not one name */
	struct slice other = arena_printf(&unit->arena, "%.*s~", SLICE_FMT(path));
	return given_for_name(offers, entry, path, other);
}

/*
 * What one path of the entry tells: *ret_by is a rule that gives the permission on all of it alone.
 * false: no rule gives it on that path.
 */
static bool given_on_path(struct unit *unit, const struct matches *matches,
	const struct pattern *entry, unsigned perm, const struct rule **ret_by)
{
	enum { TRIED = 4 };
	size_t tried = 0;
	for (size_t i = 0; i < matches->count && tried < TRIED; i++) {
		const struct pattern *by = matches->at[i];
		if (!gives(by->rule, entry->rule, perm))
			continue;
		tried++;
		if (glob_covered(&unit->arena, unit->limits, entry->glob, &by->glob, 1, NULL) !=
			GLOB_YES)
			continue;
		*ret_by = &by->rule->head;
		return true;
	}
	return tried > 0 || matches->count == MATCHES_MAX;
}

/* Whether the entry may be allowed already; *ret_first is set when single rules give it all. */
static bool may_be_given(
	const struct offers *offers, const struct pattern *entry, const struct rule **ret_first)
{
	struct unit *unit = offers->input->unit;
	const struct rule *first = NULL;
	struct matches matches;
	struct slice path;
	if (!glob_odd_path(&unit->arena, entry->glob, &path))
		return true;
	if (!find_matches(offers, path, &matches))
		return false;
	bool is_all = true;
	for (unsigned perm = 1; perm <= PERM_EXEC; perm <<= 1) {
		const struct rule *by = NULL;
		if (!(entry->rule->perms & perm))
			continue;
		if (!given_on_path(unit, &matches, entry, perm, &by))
			return false;
		first = first ? first : by;
		is_all = is_all && by;
	}
	*ret_first = is_all ? first : NULL;
	return true;
}

/*
 * The pattern of a rule, NULL when it has a mistake: they stand in the order of their rules, and
 * all rules are asked for.
 */
static const struct pattern *next_pattern(struct offers *offers, const struct rule *rule)
{
	const struct pattern_list *own = &offers->input->own;
	if (offers->at == own->count || &own->at[offers->at].rule->head != rule)
		return NULL;
	return &own->at[offers->at++];
}

static const struct rule *pattern_given_by(const struct offers *offers, const struct pattern *entry)
{
	const struct check_input *input = offers->input;
	struct allows allows;
	const struct rule *first = NULL;
	if (!entry || !may_be_given(offers, entry, &first))
		return NULL;
	if (first)
		return first;
	find_allows(offers, entry, &allows);
	for (unsigned perm = 1; perm <= PERM_EXEC; perm <<= 1) {
		if (!(entry->rule->perms & perm))
			continue;
		const struct rule *by = given_by(input->unit, &allows, entry, perm);
		if (!by)
			return NULL;
		first = first ? first : by;
	}
	return first;
}

static const struct rule *file_given_by(const struct offers *offers, const struct pattern *entry)
{
	const struct rule *by = pattern_given_by(offers, entry);
	return by || !entry ? by : name_given_by(offers, entry->rule);
}

/* What a rule of another kind than file is about, to be looked for. */
struct wanted {
	struct unit *unit;
	const struct scope *scope;
	const struct rule *entry;
	struct region_list regions;
	size_t work;
};

static bool is_covered_by(struct wanted *wanted, const struct region_list *by)
{
	const struct region *at[REGIONS_MAX];
	size_t count = by->count < REGIONS_MAX ? by->count : REGIONS_MAX;
	for (size_t i = 0; i < count; i++)
		at[i] = &by->at[i];
	return region_question(wanted->unit, &wanted->regions, at, count, &wanted->work).cover ==
	       COVER_WHOLLY;
}

/*
 * `network` is about unix sockets, too. `link subset` asks for more of the target than `link`: that
 * is not given by the latter.
 */
static bool may_cover(const struct wanted *wanted, const struct rule *rule)
{
	enum { LOOK_COST = 256 };
	const struct rule *entry = wanted->entry;
	if (!is_offer(rule) || (rule->ops != entry->ops &&
				       !(entry->ops == &rule_unix && rule->ops == &rule_network)))
		return false;
	if (rule->ops == &rule_link && !((const struct link_rule *)rule)->subset &&
		((const struct link_rule *)entry)->subset)
		return false;
	return limits_spend(wanted->unit->limits, LOOK_COST);
}

static const struct rule *find_covering(const struct offers *offers, struct wanted *wanted)
{
	struct unit *unit = wanted->unit;
	const struct included *included = offers->input->included;
	if (wanted->regions.count == 0)
		return NULL;
	for (size_t i = 0; i < offers->other_count; i++) {
		struct region_list by = {.unit = unit, .scope = wanted->scope};
		if (!may_cover(wanted, offers->others[i]))
			continue;
		regions_of_rule(&by, offers->others[i]);
		if (is_covered_by(wanted, &by))
			return offers->others[i];
	}
	for (size_t i = 0; i < included->other_count; i++)
		if (may_cover(wanted, included->others[i].rule) &&
			is_covered_by(wanted, included_regions(unit, wanted->scope, included, i)))
			return included->others[i].rule;
	return NULL;
}

static struct wanted wanted_of(const struct offers *offers, const struct rule *rule)
{
	struct unit *unit = offers->input->unit;
	const struct scope *scope = offers->input->scope;
	struct wanted wanted = {.unit = unit,
		.scope = scope,
		.entry = rule,
		.regions = {.unit = unit, .scope = scope},
		.work = WORK_MAX};
	regions_of_rule(&wanted.regions, rule);
	/* The profile changed to, and which program it is for, is not what is denied. */
	for (size_t i = 0; i < wanted.regions.count; i++)
		wanted.regions.at[i].is_extra = false;
	return wanted;
}

/* Another rule of the same kind, or about the same, that allows all that this one does, or NULL. */
static const struct rule *kind_given_by(const struct offers *offers, const struct rule *rule)
{
	struct unit *unit = offers->input->unit;
	struct arena kept = check_scratch(unit);
	struct wanted wanted = wanted_of(offers, rule);
	const struct rule *by = find_covering(offers, &wanted);
	check_scratch_end(unit, kept, (struct slice){0});
	return by;
}

/* A name that a link rule is about; empty when none was found. */
static struct slice link_path(const struct offers *offers, const struct rule *rule)
{
	struct unit *unit = offers->input->unit;
	struct slice path = {0};
	struct arena kept = check_scratch(unit);
	struct wanted wanted = wanted_of(offers, rule);
	const struct glob *from = wanted.regions.at[0].patterns[0].glob;
	if (from && !glob_odd_path(&unit->arena, from, &path))
		path = (struct slice){0};
	return check_scratch_end(unit, kept, path);
}

/* The file rule whose permission l gives what a link rule is about. */
static const struct rule *link_given_by(const struct offers *offers, const struct rule *rule)
{
	struct unit *unit = offers->input->unit;
	struct slice path = link_path(offers, rule);
	const struct rule *by = NULL;
	struct matches matches;
	if (path.len == 0 || !find_matches(offers, path, &matches))
		return NULL;
	struct arena kept = check_scratch(unit);
	struct wanted wanted = wanted_of(offers, rule);
	for (size_t i = 0; i < matches.count && !by; i++) {
		struct region_list regions = {.unit = unit, .scope = wanted.scope};
		regions_of_rule(&regions, &matches.at[i]->rule->head);
		if (regions.count > 0 && is_covered_by(&wanted, &regions))
			by = &matches.at[i]->rule->head;
	}
	check_scratch_end(unit, kept, (struct slice){0});
	return by;
}

static const struct rule *other_given_by(const struct offers *offers, const struct rule *rule)
{
	if (!rule->ops->regions || (rule->ops == &rule_pivot_root && offers->pivots_change))
		return NULL;
	const struct rule *by = kind_given_by(offers, rule);
	return by || rule->ops != &rule_link ? by : link_given_by(offers, rule);
}

static bool is_same_entry(const struct rule *a, const struct rule *b)
{
	return b && a->cause.begin == b->cause.begin && a->cause.end == b->cause.end;
}

/* The template has rules for the entry's sake: those about names and addresses, of a network. */
static bool makes_others(const struct check_input *input, const struct rule *entry)
{
	if (entry->section != SECTION_NETWORK)
		return false;
	for (const struct rule *rule = input->profile->body.rules; rule; rule = rule->next)
		if (rule->origin == ORIGIN_TEMPLATE && is_same_entry(entry, rule))
			return true;
	return false;
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
	check_reported(input);
}

static size_t count_entries(const struct rule *rule)
{
	size_t count = 0;
	for (; rule; rule = rule->next)
		count += is_entry_rule(rule);
	return count;
}

/* A directory gives two rules: the entry changes nothing when both are allowed already. */
void check_already_allowed(const struct check_input *input)
{
	struct offers offers = find_offers(input);
	const struct rule *rule = input->profile->body.rules;
	while (rule && !check_is_over(input)) {
		const struct rule *first = rule, *by = NULL;
		bool is_allowed = true;
		do {
			const struct pattern *pattern = next_pattern(&offers, rule);
			const struct rule *one = NULL;
			if (is_allowed && is_entry_rule(rule))
				one = rule->ops == &rule_file ? file_given_by(&offers, pattern)
							      : other_given_by(&offers, rule);
			is_allowed = one != NULL;
			by = by ? by : one;
			rule = rule->next;
		} while (is_same_entry(first, rule));
		if (is_allowed && !check_is_over(input) && !makes_others(input, first))
			report(input, first, by);
		else if (check_is_over(input))
			check_too_complex(input, check_place(first),
				"whether entries change nothing", count_entries(first));
	}
}
