#ifndef MANAGER_HOST_SIGHT_H
#define MANAGER_HOST_SIGHT_H

/*
 * Whether a proc shows every process of the machine. That is proved, or it is not so:
 *
 *     self/ns/pid is that of the initial PID namespace: a proc shows us only when it is of our
 *                 namespace or of one above, and above the initial one there is none
 *     1/ns/pid    is it: the proc is that of the initial namespace, wherever we are
 *     mountinfo   nothing is mounted over a process, and hidepid= does not hide from us
 *
 * The initial namespaces have inodes of their own (PROC_PID_INIT_INO and PROC_USER_INIT_INO of the
 * kernel's include/linux/proc_ns.h). hidepid= is passed by who may trace everybody: CAP_SYS_PTRACE
 * in the initial user namespace (has_pid_permissions in fs/proc/base.c), when no profile of
 * AppArmor forbids it.
 */

#include "base/arena.h"
#include "manager/places.h"

#define SIGHT_PID_NAMESPACE  "pid:[4026531836]"
#define SIGHT_USER_NAMESPACE "user:[4026531837]"

/*
 * Empty when the directory `proc` (open, places->proc) shows all; else what stands against it and
 * how to run it to see all, in words without a full stop. Below another root (a test's) any file
 * system will do, and a missing mountinfo is no mistake.
 */
struct slice sight_obstacle(const struct places *places, int proc, struct arena *arena);

#endif
