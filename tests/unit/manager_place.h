#ifndef TESTS_UNIT_MANAGER_PLACE_H
#define TESTS_UNIT_MANAGER_PLACE_H

/* A temporary directory for a test, and what tests of the manager do in it. */

#include "manager/system/error.h"

#include <sys/types.h>

struct place {
	char path[64];
};

/* Makes an empty directory; the test ends with place_end, which removes it with all it holds. */
struct place place_begin(void);
void place_end(const struct place *place);

/* "PLACE/NAME" in one of a few buffers that are used in turn. */
const char *place_at(const struct place *place, const char *name);

/* Writes a file (not through the code under test), making its parent directory; returns its path.
 */
const char *place_put(const struct place *place, const char *name, const char *text);

/* The same for an executable script. */
const char *place_script(const struct place *place, const char *name, const char *text);

/* Whether the file holds exactly text. */
bool place_holds(const struct place *place, const char *name, const char *text);

/* The number of entries of a directory of the place ("" for itself), dotfiles counted; -1 without
 * it. */
int place_count(const struct place *place, const char *name);

/* Whether the error's text holds `part` and its errno is `number`; frees it and sets it to NULL. */
bool error_takes(struct error **error, int number, const char *part);

#endif
