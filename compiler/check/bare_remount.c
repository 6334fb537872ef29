/*
 * A remount rule without options is about a remount with no flag at all, as apparmor_parser 3
 * compiles it. mount(8) passes the flags that the mount has, relatime among them.
 *
 *     remount /data/,                               not `mount -o remount,ro /data`
 *     remount options=(ro, relatime) /data/,        this does it
 */
#include "compiler/check/check.h"

static bool has_options(const struct mount_rule *rule)
{
	for (const struct condition *c = rule->conditions; c; c = c->next)
		if (slice_is(c->key, "options"))
			return true;
	return false;
}

static void report(const struct check_input *input, const struct mount_rule *rule)
{
	struct diags *diags = &input->unit->diags;
	const struct rule *head = &rule->head;
	struct slice text = check_rule_text(input->unit, head);
	struct slice place = rule->target.len ? rule->target : SLICE("/data/");
	struct diag *diag = diag_add(diags, DIAG_BARE_REMOUNT, check_place(head),
		"'%.*s' is only about a remount without flags, and mount(8) passes those that the mount has",
		SLICE_FMT(text));
	if (head->qualifiers.deny)
		diag_help(diags, diag, "'mount' denies mounts and remounts of every kind");
	else
		diag_help(diags, diag,
			"name them all: 'remount options=(ro, relatime) %.*s'; see aaforge help bare-remount",
			SLICE_FMT(place));
}

void check_bare_remount(const struct check_input *input)
{
	for (const struct rule *rule = input->profile->body.rules; rule; rule = rule->next) {
		const struct mount_rule *mount = (const struct mount_rule *)rule;
		if (rule->ops == &rule_mount && mount->operation == MOUNT_REMOUNT &&
			rule->origin == ORIGIN_DESCRIPTION && !has_options(mount))
			report(input, mount);
	}
}
