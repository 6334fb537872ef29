#ifndef MANAGER_SYSTEM_BOUNDS_H
#define MANAGER_SYSTEM_BOUNDS_H

/*
 * Where the files may lie that a description names: who runs aaforge can read files that the writer
 * of the description cannot, and links and `..` lead anywhere. Judged by the path without symbolic
 * links, of the very file that is read then.
 */

#include "manager/system/bytes.h"
#include "manager/system/error.h"

struct bounds {
	char **directories; /* without symbolic links */
	size_t count;
	bool is_open; /* every file is inside */
};

/* Adds a directory to those that all descriptions may name files of. An error when it is not there.
 */
bool bounds_add(struct bounds *bounds, const char *directory, struct error **ret_error);

void bounds_free(struct bounds *bounds);

/*
 * Looks at the file that a description in the directory `own` calls `name`, and that is `path` from
 * here. The descriptor, as of file_look, for file_open_looked; -1 when there
 * is nothing to be opened: *ret_is_outside, or else *ret_error is set. A file that is not there is
 * judged by the text of its path, so that nobody learns what exists elsewhere; where /proc is not
 * mounted, so that nothing can be told, every file is outside.
 */
int bounds_look(const struct bounds *bounds, const char *own, const char *name, const char *path,
	bool *ret_is_outside, struct error **ret_error);

/*
 * Whether `path`, a file of a directory, is a symbolic link to something that lies elsewhere: the
 * directory's writer may have no right to read it.
 */
bool bounds_are_left(const char *directory, const char *path);

#endif
