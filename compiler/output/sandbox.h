#ifndef COMPILER_OUTPUT_SANDBOX_H
#define COMPILER_OUTPUT_SANDBOX_H

/*
 * What a compiled profile needs of the system around it, for sandboxes that are to forbid nothing
 * that it allows. The profile, its children and their abstractions count; denies do not, so that
 * in doubt too much is needed. Not counted is abstractions/base, which speaks of every program
 * there is. Nothing here fails.
 */

#include "compiler/compile.h"

struct sandbox {
	uint64_t capabilities; /* bit n is capability n */
	bool all_capabilities;
	const struct families {
		struct families *next;
		const char *name; /* as policy/names/names.h has it: "inet"; sorted, unique, no
				     "unix" */
	} * families;
	bool all_families;

	bool changes_profile; /* a program is executed under another profile, or a child */
	bool leaves;	      /* … under one that is not of this policy, or without any */
	bool mounts, traces, makes_namespaces, talks; /* talks: unix, dbus rules of its own */

	/* Directories that hold all that is written: absolute, sorted, none below another. */
	const struct slice *writes;
	size_t write_count;
	bool writes_anywhere; /* `writes` cannot tell */

	bool home_read, home_written; /* /home, /root, /run/user */
	bool reads_temporary;	      /* what others left in /tmp or /var/tmp, read-only */
	bool other_processes;	      /* /proc/PID of anybody's */
	bool kernel_written;	      /* /proc/sys, /sys … */
	bool kernel_secrets;	      /* /proc/kcore, /proc/kallsyms */
	bool cgroups_written;	      /* /sys/fs/cgroup */
	bool modules, kernel_log, clock, devices;
};

/* What a compiled profile needs, in the unit's memory. */
struct sandbox sandbox_of(struct unit *unit, const struct compiled *compiled);

#endif
