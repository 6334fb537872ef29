#ifndef CLI_MACHINE_H
#define CLI_MACHINE_H

/*
 * The machine that install, remove and sync change: this one, or the tree of an image (--root).
 *
 *     machine_open -> (gather) -> machine_begin: lock, recovery, snapshots -> … -> machine_end
 *
 * Without AppArmor in the kernel, files are all there is. That is wanted for an image, so --root
 * must say so; `--root /` does in a build that runs inside the image.
 */

#include "cli/cli.h"
#include "manager/disk/installed.h"
#include "manager/system/lock.h"
#include "manager/kernel/policy_set.h"
#include "manager/host/tasks.h"

struct machine {
	const struct options *options;
	struct places places;
	bool has_kernel;
	struct slice why_no_kernel; /* words */
	char *features;		    /* the running kernel's, or NULL: --features or the ABI's */
	struct arena own;	    /* as long as the machine is open */
	/* Between machine_begin and machine_end, in the arena that was given: */
	struct arena *arena;
	struct lock lock; /* fd -1 with --dry-run */
	struct loaded loaded;
	struct installed_list installed;
	struct tasks tasks; /* of machine_tasks */
	bool has_tasks;
};

/*
 * needs_kernel: without AppArmor in the kernel, and without --root, it is an error. STATUS_OK, or
 * the status after a problem has been printed. machine_close in any case.
 */
enum status machine_open(
	const struct options *options, bool needs_kernel, struct machine *ret_machine);

/*
 * Takes the lock (unless --dry-run), finishes what a killed run left, and reads what the kernel
 * holds and what is installed. machine_end in any case.
 */
enum status machine_begin(struct machine *machine, struct arena *arena);

/* Releases the lock. What is in the arena stays. */
void machine_end(struct machine *machine);

void machine_close(struct machine *machine);

/* The words of an error, in the arena. */
struct slice error_words(struct arena *arena, const struct error *error);

/* NULL without a kernel. */
const struct loaded *machine_loaded(const struct machine *machine);

/* The installed text of that name if it is ours (edited or not), or NULL. */
const struct installed *machine_installed(const struct machine *machine, struct slice name);

/*
 * The tasks of the machine, read once between machine_begin and machine_end; they are partial where
 * no proc can be read. None without a kernel.
 */
const struct tasks *machine_tasks(struct machine *machine);

/* A task that the profile confines, or one below it, in the root namespace; NULL: none is seen. */
const struct task *machine_task(struct machine *machine, struct slice name);

/* Warns where the kernel enforces no profile: whatever was loaded, nothing of it is enforced. */
void machine_say_kernel_mode(const struct machine *machine);

#endif
