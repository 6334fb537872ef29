#ifndef MANAGER_SYSTEM_PSEUDO_H
#define MANAGER_SYSTEM_PSEUDO_H

/*
 * Short texts of the kernel's file systems (proc, apparmorfs): a file holds one line, is read in
 * one go and may vanish at any time.
 */

#include "base/slice.h"

#include <sys/types.h>

/* Longest text that is read, in bytes. No label, name or mode of a kernel comes near. */
#define PSEUDO_BYTES ((size_t)64 * 1024)

/*
 * Reads the file `name` (a path below the open directory, its last part no symbolic link) into
 * `buffer` of PSEUDO_BYTES. The newline or NUL at its end is taken off. Never waits. false with
 * errno: EFBIG when it is longer, EISDIR, ELOOP, ENOENT, EACCES …
 */
bool pseudo_read(int directory, const char *name, char *buffer, struct slice *ret_text);

/* Opens a directory below another for openat(2), its last part no symbolic link. -1 with errno. */
int pseudo_open(int directory, const char *name);

/* Opens a file below a directory to read what is longer than a line; never waits. -1 with errno. */
int pseudo_open_file(int directory, const char *name);

/* As readlinkat(2): "self/ns/pid". Only the last part is a link that leads elsewhere. */
ssize_t pseudo_readlink(int directory, const char *name, char *target, size_t size);

/* Whether an errno says that what we read has gone meanwhile, or was never there. */
bool pseudo_is_gone(int number);

/* Whether an errno is a lack of rights. */
bool pseudo_is_denied(int number);

#endif
