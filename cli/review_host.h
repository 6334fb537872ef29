#ifndef CLI_REVIEW_HOST_H
#define CLI_REVIEW_HOST_H

/*
 * Of a review's profiles that attach to programs: whether the kernel would put a new start of the
 * program under them, now and after a boot, and which processes run it without. Nothing fails; what
 * cannot be seen is said by the row.
 */

#include "cli/review.h"

/* Fills dispute, boot_dispute, is_attachment_hidden and running of rows that are loaded. Looks at
 * nothing when none of them attaches to a program. */
void review_look(struct review *review);

#endif
