/*
 * Allow rules for files that denies take away. Deny wins in AppArmor, silently: an entry of the
 * description that is thereby without effect would be the worst kind of mistake.
 *
 *     writable: [/var/lib/app]     deny: [/var/{,**} w]     error: every write is taken away
 *     readable: [/etc/]            deny: [/etc/shadow r]   warning: one path is taken away
 */
#include "compiler/check/check.h"

enum { DENIES_MAX = 1024 };

static const struct perm_name {
	unsigned perm;
	const char *what;
} perm_names[] = {
	{PERM_READ, "reading"},
	{PERM_WRITE, "writing"},
	{PERM_APPEND, "appending"},
	{PERM_LOCK, "locking"},
	{PERM_MMAP, "mapping as code"},
	{PERM_EXEC, "executing"},
};

static unsigned denied_perms(const struct file_rule *deny)
{
	return deny->perms & PERM_WRITE ? deny->perms | PERM_APPEND : deny->perms;
}

/* A deny for owners only takes from a rule for everybody just a part, never the whole. */
static bool takes_whole_owner(const struct file_rule *deny, const struct file_rule *allow)
{
	enum owner taken = deny->head.qualifiers.owner, given = allow->head.qualifiers.owner;
	return taken == OWNER_ANY || taken == given;
}

static bool owners_meet(const struct file_rule *deny, const struct file_rule *allow)
{
	enum owner taken = deny->head.qualifiers.owner, given = allow->head.qualifiers.owner;
	return taken == OWNER_ANY || given == OWNER_ANY || taken == given;
}

/* The denies among the candidates that could take something from the allow rule. */
static size_t find_denies(struct unit *unit, const struct pattern_list *candidates,
	const struct pattern *allow, const struct pattern *denies[static DENIES_MAX])
{
	size_t count = 0;
	for (size_t i = 0; i < candidates->count && count < DENIES_MAX; i++) {
		const struct pattern *deny = &candidates->at[i];
		if ((denied_perms(deny->rule) & allow->rule->perms) &&
			owners_meet(deny->rule, allow->rule) &&
			glob_overlap(&unit->arena, unit->limits, deny->glob, allow->glob, NULL) !=
				GLOB_NO)
			denies[count++] = deny;
	}
	return count;
}

/* The first deny that takes the permission on the whole of the rule, alone or with others. */
static const struct pattern *takes_wholly(const struct check_input *input,
	const struct pattern *allow, unsigned perm, const struct pattern *const *denies,
	size_t count)
{
	const struct glob *by[DENIES_MAX];
	const struct pattern *first = NULL;
	size_t by_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (!(denied_perms(denies[i]->rule) & perm) ||
			!takes_whole_owner(denies[i]->rule, allow->rule))
			continue;
		first = first ? first : denies[i];
		by[by_count++] = denies[i]->glob;
	}
	if (!first)
		return NULL;
	struct unit *unit = input->unit;
	enum glob_answer answer =
		glob_covered(&unit->arena, unit->limits, allow->glob, by, by_count, NULL);
	return answer == GLOB_YES ? first : NULL;
}

static const char *place_name(const struct rule *rule)
{
	switch (rule->origin) {
	case ORIGIN_DESCRIPTION:
		return "this deny";
	case ORIGIN_TEMPLATE:
		return "this deny of the template";
	case ORIGIN_INCLUDE:
		return "this deny of an abstraction";
	}
	return "";
}

/* How to mend it. */
static const char *advice(const struct file_rule *allow, const struct file_rule *deny)
{
	if (allow->head.origin == ORIGIN_INCLUDE)
		return "if the service needs it, make it an exception under `writable`; if not, silence this with -N dead-included-rule";
	if (deny->head.origin == ORIGIN_INCLUDE)
		return "leave out the abstraction, or take the entry out";
	if (deny->head.origin == ORIGIN_DESCRIPTION)
		return "narrow the deny, or take the entry out";
	if (allow->head.section == SECTION_RULES && !(deny->perms & PERM_READ))
		return "an exception to a built-in deny is made under `writable`, as {file: PATH}";
	return "the template denies it in full: take the entry out, or use a template of your own";
}

static void report_dead(const struct check_input *input, const struct pattern *allow,
	const char *what, const struct pattern *deny)
{
	struct unit *unit = input->unit;
	bool described = allow->rule->head.origin == ORIGIN_DESCRIPTION;
	struct slice text =
		allow->of_name ? allow->rule->name : check_rule_text(unit, &allow->rule->head);
	struct diag *diag = diag_add(&unit->diags,
		described ? DIAG_DEAD_RULE : DIAG_DEAD_INCLUDED_RULE,
		check_place(&allow->rule->head), "%s is denied on %s'%.*s': deny always wins", what,
		allow->of_name ? "the file " : "all of ", SLICE_FMT(text));
	diag_second(&unit->diags, diag, deny->rule->head.span, "%s takes it away",
		place_name(&deny->rule->head));
	diag_help(&unit->diags, diag, "%s", advice(allow->rule, deny->rule));
}

