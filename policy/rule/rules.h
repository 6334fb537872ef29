#ifndef POLICY_RULE_RULES_H
#define POLICY_RULE_RULES_H

/*
 * The rule kinds. Each is one file rule_<kind>.c with one const struct rule_ops, listed in
 * rules.def. The structs are public so that the compiler can make rules without going through text.
 */

#include "parser/syntax.h"
#include "policy/policy.h"

struct access_kind; /* policy/rule/conditions.h */
struct region_list; /* policy/rule/region.h */

struct rule_ops {
	const char *name;
	size_t size; /* of the struct that embeds struct rule */
	enum abi since;
	const struct access_kind
		*access; /* of kinds that are an access list and conditions, else NULL */
	const char *about;
	/*
	 * Reads the items that follow the qualifiers (the keyword included) into a new rule in the
	 * unit's arena; the caller fills the head. NULL after a diagnostic.
	 */
	struct rule *(*read)(struct unit *unit, const struct statement *statement,
		const struct item *items, const struct qualifiers *qualifiers);
	/* Prints the rule in canonical form, without qualifiers, comma and newline. */
	void (*print)(const struct rule *rule, struct buf *out);
	/* Same meaning; qualifiers are compared by the caller. Lists compare as sets. */
	bool (*equal)(const struct rule *a, const struct rule *b);
	/*
	 * Adds what the rule is about, for allows to be compared with denies; NULL for kinds that
	 * cannot be denied. Of a file rule that is its links; its paths are compared otherwise.
	 */
	void (*regions)(struct region_list *list, const struct rule *rule);
};

#define RULE_KIND(symbol) extern const struct rule_ops rule_##symbol;
#include "policy/rule/rules.def"
#undef RULE_KIND

extern const struct rule_ops *const rule_kinds[]; /* in the order of rules.def */
extern const size_t rule_kind_count;

/* File permissions as bits; the exec transition is apart. */
enum perm {
	PERM_READ = 1 << 0,   /* r */
	PERM_WRITE = 1 << 1,  /* w; implies a */
	PERM_APPEND = 1 << 2, /* a */
	PERM_LINK = 1 << 3,   /* l */
	PERM_LOCK = 1 << 4,   /* k */
	PERM_MMAP = 1 << 5,   /* m */
	PERM_EXEC = 1 << 6,   /* x, in any mode */
};

enum exec_mode {
	EXEC_NONE,
	EXEC_DENY,		 /* bare x, only with deny */
	EXEC_INHERIT,		 /* ix */
	EXEC_UNCONFINED,	 /* ux */
	EXEC_PROFILE,		 /* px */
	EXEC_CHILD,		 /* cx */
	EXEC_PROFILE_INHERIT,	 /* pix */
	EXEC_CHILD_INHERIT,	 /* cix */
	EXEC_PROFILE_UNCONFINED, /* pux */
	EXEC_CHILD_UNCONFINED,	 /* cux */
};

struct file_rule {
	struct rule head;
	bool all;	   /* `file,`: every path with mrwklix, which perms and exec hold */
	struct slice path; /* AARE, unless all */
	struct slice name; /* of an entry that is a file or a directory, `NAME{,/,/…}`: NAME, which
			      alone is the file; else empty */
	unsigned perms;	   /* enum perm */
	enum exec_mode exec; /* EXEC_NONE without PERM_EXEC */
	bool scrub;	     /* Ux Px Cx …: the environment is cleaned */
	bool safe, unsafe; /* prefixes of a few old rules: only `unsafe … ix` remains, others become
			      scrub */
	struct slice target; /* profile name after ->, AARE, or empty */
	bool link_target; /* the target is a path: `rl /a -> /b`, which permits to link /a to /b */
};

struct link_rule {
	struct rule head;
	bool subset;
	struct slice from, to; /* AARE */
};

#define CAPABILITY_MAX 64
struct capability_rule {
	struct rule head;
	uint64_t mask; /* bit n is capability n of policy/names/names.h; 0 means all */
};

/* One condition of the kinds with `key=value`: what was written, canonically ordered when printed.
 */
struct condition {
	struct condition *next;
	struct slice key;
	bool has_in;
	bool is_list;
	struct slice *values; /* AARE or names */
	size_t count;
	struct condition *members; /* peer=(label=… addr=…) */
	struct span span;
};

struct network_rule {
	struct rule head;
	/* NULL: any. Names as in policy/names/names.h. */
	const char *family, *type, *protocol; /* tcp udp icmp … stand for a type in the binary */
	uint32_t access;		      /* 4.x: bits of its access table; 0 means all */
	struct condition *conditions;	      /* 4.x: ip=, port=, peer=(…); NULL before */
};

/* Kinds that are an access list plus conditions: unix signal ptrace dbus mqueue io_uring userns. */
struct access_rule {
	struct rule head;
	uint32_t access; /* bits of the kind's own access table; 0 means all */
	struct condition *conditions;
};

struct mount_rule {
	struct rule head;
	enum mount_operation { MOUNT_MOUNT, MOUNT_REMOUNT, MOUNT_UMOUNT } operation;
	struct condition *conditions; /* fstype, options; may repeat */
	struct slice source, target;  /* AARE; at is NULL when not given, as "" is a source */
};

struct pivot_root_rule {
	struct rule head;
	struct slice old_root, new_root, target;
};

struct change_profile_rule {
	struct rule head;
	bool safe, unsafe;
	struct slice exec, target;
};

struct rlimit_rule {
	struct rule head;
	struct slice resource, value; /* canonical: "nofile", "1024"; "infinity"; "10MB" */
};

struct alias_rule {
	struct rule head;
	bool rewrite;
	struct slice from, to;
};

/* Prints the permissions of a file rule in canonical order: "mrwklix". */
void file_perms_print(unsigned perms, enum exec_mode exec, bool scrub, struct buf *out);

/*
 * Reads permissions such as "rwk" or "mrPx". false when they are not valid; *ret_error is then a
 * static text.
 */
bool file_perms_read(struct slice text, unsigned *ret_perms, enum exec_mode *ret_exec,
	bool *ret_scrub, const char **ret_error);

#endif
