/*
 * Rules of the description that lead to a profile that is not there, or out of all profiles. Of
 * `exec` entries the reader tells what names a child; here are the strings of `rules`, whatever
 * leads to a child by its whole name, and children that a template brings along.
 *
 *     rules: [/bin/x Cx -> zz]                    error without a child zz
 *     rules: [/bin/x cx]                          error: the children here have no attachment
 *     rules: [change_profile -> NAME//zz]         error, in NAME
 *     rules: [/bin/x Ux, /bin/y Pux]              warning: without confinement, at least by chance
 *     rules: [change_profile -> unconfined]       warning
 */
#include "compiler/check/check.h"
#include "compiler/service/index.h"

enum { MATCH_COST = 64 };

/* Of the description, for all of its profiles. */
struct check_names {
	struct index whole; /* of all children, at any depth, to themselves */
	struct slice *name; /* likewise */
	size_t count;
};

struct names {
	const struct check_input *input;
	struct slice own, root; /* whole names: "web//worker" and "web" */
	const struct check_names *all;
};

/* As a pattern, or as what patterns match: "//" stands for itself in names of profiles. */
static struct slice label(const struct check_input *input, struct slice name)
{
	return region_label_text(&input->unit->arena, name, false);
}

static size_t count_children(const struct profile *profile)
{
	size_t count = 0;
	for (const struct profile *child = profile->body.children; child; child = child->next)
		count += 1 + count_children(child);
	return count;
}

static void add_children(const struct check_input *input, struct check_names *names,
	const struct profile *profile, struct slice whole)
{
	struct arena *arena = &input->unit->arena;
	for (const struct profile *child = profile->body.children; child; child = child->next) {
		struct slice name =
			arena_printf(arena, "%.*s//%.*s", SLICE_FMT(whole), SLICE_FMT(child->name));
		*index_at(&names->whole, name) = (void *)child;
		names->name[names->count++] = label(input, name);
		add_children(input, names, child, name);
	}
}

static struct slice expand(const struct check_input *input, struct slice text)
{
	struct unit *unit = input->unit;
	struct slice expanded, name;
	bool is_known =
		scope_expand(&unit->arena, unit->limits, input->scope, text, &expanded, &name);
	return is_known ? expanded : slice_of(NULL, 0); /* reported where rules are read */
}

static const struct check_names *all_names(const struct check_input *input)
{
	struct arena *arena = &input->unit->arena;
	if (*input->names)
		return *input->names;
	struct check_names *names = arena_new(arena, struct check_names);
	names->whole = index_new(arena);
	names->name = arena_array(arena, count_children(input->root), sizeof(*names->name));
	add_children(input, names, input->root, input->root->name);
	*input->names = names;
	return names;
}

static struct names names_of(const struct check_input *input)
{
	return (struct names){.input = input,
		.own = expand(input, SLICE("@{profile_name}")),
		.root = input->root->name,
		.all = all_names(input)};
}

/* Whether a child has the whole name, or matches the pattern. */
static bool is_child(const struct names *names, struct slice target, const struct glob *glob)
{
	const struct limits *limits = names->input->unit->limits;
	if (index_find(&names->all->whole, target))
		return true;
	for (size_t i = 0; i < names->all->count && limits_spend(limits, MATCH_COST); i++)
		if (glob_match(glob, names->all->name[i]))
			return true;
	return check_is_over(names->input);
}

static void report_missing(
	const struct check_input *input, const struct rule *rule, struct slice target)
{
	struct diags *diags = &input->unit->diags;
	struct slice text = check_rule_text(input->unit, rule);
	struct diag *diag = diag_add(diags, DIAG_MISSING_CHILD, check_place(rule),
		"'%.*s' leads nowhere: there is no child '%.*s'", SLICE_FMT(text),
		SLICE_FMT(target));
	diag_help(diags, diag, "describe it below 'children', or correct the name");
	check_reported(input);
}

/* A whole name that begins with that of the service. */
static void check_whole(const struct names *names, const struct rule *rule, struct slice target)
{
	struct unit *unit = names->input->unit;
	struct slice prefix = arena_printf(&unit->arena, "%.*s//", SLICE_FMT(names->root));
	struct slice expanded = expand(names->input, target);
	const char *error;
	size_t offset;
	if (!slice_starts(expanded, prefix))
		return;
	const struct glob *glob = glob_read(
		&unit->arena, unit->limits, label(names->input, expanded), &error, &offset);
	if (glob && !is_child(names, expanded, glob))
		report_missing(names->input, rule, slice_from(expanded, prefix.len));
}

/* A child that is entered by the path of its program has an attachment, or is named by the path. */
static bool is_attached(const struct profile *profile)
{
	for (const struct profile *child = profile->body.children; child; child = child->next)
		if (child->attachment.len > 0 || slice_starts(child->name, SLICE("/")))
			return true;
	return false;
}

