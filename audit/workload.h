#ifndef AUDIT_WORKLOAD_H
#define AUDIT_WORKLOAD_H

/*
 * What is audited: workloads (a Compose file, a pod template, an inspected container, …) and their
 * containers, whatever format they were written in. Each value has its place. A member that is NULL
 * or UNSAID was not said; what a runtime makes of that is the business of the controls.
 *
 * All of it lives in the unit's arena. Nothing here fails.
 */

#include "compiler/service/yaml.h"

enum input {
	INPUT_COMPOSE,
	INPUT_KUBERNETES,
	INPUT_DOCKER, /* docker inspect */
	INPUT_PODMAN, /* podman inspect */
	INPUT_OCI,
	INPUT_COMMAND, /* docker run …, podman run … */
	INPUT_COUNT
};

enum truth { UNSAID, SAID_FALSE, SAID_TRUE, SAID_UNKNOWN /* a variable */ };

struct flag {
	enum truth truth;
	struct span at;
};

enum subject_mount_kind { MOUNT_BIND, MOUNT_VOLUME, MOUNT_TMPFS };

/* Words in the order of the input. */
struct words {
	const struct text *first;
	struct text *last;
};

struct subject_mount {
	struct subject_mount *next;
	enum subject_mount_kind kind;
	struct slice source; /* of a bind, the host's path; may be relative */
	struct slice target;
	struct span at;
	bool read_only, shared; /* shared: mounts made inside appear outside */
	bool exec, suid, dev;	/* of a tmpfs */
	bool has_size;
	bool on_disk; /* an emptyDir that is no tmpfs */
};

struct subject_port {
	struct subject_port *next;
	struct slice text; /* "8080:80" */
	struct span at;
	bool all_addresses;
};

/* What a container gets as `--pid host` and the like: host, none, container:X, … */
enum share {
	SHARE_PID,
	SHARE_NETWORK,
	SHARE_IPC,
	SHARE_USERNS,
	SHARE_UTS,
	SHARE_CGROUP,
	SHARE_COUNT
};

struct workload;

struct subject {
	struct subject *next;
	const struct workload *workload;
	struct slice name;
	struct span at;		 /* for what is missing: the container's name or first key */
	const struct node *node; /* what a mend changes, NULL when there is nothing to write to */
	struct slice where;	 /* that node for people: "services.web" */
	const char *unknown;	 /* "what 'extends' takes from another file", or NULL */
	bool is_init;		 /* runs to its end before the others */

	const struct text *image, *user, *group, *restart, *memory, *cpus, *pids;
	const struct text *share[SHARE_COUNT];
	bool user_is_whole; /* an inspection or OCI: what is not there is root */
	struct flag privileged, no_new_privileges, read_only, non_root, unmasked;
	/*
	 * A profile's name, or one of the words "unconfined" and "runtime/default"; whose place may
	 * be an entry of a list.
	 */
	const struct text *apparmor;
	const struct text *seccomp; /* "unconfined", "runtime/default", "allow" or a file's name */
	struct words cap_add, cap_drop;
	bool caps_known; /* `caps` is all it has */
	uint64_t caps;
	struct span caps_at;
	struct words devices, device_rules;
	struct words groups; /* further ones than `group` */
	const struct subject_mount *mounts;
	const struct subject_port *ports;
};

struct workload {
	struct workload *next;
	enum input input;
	struct slice kind; /* "Deployment", "service", "container" */
	struct slice name;
	struct span at;
	const struct node *pod; /* Kubernetes: the pod's spec */
	struct slice pod_where;
	const struct node *root;   /* of the document */
	const struct node *config; /* an inspection: the container's object */
	struct subject *first;
	bool json; /* keys are written in quotes */
};

enum audit_read {
	AUDIT_READ,    /* *ret_first holds what there is, perhaps nothing */
	AUDIT_FOREIGN, /* a document of another kind */
	AUDIT_BROKEN,  /* see the diagnostics */
};

/* For the units of an audit: inspections of many containers are larger than descriptions. */
extern const struct limits audit_limits;

/*
 * Reads one YAML or JSON document that has been added to the unit's sources: a Compose file, a
 * Kubernetes object or list, the output of docker inspect or podman inspect, an OCI config.json.
 * Which one it is, its own keys tell. Tags are passed over with a note.
 */
enum audit_read audit_read(
	struct unit *unit, const struct source *source, struct workload **ret_first);

/*
 * Reads a command line `docker run …` or `podman run …` (also `container run`, `create`), split as
 * a POSIX shell splits words, without expanding anything. A diagnostic for one that is not.
 */
enum audit_read audit_read_command(
	struct unit *unit, const struct source *source, struct workload **ret_first);

#endif
