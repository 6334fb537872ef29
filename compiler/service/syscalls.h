#ifndef COMPILER_SERVICE_SYSCALLS_H
#define COMPILER_SERVICE_SYSCALLS_H

/*
 * Names of system calls, as libseccomp knows them, and what they have to do with capabilities
 * (syscalls.def). Nothing fails.
 */

#include "base/arena.h"
#include "base/slice.h"

struct capability_call {
	int capability; /* linux/capability.h */
	const char *call;
	bool opened; /* default filters let it through only with the capability */
	bool needs;  /* the kernel refuses it without the capability, whatever its arguments */
};

struct refused_family {
	const char *family; /* as policy/names/names.h has it */
	const char *since;  /* "Docker from 23": which default filters refuse it */
};

extern const struct capability_call capability_calls[];
extern const size_t capability_call_count;
extern const struct refused_family refused_families[];
extern const size_t refused_family_count;

/* Whether a capability is good for nothing but its calls of capability_calls. */
bool capability_is_calls_only(int capability);

/* Whether libseccomp knows a call of that name on any architecture. */
bool syscall_is_known(struct arena *arena, struct slice name);

/*
 * Whether x86-64 has the call, and not only another architecture: chown and not chown32. What a
 * filter does not say about the other forms is not its point.
 */
bool syscall_is_native(const char *name);

/* The nearest name of a call of a current architecture, in the arena, or NULL. */
const char *syscall_nearest(struct arena *arena, struct slice name);

#endif
