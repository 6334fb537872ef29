#ifndef CLI_ATTACH_CLAIM_H
#define CLI_ATTACH_CLAIM_H

/* Whether a profile's attachment gets along with those of the run's other profiles. */

#include "cli/pipeline.h"

/*
 * Notes the attachment of a compiled item, if it has one. false after the error `attach-conflict`
 * in the item's diagnostics; `attach-overlap` is a note.
 */
bool attach_claim(struct pipeline *pipeline, struct work_item *item);

#endif
