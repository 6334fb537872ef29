/*
 * Allow rules for files that denies take away. Deny wins in AppArmor, silently: an entry of the
 * description that is thereby without effect would be the worst kind of mistake.
 *
 *     writable: [/var/lib/app]     deny: [/var/{,**} w]     error: every write is taken away
 *     readable: [/etc/]            deny: [/etc/shadow r]   warning: one path is taken away
 */
#include "compiler/check/check.h"
#include "compiler/check/meet.h"

#include "policy/glob/union.h"

enum { DENIES_MAX = 1024, DENIES_FEW = 64 };

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

/*
 * What the deny takes. Writing is two permissions to the kernel: a deny of `a` leaves `w`, but not
 * for files opened to append. Links are pairs, see dead_links.c.
 */
static unsigned taken_perms(const struct file_rule *deny, const struct file_rule *allow)
{
	return denied_perms(deny) & denied_perms(allow) & ~(unsigned)PERM_LINK;
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

/* Whether the deny takes something from the allow rule where both match. */
static bool takes_part(const struct pattern *deny, const struct pattern *allow)
{
	return taken_perms(deny->rule, allow->rule) && owners_meet(deny->rule, allow->rule);
}

/* Whether the deny takes the permission wherever it matches. */
static bool takes_perm(const struct pattern *deny, const struct pattern *allow, unsigned perm)
{
	return (taken_perms(deny->rule, allow->rule) & perm) &&
	       takes_whole_owner(deny->rule, allow->rule);
}

/* The denies among the candidates that could take something from the allow rule. */
static size_t find_denies(struct unit *unit, const struct pattern_list *candidates,
	const struct pattern *allow, const struct pattern *denies[static DENIES_MAX])
{
	size_t count = 0;
	for (size_t i = 0; i < candidates->count && count < DENIES_MAX; i++) {
		const struct pattern *deny = &candidates->at[i];
		if (takes_part(deny, allow) && glob_overlap(&unit->arena, unit->limits, deny->glob,
						       allow->glob, NULL) != GLOB_NO)
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
		if (!takes_perm(denies[i], allow, perm))
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

/* The list whose entries are exceptions to a built-in deny of what it takes. */
static const char *exception_key(const struct file_rule *allow, const struct file_rule *deny)
{
	unsigned taken = denied_perms(deny) & denied_perms(allow);
	if (taken & (PERM_WRITE | PERM_APPEND | PERM_LOCK | PERM_LINK))
		return "writable";
	if (taken & PERM_EXEC)
		return "exec";
	return taken & PERM_MMAP ? "libraries" : "readable";
}

/* How to mend it. */
static void add_advice(struct diags *diags, struct diag *diag, const struct file_rule *allow,
	const struct file_rule *deny)
{
	const char *key = exception_key(allow, deny);
	bool yields = deny->head.qualifiers.owner == OWNER_ANY;
	if (allow->head.origin == ORIGIN_INCLUDE)
		diag_help(diags, diag,
			"if the service needs it, make it an exception under '%s'; if not, silence this with -N dead-included-rule",
			key);
	else if (deny->head.origin == ORIGIN_INCLUDE)
		diag_help(diags, diag, "leave out the abstraction, or take the entry out");
	else if (deny->head.origin == ORIGIN_DESCRIPTION)
		diag_help(diags, diag, "narrow the deny, or take the entry out");
	else if (yields && allow->head.section == SECTION_RULES)
		diag_help(diags, diag,
			"an exception to a built-in deny is made under '%s', as {file: PATH}", key);
	else if (yields)
		diag_help(diags, diag,
			"name its paths one by one: an exception lies wholly below one built-in deny");
	else
		diag_help(diags, diag,
			"the template denies it: take the entry out, or use a template of your own");
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
	add_advice(&unit->diags, diag, allow->rule, deny->rule);
	check_reported(input);
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
	bool only_append = taken_perms(deny->rule, allow->rule) == PERM_APPEND;
	struct diag *diag = diag_add(&unit->diags, DIAG_PARTLY_DEAD_RULE,
		check_place(&allow->rule->head), "part of '%.*s' is denied, for example %s'%.*s'",
		SLICE_FMT(text), only_append ? "appending to " : "", SLICE_FMT(witness));
	diag_second(&unit->diags, diag, deny->rule->head.span, "%s takes it away",
		place_name(&deny->rule->head));
	check_reported(input);
}

/* A list of allow rules and the denies that they are compared with. */
struct question {
	const struct check_input *input;
	const struct pattern_list *denies, *allows;
	struct meet meet;
	struct arena scratch;	/* of … */
	struct glob_union *all; /* … all denies, where there are many; else NULL */
};

static const struct pattern *takes_wholly_of_all(
	const struct question *q, const struct pattern *allow, unsigned perm)
{
	const struct pattern *denies[DENIES_MAX];
	size_t count = find_denies(q->input->unit, q->denies, allow, denies);
	return takes_wholly(q->input, allow, perm, denies, count);
}

/*
 * Of many denies: one path of the allow rule tells most of them from those that could take it all.
 */
static const struct pattern *takes_wholly_of_many(
	const struct question *q, const struct pattern *allow, unsigned perm)
{
	enum { TRIED = 4 };
	struct unit *unit = q->input->unit;
	const uint32_t *numbers = NULL;
	size_t count = 0, tried = 0;
	struct slice path;
	bool is_known = glob_odd_path(&unit->arena, allow->glob, &path);
	if (is_known && !glob_union_match(q->all, unit->limits, path, &numbers, &count))
		return NULL;
	for (size_t i = 0; i < count && tried < TRIED; i++) {
		const struct pattern *deny = &q->denies->at[numbers[i]];
		if (!takes_perm(deny, allow, perm))
			continue;
		tried++;
		if (takes_wholly(q->input, allow, perm, &deny, 1))
			return deny;
	}
	if (is_known && tried == 0)
		return NULL;
	return takes_wholly_of_all(q, allow, perm);
}

/* Of few: whether any of them takes one path of it. */
static const struct pattern *takes_wholly_of_few(
	const struct question *q, const struct pattern *allow, unsigned perm)
{
	struct unit *unit = q->input->unit;
	struct slice path;
	if (!glob_odd_path(&unit->arena, allow->glob, &path))
		return takes_wholly_of_all(q, allow, perm);
	for (size_t i = 0; i < q->denies->count; i++)
		if (takes_perm(&q->denies->at[i], allow, perm) &&
			glob_asked(unit->limits, q->denies->at[i].glob, path) != GLOB_NO)
			return takes_wholly_of_all(q, allow, perm);
	return NULL;
}

static const struct pattern *takes_wholly_of(
	const struct question *q, const struct pattern *allow, unsigned perm)
{
	return q->all ? takes_wholly_of_many(q, allow, perm) : takes_wholly_of_few(q, allow, perm);
}

/* The first deny that takes something, or NULL. */
static const struct pattern *find_first_deny(struct question *q, size_t at)
{
	struct unit *unit = q->input->unit;
	const struct pattern *allow = &q->allows->at[at];
	meet_row(&q->meet, at, 0);
	for (size_t j; meet_next(&q->meet, &j);) {
		const struct pattern *deny = &q->denies->at[j];
		if (!takes_part(deny, allow))
			continue;
		if (glob_overlap(&unit->arena, unit->limits, deny->glob, allow->glob, NULL) !=
			GLOB_NO)
			return deny;
		meet_missed(&q->meet);
	}
	return NULL;
}

/* An entry that is a file or a directory is dead with the file, whatever is left below it. */
static bool check_name(struct question *q, const struct pattern *allow)
{
	const struct check_input *input = q->input;
	struct pattern name = pattern_of_name(input->unit, input->scope, allow->rule);
	const struct pattern *deny = name.glob ? takes_wholly_of(q, &name, PERM_READ) : NULL;
	if (deny)
		report_dead(input, &name, "reading", deny);
	return deny != NULL;
}

/* Whether the rule was found dead. */
static bool check_allow(struct question *q, size_t at)
{
	const struct check_input *input = q->input;
	const struct pattern *allow = &q->allows->at[at], *first = find_first_deny(q, at);
	if (!first || check_is_over(input))
		return false;
	bool described = allow->rule->head.origin == ORIGIN_DESCRIPTION;
	for (size_t i = 0; i < sizeof(perm_names) / sizeof(perm_names[0]); i++) {
		if (!(allow->rule->perms & perm_names[i].perm))
			continue;
		unsigned perm = perm_names[i].perm;
		const struct pattern *deny = takes_wholly_of(q, allow, perm);
		/* A description may take from an abstraction what it likes: that is what deny is
		 * for. */
		if (!deny || (!described && deny->rule->head.origin != ORIGIN_TEMPLATE))
			continue;
		report_dead(input, allow, perm_names[i].what, deny);
		return true;
	}
	if (!described || check_is_over(input))
		return false;
	if (check_name(q, allow))
		return true;
	report_partly(input, allow, first);
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

static bool is_asked(const struct pattern *pattern)
{
	const struct rule *rule = &pattern->rule->head;
	return !pattern->untouched && !rule->qualifiers.deny && rule->origin != ORIGIN_TEMPLATE;
}

static size_t count_asked(const struct pattern_list *list, size_t from)
{
	size_t count = 0;
	for (size_t i = from; i < list->count; i++)
		count += is_asked(&list->at[i]);
	return count;
}

/* Makes the automaton of all denies, where that is worth it. */
static void unite_denies(struct question *q)
{
	const struct pattern_list *denies = q->denies;
	const struct limits *limits = q->input->unit->limits;
	if (denies->count <= DENIES_FEW || count_asked(q->allows, 0) == 0)
		return;
	q->all = glob_union_new(&q->scratch, denies->count);
	for (size_t i = 0; i < denies->count; i++) {
		glob_union_add(q->all, denies->at[i].glob, (uint32_t)i, UNION_SECOND);
		if (glob_union_bytes(q->all) <= limits->glob_bytes / 2 &&
			limits_spend(limits, denies->at[i].text.len))
			continue;
		arena_free(&q->scratch);
		q->all = NULL;
		return;
	}
}

static void answer(struct question *q)
{
	/* A directory gives two rules: the entry is reported once. */
	struct span reported = {0, 0};
	const struct pattern_list *list = q->allows;
	for (size_t i = 0; i < list->count; i++) {
		struct span place = check_place(&list->at[i].rule->head);
		if (!is_asked(&list->at[i]) ||
			(place.begin == reported.begin && place.end == reported.end))
			continue;
		if (check_allow(q, i))
			reported = place;
		if (!check_is_over(q->input))
			continue;
		check_too_complex(q->input, place, "whether denies take away what is allowed",
			count_asked(list, i));
		return;
	}
}

static void check_list(const struct check_input *input, const struct pattern_list *denies,
	const struct pattern_list *allows)
{
	struct question q = {.input = input, .denies = denies, .allows = allows};
	q.meet = meet_new(input->unit, allows, denies);
	arena_init(&q.scratch, input->unit->arena.out_of_memory);
	unite_denies(&q);
	answer(&q);
	arena_free(&q.scratch);
}

void check_dead_files(const struct check_input *input)
{
	struct pattern_list all = {0}, of_template = {0};
	add_denies(input->unit, &input->own, false, &all);
	add_denies(input->unit, &input->included->files, false, &all);
	check_list(input, &all, &input->own);
	/* A description may take from an abstraction what it likes: that is what deny is for. */
	add_denies(input->unit, &input->own, true, &of_template);
	check_list(input, &of_template, &input->included->files);
}
