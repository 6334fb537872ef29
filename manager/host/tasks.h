#ifndef MANAGER_HOST_TASKS_H
#define MANAGER_HOST_TASKS_H

/*
 * Which tasks are confined by which profile: /proc/PID/task/TID/attr/apparmor/current (attr/current
 * where a kernel has no directory of its own for AppArmor). A label may be a stack: "web//&:ns:db".
 */

#include "base/arena.h"
#include "manager/system/error.h"
#include "manager/places.h"

struct task {
	int pid;
	struct slice command; /* comm, control bytes replaced */
	struct slice label;   /* without the mode: "web//worker", "web//&unconfined" */
	struct slice mode;    /* "enforce"; of a stack with several modes "mixed"; empty for
				 unconfined */
};

struct tasks {
	struct task *tasks; /* confined ones, by pid; a process once for each label its threads
			       have; without zombies */
	size_t count;
	bool is_partial;     /* there may be others; `hidden` says why */
	struct slice hidden; /* words: what stands against it and how to run it to see all */
};

/* Whether all tasks of the machine were seen is decided by manager/host/sight.h. An error when
 * there is no proc. */
bool tasks_read(const struct places *places, struct arena *arena, struct tasks *ret_tasks,
	struct error **ret_error);

/* All labels of the threads of a process, each once, the unconfined too; none when it is gone. */
bool tasks_of_process(const struct places *places, int pid, struct arena *arena,
	struct tasks *ret_tasks, struct error **ret_error);

/* Calls `use` for each process in the directory `proc`, in no order. false with errno. */
bool tasks_each_process(int proc, void (*use)(void *context, int pid), void *context);

/*
 * Those whose label has a member in the namespace or in one inside of it, also those that are
 * unconfined there.
 */
bool tasks_of_namespace(const struct places *places, struct slice namespace, struct arena *arena,
	struct tasks *ret_tasks, struct error **ret_error);

/* The task of a pid (confined or not; its label is empty where the kernel has no AppArmor, and
 * ":tenant:unconfined" without a mode in a namespace); an error (ESRCH) when there is none, EACCES
 * when it is hidden. */
bool task_read(const struct places *places, int pid, struct arena *arena, struct task *ret_task,
	struct error **ret_error);

/*
 * Whether a label holds the profile or one below it, alone or in a stack. `namespace` "" is ours. A
 * namespace counts for all members of a stack that follow: "db//&:tenant:db//&web" holds web of
 * tenant (as 6.1 and 6.12 write it).
 */
bool label_holds(struct slice label, struct slice namespace, struct slice name);

/* Whether a member of the label is of the namespace ("" is ours): its profiles are asked when the
 * task starts a program. */
bool label_is_in(struct slice label, struct slice namespace);

#endif
