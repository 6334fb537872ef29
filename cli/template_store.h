#ifndef CLI_TEMPLATE_STORE_H
#define CLI_TEMPLATE_STORE_H

/* Templates by name or path, each prepared once per run. */

#include "cli/pipeline.h"
#include "manager/system/digest.h"

/*
 * The template of a service: a built-in, or a file relative to the description at `path`. NULL
 * after a diagnostic in `unit`; mistakes inside the template itself are printed once, when it is
 * first used.
 */
const struct policy_template *template_find(struct pipeline *pipeline, struct unit *unit,
	const struct service *service, const char *path);

/* The path of the template file of the service described at `description`, with a NUL behind; empty
 * for a built-in. */
struct slice template_file(
	struct arena *arena, const struct service *service, const char *description);

/* The digest of the text of a template file that this run has read, by that path. */
struct digest template_digest(const struct pipeline *pipeline, struct slice path);

#endif
