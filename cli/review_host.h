#ifndef CLI_REVIEW_HOST_H
#define CLI_REVIEW_HOST_H

/*
 * Of a review's profiles that attach to programs, in whatever namespace: whether the kernel would
 * put a new start of the program under them, now and after a boot, and which processes run it
 * without. Of those that are installed: whether another file of the boot defines their name.
 * Nothing fails; what cannot be seen is said by the row.
 */

#include "cli/review.h"

/* Fills dispute, boot_dispute, boot_twice, overlap, is_attachment_hidden and running. Looks at
 * nothing when no row attaches to a program, or is installed. */
void review_look(struct review *review);

#endif
