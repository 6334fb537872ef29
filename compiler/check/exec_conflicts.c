/*
 * Two rules that allow to execute the same path must agree on the transition, or apparmor_parser
 * refuses the profile ("conflicting x modifiers") without saying where. A rule without globs wins
 * over one with globs; alternations of literals count as without globs (apparmor_parser 3.0.8
 * and 4.1.0).
 */
#include "compiler/check/check.h"

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

static void check_pair(
	const struct check_input *input, const struct pattern *a, const struct pattern *b)
{
	if (same_transition(a->rule, b->rule) || !owners_meet(a->rule, b->rule) ||
		glob_is_exact(a->glob) != glob_is_exact(b->glob))
		return;
	struct unit *unit = input->unit;
	struct slice witness;
	if (glob_overlap(&unit->arena, unit->limits, a->glob, b->glob, &witness) == GLOB_YES)
		report(input, a, b, witness);
}

static void collect(struct unit *unit, const struct pattern_list *from, struct pattern_list *to)
{
	for (size_t i = 0; i < from->count; i++)
		if (executes(from->at[i].rule))
			pattern_list_add(&unit->arena, to, from->at[i]);
}

static bool is_new_target(const struct pattern_list *list, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (list->at[i].rule->exec == list->at[index].rule->exec &&
			slice_eq(list->at[i].rule->target, list->at[index].rule->target))
			return false;
	return true;
}

static void count_transitions(const struct check_input *input, const struct pattern_list *list)
{
	unsigned count = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct file_rule *rule = list->at[i].rule;
		if (rule->target.len == 0 || !is_new_target(list, i) || ++count <= TRANSITIONS_MAX)
			continue;
		struct diag *diag = diag_add(&input->unit->diags, DIAG_TOO_MANY_TRANSITIONS,
			check_place(&rule->head),
			"a profile can have %d different named exec transitions, '%.*s' is one more",
			TRANSITIONS_MAX, SLICE_FMT(rule->target));
		diag_help(
			&input->unit->diags, diag, "let several programs share a child or profile");
		return;
	}
}

void check_exec_conflicts(const struct check_input *input)
{
	struct pattern_list own = {0}, included = {0};
	collect(input->unit, &input->own, &own);
	collect(input->unit, &input->included, &included);
	for (size_t i = 0; i < own.count; i++) {
		for (size_t j = i + 1; j < own.count; j++)
			check_pair(input, &own.at[i], &own.at[j]);
		for (size_t j = 0; j < included.count; j++)
			check_pair(input, &own.at[i], &included.at[j]);
	}
	count_transitions(input, &own);
}
