/*
 * Nothing is both writable and executable (or mapped as code): who can write a program there could
 * run it. Denies count: what they take away is not both.
 */
#include "compiler/check/check.h"
#include "compiler/check/meet.h"

enum { DENIES_MAX = 256 };

#define WRITES	 (PERM_WRITE | PERM_APPEND)
#define EXECUTES (PERM_EXEC | PERM_MMAP)

static bool allows(const struct file_rule *rule, unsigned perms)
{
	return (rule->perms & perms) && !rule->head.qualifiers.deny && !rule->all;
}

/* Whether a deny takes all of the permissions that a rule grants. */
static bool takes(const struct file_rule *deny, const struct file_rule *rule, unsigned perms)
{
	unsigned taken = deny->perms & PERM_WRITE ? deny->perms | PERM_APPEND : deny->perms;
	unsigned granted = rule->perms & perms;
	return (taken & granted) == granted;
}

/*
 * Whether denies leave no path that is both: they take the writing or the executing from all that
 * one of the two rules is about.
 */
static bool is_taken(const struct check_input *input, const struct pattern *writes,
	const struct pattern *executes)
{
	const struct glob *by[DENIES_MAX];
	size_t count = 0;
	for (size_t i = 0; i < input->own.count && count < DENIES_MAX; i++) {
		const struct file_rule *deny = input->own.at[i].rule;
		if (deny->head.qualifiers.deny && deny->head.qualifiers.owner == OWNER_ANY &&
			(takes(deny, writes->rule, WRITES) ||
				takes(deny, executes->rule, EXECUTES)))
			by[count++] = input->own.at[i].glob;
	}
	struct arena *arena = &input->unit->arena;
	const struct limits *limits = input->unit->limits;
	return count > 0 &&
	       (glob_covered(arena, limits, writes->glob, by, count, NULL) == GLOB_YES ||
		       glob_covered(arena, limits, executes->glob, by, count, NULL) == GLOB_YES);
}

static void report(const struct check_input *input, const struct pattern *writes,
	const struct pattern *executes, struct slice witness)
{
	struct unit *unit = input->unit;
	const struct rule *write = &writes->rule->head, *exec = &executes->rule->head;
	bool said = write->may_write_exec || exec->may_write_exec;
	bool described = write->origin == ORIGIN_DESCRIPTION;
	const struct rule *blamed = described ? write : exec, *other = described ? exec : write;
	enum diag_id id = said ? DIAG_WRITE_EXEC_ALLOWED : DIAG_WRITE_EXEC;
	if (diag_again(&unit->diags, id, check_place(blamed)))
		return;
	struct diag *diag = diag_add(&unit->diags, id, check_place(blamed),
		"'%.*s' is both writable and executable", SLICE_FMT(witness));
	if (writes->rule != executes->rule) {
		struct slice text = check_rule_text(unit, other);
		diag_second(&unit->diags, diag, check_place(other), "by '%.*s'", SLICE_FMT(text));
	}
	if (!said)
		diag_help(&unit->diags, diag,
			"keep programs and data apart; or say it: {path: …, exec: true} under `writable`");
}

static void check_pair(const struct check_input *input, const struct pattern *writes,
	const struct pattern *executes, struct meet *meet)
{
	struct unit *unit = input->unit;
	struct slice witness;
	enum glob_answer answer =
		glob_overlap(&unit->arena, unit->limits, writes->glob, executes->glob, &witness);
	if (answer == GLOB_NO)
		meet_missed(meet);
	if (answer == GLOB_TOO_COMPLEX && !check_is_over(input))
		check_unclear(input, &writes->rule->head, &executes->rule->head);
	if (answer != GLOB_YES || is_taken(input, writes, executes) || check_is_over(input))
		return;
	report(input, writes, executes, witness);
	check_reported(input);
}

/* A rule of an abstraction that is both by itself is not this description's mistake. */
static bool counts(const struct pattern *pattern, unsigned perms)
{
	const struct file_rule *rule = pattern->rule;
	return allows(rule, perms) && (rule->head.origin == ORIGIN_DESCRIPTION ||
					      !(allows(rule, WRITES) && allows(rule, EXECUTES)));
}

/*
 * Whether a rule of `rules` repeats what an entry says, to have it logged: `audit /srv/tree/ w`
 * beside `writable: [/srv]`. What is to be said of it is said of the entry.
 */
static bool is_audited_twin(const struct pattern_list *own, const struct pattern *pattern)
{
	const struct rule *head = &pattern->rule->head;
	if (!head->qualifiers.audit || head->section != SECTION_RULES)
		return false;
	for (size_t i = 0; i < own->count; i++) {
		const struct file_rule *other = own->at[i].rule;
		unsigned missing = pattern->rule->perms & ~other->perms;
		if (other != pattern->rule && !other->head.qualifiers.deny &&
			other->head.section != SECTION_RULES && !(missing & (WRITES | EXECUTES)) &&
			slice_eq(own->at[i].text, pattern->text))
			return true;
	}
	return false;
}

static void collect(struct unit *unit, const struct pattern_list *from, unsigned perms,
	struct pattern_list *ret_list)
{
	for (size_t i = 0; i < from->count; i++)
		if (counts(&from->at[i], perms) && !is_audited_twin(from, &from->at[i]))
			pattern_list_add(&unit->arena, ret_list, from->at[i]);
}

static bool is_described(const struct pattern *pattern)
{
	return pattern->rule->head.origin == ORIGIN_DESCRIPTION;
}

void check_write_exec(const struct check_input *input)
{
	struct pattern_list writes = {0}, executes = {0};
	collect(input->unit, &input->own, WRITES, &writes);
	size_t own_writes = writes.count;
	collect(input->unit, &input->included->files, WRITES, &writes);
	collect(input->unit, &input->own, EXECUTES, &executes);
	size_t own_executes = executes.count;
	collect(input->unit, &input->included->files, EXECUTES, &executes);
	struct meet meet = meet_new(input->unit, &writes, &executes);
	for (size_t i = 0; i < writes.count; i++) {
		/* Two rules of abstractions are not this description's business. */
		size_t count = i < own_writes ? executes.count : own_executes;
		meet_row(&meet, i, 0);
		for (size_t j; meet_next(&meet, &j) && j < count;)
			if (is_described(&writes.at[i]) || is_described(&executes.at[j]))
				check_pair(input, &writes.at[i], &executes.at[j], &meet);
		if (!check_is_over(input))
			continue;
		check_too_complex(input, check_place(&writes.at[i].rule->head),
			"whether what is writable can be executed", writes.count - i);
		return;
	}
}
