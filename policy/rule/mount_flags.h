#ifndef POLICY_RULE_MOUNT_FLAGS_H
#define POLICY_RULE_MOUNT_FLAGS_H

/*
 * The options of mount rules as the compiled policy holds them: a string with one byte for each
 * flag of mount(2) that is set, in their order. A rule is about a set of such strings, here a
 * pattern with a letter for each flag.
 *
 *     options=(ro, nodev)                  "fAC": these two, no other
 *     options in (ro, nodev)               "f{,A}{,C}"
 *     options=remount options in (ro)      "f{,A}F"
 */

#include "policy/rule/rules.h"

enum { MOUNT_VARIANTS = 5 };

/* The strings of one operation that a rule is about. */
struct mount_variant {
	bool any;	    /* whatever the flags */
	struct slice flags; /* the pattern, in the arena; unless any */
	bool mounts_new;    /* what has a file system type */
	bool has_source;    /* what has a source: not a remount, not a change of propagation */
};

/*
 * The operations that the rule's options name, as apparmor_parser 3.0.8 compiles them, and their
 * number (0 for umount). The pattern of a rule without options is `any`, but that of a bare
 * remount, which is the flag MS_REMOUNT and no other.
 */
size_t mount_variants(struct arena *arena, const struct mount_rule *rule,
	struct mount_variant ret_variants[static MOUNT_VARIANTS]);

/* " options=(ro, nodev)" of a string or pattern as above. */
void mount_flags_print(struct slice flags, struct buf *out);

#endif
