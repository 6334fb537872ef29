#ifndef MANAGER_KERNEL_PROBE_H
#define MANAGER_KERNEL_PROBE_H

/*
 * Whether a profile is loaded, and in which mode, without any right to read the kernel's list: a
 * child of ours puts itself under the profile, and we read its label. Only on this machine.
 */

#include "manager/host/tasks.h"

enum probe_result {
	PROBE_LOADED,	  /* the label says the mode */
	PROBE_NOT_LOADED, /* the kernel knows no such profile */
	PROBE_NO_ANSWER,  /* it was refused for another reason, or the label could not be read */
};

/*
 * aa_change_profile(2) in a forked child, which ends right after its label was read. The slices of
 * ret_task, set only with PROBE_LOADED, are in the arena. Asks the kernel for one transition,
 * which it may log.
 */
enum probe_result probe_profile(
	const struct places *places, struct slice name, struct arena *arena, struct task *ret_task);

enum enforcement {
	ENFORCEMENT_PROVEN,    /* the kernel refused what the profile does not allow */
	ENFORCEMENT_DISPROVEN, /* it let it pass */
	ENFORCEMENT_UNKNOWN,   /* the profile allows it, or denies it in complain mode too */
};

/*
 * Whether the kernel enforces the loaded profile: parameters/mode, which sets all of them to
 * complain, is for root only. A child of ours under the profile sends SIGCONT, which changes
 * nothing, to us. That proves something if the policy has no rule for it, neither allow nor deny,
 * which aa_query_label(2) tells. The refusal is logged by the kernel.
 */
enum enforcement probe_enforcement(
	const struct places *places, struct slice name, struct arena *arena);

#endif
