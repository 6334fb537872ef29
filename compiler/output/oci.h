#ifndef COMPILER_OUTPUT_OCI_H
#define COMPILER_OUTPUT_OCI_H

/*
 * The parts of --to oci. Trees are config.json of the OCI runtime specification 1.0.2; what fails,
 * fails with a diagnostic at its place.
 */

#include "compiler/output/launch.h"

/*
 * The config.json of launch->merge, checked as far as it is going to be changed. NULL after a
 * diagnostic: it is no JSON, holds a number that does not fit into 64 bits with a sign, or is
 * something else than a config.json. The caller owns the tree.
 */
json_t *oci_read(const struct launch *launch);

/* A config.json without anything of the description: what runtimes give every container. */
json_t *oci_base(struct unit *unit);

/* The member of an object that is an object itself; made where there is none. */
json_t *oci_member(struct unit *unit, json_t *object, const char *key);

/*
 * A text of JSON, named for messages. NULL after a diagnostic at the place of the mistake. Members
 * keep their order, none may be there twice.
 */
json_t *oci_json(const struct launch *launch, struct slice name, struct slice text,
	const struct source **ret_source);

/* Where a value is in a text that is JSON: "process.env[2]". No place when it is not there. */
struct span oci_place(const struct source *source, const char *path);

/*
 * linux.seccomp: the filter that is made, or that of the user's own file, whose conditions are
 * decided. *ret_filter is NULL for none; the caller owns it. false after a diagnostic.
 */
bool oci_seccomp(const struct launch *launch, json_t **ret_filter);

#endif
