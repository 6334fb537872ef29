#ifndef COMPILER_OUTPUT_LAUNCH_H
#define COMPILER_OUTPUT_LAUNCH_H

/*
 * The launch outputs: how a service is run, in the words of the tool that runs it. Each is one
 * file, compiler/output/<symbol>.c, with the function output_<symbol>, and one line in outputs.def.
 *
 * An output reads the model and fills a struct rendered; what the model holds but the target cannot
 * express is a diagnostic at its place (launch_refuse), never left out in silence.
 */

#include "compiler/compile.h"
#include "compiler/output/profile.h"
#include "compiler/output/tree.h"
#include "compiler/service/container.h"

/* What the name of an own seccomp filter's file ends with. */
#define SECCOMP_SUFFIX ".seccomp.json"

enum workload_kind { WORKLOAD_DEPLOYMENT, WORKLOAD_POD };

/* All that an output may look at. */
struct launch {
	struct unit *unit;		     /* memory and diagnostics */
	const struct compiled *compiled;     /* name, service, template, policy */
	const struct container *container;   /* never NULL: with defaults when not given */
	const struct profile_header *header; /* where the description comes from */
	/* The file of the seccomp filter as the runtime's client finds it, from where the output is
	 * used: "NAME.seccomp.json" for a filter that we make, the user's own path for
	 * SECCOMP_FILE; empty for the runtime's default and for none. */
	struct slice seccomp_file;
	enum workload_kind kind;   /* kubernetes: --kind */
	unsigned kubernetes_minor; /* kubernetes: 30 for --kubernetes-version 1.30 */
	struct slice merge;	   /* oci: text of the config.json to change, or empty */
	struct slice merge_path;   /* its name, for messages; empty: there is none */
	struct slice seccomp_text; /* oci: text of the user's own filter (SECCOMP_FILE), in
				      which seccomp_file_trouble finds none; or empty */
	struct slice seccomp_path; /* its name, for messages */
	bool is_one_of_all;	   /* --to all: what cannot be expressed leaves the output out */
};

enum output_form {
	FORM_COMMANDS, /* text; several follow one another in one file */
	FORM_TEXT,     /* text; one to a file; '#' begins a comment */
	FORM_YAML,     /* a tree, or a list of trees (documents); several are divided by `---` */
	FORM_MERGED,   /* a tree; several become one, their mappings merged */
	FORM_JSON,     /* a tree; one to a file, without comments */
};

/* What a description must have for an output. Checked before the output is called. */
enum output_needs {
	NEEDS_NOTHING = 0,
	NEEDS_CONTAINER = 1 << 0, /* a template for containers, not `host` */
	NEEDS_IMAGE = 1 << 1,	  /* container.image */
	NEEDS_HOST = 1 << 2,	  /* template `host` or `minimal`, or one of the user's own */
	NEEDS_FILTER = 1 << 3,	  /* a seccomp filter to be made: allow, deny or log */
};

/* What an output makes. All in the unit's memory but the tree. */
struct rendered {
	struct buf comment; /* what to know before it is used: lines, without any comment sign */
	struct buf text;    /* FORM_COMMANDS, FORM_TEXT */
	json_t *tree;	    /* the other forms; freed by who asked */
};

#define OUTPUT(symbol, name, suffix, form, needs, about)                                           \
	bool output_##symbol(const struct launch *launch, struct rendered *out);
#include "compiler/output/outputs.def"
#undef OUTPUT

/* Whether the container gets a seccomp filter that is made from the description. */
static inline bool launch_makes_filter(const struct launch *launch)
{
	return launch->container->seccomp.kind == SECCOMP_CHANGED ||
	       launch->container->seccomp.kind == SECCOMP_LIST;
}

/*
 * Reports a value that the target cannot express, at its place (not-expressible). Returns false,
 * for `return launch_refuse(…)`.
 */
bool launch_refuse(const struct launch *launch, struct span at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The profile's name. */
static inline struct slice launch_name(const struct launch *launch)
{
	return launch->compiled->name;
}

/* "10001:10001". */
struct slice launch_user(const struct launch *launch);

/* The n-th capability in upper case without CAP_: "NET_BIND_SERVICE". */
struct slice launch_capability(const struct launch *launch, unsigned capability);

/* Bytes as runtimes write them: "64m", "1g", "1000" where no unit divides it. */
struct slice launch_bytes(const struct launch *launch, uint64_t bytes);

/* Thousandths of a processor as a decimal number: "0.5", "2". */
struct slice launch_cpus(const struct launch *launch, uint32_t thousandths);

/* "no", "always", "on-failure:3", "unless-stopped". */
struct slice launch_restart(const struct launch *launch);

/* Else it is only known to other containers. */
static inline bool port_is_published(const struct port *port)
{
	return port->host != 0 || port->address.len > 0;
}

/* "127.0.0.1:8080:80/tcp", "[::1]:8080:80/udp", "127.0.0.1::80/tcp"; "80/tcp" for a port that is
 * not published. */
struct slice launch_port(const struct launch *launch, const struct port *port);

/*
 * The mount options of a tmpfs: "rw,noexec,nosuid,nodev,size=64m,uid=10001,gid=10001,mode=0755".
 * The kernel's spelling (tmpfs(5)), which Docker and Compose hand on.
 */
struct slice launch_tmpfs_options(const struct launch *launch, const struct tmpfs *tmpfs);

/*
 * The value of --mount for a volume, as Docker and Podman read it, a line of CSV:
 * `type=bind,source=/srv/data,target=/data,ro`.
 */
struct slice launch_mount(const struct launch *launch, const struct volume *volume);

/* Adds a comment line: "load the profile first: aaforge load …", "lookup …". */
void launch_say_load(const struct launch *launch, struct rendered *out);

/* Adds a comment line that says which file of a seccomp filter is used, if one is. */
void launch_say_filter(const struct launch *launch, struct rendered *out);

#endif
