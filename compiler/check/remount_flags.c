/*
 * A remount rule is about exactly the flags that it names, and mount(8) passes those that the mount
 * has: one of the three for access times, relatime for nearly every mount.
 *
 *     remount options=ro /data/                        not `mount -o remount,ro /data`
 *     mount options=(remount, ro) -> /data/            nor this
 *     remount options=(ro, relatime) /data/            this does it
 *     mount options=(remount, ro) options in (relatime, noatime) -> /data/
 */
#include "compiler/check/check.h"

static struct condition *find_options(const struct mount_rule *rule, const char *const *names)
{
	for (struct condition *c = rule->conditions; c; c = c->next)
		for (size_t i = 0; slice_is(c->key, "options") && i < c->count; i++)
			for (const char *const *name = names; *name; name++)
				if (slice_is(c->values[i], *name))
					return c;
	return NULL;
}

/* The options of a remount to which one for access times could be added; NULL when there is one, or
 * the rule is about something else. */
static struct condition *find_incomplete(const struct mount_rule *rule)
{
	static const char *const times[] = {"relatime", "noatime", "strictatime", NULL};
	static const char *const remount[] = {"remount", NULL};
	if (find_options(rule, times))
		return NULL;
	if (rule->operation == MOUNT_MOUNT)
		/* With a source it is about binds only, with a type about new mounts. */
		return rule->source.len > 0 || !slice_is(rule->conditions->key, "options")
			       ? NULL
			       : find_options(rule, remount);
	for (struct condition *c = rule->conditions; c && rule->operation == MOUNT_REMOUNT;
		c = c->next)
		if (slice_is(c->key, "options"))
			return c;
	return NULL;
}

/* The rule with relatime. */
static struct slice completed(
	struct unit *unit, const struct mount_rule *rule, const struct condition *options)
{
	struct mount_rule copy = *rule;
	struct condition *more = arena_new(&unit->arena, struct condition);
	struct slice *values = arena_array(&unit->arena, options->count + 1, sizeof(*values));
	memcpy(values, options->values, options->count * sizeof(*values));
	values[options->count] = SLICE("relatime");
	*more = *options;
	more->values = values;
	more->count++;
	more->next = NULL;
	copy.conditions = more;
	copy.head.printed = slice_of(NULL, 0);
	return check_rule_text(unit, &copy.head);
}

static void report(const struct check_input *input, const struct mount_rule *rule,
	const struct condition *options)
{
	struct unit *unit = input->unit;
	struct diag *diag = diag_add(&unit->diags, DIAG_REMOUNT_FLAGS, check_place(&rule->head),
		"'%.*s' is about these flags only, and mount(8) passes those that the mount has, mostly relatime among them",
		SLICE_FMT(check_rule_text(unit, &rule->head)));
	if (rule->head.qualifiers.deny)
		diag_help(&unit->diags, diag, "'mount' denies mounts and remounts of every kind");
	else if (rule->conditions == options && !options->next)
		diag_help(&unit->diags, diag,
			"name them all: '%.*s'; see aaforge help remount-flags",
			SLICE_FMT(completed(unit, rule, options)));
	else
		diag_help(&unit->diags, diag, "name them all; see aaforge help remount-flags");
}

void check_remount_flags(const struct check_input *input)
{
	for (const struct rule *rule = input->profile->body.rules; rule; rule = rule->next) {
		const struct mount_rule *mount = (const struct mount_rule *)rule;
		if (rule->ops != &rule_mount || rule->origin != ORIGIN_DESCRIPTION ||
			!mount->conditions)
			continue;
		const struct condition *options = find_incomplete(mount);
		if (options)
			report(input, mount, options);
	}
}
