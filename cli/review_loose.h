#ifndef CLI_REVIEW_LOOSE_H
#define CLI_REVIEW_LOOSE_H

/*
 * What a review finds below its profiles: processes that carry the name of one that enforces, and
 * that are not confined (manager/host/loose.h).
 */

#include "cli/review.h"

/* Sets `loose` of the rows, and adds to `running`. What hides tasks is in the review. */
void review_look_inside(struct review *review);

#endif
