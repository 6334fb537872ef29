/*
 * With no_new_privileges the kernel refuses to start a program under another profile, unless that
 * one is stacked on the old one: apparmor_bprm_creds_for_exec() of security/apparmor/domain.c ("no
 * new privs"). The same holds for change_profile.
 */
#include "compiler/check/check.h"

static bool changes_profile(const struct rule *rule)
{
	if (rule->qualifiers.deny || rule->origin != ORIGIN_DESCRIPTION)
		return false;
	if (rule->ops == &rule_change_profile)
		return !slice_starts(
			((const struct change_profile_rule *)rule)->target, SLICE("&"));
	if (rule->ops != &rule_file)
		return false;
	const struct file_rule *file = (const struct file_rule *)rule;
	return (file->perms & PERM_EXEC) && file->exec != EXEC_INHERIT && file->exec != EXEC_DENY &&
	       file->exec != EXEC_NONE && !slice_starts(file->target, SLICE("&"));
}

static void report(const struct check_input *input, const struct rule *rule)
{
	struct diags *diags = &input->unit->diags;
	struct span written = input->container->no_new_privileges_span;
	struct slice text = check_rule_text(input->unit, rule);
	struct diag *diag = diag_add(diags, DIAG_NO_NEW_PRIVILEGES, check_place(rule),
		"'%.*s' is refused by the kernel: no_new_privileges forbids another profile",
		SLICE_FMT(text));
	if (!span_none(written))
		diag_second(diags, diag, written, "here");
	diag_help(diags, diag,
		"start it with 'as: inherit', or write 'no_new_privileges: false' under 'container'");
}

void check_container_exec(const struct check_input *input)
{
	if (!input->container || !input->container->no_new_privileges)
		return;
	for (const struct check_input *each = input; each; each = each->next) {
		struct span reported = {0, 0};
		for (const struct rule *rule = each->profile->body.rules; rule; rule = rule->next) {
			struct span place = check_place(rule);
			if (!changes_profile(rule) || place.begin == reported.begin)
				continue;
			reported = place;
			report(input, rule);
		}
	}
}
