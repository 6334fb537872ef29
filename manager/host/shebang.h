#ifndef MANAGER_HOST_SHEBANG_H
#define MANAGER_HOST_SHEBANG_H

/*
 * Which program runs when a file is started: the interpreter of a script (root_script.h), behind
 * env(1) the one that env looks for in the usual directories, behind a script that interprets
 * another its own.
 */

#include "base/arena.h"
#include "manager/places.h"

/*
 * The interpreter's path, links resolved, in the arena; a name without '/' when env(1) would find
 * nothing in these directories. Empty when the file at the path is no script or cannot be read. A
 * device or a pipe is not opened.
 */
struct slice shebang_interpreter(
	const struct places *places, struct slice path, struct arena *arena);

#endif
