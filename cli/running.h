#ifndef CLI_RUNNING_H
#define CLI_RUNNING_H

/*
 * After profiles were loaded: the processes that run a program of theirs and began without them.
 *
 *     note: process 812 (unbound, unbound.service) was started without the profile 'unbound', and
 *     is unconfined: systemctl restart unbound.service
 *
 *     note: process 820 (two) is not confined by the profile 'web', but under
 *     'web//null-/usr/sbin/two' in mode complain, which keeps it from nothing: start it again
 *
 * The second is what the profile started when it was in mode complain (manager/host/loose.h).
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
	struct machine *machine;
	const struct set_member *const *members; /* what was looked at: of these kept children */
	size_t member_count;
	bool is_partial; /* not all processes could be seen */
	struct slice hidden;
};

/*
 * Looks for all profiles of the members (NULL ones are left out), reading the tasks once, and the
 * programs once when one of them attaches to some. Nothing without a kernel. Memory is in the
 * machine's arena, between machine_begin and machine_end.
 */
void running_look(struct machine *machine, const struct set_member *const *members, size_t count,
	struct running_report *ret_report);

/* The entry of a profile, or NULL. */
const struct running_profile *running_find(
	const struct running_report *report, struct slice namespace, struct slice name);

/* Adds processes to those of a profile. */
void running_add(struct running_profile *profile, const struct running *more, size_t count);

/* The first of them in words: "812 (two, two.service), 813 (x)". */
struct slice running_names(struct arena *arena, const struct running *running, size_t count);

/* Prints a note for each process that nothing keeps, ten at most. */
void running_tell(const struct running_report *report);

/* The array; a new reference. */
json_t *running_json(const struct running_profile *profile);

#endif
