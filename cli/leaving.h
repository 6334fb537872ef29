#ifndef CLI_LEAVING_H
#define CLI_LEAVING_H

/* Installed profiles that shall go (remove, sync --prune), and what stands against it. */

#include "cli/machine.h"
#include "cli/plan.h"
#include "manager/change/transaction.h"

struct leaving {
	const struct installed *installed;
	struct slice copy; /* where its description is, or would be */
	struct change change;
	struct slice obstacle; /* words, empty when nothing stands against it */
	bool is_awaited; /* --watch: it goes by itself when its last task has ended, which is all
			    that stands against it */
};

struct leaving_list {
	struct leaving *entries;
	size_t count;
	struct policy_set returning; /* of leaving_decide: others' profiles that come back */
};

/*
 * Decides about each entry, of which `installed` is set, all of them together: tasks that are
 * confined, or that cannot be seen, a text that was edited, descriptions that would bring the
 * profile back or go with it by mistake. --force overcomes all of it; what was edited is kept as a
 * backup then. A template goes with the last description that names it. A loaded profile that is
 * not what aaforge loaded or installed, by its hash, is left to the kernel (change.keeps_loaded).
 * What a profile had put aside comes back with it (cli/bring_back.h). Between machine_begin and
 * machine_end, whose arena holds the memory. STATUS_SYSTEM after a problem was printed.
 */
enum status leaving_decide(struct machine *machine, struct leaving_list *list);

/* Prints the obstacles. How many there are, those not counted that end by themselves. */
size_t leaving_report(const struct leaving_list *list);

/* Says which loaded profiles stay, and what takes them away. */
void leaving_say_kept(const struct leaving_list *list);

/* Says, when it is done, which names other files of the boot define as well: nothing is loaded
 * under these until then. */
void leaving_say_namesakes(const struct machine *machine, const struct leaving_list *list);

struct plan_line leaving_line(const struct leaving *leaving);

#endif
