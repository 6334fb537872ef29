#ifndef MANAGER_SYSTEM_TARGET_H
#define MANAGER_SYSTEM_TARGET_H

/*
 * What file_write and stage share: judging what stands at a name that is about to be replaced,
 * and temporary names that a later run can recognise as left behind.
 */

#include "manager/system/error.h"

/* ".aaforge." and six letters or digits. */
#define TEMPORARY_PREFIX ".aaforge."
#define TEMPORARY_LENGTH (sizeof(TEMPORARY_PREFIX) - 1 + 6)

struct temporary {
	int fd; /* open and locked; -1 when there is none */
	char name[TEMPORARY_LENGTH + 1];
};

enum target { TARGET_REPLACE, TARGET_DEVICE, TARGET_REFUSED };

/*
 * Whether `name` in the open directory may be replaced: nothing, a regular file or a symbolic link
 * is there. TARGET_DEVICE: a character device. TARGET_REFUSED sets the error; `path` is for
 * messages.
 */
enum target target_judge(
	int directory, const char *name, const char *path, struct error **ret_error);

/*
 * Creates a temporary file (mode 0644 less the umask) or directory (0700) in the open directory,
 * and locks it, so that no other run takes it for left behind. false with errno.
 */
bool temporary_make(int directory, bool is_directory, struct temporary *ret_temporary);

/* The same for a file that only its owner may read (mode 0600). */
bool temporary_make_private(int directory, struct temporary *ret_temporary);

/* Removes the files and directories that killed runs left in the open directory. Failures are
 * ignored. */
void temporary_sweep(int directory);

/* Removes a temporary directory's files and itself; ignores failures. `fd` is the open directory
 * `name` in `directory`. */
void temporary_remove_directory(int directory, int fd, const char *name);

#endif
