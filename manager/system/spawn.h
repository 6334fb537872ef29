#ifndef MANAGER_SYSTEM_SPAWN_H
#define MANAGER_SYSTEM_SPAWN_H

/* Starts one program, cheaply: vfork, so that nothing of our memory is copied. */

#include "manager/system/process.h"

#include <sys/types.h>

struct spawn {
	const struct process_job *job;
	int input, output, errors; /* descriptors above 2; they become 0, 1 and 2 */
	size_t memory;		   /* RLIMIT_AS, or 0 */
};

/*
 * The process id, or -1 with errno when it could not be started (also when the program does not
 * exist or cannot be executed).
 */
pid_t spawn_start(const struct spawn *spawn);

/*
 * With one of 0, 1, 2 closed at our start a new descriptor may be one of them: moves it out of the
 * way. Returns the descriptor, or -1 with errno; the old one is closed then.
 */
int fd_above_standard(int fd);

#endif
