#ifndef MANAGER_KERNEL_LOADED_H
#define MANAGER_KERNEL_LOADED_H

/*
 * The profiles that the kernel holds, as apparmorfs shows them: one snapshot.
 *
 *     policy/profiles/web.3/{name,mode,attach,sha1|sha256,raw_data,profiles/}
 *     policy/namespaces/NS/profiles/…
 *
 * This tree is readable without root on kernels that show it
 * (CONFIG_SECURITY_APPARMOR_INTROSPECT_POLICY); the list `profiles` and raw_data want root. What
 * the kernel makes by itself for programs that a profile in complain mode starts, such as
 * "web//null-/usr/bin/id", is left out: only the list has it, and it goes with its parent. Source:
 * security/apparmor/apparmorfs.c of the kernel; measured on 6.1 and 6.12.
 */

#include "base/arena.h"
#include "manager/system/error.h"
#include "manager/places.h"

/* Which hash of a profile's compiled policy the kernel exports. */
enum hash_kind {
	HASH_NONE,   /* hash_policy is off, or a kernel without it */
	HASH_SHA1,   /* kernels before 6.8 */
	HASH_SHA256, /* since then */
};

struct loaded_profile {
	struct slice name;	/* "web", of a child or hat "web//worker"; without namespace */
	struct slice namespace; /* "" for the namespace that we see as the root, "tenant", "a//b" */
	struct slice mode;	/* the kernel's word: enforce complain kill unconfined prompt … */
	struct slice attach;	/* attachment as text; the name when it has none; "<unknown>" */
	struct slice hash;	/* hex digits, or empty */
	enum hash_kind kind;
	struct slice directory; /* its directory, absolute, with a NUL behind; empty when the list
				   is all there is */
};

struct loaded {
	struct loaded_profile *profiles; /* sorted by namespace, then name */
	size_t count;
	bool is_partial; /* something could not be read for lack of rights; `hidden` says what */
	struct slice hidden;
};

/*
 * Takes a snapshot into the arena. Without apparmorfs, or when neither the tree nor the list can be
 * read, an error that says why (not enabled, not mounted, not permitted). Profiles that vanish or
 * appear meanwhile are in it or not; everything else is consistent per profile.
 */
bool loaded_read(const struct places *places, struct arena *arena, struct loaded *ret_loaded,
	struct error **ret_error);

/* The profile of that name, or NULL. */
const struct loaded_profile *loaded_find(
	const struct loaded *loaded, struct slice namespace, struct slice name);

/*
 * The profiles below a name, not itself, one after the other: the first one after `previous` (NULL:
 * the first of all), or NULL at the end. In the order of the snapshot.
 */
const struct loaded_profile *loaded_next_below(const struct loaded *loaded, struct slice namespace,
	struct slice name, const struct loaded_profile *previous);

/* Whether `name` is a profile `parent` or below it: web//worker is below web. */
bool name_is_below(struct slice name, struct slice parent);

/*
 * What the kernel shows as the raw data of a profile: the whole write that it came with, other
 * profiles included. Wants root and export_binary; false with EACCES or ENOENT otherwise.
 */
bool loaded_raw_data(const struct loaded_profile *profile, struct arena *arena,
	struct slice *ret_data, struct error **ret_error);

#endif
