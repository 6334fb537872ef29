#ifndef MANAGER_DISK_BACKUP_H
#define MANAGER_DISK_BACKUP_H

/*
 * Files that are overwritten or removed although they are not ours: kept as DESCRIPTIONS/backup/
 * NAME.1, NAME.2 …, the last being the youngest. The directory has mode 0700, as the files may have
 * been readable to root alone. A symbolic link is kept as the same link.
 */

#include "base/arena.h"
#include "manager/system/error.h"
#include "manager/places.h"

/* Most backups of one name, and most bytes of one. */
#define BACKUP_MOST	  10000
#define BACKUP_BYTES_MOST (64UL << 20)

/*
 * Keeps what is at path, under the last part of it as its name. Nothing happens when there is
 * nothing, or when one of its backups holds the same already. A directory, pipe or the like is an
 * error (EINVAL), one that is too large too (EFBIG).
 */
bool backup_keep(const struct places *places, const char *path, struct arena *arena,
	struct error **ret_error);

#endif
