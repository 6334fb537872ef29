#ifndef MANAGER_HOST_ROOT_SCRIPT_H
#define MANAGER_HOST_ROOT_SCRIPT_H

/*
 * The first line of a script as execve(2) reads it (BINPRM_BUF_SIZE bytes of the kernel's
 * fs/binfmt_script.c, Linux 6.1).
 */

#include "base/slice.h"

enum { SCRIPT_START = 256 }; /* BINPRM_BUF_SIZE of include/uapi/linux/binfmts.h */

/*
 * "#!/usr/bin/env -S python3 -u": interpreter is "/usr/bin/env", program "python3", which env(1)
 * looks for in PATH unless it holds a '/'. Without env program is empty.
 */
struct script {
	struct slice interpreter, program;
};

/*
 * false when the first bytes of a file, at most SCRIPT_START of them, are not those of a script, or
 * name no absolute path. The slices lie in `start`.
 */
bool script_read(struct slice start, struct script *ret_script);

#endif
