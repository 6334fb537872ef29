#ifndef MANAGER_CHANGE_REPLACED_H
#define MANAGER_CHANGE_REPLACED_H

/*
 * Which files of the distribution an installed profile has put aside, so that its removal brings
 * them back: DESCRIPTIONS/replaced/NAME.files, one name of a file of PROFILES in each line. A file
 * is put aside by the link PROFILES/disable/FILE -> ../FILE, which apparmor_parser goes by. Those
 * that the administrator had disabled before are not in it.
 */

#include "base/arena.h"
#include "manager/places.h"

#define REPLACED_DIRECTORY "replaced"

struct replaced {
	struct slice name;   /* of the installed profile */
	struct slice *files; /* names below PROFILES */
	size_t count;
};

struct replaced_list {
	struct replaced *entries; /* by name */
	size_t count;
};

/* Where it is written, with a NUL behind, and what is. */
struct slice replaced_path(const struct places *places, struct arena *arena, struct slice name);
struct slice replaced_text(struct arena *arena, const struct slice *files, size_t count);

/* What a profile has put aside; empty without a file, or with one that is none of ours. Lines that
 * cannot be the name of a file are left out. */
void replaced_read(const struct places *places, struct slice name, struct arena *arena,
	struct replaced *ret_replaced);

/* That of all profiles. */
void replaced_list_read(
	const struct places *places, struct arena *arena, struct replaced_list *ret_list);

/* PROFILES/disable/FILE with a NUL behind, and "../FILE". */
struct slice replaced_link(const struct places *places, struct arena *arena, struct slice file);
struct slice replaced_target(struct arena *arena, struct slice file);

/* Whether the link is there as it was made. */
bool replaced_is_aside(const struct places *places, struct arena *arena, struct slice file);

#endif
