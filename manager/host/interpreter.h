#ifndef MANAGER_HOST_INTERPRETER_H
#define MANAGER_HOST_INTERPRETER_H

/*
 * The script in the command line of an interpreter: the first word that is no option. Which
 * programs are interpreters, and which of their options take the place of a script, is a table.
 */

#include "base/slice.h"

/* Whether the program (a path; "/usr/bin/python3.11") is an interpreter that is known. */
bool interpreter_is(struct slice program);

/* Whether both are one program, or two versions of an interpreter that is known. */
bool interpreter_is_same(struct slice program, struct slice other);

/* Takes the next word of /proc/PID/cmdline off *rest; false at its end. */
bool interpreter_next_word(struct slice *rest, struct slice *ret_word);

/*
 * The script of /proc/PID/cmdline, as it was named: absolute or relative to the process's working
 * directory. Empty when there is none (`sh -c …`, standard input, an interactive one).
 */
struct slice interpreter_script(struct slice program, struct slice cmdline);

#endif
