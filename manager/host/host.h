#ifndef MANAGER_HOST_HOST_H
#define MANAGER_HOST_HOST_H

/*
 * The machine as far as it matters to AppArmor: what the kernel says of itself, apparmor_parser and
 * its library, what starts profiles at boot. Only looked at, never changed; what cannot be seen
 * for lack of rights is told apart from what is not there. Nothing fails.
 */

#include "manager/system/bytes.h"
#include "manager/host/findings.h"
#include "manager/places.h"

enum fact_state {
	FACT_ABSENT, /* no such file */
	FACT_HIDDEN, /* there, but not for us */
	FACT_KNOWN,
};

struct fact {
	enum fact_state state;
	struct slice text; /* without blanks at both ends, with a NUL behind */
};

/* Reads a regular file of at most `limit` bytes, links followed; never waits. 0, or the errno:
 * EINVAL for anything else than a file, EFBIG. */
int regular_read(const char *path, size_t limit, struct bytes *ret_text);

/* The content of a small file (at most 1 MiB; a larger one counts as hidden), in the arena. */
struct fact fact_read(struct arena *arena, const char *path);

/* The same below the root: "/proc/cmdline". */
struct fact fact_of(const struct places *places, struct arena *arena, const char *path);

/* Whether the fact is known to be that text. */
bool fact_is(const struct fact *fact, const char *text);

struct host {
	struct fact enabled;	     /* parameters/enabled: "Y"; readable to everyone */
	struct fact mode;	     /* parameters/mode: "enforce"; of the kernel as a whole */
	struct fact lock_policy;     /* "N" */
	struct fact hash_policy;     /* "Y" */
	struct fact export_binary;   /* "Y" */
	struct fact lsm;	     /* "lockdown,capability,apparmor": those that are on */
	struct fact command_line;    /* of the kernel */
	struct fact release;	     /* "6.1.0-56-cloud-amd64" */
	struct fact userns_restrict; /* kernel.apparmor_restrict_unprivileged_userns */
	struct slice features;	     /* apparmorfs/features, with a NUL behind, or empty */
	bool has_apparmorfs;	     /* /sys/kernel/security/apparmor */
	bool has_parser_in_sbin;     /* /sbin/apparmor_parser, where runtimes look */
	struct slice parser;	     /* its path below the root, or empty */
	struct slice parser_version; /* "3.0.8", once host_ask_parser has asked */
	struct slice library;	     /* "libapparmor.so.1.8.4", or empty */
	struct slice container_mark; /* what tells that this is a container, or empty */
	bool service_masked, service_enabled, service_known;
};

/* Looks around; all slices are in the arena. */
void host_read(const struct places *places, struct arena *arena, struct host *ret_host);

/* Only `mode` and `command_line` of it, for host_enforcement. */
void host_read_mode(const struct places *places, struct arena *arena, struct host *ret_host);

enum host_enforcement { HOST_ENFORCES_UNSEEN, HOST_ENFORCES, HOST_ENFORCES_NOT };

/* Whether the kernel as a whole enforces profiles: parameters/mode, for root only, or what the
 * command line set. */
enum host_enforcement host_enforcement(const struct host *host);

/* Runs apparmor_parser --version; only on this machine, never in another root. */
void host_ask_parser(const struct places *places, struct arena *arena, struct host *host);

/* What a program of this machine says to --version ("1.1.5"), or empty. Takes 5 s at most. */
struct slice program_version(struct arena *arena, const char *path);

/* Adds what keeps every profile from being enforced: errors, and what could not be seen of it. */
void host_check_kernel(const struct host *host, struct findings *findings);

/* Adds everything else about the machine, for doctor. */
void host_check_rest(const struct host *host, struct findings *findings);

/* Which rule kinds this kernel does not mediate, and which policy versions it knows. Source: the
 * directories of apparmorfs/features, named in security/apparmor/apparmorfs.c of the kernel. */
void host_check_features(const struct host *host, struct findings *findings);

#endif
