#ifndef MANAGER_SYSTEM_STAGE_H
#define MANAGER_SYSTEM_STAGE_H

/*
 * A stage writes a set of files into a directory so that either all of them appear or none:
 * they are collected in `DIR/.aaforge.XXXXXX` and moved at the end. Memory does not grow with their
 * number. A run that was killed leaves its staging directory; the next run removes it (the name
 * fits, it is ours, and nobody holds its lock).
 *
 * The move is one rename per file: a kill in its middle leaves each file old or new, never partial.
 */

#include "manager/system/error.h"

struct stage;

/* Begins a set in `directory`, which must exist. */
bool stage_begin(const char *directory, struct stage **ret_stage, struct error **ret_error);

/*
 * Adds the file `name` (not empty, at most 255 bytes, no '/', not starting with a dot; else
 * EINVAL). A name that was added before is EEXIST.
 */
bool stage_add(struct stage *stage, const char *name, struct slice text, struct error **ret_error);

/*
 * Moves all files into the directory, replacing files, whose mode, owner and attributes they take
 * over (file_keep_attributes), and symbolic links of the same names; any other kind of file in the
 * way is refused before the first move. Frees the stage in any case; after an error the staged
 * files are gone.
 */
bool stage_commit(struct stage *stage, struct error **ret_error);

/* Removes everything and frees the stage; NULL is fine. */
void stage_abort(struct stage *stage);

#endif
