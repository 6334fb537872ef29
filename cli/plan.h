#ifndef CLI_PLAN_H
#define CLI_PLAN_H

/*
 * What a command does to the profiles of the machine, one line each, on standard output:
 *
 *     + web  (services/web.yaml)
 *     ~ db  (services/db.yaml; complain; was changed since aaforge loaded it)
 *     - old  (/etc/apparmor.d/old)
 *     = api  (services/api.yaml)
 *
 * with --json one object: {"changed": true, "dry_run": false, "profiles": [{"name": "web",
 * "action": "new", "mode": "enforce", "source": "services/web.yaml"}, …]}, the actions being new,
 * changed, gone, same and refused; "namespace", "why" and "running" (cli/running.h) are there when
 * they are not empty, "name" where a refused description tells it.
 *
 * People want to see the text before something is done, programs the object after it was done:
 *
 *     if (!options->json || options->dry_run)
 *             plan_print(…);
 *     … do it …
 *     if (options->json && !options->dry_run)
 *             plan_print(…);
 */

#include "cli/cli.h"
#include "cli/running.h"
#include "manager/kernel/policy_set.h"

struct plan_line {
	char sign;		/* + new, ~ changed, - gone, = same, ! refused */
	struct slice namespace; /* or empty */
	struct slice name;
	struct slice mode;   /* the kernel's word, or empty when it is not known */
	struct slice source; /* a path, or empty */
	struct slice why;    /* what is special about it, or empty */
	const struct running_profile *running; /* processes without it, or NULL */
};

/* Prints the plan, in the order of the lines. `changed`: whether anything is different after it. */
void plan_print(
	const struct options *options, const struct plan_line *lines, size_t count, bool changed);

/* The sign of a member of a set that was compared. */
char plan_sign(enum set_state state);

/* Sorts by namespace and name. */
void plan_sort(struct plan_line *lines, size_t count);

/* "web", or ":tenant:web" in a namespace: as the kernel's list and aa-exec spell it. */
struct slice profile_label(struct arena *arena, struct slice namespace, struct slice name);

#endif
