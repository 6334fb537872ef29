#ifndef MANAGER_HOST_UNIT_H
#define MANAGER_HOST_UNIT_H

/*
 * Which systemd unit a process belongs to, from /proc/PID/cgroup:
 *
 *     0::/system.slice/unbound.service                                  unbound.service
 *     0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.service   x.service, of user
 * 1000 1:name=systemd:/system.slice/docker-3f….scope                     docker-3f….scope
 *
 * As systemd reads it (cg_path_get_unit of its basic/cgroup-util.c): the first part that is no
 * slice, so that what a service does in its own part of the tree cannot pose as another unit.
 */

#include "base/arena.h"

struct unit_of {
	struct slice name; /* empty: none */
	struct slice user; /* "1000": a unit of that user's manager; or empty */
	bool is_container; /* of a container: an engine starts it, not systemd */
};

/* `cgroup` is the file's text, in which the names stay. */
struct unit_of unit_read(struct slice cgroup);

/*
 * The command that starts the process anew: "systemctl restart unbound.service", or words where
 * there is none: "start it again", "start its container again".
 */
struct slice unit_mend(struct arena *arena, const struct unit_of *unit);

/* Whether unit_mend is a command. */
bool unit_has_command(const struct unit_of *unit);

#endif
