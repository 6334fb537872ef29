#ifndef MANAGER_DISK_APPLY_H
#define MANAGER_DISK_APPLY_H

/*
 * The disk's part of a transaction: changes of a journal to files and links. All of it can be done
 * again after it was done in part or in whole, with the same outcome: a file that holds what it is
 * to hold is not written, one that is to go and is gone is fine, and one that was kept once as a
 * backup is not kept twice.
 */

#include "manager/disk/journal.h"

/* Whether each change can be done: directories exist (made where missing) and can be written, no
 * file is in fact a directory, pipe, device … */
bool apply_check(const struct places *places, const struct journal *journal, struct arena *arena,
	struct error **ret_error);

/* Does one change: files are written, or removed with what apparmor_parser has cached of them. */
bool apply_change(const struct places *places, const struct journal_change *change,
	struct arena *arena, struct error **ret_error);

/* Flushes directories that lost files, so that the journal may go. */
bool apply_flush(const struct places *places, struct error **ret_error);

/* Removes the temporary files that a killed run left where changes are made; `journal` NULL: not
 * known. Failures are ignored: what stays is hidden and does no harm. */
void apply_sweep(const struct places *places, const struct journal *journal, struct arena *arena);

#endif
