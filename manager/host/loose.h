#ifndef MANAGER_HOST_LOOSE_H
#define MANAGER_HOST_LOOSE_H

/*
 * Processes that carry the name of a profile that enforces, and that nothing keeps.
 *
 * What a profile in mode complain starts without a rule for it gets a profile of its own from the
 * kernel (aa_new_learning_profile in security/apparmor/policy.c), which logs and lets pass:
 * "web//null-/usr/bin/id". When web is replaced by one in enforce, the tasks of web are of the new
 * one, but those stay as they are (measured with 6.1). So do the tasks of a child that the new
 * policy does not have, whatever its mode.
 */

#include "manager/host/process.h"
#include "manager/host/tasks.h"

struct loose_question {
	struct slice namespace, name; /* of a profile whose mode confines */
	/* Whether a profile below it that does not confine is as its policy wants it, by its name
	 * without the namespace. */
	bool (*is_meant)(const void *context, struct slice child);
	const void *context;
};

/* Those of `tasks` that may be loose, a few of many: for a question for each of many profiles. The
 * labels stay where they are. */
struct tasks tasks_that_log(const struct tasks *tasks, struct arena *arena);

/*
 * Those under the profile, or under one below it, whose label does not confine them; each process
 * once, by pid, with its program and unit. is_loose and is_free are set. What has ended meanwhile
 * is left out. Of a stack in several modes only the kernel's own profiles are known not to confine.
 */
size_t processes_loose(const struct places *places, const struct tasks *tasks,
	const struct loose_question *question, struct arena *arena, struct running **ret_running);

#endif
