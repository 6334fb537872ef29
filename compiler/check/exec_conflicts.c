/*
 * Two rules that allow to execute the same path must agree on the transition, or apparmor_parser
 * refuses the profile ("conflicting x modifiers") without saying where. A rule without globs wins
 * over one with globs; alternations of literals count as without globs (apparmor_parser 3.0.8
 * and 4.1.0).
 */
#include "compiler/check/check.h"
#include "compiler/check/meet.h"

/* The kernel's table has room for so many named transitions (AA_SECURE_EXEC index bits). */
enum { TRANSITIONS_MAX = 12 };

static bool executes(const struct file_rule *rule)
{
	return (rule->perms & PERM_EXEC) && !rule->head.qualifiers.deny;
}

/* `file,` gives ix to everything, so that nothing narrower can be a conflict but another glob. */
static bool same_transition(const struct file_rule *a, const struct file_rule *b)
{
	enum exec_mode x = a->all ? EXEC_INHERIT : a->exec, y = b->all ? EXEC_INHERIT : b->exec;
	return x == y && a->scrub == b->scrub && slice_eq(a->target, b->target);
}

static bool owners_meet(const struct file_rule *a, const struct file_rule *b)
{
	enum owner x = a->head.qualifiers.owner, y = b->head.qualifiers.owner;
	return x == OWNER_ANY || y == OWNER_ANY || x == y;
}

static void report(const struct check_input *input, const struct pattern *a,
	const struct pattern *b, struct slice witness)
{
	struct unit *unit = input->unit;
	bool a_described = a->rule->head.origin == ORIGIN_DESCRIPTION;
	const struct pattern *blamed = a_described ? a : b, *other = a_described ? b : a;
	struct slice text = check_rule_text(unit, &blamed->rule->head);
	struct slice second = check_rule_text(unit, &other->rule->head);
	struct diag *diag =
		diag_add(&unit->diags, DIAG_EXEC_CONFLICT, check_place(&blamed->rule->head),
			"'%.*s' and '%.*s' say different things about executing '%.*s'",
			SLICE_FMT(text), SLICE_FMT(second), SLICE_FMT(witness));
	diag_second(&unit->diags, diag, check_place(&other->rule->head), "the other rule");
	diag_help(&unit->diags, diag,
		"give both the same transition, or name the one path without glob characters: it then wins");
}

static void check_pair(const struct check_input *input, const struct pattern *a,
	const struct pattern *b, struct meet *meet)
{
	if (same_transition(a->rule, b->rule) || !owners_meet(a->rule, b->rule) ||
		glob_is_exact(a->glob) != glob_is_exact(b->glob))
		return;
	struct unit *unit = input->unit;
	struct slice witness;
	enum glob_answer answer =
		glob_overlap(&unit->arena, unit->limits, a->glob, b->glob, &witness);
	if (answer == GLOB_NO)
		meet_missed(meet);
	if (answer == GLOB_TOO_COMPLEX && !check_is_over(input))
		check_unclear(input, &a->rule->head, &b->rule->head);
	if (answer != GLOB_YES)
		return;
	report(input, a, b, witness);
	check_reported(input);
}

static void collect(struct unit *unit, const struct pattern_list *from, struct pattern_list *to)
{
	for (size_t i = 0; i < from->count; i++)
		if (executes(from->at[i].rule))
			pattern_list_add(&unit->arena, to, from->at[i]);
}

static bool is_known_target(
	const struct file_rule *const *targets, unsigned count, const struct file_rule *rule)
{
	for (unsigned i = 0; i < count; i++)
		if (targets[i]->exec == rule->exec && slice_eq(targets[i]->target, rule->target))
			return true;
	return false;
}

static void count_transitions(const struct check_input *input, const struct pattern_list *list)
{
	const struct file_rule *targets[TRANSITIONS_MAX];
	unsigned count = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct file_rule *rule = list->at[i].rule;
		if (rule->target.len == 0 || is_known_target(targets, count, rule))
			continue;
		if (count < TRANSITIONS_MAX) {
			targets[count++] = rule;
			continue;
		}
		struct diag *diag = diag_add(&input->unit->diags, DIAG_TOO_MANY_TRANSITIONS,
			check_place(&rule->head),
			"a profile can have %d different named exec transitions, '%.*s' is one more",
			TRANSITIONS_MAX, SLICE_FMT(rule->target));
		diag_help(
			&input->unit->diags, diag, "let several programs share a child or profile");
		return;
	}
}

/* Nothing to compare, as in most profiles. */
static bool is_uniform(const struct pattern_list *all)
{
	for (size_t i = 1; i < all->count; i++)
		if (!same_transition(all->at[0].rule, all->at[i].rule))
			return false;
	return true;
}

static void check_pairs(
	const struct check_input *input, const struct pattern_list *own, struct pattern_list *all)
{
	struct meet meet = meet_new(input->unit, own, all);
	for (size_t i = 0; i < own->count; i++) {
		meet_row(&meet, i, i + 1);
		for (size_t j; meet_next(&meet, &j);)
			check_pair(input, &own->at[i], &all->at[j], &meet);
		if (!check_is_over(input))
			continue;
		check_too_complex(input, check_place(&own->at[i].rule->head),
			"whether rules say different things about executing a path",
			own->count - i);
		return;
	}
}

void check_exec_conflicts(const struct check_input *input)
{
	struct pattern_list own = {0}, all = {0};
	collect(input->unit, &input->own, &own);
	collect(input->unit, &input->own, &all);
	collect(input->unit, &input->included->files, &all);
	if (!is_uniform(&all))
		check_pairs(input, &own, &all);
	count_transitions(input, &own);
}
