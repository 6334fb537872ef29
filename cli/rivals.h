#ifndef CLI_RIVALS_H
#define CLI_RIVALS_H

/*
 * Profiles that stand against those of a run: one that attaches to the same program, as the kernel
 * would attach neither or the wrong one, and a file that defines a profile of the same name. Each
 * is an obstacle; with --force a warning of what will happen. Where two of ours overlap, the kernel
 * chooses one of them for certain and a program is left to the other, that is a remark.
 */

#include "cli/aside.h"
#include "cli/leaving.h"

/*
 * Of install and sync: adds obstacles to the list, and takes into the changes what is put aside
 * for --replace-distribution (asides, of aside_read; or NULL). `leaving` (or NULL): what this run
 * takes away is no rival. Between machine_begin and machine_end, after all that was decided of
 * both. STATUS_OK; STATUS_INPUT after a problem with --replace-distribution was printed.
 */
enum status rivals_decide(struct machine *machine, const struct gathering *gathering,
	const struct leaving_list *leaving, struct aside_list *asides, struct desired_list *list);

/* Of load, whose profiles may also stand against one another: prints them. false when one forbids
 * it. */
bool rivals_allow_load(struct machine *machine, const struct gathering *gathering);

#endif
