#ifndef COMPILER_OUTPUT_SECCOMP_H
#define COMPILER_OUTPUT_SECCOMP_H

/*
 * The seccomp filter of a container as JSON, for --to seccomp and for --to oci. Nothing fails.
 */

#include "compiler/output/launch.h"

enum seccomp_form {
	SECCOMP_FORM_DOCKER, /* archMap: what Docker, Podman and CRI-O read from a file */
	SECCOMP_FORM_OCI,    /* architectures: linux.seccomp of the OCI runtime specification */
};

/*
 * The filter that the description asks for: the default one, changed by `allow`, `deny`, `log` and
 * the description's capabilities (SECCOMP_RUNTIME, SECCOMP_CHANGED), or an allow-list of its own
 * (SECCOMP_LIST). A tree that the caller owns.
 *
 * It holds no condition (`includes`, `excludes`): containerd reads a filter without them.
 */
json_t *seccomp_filter(const struct launch *launch, enum seccomp_form form);

/* The list of architectures of the second form. The caller owns it. */
json_t *seccomp_architectures(struct unit *unit);

#endif
