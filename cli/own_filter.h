#ifndef CLI_OWN_FILTER_H
#define CLI_OWN_FILTER_H

/*
 * The seccomp filter that a description names with `seccomp: {file: PATH}`: where it lies, and
 * whether it is one. Of what is none nothing is shown, as it may be anything that we can read.
 */

#include "cli/pipeline.h"

/* Its path as it reads from the working directory: 'services/api.yaml', 'x.json' is
 * 'services/x.json'. For items that compiled and name one. */
struct slice own_filter_path(struct work_item *item);

/*
 * Reads it into *ret_text, which is empty when the description names none, or when nothing is there
 * and `may_be_missing`. false after a diagnostic (outside-path, bad-json), or a problem that was
 * printed. The caller frees the text.
 */
bool own_filter_read(struct pipeline *pipeline, struct work_item *item, bool may_be_missing,
	struct bytes *ret_text);

#endif
