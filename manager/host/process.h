#ifndef MANAGER_HOST_PROCESS_H
#define MANAGER_HOST_PROCESS_H

/*
 * Which processes run a program, by /proc/PID/exe, or were started from it (origin.h): scripts, and
 * programs whose file was renamed since.
 *
 * A profile attaches when a program is started. A process that began before its profile was loaded
 * runs on as it was, and so does one whose start another profile, or none, was chosen for.
 *
 * The path of a program is that of its own mount namespace, also for a process of a container: the
 * kernel attaches by the path seen there, so a container that runs unconfined counts. Of a script
 * both count, the interpreter's path and the script's own: of `#!/usr/bin/python3 -u` in
 * /usr/bin/foo the kernel attaches by /usr/bin/foo; /proc/PID/cmdline is `/usr/bin/python3 -u
 * /usr/bin/foo`, as it is after `python3 -u /usr/bin/foo`, where it attaches by the interpreter.
 * Where a process of a script's interpreter does not show which script it runs, it is told as
 * unsure. Threads of the kernel have no program and are left out.
 */

#include "base/arena.h"
#include "manager/system/error.h"
#include "manager/host/unit.h"
#include "manager/places.h"

struct processes {
	const struct places *places; /* must live on */
	struct process_list *list;   /* process_list.h; grows when more must be known */
	bool is_partial;	     /* some may not be seen; `hidden` says why */
	struct slice hidden;	     /* words: what stands against it and how to run it */
};

/* Takes a snapshot of all programs into the arena. An error when there is no proc. */
bool processes_read(const struct places *places, struct arena *arena,
	struct processes *ret_processes, struct error **ret_error);

/* A profile, and the programs that it attaches to. */
struct process_question {
	struct slice namespace, name; /* as in struct loaded_profile */
	const struct slice *programs; /* all that it attaches to, or none, and then: */
	size_t program_count;
	bool (*accepts)(const void *context, struct slice program);
	const void *context;
	bool by_any_name; /* with `accepts`: also what only the origins of all processes tell, some
			     ten system calls for each of them, once */
};

/* A process that runs the program and is not under the profile; or one that is under its name, and
 * not confined (manager/host/loose.h). */
struct running {
	int pid;
	struct slice command;	  /* comm, control bytes replaced */
	struct slice program;	  /* "/usr/sbin/unbound" */
	struct slice script;	  /* "/usr/bin/foo", or empty */
	bool is_unsure;		  /* it runs another script, or that one: it cannot be told */
	bool is_replaced;	  /* the program's file was deleted, as an upgrade does */
	bool is_thread;		  /* of its threads only some are not under the profile */
	bool is_free;		  /* nothing keeps it: it is unconfined, or under a profile in a
				     mode that does not confine, which no engine chose for it */
	bool is_loose;		  /* under the profile's name */
	struct slice label, mode; /* of the first thread that is not under it; as in struct task */
	struct unit_of unit;
};

/*
 * Those that the profile would be attached to and that it does not confine, alone or in a stack;
 * by pid. A process that another profile confines inside of a container is left out: an engine
 * chose that one. So is one of another policy namespace, whose profiles are others. Costs a search
 * by bisection for each of its programs and a look at its first line, or a call of `accepts` for
 * each one that is run. What cannot be read any more is left out. Of scripts that a pattern matches
 * the sure ones are found only, and those whose interpreter was called only where it is known.
 */
size_t processes_outside(const struct processes *processes, const struct process_question *question,
	struct arena *arena, struct running **ret_running);

/* The command that mends it, or words such as "start it again" (unit_mend); in the arena. */
struct slice running_mend(struct arena *arena, const struct running *running);

/*
 * All of it in one line without an end: "process 812 (unbound, unbound.service) was started
 * without the profile 'unbound', and is unconfined: systemctl restart unbound.service".
 */
struct slice running_words(
	struct arena *arena, const struct running *running, struct slice profile);

#endif
