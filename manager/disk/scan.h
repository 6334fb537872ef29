#ifndef MANAGER_DISK_SCAN_H
#define MANAGER_DISK_SCAN_H

/*
 * The names of the profiles that the files of /etc/apparmor.d define, without compiling them: as
 * written, variables are not resolved. A file with mistakes gives the names that are understood.
 * Or with what they attach to, then with the variables of the file and its tunables resolved.
 */

#include "base/arena.h"
#include "manager/places.h"

struct scanned {
	struct slice name;
	struct slice file; /* its name below the directory, with a NUL behind */
	/* Of scan_attachments: */
	struct slice namespace;	 /* of a name such as ":tenant:web", which is left with "web" */
	struct slice attachment; /* as written behind the name, or empty */
	bool is_unresolved; /* a variable of name or attachment is not known: they are as written */
	bool is_forced_complain;
};

struct scan {
	struct scanned *items; /* sorted by name, then file */
	size_t count;
	bool is_partial; /* some could not be read for lack of rights */
	bool is_missing; /* there is no such directory */
};

/* The profiles of one text that are no children of another; into the arena. */
void scan_text(struct slice text, struct slice file, struct arena *arena, struct scan *scan);

/*
 * All files of places->profiles that apparmor_parser would load from the directory; at most
 * SCAN_FILES of them, each of at most SCAN_BYTES.
 */
#define SCAN_FILES 16384
#define SCAN_BYTES ((size_t)1024 * 1024)
void scan_read(const struct places *places, struct arena *arena, struct scan *ret_scan);

/*
 * The same for what is loaded at boot: files with a link in disable/ are left out, and so are those
 * that `skips` (or NULL) does not want, without being read. Variables and includes are resolved as
 * apparmor_parser does with places->profiles as its base directory: a profile of an included file
 * is one of the file that includes it.
 */
void scan_attachments(const struct places *places,
	bool (*skips)(const void *context, struct slice file), const void *context,
	struct arena *arena, struct scan *ret_scan);

/* The same of a text that is no file of the directory (yet); empty without one. */
void scan_member(
	const struct places *places, struct slice text, struct arena *arena, struct scan *ret_scan);

/* The names that one file of places->profiles defines; false when there is no such file. */
bool scan_file(
	const struct places *places, struct slice file, struct arena *arena, struct scan *ret_scan);

#endif
