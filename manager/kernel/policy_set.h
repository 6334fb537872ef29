#ifndef MANAGER_KERNEL_POLICY_SET_H
#define MANAGER_KERNEL_POLICY_SET_H

/*
 * Compiled profiles on their way to the kernel, and how they compare to what it holds.
 *
 * A member is one binary as apparmor_parser makes it: usually one profile with its children, from a
 * profile text perhaps several. The kernel's hash of a profile is that of the four bytes of the
 * header's version and the profile's own bytes (aa_calc_profile_hash of the kernel; verified on 6.1
 * and 6.12), so that a profile is known again without its raw data, whatever it was loaded with.
 */

#include "analysis/blob.h"
#include "manager/system/digest.h"
#include "manager/kernel/loaded.h"

/* Which programs a profile attaches to by itself, as the kernel reads it from the binary. */
enum set_attachment {
	SET_ATTACHES_NEVER,   /* no attachment, and a name that is no path; a child */
	SET_ATTACHES_NAME,    /* its name is the program */
	SET_ATTACHES_WORDS,   /* each of the words */
	SET_ATTACHES_PATTERN, /* more than can be counted: ask the binary */
};

struct set_profile {
	struct slice name, namespace; /* as in struct loaded_profile */
	enum compiled_mode mode;
	struct slice sha1, sha256; /* hex digits: what the kernel will show */
	enum set_attachment attaches;
	const struct slice *programs; /* NAME, WORDS */
	size_t program_count;
};

enum set_state {
	SET_NEW,     /* the kernel has no profile of that name */
	SET_CHANGED, /* it has another one, or one that cannot be compared (no hash) */
	SET_SAME,    /* the same in policy and mode, with the same children and no others */
};

struct set_member {
	struct slice source; /* where it comes from, for messages: a path */
	struct slice text;   /* its profile text; empty when only a binary was given */
	struct slice binary;
	struct set_profile
		*profiles; /* in the order of the binary: a profile before its children */
	const struct set_profile **sorted; /* the same by namespace and name */
	size_t profile_count;
	enum set_state state; /* of policy_set_compare */
	/* Stale children that stay loaded, as tasks are under them (manager/kernel/stale.h). */
	struct slice *kept;
	size_t kept_count;
};

struct policy_set {
	struct arena *arena;
	struct set_member **members;
	size_t count, capacity;
	struct set_index *index; /* the profiles of all members by name; policy_set.c's own */
};

void policy_set_init(struct arena *arena, struct policy_set *ret_set);

/* What the kernel calls a mode (aa_profile_mode_names of security/apparmor/lib.c): "enforce". */
const char *mode_word(enum compiled_mode mode);
/* Whether the kernel's word is that of the mode; that of prompt was renamed. */
bool mode_is(struct slice word, enum compiled_mode mode);

/*
 * Adds a binary, which is read through analysis/blob: EINVAL with its words when it is no compiled
 * policy or names a profile as the kernel would not; EEXIST when one of its profiles is in the set
 * already (names both sources). The slices are copied into the arena. ret_member may be NULL.
 */
bool policy_set_add(struct policy_set *set, struct slice source, struct slice text,
	struct slice binary, struct set_member **ret_member, struct error **ret_error);

/* Sets the state of every member. */
void policy_set_compare(struct policy_set *set, const struct loaded *loaded);

/* The profiles that are no child of another in the member: at least one. */
const struct set_profile *set_member_next_top(
	const struct set_member *member, const struct set_profile *previous);

/* The member's profile of that name, or NULL. */
const struct set_profile *set_member_find(
	const struct set_member *member, struct slice namespace, struct slice name);

/* Children that the kernel holds below the member's profiles, but the member does not have, without
 * those that are kept. A replacement leaves them loaded; they must be removed by name. Into the
 * arena, sorted. */
size_t set_member_stale_children(const struct set_member *member, const struct loaded *loaded,
	struct arena *arena, const struct loaded_profile ***ret_children);

/*
 * Identity of a profile with all its children as the kernel holds them or will: a digest over each
 * name, mode and hash of the given kind, sorted by name. Equal if the policy is. With HASH_NONE
 * only over names and modes.
 */
struct digest set_profile_identity(
	const struct set_member *member, const struct set_profile *top, enum hash_kind kind);
/* A child that stays loaded below a profile that does not have it any more, and what it is. */
struct left_child {
	struct slice name;
	struct digest identity; /* over its name, mode and hash */
};

struct left_list {
	struct left_child *items;
	size_t count;
};

/* false when the kernel does not have it. */
bool loaded_identity(const struct loaded *loaded, struct slice namespace, struct slice name,
	struct digest *ret_identity);
/* The same without those children of the list that are still what they were; their number is in
 * *ret_left, which may be NULL. */
bool loaded_identity_without(const struct loaded *loaded, struct slice namespace, struct slice name,
	const struct left_list *left, struct digest *ret_identity, size_t *ret_left);
/* Of one profile alone. */
struct digest loaded_profile_identity(const struct loaded_profile *profile);

#endif
