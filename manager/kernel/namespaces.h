#ifndef MANAGER_KERNEL_NAMESPACES_H
#define MANAGER_KERNEL_NAMESPACES_H

/*
 * Namespaces of policy that come and go with profiles. The kernel makes one when the first profile
 * is loaded into it, and keeps it when the last has left; it removes one with all that is in it,
 * profiles, namespaces and the confinement of tasks, without a question (measured with 6.1). So
 * only those are removed that we made, which STATE/namespaces remembers, and that are empty.
 */

#include "base/arena.h"
#include "manager/system/error.h"
#include "manager/places.h"

/*
 * Before profiles are loaded into a namespace, under the lock: remembers that it will be ours if
 * there is none of that name. An error leaves nothing behind. `namespace` "" is fine.
 */
bool namespace_claim(const struct places *places, struct slice namespace, struct error **ret_error);

enum namespace_end {
	NAMESPACE_NONE,	   /* there is none (any more), or it is the one that we live in */
	NAMESPACE_REMOVED, /* it was ours and empty */
	NAMESPACE_IN_USE,  /* it holds profiles */
	NAMESPACE_NESTED,  /* it holds namespaces */
	NAMESPACE_TASKS,   /* tasks are in it, though unconfined */
	NAMESPACE_UNSEEN,  /* not all tasks could be looked at */
	NAMESPACE_FOREIGN, /* empty, but others made it */
};

/*
 * After profiles have left a namespace, or did not come, under the lock: removes it if it is ours
 * and empty. ret_end may be NULL. false when it cannot be looked at or removed.
 */
bool namespace_release(const struct places *places, struct slice namespace, struct arena *arena,
	enum namespace_end *ret_end, struct error **ret_error);

#endif
