#ifndef ANALYSIS_BLOB_H
#define ANALYSIS_BLOB_H

/*
 * Compiled policy: what `apparmor_parser -S` prints and the kernel is given, read back as data.
 * Knows interface versions 5 to 9, permissions in the accept tables (versions up to 8, and 9
 * without tables) as well as permission tables (apparmor_parser 4.x for features with
 * permstable32).
 *
 * The bytes are not trusted: every length, index and automaton is verified as the kernel does it,
 * so that decisions on a struct compiled_profile need no further checks of their own. On a mistake,
 * reading fails as a whole with one text that tells what is wrong and where. Source:
 * security/apparmor/policy_unpack.c of the kernel.
 */

#include "analysis/dfa.h"

/* A larger policy is refused; the largest seen, 3,600 rules with abstractions, has 2 MiB. */
#define COMPILED_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* The classes of mediation that a policy automaton starts with (include/apparmor.h of the kernel).
 */
enum policy_class {
	CLASS_FILE = 2,
	CLASS_CAPABILITY = 3,
	CLASS_NETWORK_7 = 4, /* sockets of interface version 7 */
	CLASS_MOUNT = 7,
	CLASS_PTRACE = 9,
	CLASS_SIGNAL = 10,
	CLASS_NETWORK = 14,
	CLASS_NETWORK_9 = 15, /* sockets of interface version 9, the unix ones included */
	CLASS_LABEL = 16,     /* profiles as the objects of other classes */
	CLASS_POSIX_MQUEUE = 17,
	CLASS_NAMESPACE = 21,
	CLASS_IO_URING = 22,
	CLASS_DBUS = 32,
};

enum compiled_mode {
	COMPILED_ENFORCE,
	COMPILED_COMPLAIN,
	COMPILED_KILL,
	COMPILED_UNCONFINED,
	COMPILED_PROMPT,
};

/* One line of a permission table. Bits as in analysis/perms.h. */
struct permission_entry {
	uint32_t allow, deny, audit, quiet, xindex;
};

/* One automaton with what gives its states a meaning. */
struct compiled_db {
	const struct dfa *dfa;		      /* NULL: there is none, nothing matches */
	const struct permission_entry *perms; /* the accept table is an index; or NULL */
	uint32_t perm_count;
	bool has_owner;	     /* the entry is for the owner of a file, the next one for others */
	uint32_t start;	     /* where classes begin (policy) */
	uint32_t file_start; /* where paths begin (file, attachment) */
	const struct slice *names; /* exec transitions, as the profile's author named them */
	uint32_t name_count;
};

/* Bit n is capability n. */
struct compiled_capabilities {
	uint64_t allow, audit, quiet, deny;
};

#define COMPILED_RLIMITS 16
struct compiled_rlimits {
	uint32_t mask; /* bit n: limit n is set */
	uint64_t limits[COMPILED_RLIMITS];
};

/* Address family n of a policy without a network class: bit t is socket type t. */
struct compiled_family {
	uint16_t allow, audit, quiet;
};

struct compiled_secmark {
	bool audit, deny;
	struct slice label;
};

struct compiled_data {
	struct compiled_data *next;
	struct slice key, value;
};

struct compiled_profile {
	struct compiled_profile *next;
	uint32_t version;	 /* interface version, 5 to 9 */
	uint32_t header_version; /* as its header has it, with the flags of the parser */
	/*
	 * Its bytes behind its header, up to the next profile's: what the kernel hashes after the
	 * four bytes (little endian) of header_version (aa_calc_profile_hash, called by aa_unpack).
	 */
	struct slice body;
	struct slice namespace;			       /* or empty */
	struct slice name;			       /* "web", of a child or hat "web//worker" */
	struct slice rename, attachment, disconnected; /* or empty */
	struct compiled_db
		xmatch;	     /* which programs it attaches to; no automaton: those of its name */
	uint32_t xmatch_len; /* bytes that decide between two attachments that match */
	enum compiled_mode mode;
	bool is_hat;
	bool audits_all;     /* flags=(audit) */
	uint32_t path_flags; /* attach_disconnected and the like, include/path.h of the kernel */
	struct compiled_capabilities capabilities;
	uint64_t extended_capabilities;
	const struct slice *xattrs;
	uint32_t xattr_count;
	struct compiled_rlimits rlimits;
	bool has_families; /* the table below is there: sockets are mediated by it */
	const struct compiled_family *families;
	uint32_t family_count;
	const struct compiled_secmark *secmarks;
	uint32_t secmark_count;
	struct compiled_db policy; /* every class but files */
	struct compiled_db file;
	struct compiled_data *data;
};

/*
 * Reads every profile of a compiled policy, in their order: a profile, then its children and hats,
 * then the next. Everything lives in the arena; `blob` must outlive it, as names point into it.
 * Returns false when it is not a compiled policy, or one that is damaged: *ret_error is then a text
 * in the arena such as "the automaton of file rules has a transition to or from a state out of
 * range at byte 4711". A policy with a zstd header (the cache format of apparmor_parser 5) is
 * refused by that name.
 */
bool compiled_read(struct arena *arena, struct slice blob, struct compiled_profile **ret_first,
	const char **ret_error);

/* The profile of that name ("web", "web//worker") in any namespace, or NULL. */
const struct compiled_profile *compiled_find(
	const struct compiled_profile *first, struct slice name);

#endif
