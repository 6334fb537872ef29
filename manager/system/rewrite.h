#ifndef MANAGER_SYSTEM_REWRITE_H
#define MANAGER_SYSTEM_REWRITE_H

/*
 * Writing into files that belong to the user: what he named on the command line and what audit
 * mends. They stay his: mode, owner, group, access control lists and other extended attributes are
 * kept, and a symbolic link is written through. Otherwise as file_write: in one step, and after a
 * failure nothing has changed. Functions return false and an error that names the file.
 */

#include "base/slice.h"
#include "manager/system/error.h"

/*
 * Puts text in the place of the content of `path`. A new file gets mode 0644 less the umask, and
 * what its directory's default list says. Into a file that is there:
 *
 *   - EPERM when its owner, group, mode, list or label cannot be kept (nothing is made readable for
 *     others, or unreadable, on the way: the new file is private until all of them are set)
 *   - EACCES when it may not be written to, though its directory may
 *   - EMLINK when it has several names (hard links): replacing one would part them, writing in
 *     place would leave a part of a text after a failure
 *
 * A symbolic link is followed when it is the caller's or root's, or belongs to the owner of what it
 * leads to; in a directory like /tmp, sticky and open to all, only when it is the caller's too, or
 * that of the directory's owner (fs.protected_symlinks of proc(5), whatever the kernel is set to).
 * Else EACCES: somebody else would choose the file that is overwritten. Devices are written to
 * directly, other things are refused, as are links below /dev and /proc.
 */
bool file_rewrite(const char *path, struct slice text, struct error **ret_error);

/*
 * Gives the file `to` what the file `from` (both open; `from` to be read) has: owner, group,
 * extended attributes and mode, in this order. What does not concern who may do what, such as
 * integrity measurements, may get lost. false with errno; then `to` is as private as it was or
 * more.
 */
bool file_keep_attributes(int from, int to);

#endif
