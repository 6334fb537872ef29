#ifndef MANAGER_HOST_PROCESS_LIST_H
#define MANAGER_HOST_PROCESS_LIST_H

/*
 * All processes by their programs, and by what else they were started from (origin.h). Of most it
 * costs a readlink(2) of exe and a statx(2). Origins are read at once of interpreters that are
 * known, and of programs whose file was changed since the machine was started, as by a renaming;
 * of all others when somebody needs it.
 */

#include "base/arena.h"
#include "manager/host/origin.h"
#include "manager/places.h"
#include "manager/system/error.h"

#include <time.h>

/* A process stands there once for its program, and once for each file that it was started from. */
struct process_path {
	struct slice path;
	struct slice other; /* of an entry of the second kind: the program */
	int pid, thread;    /* the thread that lives, where the first one has ended; or 0 */
	bool is_script;	    /* of the second kind: else its program was renamed */
	bool interprets;    /* of the first kind: the origin's words were looked at */
	const struct origin *origin; /* of the first kind, when it was read */
};

struct process_list {
	const struct places *places; /* must live on */
	struct arena *arena;
	struct process_path *paths; /* sorted by path */
	size_t count, room;
	size_t *doubtful; /* indices of interpreters that are known, whose script is not */
	size_t doubtful_count;
	size_t hidden; /* processes whose program cannot be read */
	time_t boot;   /* when the machine was started, by the clock of today */
	bool is_complete;
};

/* The directory below proc: "812", or "812/task/815" for a thread. */
struct process_name {
	char text[40];
};

struct process_name process_name(int pid, int thread);

/* What exe names into `buffer` of PATH_MAX: empty for a thread of the kernel and what has ended;
 * false when it is not for us. " (deleted)" is cut off. */
bool process_exe(int proc, int pid, int thread, char *buffer, struct slice *ret_program,
	bool *ret_is_deleted);

/* `proc` is open at places->proc. false with errno. */
bool process_list_read(struct process_list *list, int proc);

/* The first entry that is not before the path. */
size_t process_list_find(const struct process_list *list, struct slice path);

/* Reads the origins that were left out, once. Entries move. */
void process_list_complete(struct process_list *list, int proc);

/* The origin of an entry of the first kind, its program being an interpreter. */
const struct origin *process_list_origin(
	struct process_list *list, int proc, struct process_path *path);

#endif
