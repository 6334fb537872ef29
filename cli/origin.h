#ifndef CLI_ORIGIN_H
#define CLI_ORIGIN_H

/* What the header of an emitted text says of the description that it was made from. */

#include "base/slice.h"

/* Whether the header holds the digest of that very description. */
bool text_was_made_from(struct slice text, struct slice description);

/* Whether two texts are the same but for the line that names the description's file, which install
 * changes. */
bool texts_agree(struct slice a, struct slice b);

#endif
