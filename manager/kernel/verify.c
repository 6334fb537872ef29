#include "manager/kernel/kernel.h"

#include "manager/system/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* A write that was read back: the same one serves all profiles that came with it. */
struct raw_data {
	dev_t device;
	ino_t inode;
	struct slice bytes;
	size_t at; /* behind the member that was found last: the next one is likely here */
	bool is_known;
};

static bool say_other(const struct set_profile *profile, const char *what, struct error **ret_error)
{
	return error_say(ret_error, EPROTO,
		"the kernel holds '%.*s' with another %s than it was given: somebody else changes "
		"policy at the same time",
		SLICE_FMT(profile->name), what);
}

static bool verify_profile(const struct set_profile *profile, const struct loaded_profile *held,
	struct error **ret_error)
{
	if (!held)
		return error_say(ret_error, EPROTO,
			"the kernel does not hold '%.*s', which it was given: somebody else changes "
			"policy at the same time",
			SLICE_FMT(profile->name));
	if (!mode_is(held->mode, profile->mode))
		return say_other(profile, "mode", ret_error);
	struct slice hash = held->hash;
	if (held->kind != HASH_NONE)
		hash = held->kind == HASH_SHA1 ? profile->sha1 : profile->sha256;
	return slice_eq(hash, held->hash) || say_other(profile, "policy", ret_error);
}

/* Reads what the profile came with, unless it is what was read last. False where it cannot be read:
 * a kernel that does not keep it, or no right. */
static bool raw_data_get(
	const struct loaded_profile *held, struct arena *arena, struct raw_data *raw)
{
	if (held->directory.len == 0)
		return false;
	struct slice path = arena_printf(arena, "%s/raw_data", held->directory.at);
	struct stat stat_of;
	if (path_stat(path.at, &stat_of) < 0)
		return false;
	if (raw->is_known && raw->device == stat_of.st_dev && raw->inode == stat_of.st_ino)
		return true;
	struct slice bytes;
	struct error *error = NULL;
	if (!loaded_raw_data(held, arena, &bytes, &error)) {
		error_free(error);
		return false;
	}
	*raw = (struct raw_data){stat_of.st_dev, stat_of.st_ino, bytes, 0, true};
	return true;
}

static bool raw_data_has(struct raw_data *raw, struct slice binary)
{
	if (slice_starts(slice_from(raw->bytes, raw->at), binary)) {
		raw->at += binary.len;
		return true;
	}
	const char *found = slice_find(raw->bytes, binary);
	if (!found)
		return false;
	raw->at = (size_t)(found - raw->bytes.at) + binary.len;
	return true;
}

static bool verify_member(const struct set_member *member, const struct loaded *loaded,
	struct arena *arena, struct raw_data *raw, struct error **ret_error)
{
	const struct loaded_profile *held = NULL;
	for (size_t i = member->profile_count; i-- > 0;) {
		const struct set_profile *profile = &member->profiles[i];
		held = loaded_find(loaded, profile->namespace, profile->name);
		if (!verify_profile(profile, held, ret_error))
			return false;
	}
	/* One that was not written came with another write, together with whatever else. */
	if (!held || member->state == SET_SAME || !raw_data_get(held, arena, raw) ||
		raw_data_has(raw, member->binary))
		return true;
	return say_other(&member->profiles[0], "raw data", ret_error);
}

bool kernel_verify(const struct places *places, const struct policy_set *set, struct arena *arena,
	struct error **ret_error)
{
	struct loaded loaded;
	if (!loaded_read(places, arena, &loaded, ret_error))
		return error_wrap(ret_error, "cannot verify what was loaded");
	struct raw_data raw = {0};
	for (size_t i = 0; i < set->count; i++)
		if (!verify_member(set->members[i], &loaded, arena, &raw, ret_error))
			return false;
	return true;
}
