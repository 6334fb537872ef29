#include "compiler/check/dead_regions.h"

#include "policy/rule/region.h"

/* Comparisons of patterns that one profile's rules may take; beyond, no claims are made. */
enum { WORK_MAX = 30000, LOOK_COST = 64 };

struct search {
	const struct check_input *input;
	bool (*is_wanted)(const struct rule *rule);
	bool with_files;
	struct region_list denies;
	const struct region **candidates; /* room for all of them */
	size_t work;
	bool has_allow;	      /* there is a rule to be compared: of most profiles there is none */
	struct span reported; /* a directory gives several rules: its entry is reported once */
};

static bool is_deny(const struct search *s, const struct rule *rule)
{
	return rule->qualifiers.deny && rule->ops->regions && s->is_wanted(rule);
}

static bool is_allow(const struct search *s, const struct rule *rule)
{
	return !rule->qualifiers.deny && rule->origin != ORIGIN_TEMPLATE && rule->ops->regions &&
	       s->is_wanted(rule);
}

static void find_allow(struct search *s, const struct rule *rule)
{
	s->has_allow = s->has_allow || is_allow(s, rule);
}

static void visit_all(struct search *s, void (*visit)(struct search *s, const struct rule *rule))
{
	const struct included *included = s->input->included;
	for (const struct rule *rule = s->input->profile->body.rules; rule; rule = rule->next)
		visit(s, rule);
	for (size_t i = 0; s->with_files && i < included->files.count; i++)
		visit(s, &included->files.at[i].rule->head);
	for (size_t i = 0; i < included->other_count; i++)
		visit(s, included->others[i].rule);
}

static void add_deny(struct search *s, const struct rule *rule)
{
	if (is_deny(s, rule))
		regions_of_rule(&s->denies, rule);
}

/* Rules of these kinds may have regions in common. */
static bool kinds_meet(const struct rule_ops *a, const struct rule_ops *b)
{
	bool a_socket = a == &rule_network || a == &rule_unix;
	bool b_socket = b == &rule_network || b == &rule_unix;
	bool a_link = a == &rule_file || a == &rule_link;
	bool b_link = b == &rule_file || b == &rule_link;
	return a == b || (a_socket && b_socket) || (a_link && b_link);
}

/* An abstraction's denies stand against entries only, the description's not against abstractions:
 * that is what they are for. A higher priority wins over a deny. */
static bool counts(const struct rule *deny, const struct rule *allow)
{
	return kinds_meet(deny->ops, allow->ops) &&
	       deny->qualifiers.priority >= allow->qualifiers.priority &&
	       (allow->origin != ORIGIN_INCLUDE || deny->origin == ORIGIN_TEMPLATE);
}

static const char *advice(const struct rule *allow, const struct rule *deny)
{
	if (allow->origin == ORIGIN_INCLUDE)
		return "if the service needs it, use a template of your own without this deny; if not, silence this with -N dead-included-rule";
	switch (deny->origin) {
	case ORIGIN_DESCRIPTION:
		return "narrow the deny, or take the entry out";
	case ORIGIN_TEMPLATE:
		return "take the entry out, or use a template of your own without this deny";
	case ORIGIN_INCLUDE:
		return "leave out the abstraction, or take the entry out";
	}
	return "";
}

static const char *origin_text(const struct rule *rule)
{
	switch (rule->origin) {
	case ORIGIN_DESCRIPTION:
		return "";
	case ORIGIN_TEMPLATE:
		return " of the template";
	case ORIGIN_INCLUDE:
		return " of an abstraction";
	}
	return "";
}

static void report(struct search *s, const struct rule *allow, const struct region_answer *answer)
{
	struct unit *unit = s->input->unit;
	const struct rule *deny = answer->by;
	bool described = allow->origin == ORIGIN_DESCRIPTION, is_file = allow->ops == &rule_file;
	bool wholly = answer->cover == COVER_WHOLLY;
	struct slice text = check_rule_text(unit, allow), taken = check_rule_text(unit, deny);
	struct diag *diag;
	if (wholly)
		diag = diag_add(&unit->diags, described ? DIAG_DEAD_RULE : DIAG_DEAD_INCLUDED_RULE,
			check_place(allow),
			is_file ? "linking is denied on all of '%.*s': deny always wins"
				: "'%.*s' has no effect: deny always wins",
			SLICE_FMT(text));
	else
		diag = diag_add(&unit->diags, DIAG_PARTLY_DEAD_RULE, check_place(allow),
			"part of '%.*s' is denied: '%.*s'", SLICE_FMT(text),
			SLICE_FMT(answer->witness));
	diag_second(&unit->diags, diag, deny->span, "'%.*s'%s takes it away%s", SLICE_FMT(taken),
		origin_text(deny),
		wholly && answer->together ? ", together with other denies" : "");
	if (wholly)
		diag_help(&unit->diags, diag, "%s", advice(allow, deny));
	s->reported = check_place(allow);
	check_reported(s->input);
}

static bool is_over(const struct search *s)
{
	return s->work == 0 || check_is_over(s->input);
}

static void report_untold(struct search *s, const struct rule *allow, bool and_all_behind)
{
	struct slice text = check_rule_text(s->input->unit, allow);
	diag_add(&s->input->unit->diags, DIAG_TOO_COMPLEX, check_place(allow),
		"whether denies take away all of '%.*s'%s is too complex to tell", SLICE_FMT(text),
		and_all_behind ? " or of a rule behind it" : "");
}

static void check_allow(struct search *s, const struct rule *allow)
{
	struct unit *unit = s->input->unit;
	struct region_list regions = {.unit = unit, .scope = s->input->scope};
	struct span place = check_place(allow);
	size_t count = 0;
	if (!is_allow(s, allow) || is_over(s) ||
		(place.begin == s->reported.begin && place.end == s->reported.end))
		return;
	limits_spend(unit->limits, s->denies.count * LOOK_COST);
	for (size_t i = 0; i < s->denies.count; i++)
		if (counts(s->denies.at[i].rule, allow))
			s->candidates[count++] = &s->denies.at[i];
	if (count == 0)
		return;
	struct arena kept = check_scratch(unit);
	regions_of_rule(&regions, allow);
	struct region_answer answer =
		region_question(unit, &regions, s->candidates, count, &s->work);
	answer.witness = check_scratch_end(unit, kept, answer.witness);
	if (answer.cover == COVER_WHOLLY ||
		(answer.cover == COVER_PARTLY && allow->origin == ORIGIN_DESCRIPTION))
		report(s, allow, &answer);
	if (is_over(s) || (answer.unsure && answer.cover != COVER_WHOLLY))
		report_untold(s, allow, is_over(s));
}

void check_dead_regions(const struct check_input *input, bool (*is_wanted)(const struct rule *rule),
	bool with_files)
{
	struct search search = {
		.input = input,
		.is_wanted = is_wanted,
		.with_files = with_files,
		.denies = {.unit = input->unit, .scope = input->scope},
		.work = WORK_MAX,
	};
	visit_all(&search, find_allow);
	if (!search.has_allow)
		return;
	visit_all(&search, add_deny);
	if (search.denies.count == 0)
		return;
	search.candidates =
		arena_array(&input->unit->arena, search.denies.count, sizeof(*search.candidates));
	visit_all(&search, check_allow);
}