static void report_partly(
	const struct check_input *input, const struct pattern *allow, const struct pattern *deny)
{
	struct unit *unit = input->unit;
	struct slice witness = {0};
	enum glob_answer answer =
		glob_overlap(&unit->arena, unit->limits, allow->glob, deny->glob, &witness);
	if (answer == GLOB_NO)
		return;
	if (answer == GLOB_TOO_COMPLEX) {
		struct diag *diag =
			diag_add(&unit->diags, DIAG_TOO_COMPLEX, check_place(&allow->rule->head),
				"whether a deny takes away part of '%.*s' is too complex to tell",
				SLICE_FMT(allow->rule->path));
		diag_second(&unit->diags, diag, deny->rule->head.span, "this deny");
		return;
	}
	struct slice text = check_rule_text(unit, &allow->rule->head);
	struct diag *diag = diag_add(&unit->diags, DIAG_PARTLY_DEAD_RULE,
		check_place(&allow->rule->head), "part of '%.*s' is denied, for example '%.*s'",
		SLICE_FMT(text), SLICE_FMT(witness));
	diag_second(&unit->diags, diag, deny->rule->head.span, "%s takes it away",
		place_name(&deny->rule->head));
}

/* An entry that is a file or a directory is dead with the file, whatever is left below it. */
static bool check_name(const struct check_input *input, const struct pattern *allow,
	const struct pattern *const *denies, size_t count)
{
	struct pattern name = pattern_of_name(input->unit, input->scope, allow->rule);
	const struct pattern *deny =
		name.glob ? takes_wholly(input, &name, PERM_READ, denies, count) : NULL;
	if (deny)
		report_dead(input, &name, "reading", deny);
	return deny != NULL;
}

/* Whether the rule was found dead. */
static bool check_allow(const struct check_input *input, const struct pattern_list *candidates,
	const struct pattern *allow)
{
	const struct pattern *denies[DENIES_MAX];
	size_t count = find_denies(input->unit, candidates, allow, denies);
	if (count == 0)
		return false;
	bool described = allow->rule->head.origin == ORIGIN_DESCRIPTION;
	for (size_t i = 0; i < sizeof(perm_names) / sizeof(perm_names[0]); i++) {
		if (!(allow->rule->perms & perm_names[i].perm))
			continue;
		const struct pattern *deny =
			takes_wholly(input, allow, perm_names[i].perm, denies, count);
		/* A description may take from an abstraction what it likes: that is what deny is
		 * for. */
		if (!deny || (!described && deny->rule->head.origin != ORIGIN_TEMPLATE))
			continue;
		report_dead(input, allow, perm_names[i].what, deny);
		return true;
	}
	if (!described)
		return false;
	if (check_name(input, allow, denies, count))
		return true;
	for (size_t i = 0; i < count; i++) {
		size_t warnings = input->unit->diags.warnings;
		report_partly(input, allow, denies[i]);
		if (input->unit->diags.warnings > warnings)
			break; /* one witness per rule is enough */
	}
	return false;
}

static void add_denies(struct unit *unit, const struct pattern_list *from, bool of_template_only,
	struct pattern_list *ret_denies)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct rule *rule = &from->at[i].rule->head;
		if (rule->qualifiers.deny && (!of_template_only || rule->origin == ORIGIN_TEMPLATE))
			pattern_list_add(&unit->arena, ret_denies, from->at[i]);
	}
}

static void check_list(const struct check_input *input, const struct pattern_list *denies,
	const struct pattern_list *list)
{
	/* A directory gives two rules: the entry is reported once. */
	struct span reported = {0, 0};
	for (size_t i = 0; i < list->count; i++) {
		const struct rule *rule = &list->at[i].rule->head;
		struct span place = check_place(rule);
		if (list->at[i].untouched || rule->qualifiers.deny ||
			rule->origin == ORIGIN_TEMPLATE ||
			(place.begin == reported.begin && place.end == reported.end))
			continue;
		if (check_allow(input, denies, &list->at[i]))
			reported = place;
	}
}

void check_dead_files(const struct check_input *input)
{
	struct pattern_list all = {0}, of_template = {0};
	add_denies(input->unit, &input->own, false, &all);
	add_denies(input->unit, &input->included, false, &all);
	check_list(input, &all, &input->own);
	/* A description may take from an abstraction what it likes: that is what deny is for. */
	add_denies(input->unit, &input->own, true, &of_template);
	check_list(input, &of_template, &input->included);
}
