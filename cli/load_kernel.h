#ifndef CLI_LOAD_KERNEL_H
#define CLI_LOAD_KERNEL_H

/*
 * What `load` does under the lock once all is decided: the records of what is loaded are written
 * before the kernel gets it, so that a full disk cannot make a profile of ours a foreign one; so is
 * that a namespace is made by us.
 */

#include "cli/gather.h"
#include "cli/machine.h"
#include "manager/system/stop.h"

/*
 * Gives the set, which was compared, to the kernel (has_changed: some of it is new), verifies it
 * and records it. An error before the kernel has taken it leaves nothing behind.
 * *ret_has_to_compile: nothing was done, for the kernel does not know the version of the binaries.
 * `hold` is the caller's: who is asked to end before the kernel has it does not begin (EINTR).
 */
bool load_into_kernel(struct machine *machine, struct gathering *gathering, bool has_changed,
	const struct stop_hold *hold, bool *ret_has_to_compile, struct error **ret_error);

/* Records what the kernel holds of the set now, whoever gave it to it. */
bool load_write_records(
	struct machine *machine, struct gathering *gathering, struct error **ret_error);

#endif