static void report_unnamed(const struct check_input *input, const struct file_rule *rule)
{
	struct diags *diags = &input->unit->diags;
	struct slice text = check_rule_text(input->unit, &rule->head);
	struct diag *diag = diag_add(diags, DIAG_MISSING_CHILD, check_place(&rule->head),
		"'%.*s' leads to no child: one is entered by its name, not by the program's path",
		SLICE_FMT(text));
	diag_help(diags, diag, "write '%.*s -> NAME' with the name of a child", SLICE_FMT(text));
	check_reported(input);
}

static void check_child(const struct names *names, const struct file_rule *rule)
{
	const struct check_input *input = names->input;
	struct slice target = rule->target.len ? expand(input, rule->target) : rule->target;
	if (rule->target.len == 0) {
		if (!is_attached(input->profile))
			report_unnamed(input, rule);
		return;
	}
	struct slice whole = arena_printf(
		&input->unit->arena, "%.*s//%.*s", SLICE_FMT(names->own), SLICE_FMT(target));
	if (target.len == 0 || index_find(&names->all->whole, whole))
		return;
	if (input->profile == input->root) {
		report_missing(input, &rule->head, target);
		return;
	}
	struct diags *diags = &input->unit->diags;
	struct diag *diag = diag_add(
		diags, DIAG_MISSING_CHILD, check_place(&rule->head), "a child has no children");
	diag_help(diags, diag, "write 'Px -> %.*s//%.*s' to enter another child",
		SLICE_FMT(names->root), SLICE_FMT(target));
	check_reported(input);
}

/* Entries of `exec` that are started unconfined were told of when they were lowered. */
static void report_unconfined(
	const struct check_input *input, const struct rule *rule, const char *what)
{
	struct diags *diags = &input->unit->diags;
	struct slice text = check_rule_text(input->unit, rule);
	struct diag *diag = diag_add(
		diags, DIAG_UNCONFINED_EXEC, check_place(rule), "'%.*s' %s", SLICE_FMT(text), what);
	diag_help(diags, diag, "%s",
		rule->ops == &rule_file
			? "describe the program under 'children' and write 'Cx -> NAME', or 'Px -> PROFILE', or 'ix' to inherit"
			: "name the profiles that it may change to");
	check_reported(input);
}

static void check_file(const struct names *names, const struct file_rule *rule)
{
	const struct check_input *input = names->input;
	bool is_written = rule->head.section == SECTION_RULES;
	switch (rule->exec) {
	case EXEC_NONE:
	case EXEC_DENY:
	case EXEC_INHERIT:
		return;
	case EXEC_UNCONFINED:
		if (is_written)
			report_unconfined(
				input, &rule->head, "starts programs without any confinement");
		return;
	case EXEC_CHILD_UNCONFINED:
	case EXEC_PROFILE_UNCONFINED:
		report_unconfined(input, &rule->head,
			"starts programs without any confinement where that profile is not loaded");
		break;
	case EXEC_PROFILE:
	case EXEC_CHILD:
	case EXEC_PROFILE_INHERIT:
	case EXEC_CHILD_INHERIT:
		break;
	}
	if (rule->exec == EXEC_CHILD || rule->exec == EXEC_CHILD_INHERIT ||
		rule->exec == EXEC_CHILD_UNCONFINED)
		check_child(names, rule);
	else if (rule->target.len > 0)
		check_whole(names, &rule->head, rule->target);
}

/* Whether the change of profile may be one to none. */
static bool may_leave(const struct check_input *input, const struct change_profile_rule *rule)
{
	struct unit *unit = input->unit;
	struct slice target = rule->target.len ? expand(input, rule->target) : SLICE("**");
	const char *error;
	size_t offset;
	const struct glob *glob =
		target.len ? glob_read(&unit->arena, unit->limits, target, &error, &offset) : NULL;
	return glob && glob_match(glob, SLICE("unconfined"));
}

static void check_change(const struct names *names, const struct change_profile_rule *rule)
{
	if (may_leave(names->input, rule))
		report_unconfined(names->input, &rule->head,
			"lets the service leave its profile for none at all");
	if (rule->target.len > 0)
		check_whole(names, &rule->head, rule->target);
}

static bool is_transition(const struct rule *rule)
{
	if (rule->origin != ORIGIN_DESCRIPTION || rule->qualifiers.deny)
		return false;
	return rule->ops == &rule_change_profile ||
	       (rule->ops == &rule_file && ((const struct file_rule *)rule)->exec != EXEC_NONE &&
		       !((const struct file_rule *)rule)->all);
}

void check_transitions(const struct check_input *input)
{
	const struct rule *rule = input->profile->body.rules;
	while (rule && !is_transition(rule))
		rule = rule->next;
	if (!rule)
		return;
	struct names names = names_of(input);
	for (; rule; rule = rule->next) {
		if (!is_transition(rule))
			continue;
		if (rule->ops == &rule_file)
			check_file(&names, (const struct file_rule *)rule);
		else
			check_change(&names, (const struct change_profile_rule *)rule);
		if (!check_is_over(input))
			continue;
		check_too_complex(input, check_place(rule), "whether rules lead anywhere", 1);
		return;
	}
}
