#ifndef MANAGER_APPARMOR_PARSER_LIBRARY_H
#define MANAGER_APPARMOR_PARSER_LIBRARY_H

/*
 * The library: the abstractions, tunables and other files that profiles include, found as
 * apparmor_parser finds them (measured with 3.0.8 and 4.1.0):
 *
 *   <x>    in each -I directory in order, then in the base directory; the first that is there wins,
 *          also when it is a directory
 *   "x"    relative to where the parser runs, which is the base directory here; absolute as it is
 *   a directory stands for its regular files but dotfiles, README, and names that end as
 *          package managers and editors end them; its subdirectories are not entered
 *   a file that includes itself, through others or not, is skipped the second time
 *
 * Every file is read and parsed once for all compilations of a process. Memory, sources and
 * diagnostics live in a unit of the library's own: its sources are the `shared` ones of each
 * compilation, its diagnostics are the mistakes within included files, each reported once.
 *
 * Whoever writes a description or template chooses what is included: of a file that lies outside of
 * the directories and is not of AppArmor's language, no diagnostic shows anything but the name.
 */

#include "manager/system/digest.h"
#include "manager/system/error.h"
#include "policy/read.h"

struct library;

#define LIBRARY_BASE "/etc/apparmor.d"

/*
 * Opens the library over a base directory (NULL: LIBRARY_BASE) and -I directories, all of which
 * must be there. out_of_memory must not return. Nothing is read yet.
 */
bool library_open(const char *base, const char *const *includes, size_t include_count,
	void (*out_of_memory)(void), struct library **ret_library, struct error **ret_error);

void library_free(struct library *library);

/* The base directory, absolute. */
const char *library_base(const struct library *library);

/* For policy_read; lives as long as the library. */
const struct include_loader *library_loader(struct library *library);

/* Its sources are the shared ones of compilations; its diagnostics are the library's. */
struct unit *library_unit(struct library *library);

/*
 * Adds to the list everything that the verdict on a text depends on besides the text: for each
 * include and abi rule in it, in however many steps, the name, whether it is there, where, and the
 * digest of its content. Anything that looks like an include counts, in a comment too: one too many
 * costs nothing but a needless miss.
 */
void library_digest(struct library *library, struct slice text, struct digest_list *list);

/*
 * Whether the text includes, in however many steps, what apparmor_parser would look for outside of
 * the root (--root) that the base directory is in: an absolute link or path, one that climbs. Then
 * *ret_path is what leads there. The library itself stays inside.
 */
bool library_strays(struct library *library, struct slice text, struct slice *ret_path);

/* Who may decide what is included. */
struct library_guard {
	/* is_directory: all files of it are taken. Nothing may be there (yet). */
	bool (*is_fine)(void *context, const char *path, bool is_directory);
	void *context;
};

/*
 * Whether the guard finds everything fine that a text includes, in however many steps: each place
 * where a file was looked for, and each file that is taken from a directory. It is asked once about
 * each include, and for nothing after the first no.
 */
bool library_vouches(struct library *library, struct slice text, const struct library_guard *guard);

/*
 * The path of a file that the text of the last library_digest includes, and that is there but
 * cannot be read, such as a named pipe, for which apparmor_parser would wait; empty: none.
 */
struct slice library_trouble(const struct library *library);

/* Whether apparmor_parser takes a file of that name from a directory: not README, .x, x~,
 * x.dpkg-new and the like. */
bool library_takes_name(const char *name);

#endif
