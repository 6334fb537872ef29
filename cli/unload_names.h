#ifndef CLI_UNLOAD_NAMES_H
#define CLI_UNLOAD_NAMES_H

/* What the operands of unload stand for: profiles that the kernel holds. */

#include "cli/cli.h"
#include "manager/kernel/loaded.h"
#include "manager/places.h"

struct unload_target {
	const struct loaded_profile *profile;
	struct slice source; /* the file it was named by, or empty */
};

struct unload_targets {
	struct unload_target *targets; /* sorted; none twice, none below another */
	size_t count, capacity;
};

/*
 * Adds the profiles that an operand names:
 *
 *     web, web//worker, :tenant:web   in options->namespace unless it has its own
 *     web.yaml, web.apparmor, web.bin the names in a description, profile text or compiled policy
 *
 * A loaded profile of that very name comes before a file, as profiles may be named like programs.
 * What is not loaded, or cannot be read, is printed and gives STATUS_INPUT or STATUS_SYSTEM.
 */
enum status unload_add(const struct options *options, const struct places *places,
	const struct loaded *loaded, const char *operand, struct arena *arena,
	struct unload_targets *targets);

/* Adds one profile that the kernel holds. */
void unload_add_profile(struct unload_targets *targets, const struct loaded_profile *profile,
	struct slice source, struct arena *arena);

/* Sorts, and takes out what is there twice or goes with its parent. */
void unload_finish(struct unload_targets *targets);

#endif
