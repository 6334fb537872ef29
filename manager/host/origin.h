#ifndef MANAGER_HOST_ORIGIN_H
#define MANAGER_HOST_ORIGIN_H

/*
 * What a process was started from, where /proc/PID/exe does not tell: a script, whose process runs
 * its interpreter, and a program whose file was renamed since.
 *
 *     auxv, mem   the name that execve(2) was called with lies in the process's memory, at
 *                 AT_EXECFN of getauxval(3). Of a script it is the script's, not the interpreter's
 *                 (bprm->exec of the kernel's fs/exec.c), and a new title does not reach it
 *     cmdline     of who called the interpreter (`python3 -u x.py`, env(1)) the words: the script's
 *                 by the options that are known of the interpreter, else any that names a file
 *
 * A name is followed in the process's own root and working directory, as the kernel did, so that
 * /bin/x is found as /usr/bin/x. What is read can be forged by the process, as its command line
 * can: it may pose as one that runs a script, and one that hides its script is told as unsure.
 * Nothing fails: what cannot be read makes it unsure.
 */

#include "base/arena.h"
#include "manager/places.h"

struct origin {
	struct slice *paths; /* links resolved, as /proc/PID/exe of that file would be; not the
				program */
	size_t count;
	struct slice *missing; /* names in the command line that lead nowhere */
	size_t missing_count;
	bool is_script; /* the paths are scripts; else the program under the name that it had */
	bool is_unsure; /* it may be a script that is not among them */
};

/*
 * `process` is "812", or "812/task/815" for a process whose first thread has ended, below the open
 * directory `proc`. `program` is what its exe names. Only of one that `interprets` the words of
 * the command line are looked at. Memory is in the arena.
 */
void origin_read(const struct places *places, int proc, const char *process, struct slice program,
	bool interprets, struct arena *arena, struct origin *ret_origin);

enum origin_match {
	ORIGIN_OTHER, /* it does not run it */
	ORIGIN_MAYBE, /* that cannot be told */
	ORIGIN_SAME,
};

/* Whether the process was started from the file at a path (absolute, without links). */
enum origin_match origin_match(const struct origin *origin, struct slice path);

#endif
