#ifndef COMPILER_SERVICE_CONTAINER_H
#define COMPILER_SERVICE_CONTAINER_H

/*
 * `container:` as a model: how the service is run, beside its profile. Read and checked by itself;
 * what must agree with the profile is compiler/check's business. Defaults are filled in, so that an
 * output never has to know one; `is_given` and empty spans tell what was written. Nothing here
 * fails.
 */

#include "base/unit.h"
#include "compiler/service/index.h"

struct text;

struct container_user {
	bool is_given;
	uint32_t uid, gid; /* 0 to CONTAINER_ID_MAX; gid equals uid when only a number is given */
	struct span span;  /* the whole value */
	struct span uid_span, gid_span; /* its parts; gid_span is empty when it is not written */
};

/* What Docker and Kubernetes take as a number of a user or group. */
enum { CONTAINER_ID_MAX = 2147483647 };

/*
 * A file system in memory. From `tmpfs`, or by default for a `writable` directory that no volume
 * and no tmpfs covers.
 */
struct tmpfs {
	struct tmpfs *next; /* sorted by path: what lies below comes later */
	struct slice
		path;  /* absolute, without a slash at its end; never the root, never with ':' */
	uint64_t size; /* bytes; 64 MiB by default */
	unsigned mode; /* permissions of its root; by default 0755 when it has an owner, else
			  01777 */
	uint32_t uid, gid; /* of its root: those of `user` by default */
	bool has_owner;	   /* uid and gid are known */
	bool exec;	   /* else noexec; nosuid and nodev always. By default what `exec` of the
			      `writable` entry says */
	bool is_default;   /* not written: because of `writable` */
	struct span span;  /* the entry, or the `writable` entry */

	bool mode_given, uid_given, gid_given; /* in `tmpfs` */
};

enum volume_kind { VOLUME_BIND, VOLUME_NAMED, VOLUME_ANONYMOUS };

struct volume {
	struct volume *next; /* in the order of the description */
	enum volume_kind kind;
	struct slice source; /* absolute path on the host, or a volume's name, or empty; no ':' */
	struct slice target; /* absolute path without a slash at its end; never the root; no ':' */
	bool read_only;
	struct span span;
};

/*
 * A port of the container:
 *
 *     8080                host 0, no address: known to others, not published
 *     80:8080             published on all addresses of the host
 *     127.0.0.1::8080     host 0 with an address: published there on a free port
 *     8000-8003:9000-9003 four of these
 */
struct port {
	struct port *next;    /* in the order of the description */
	struct slice address; /* of the host, or empty: all; IPv6 without brackets */
	uint16_t host;	      /* 0: none, or any free one */
	uint16_t container;   /* 1 to 65535 */
	const char *protocol; /* "tcp", "udp" or "sctp" */
	struct span span;     /* the entry: shared by the ports of a range */
};

struct environment {
	struct environment *next; /* in the order of the description; names are unique */
	struct slice name;	  /* [A-Za-z_.-][A-Za-z0-9_.-]* */
	struct slice value;	  /* any text without NUL */
	bool has_value;		  /* else taken from the caller's environment */
	struct span span;	  /* of the name */
};

enum restart_policy { RESTART_NO, RESTART_ALWAYS, RESTART_ON_FAILURE, RESTART_UNLESS_STOPPED };

enum seccomp_kind {
	SECCOMP_RUNTIME,    /* the runtime's default filter, unchanged */
	SECCOMP_UNCONFINED, /* none */
	SECCOMP_FILE,	    /* a filter of the user's own, as it is */
	SECCOMP_CHANGED,    /* the runtime's default with calls added and taken away */
	SECCOMP_LIST,	    /* only what `allow` lists */
};

struct seccomp {
	enum seccomp_kind kind;
	struct slice file; /* as written, relative to the description */
	/* Names that libseccomp knows, of any architecture; sorted, unique, none in both. */
	const struct text *allow, *deny;
	bool log;	  /* refused calls are logged */
	struct span span; /* the value */
};

struct container {
	bool is_given; /* the description has `container:` */
	struct span span;
	struct slice image; /* or empty: not given */
	struct span image_span;
	const struct text *command; /* words, or NULL: the image's own */
	struct container_user user;
	bool allow_unsafe_user;
	bool read_only;		   /* default true */
	const struct tmpfs *tmpfs; /* written and default ones */
	const struct volume *volumes;
	const struct port *ports;
	const struct environment *environment;
	enum restart_policy restart; /* default RESTART_NO */
	unsigned restart_most;	     /* on-failure:N; 0: no limit */
	uint64_t memory;	     /* bytes; 0: no limit */
	uint32_t cpus;		     /* thousandths of a processor; 0: no limit */
	uint32_t pids;		     /* 0: no limit */
	bool no_new_privileges;	     /* default true */
	struct seccomp seccomp;
	/*
	 * Capabilities to add to none: bit n is capability n. From `capabilities` of the
	 * description and of its children, and from nowhere else.
	 */
	uint64_t capabilities;
	/* Places of scalar values for messages, empty when not written. */
	struct span read_only_span, memory_span, cpus_span, pids_span, no_new_privileges_span,
		restart_span;
	struct index mounts; /* struct mount by path: ask container_mount() */
};

/* What is mounted at a path: one of the two, the other one is NULL. */
struct mount {
	const struct volume *volume;
	const struct tmpfs *tmpfs;
};

/* The innermost mount that a path (absolute, no slash at its end) lies on, or NULL: on the image's
 * root. */
const struct mount *container_mount(const struct container *container, struct slice path);

/* Where it is mounted. */
struct slice mount_path(const struct mount *mount);

#endif
