#ifndef MANAGER_SYSTEM_STOP_H
#define MANAGER_SYSTEM_STOP_H

/*
 * What happens when we are asked to end: SIGTERM, SIGINT (Ctrl-C) or SIGHUP (the terminal is gone).
 * Wherever the program is, in a long computation, waiting for a lock, reading a slow pipe, the
 * handler ends it at once: programs that we started are killed with their process groups, staging
 * directories are removed, and the process dies by the signal itself, so that a shell sees 128 + n.
 * There is nothing else to undo: all that is changed on a machine outlives even SIGKILL.
 *
 * What is begun and finished within moments, and would leave something behind if it was cut short,
 * holds the signals back: the write of a file, a transaction. They end the process right after it.
 *
 * A signal that was ignored when we were started (nohup, a job in the background of a shell script)
 * stays ignored. The handler's table is the only variable that all of the program shares: a signal
 * has no other way to find it.
 */

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* From now on the signals are taken. */
void stop_begin(void);

/* To be asked to end is how a service ends: by SIGTERM and SIGINT with status 0 from now on. */
void stop_is_success(void);

struct stop_hold {
	sigset_t before;
};

/* Holds the signals back until stop_release; holds may lie inside of each other. */
void stop_hold(struct stop_hold *ret_hold);

/* Lets them in again, which may end the process. errno stays. */
void stop_release(const struct stop_hold *hold);

/* Whether one waits that came since: what is not yet begun need not begin. */
bool stop_is_asked(const struct stop_hold *hold);

/*
 * A program that is to be killed with us, the leader of a process group of its own. To be called
 * while signals are blocked, and stop_drop_child before its zombie is reaped. Those beyond 256 die
 * by their own means (PR_SET_PDEATHSIG).
 */
void stop_add_child(pid_t pid);
void stop_drop_child(pid_t pid);

/*
 * A directory `name` in the open `directory` that is to be removed with the files in it; `fd` is
 * the directory itself, open and not read by others. Up to four at a time; one beyond is left to
 * the next run.
 */
void stop_add_directory(int directory, int fd, const char *name);
void stop_drop_directory(int fd);

#endif
