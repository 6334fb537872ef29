#ifndef MANAGER_HOST_RUNTIME_H
#define MANAGER_HOST_RUNTIME_H

/*
 * The container runtimes of a machine, and whether a container that one of them starts now would be
 * given the profile that is named to it. The kinds are the table runtimes.def.
 */

#include "manager/host/host.h"

enum runtime_kind {
#define RUNTIME(symbol, name, programs, daemon, gates, failure) RUNTIME_##symbol,
#include "manager/host/runtimes.def"
#undef RUNTIME
	RUNTIME_COUNT
};

/* What makes a runtime take AppArmor for off. */
enum runtime_gate {
	GATE_PARSER_IN_SBIN = 1, /* no /sbin/apparmor_parser */
	GATE_PARSER = 2,	 /* no apparmor_parser at all */
	GATE_CONTAINER = 4,	 /* the variable `container` in its environment */
};

struct runtime_entry {
	const char *name, *programs, *daemon;
	unsigned gates; /* a sum of runtime_gate */
	const char *failure;
};

extern const struct runtime_entry runtime_table[RUNTIME_COUNT];

struct runtime {
	bool is_found;
	struct slice program;  /* "/usr/bin/dockerd" below the root; empty: only its process */
	int pid;	       /* of its daemon that runs as root; 0: none seen */
	struct fact container; /* the variable `container` of that daemon */
	bool is_rootless;      /* the caller's containers are started without root's rights */
	struct slice why;      /* what tells that; or, of docker, the other machine's address */
	bool is_remote;	       /* docker: the daemon is on another machine */
};

struct runtimes {
	struct runtime items[RUNTIME_COUNT];
	bool is_swarm;
	bool is_partial; /* processes could not be looked at */
};

/* The kind of a name, or RUNTIME_COUNT. */
enum runtime_kind runtime_find(const char *name);

/*
 * Looks for all of them: programs below the root, daemons below places->proc, and for whom they
 * run: the effective user, DOCKER_HOST and the docker context in the environment.
 */
void runtimes_read(const struct places *places, struct arena *arena, struct runtimes *ret_runtimes);

/* Adds what keeps containers of this runtime from being confined by any profile: errors. The
 * kernel's own obstacles are those of host_check_kernel. */
void runtime_check(const struct runtimes *runtimes, enum runtime_kind kind, const struct host *host,
	struct findings *findings);

/* How the runtime fails when AppArmor is off: "docker starts the container without …". */
struct slice runtime_failure(struct arena *arena, enum runtime_kind kind);

#endif
