#ifndef CLI_STALE_H
#define CLI_STALE_H

/* Children that new policies do not have any more, and tasks under them: what a plan knows of them
 * (manager/kernel/stale.h). */

#include "cli/machine.h"

/* Before the set is compared: keeps those that are in use. Between machine_begin and machine_end.
 */
void stale_decide(struct machine *machine, struct policy_set *set);

/* Prints a note for each child that is kept. */
void stale_tell(struct machine *machine, const struct set_member *member);

#endif
