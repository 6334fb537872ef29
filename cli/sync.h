#ifndef CLI_SYNC_H
#define CLI_SYNC_H

/* What `sync` and `sync --watch` share. The directory is the command's operand. */

#include "cli/gather.h"
#include "cli/machine.h"
#include "manager/system/bytes.h"

struct sync {
	struct machine *machine;
	bool is_watching;
	bool is_prune_suspended; /* something is broken, whose name may be unknown */
	bool has_changed;	 /* by the last round */
	struct bytes awaited;	 /* names of profiles that go when their last task has ended, each
				    ended by NUL; of the last round */
};

/*
 * One round of --watch: applies what is good and leaves alone what is broken. `use` is called with
 * what was gathered, unless nothing could be. STATUS_SYSTEM: nothing was applied, or not all of
 * what is good; worth another try. Problems are printed.
 */
enum status sync_round(
	struct sync *sync, void (*use)(void *context, const struct gathering *), void *context);

/* Follows the directory until SIGTERM or SIGINT (STATUS_OK), or until it is gone (STATUS_SYSTEM).
 */
enum status sync_watch(struct sync *sync);

#endif
