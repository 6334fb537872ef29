#ifndef CLI_RUNNING_H
#define CLI_RUNNING_H

/*
 * After profiles were loaded: the processes that run a program of theirs and began without them.
 *
 *     note: process 812 (unbound, unbound.service) was started without the profile 'unbound', and
 *     is unconfined: systemctl restart unbound.service
 *
 * In JSON an array "running" on the profile: [{"pid": 812, "command": "unbound", "program":
 * "/usr/sbin/unbound", "unit": "unbound.service", "label": "unconfined", "mend": "systemctl …"}],
 * there also with those that another profile confines: their start was somebody's decision, so
 * they have no "mend"; and "unsure": true where it cannot be told which script a process runs.
 */

#include "cli/machine.h"
#include "manager/host/process.h"

#include <jansson.h>

struct running_profile {
	struct slice namespace, name;
	struct running *running; /* at least one */
	size_t count;
	struct arena *arena;
};

struct running_report {
	struct running_profile *entries; /* only of profiles that have some */
	size_t count;
	bool is_partial; /* a profile attaches to programs, but not all processes could be seen */
	struct slice hidden;
};

/*
 * Looks for all profiles of the members (NULL ones are left out), reading the processes once, and
 * not at all when none of them attaches to a program. Nothing without a kernel. Memory is in the
 * machine's arena, between machine_begin and machine_end.
 */
void running_look(struct machine *machine, const struct set_member *const *members, size_t count,
	struct running_report *ret_report);

/* The entry of a profile, or NULL. */
const struct running_profile *running_find(
	const struct running_report *report, struct slice namespace, struct slice name);

/* Prints a note for each unconfined process, ten at most. */
void running_tell(const struct running_report *report);

/* The array; a new reference. */
json_t *running_json(const struct running_profile *profile);

#endif
