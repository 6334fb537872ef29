#ifndef ANALYSIS_DECIDE_H
#define ANALYSIS_DECIDE_H

/*
 * What a compiled profile allows, decided on the automata that the kernel walks. Nothing here
 * fails: every question has an answer. The answers are those of the rules: a profile in complain
 * mode answers like the same one in enforce mode; only one in unconfined mode allows everything, as
 * the kernel does not look at its rules.
 *
 * A class of access that the policy does not mediate (the features it was compiled for do not have
 * it, or it has no rules for it in an old format) is allowed: `mediated` tells.
 * Source: security/apparmor/{file,domain,net,af_unix,capability,ipc,task,lib}.c of the kernel.
 */

#include "analysis/blob.h"
#include "policy/rule/rules.h"

struct decision {
	bool mediated; /* the profile has a say; if not, it is allowed */
	bool allowed;
	bool audited; /* allowed, and logged by an `audit` rule */
	bool quiet;   /* refused by an explicit `deny`: not logged */
};

/* How a program is started, when it may be. */
struct exec_decision {
	enum exec_mode mode; /* EXEC_NONE: not at all */
	bool scrub;	     /* the environment is cleaned (Px and the like) */
	struct slice target; /* profile named by the rule, "web//worker" for a child; or empty: the
				one that attaches to the program */
	bool stack;	     /* `-> &name`: the target is added to the profile */
};

struct file_decision {
	bool mediated;
	unsigned allowed; /* enum perm; PERM_WRITE and PERM_APPEND are told apart */
	unsigned audited; /* those of them that are logged */
	unsigned quiet;	  /* those refused by an explicit `deny` */
	struct exec_decision exec;
};

/*
 * Access to a path, as the kernel names it: absolute, resolved, directories with a final slash.
 * owner: the process has the user id of the file's owner. A path with a NUL byte is nobody's:
 * nothing is allowed. PERM_LINK tells that the path may be the new name of some link; decide_link
 * tells of which.
 */
struct file_decision decide_file(
	const struct compiled_profile *profile, struct slice path, bool owner);

/*
 * A hard link with the name `link` to the file `target`; owner: of the target. Where the rule wants
 * a subset (the permission l does), the link's permissions must be among the target's.
 */
struct decision decide_link(
	const struct compiled_profile *profile, struct slice link, struct slice target, bool owner);

/* Whether there is any file that `link` may become a hard link of. arena: for scratch. */
struct decision decide_links(
	struct arena *arena, const struct compiled_profile *profile, struct slice link, bool owner);

/*
 * The creation of a socket: family (AF_*), type (SOCK_*) and protocol (0 unless the caller knows
 * better) by the kernel's numbers, 0 to 65535. Unix sockets are decided by `unix` rules where the
 * policy was compiled for a kernel that mediates them, else by `network unix`.
 */
struct decision decide_network(
	const struct compiled_profile *profile, unsigned family, unsigned type, unsigned protocol);

/* A capability by number, 0 to 63; none above that is allowed. */
struct decision decide_capability(const struct compiled_profile *profile, int capability);

/*
 * A signal sent to (or received from) a process whose profile is `peer` ("unconfined" for none).
 * number: 1 to 31, from SIGRTMIN (32) on real time signals, 0 only asks whether the process exists.
 */
struct decision decide_signal(
	const struct compiled_profile *profile, bool send, unsigned number, struct slice peer);

enum ptrace_access {
	PTRACE_TRACE,
	PTRACE_READ,
	PTRACE_TRACED_BY,
	PTRACE_READ_BY,
};

/* Tracing of, or by, a process whose profile is `peer`. */
struct decision decide_ptrace(
	const struct compiled_profile *profile, enum ptrace_access access, struct slice peer);

/* The creation of a user namespace. */
struct decision decide_userns(const struct compiled_profile *profile);

/* Whether the policy mediates a class at all (false for a profile in unconfined mode). */
bool decide_mediates(const struct compiled_profile *profile, enum policy_class class);

/* Whether a program at `path` gets this profile when it is started from an unconfined process. */
bool decide_attaches(const struct compiled_profile *profile, struct slice path);

#endif
