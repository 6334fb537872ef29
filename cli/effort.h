#ifndef CLI_EFFORT_H
#define CLI_EFFORT_H

/*
 * One transaction of install, remove or sync: what shall be there and what shall go, shown as a
 * plan and then done.
 */

#include "cli/desired.h"
#include "cli/leaving.h"

struct effort {
	struct machine *machine;
	struct desired_list desired; /* entries with an obstacle are left out */
	struct leaving_list leaving; /* the same */
	/* Installed, but neither desired nor leaving: '=' with a reason in JSON. */
	const struct installed **kept;
	size_t kept_count;
	struct slice why_kept;
	/* sync: descriptions among these that were refused are told, and keep what is there. */
	const struct gathering *gathering;
	struct running_report running; /* of effort_look */
	/* Of effort_plan; refused: those with an obstacle, and broken descriptions. */
	size_t added, changed, gone, same, refused;
};

/* Counts. Whether anything is to be done. */
bool effort_plan(struct effort *effort);

/* Looks for processes that the profiles came too late for. They are in the JSON of effort_print,
 * and told by running_tell. */
void effort_look(struct effort *effort);

/*
 * Prints the plan: as text the lines of what changes, as JSON all of it, with what is refused.
 */
void effort_print(const struct effort *effort);

/*
 * Does it, unless --dry-run or nothing is to be done. `may_fall_back`: what a kernel refuses for
 * its version is given to apparmor_parser. STATUS_OK, or STATUS_SYSTEM after the problem was
 * printed; *ret_is_committed, which may be NULL, tells then that some of it may be done.
 */
enum status effort_apply(const struct effort *effort, bool may_fall_back, bool *ret_is_committed);

/*
 * The same, where the kernel refuses one for all: then each profile by itself, so that a bad one
 * does not block the good ones. What was refused has an obstacle after it.
 */
enum status effort_apply_each(struct effort *effort, bool may_fall_back, bool *ret_is_committed);

/* The one line that sums up, on standard error; nothing with --quiet. */
void effort_sum_up(const struct effort *effort);

/* Plan, apply, print and sum up as install, remove and sync do, with notes on what is not loaded.
 * With a gathering, as sync, what can be done is done: effort_apply_each. */
enum status effort_run(struct effort *effort);

#endif
