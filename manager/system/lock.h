#ifndef MANAGER_SYSTEM_LOCK_H
#define MANAGER_SYSTEM_LOCK_H

/* One run at a time changes the machine: flock(2) on STATE/lock, made when missing. */

#include "manager/places.h"

struct lock {
	int fd;
};

/*
 * Waits up to `seconds` for the lock (0: does not wait). EWOULDBLOCK with the pid of the holder in
 * its words when another has it for longer; EACCES with "run as root" when the state directory
 * cannot be made.
 */
bool lock_take(const struct places *places, unsigned seconds, struct lock *ret_lock,
	struct error **ret_error);

void lock_release(struct lock *lock);

#endif
