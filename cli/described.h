#ifndef CLI_DESCRIBED_H
#define CLI_DESCRIBED_H

/*
 * What the files of a directory describe, without compiling it: each document's name and template.
 * Tells what would be lost, or come back, when a file of the installed ones goes or changes.
 */

#include "base/arena.h"
#include "manager/system/error.h"

struct described {
	struct slice path;     /* of the file, with a NUL behind */
	struct slice name;     /* of the profile; empty when it cannot be told */
	struct slice template; /* as written; empty: a built-in */
};

/* A description whose children have templates of their own has an entry for each of these. */
struct described_list {
	struct described *entries; /* by path */
	size_t count;
};

/*
 * Reads all descriptions of a directory into the arena. One that is not there holds none. Documents
 * with mistakes are in the list as far as they are understood; an error only when a file cannot be
 * read.
 */
bool described_read(const char *directory, struct arena *arena, struct described_list *ret_list,
	struct error **ret_error);

/*
 * Where a template that a description names with `as` is kept below `directory`, in the arena with
 * a NUL behind: "./base/web.profile" is DIRECTORY/base/web.profile. EINVAL with words for a path
 * that cannot be kept there: `..`, a folder of aaforge's own, a name that would be a description's.
 * Empty for absolute paths, which stay where they are.
 */
bool template_place(const char *directory, struct slice as, struct arena *arena,
	struct slice *ret_path, struct error **ret_error);

#endif
