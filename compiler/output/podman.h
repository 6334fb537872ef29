#ifndef COMPILER_OUTPUT_PODMAN_H
#define COMPILER_OUTPUT_PODMAN_H

/* What `podman run` and the units that become one have in common. */

#include "compiler/output/launch.h"

/*
 * The options of a tmpfs for Podman, which takes no uid= and gid=: its U gives the file system to
 * the container's user. false after a diagnostic, when it is to be somebody else's.
 */
bool podman_tmpfs_options(
	const struct launch *launch, const struct tmpfs *tmpfs, struct slice *ret_options);

#endif
