#include "manager/change/transaction_steps.h"

#include "manager/disk/apply.h"
#include "manager/kernel/kernel.h"
#include "manager/kernel/expected.h"
#include "manager/kernel/stale.h"
#include "manager/disk/record.h"

#include <errno.h>

enum held profile_is_held(const struct loaded *loaded, const struct set_profile *profile)
{
	const struct loaded_profile *there = loaded_find(loaded, profile->namespace, profile->name);
	if (!there)
		return HELD_NOT;
	switch (there->kind) {
	case HASH_NONE:
		return HELD_UNKNOWN;
	case HASH_SHA1:
		return slice_eq(there->hash, profile->sha1) ? HELD : HELD_NOT;
	case HASH_SHA256:
		return slice_eq(there->hash, profile->sha256) ? HELD : HELD_NOT;
	}
	return HELD_UNKNOWN;
}

/* After a refused removal: children go before their parent, so some may be out already. */
static bool lost_some(const struct work *work, struct slice name)
{
	struct loaded now;
	if (!loaded_read(work->places, work->arena, &now, NULL))
		return true;
	for (size_t i = 0; i < work->before->count; i++) {
		const struct loaded_profile *profile = &work->before->profiles[i];
		if (profile->namespace.len == 0 && name_is_below(profile->name, name) &&
			!loaded_find(&now, profile->namespace, profile->name))
			return true;
	}
	return false;
}

static bool remove_profile(struct work *work, struct slice name, struct error **ret_error)
{
	struct error *error = NULL;
	if (kernel_remove(work->places, work->before, SLICE(""), name, &error))
		return true;
	bool is_fine = error_number(error) == ENOENT;
	if (!is_fine && ret_error)
		*ret_error = error;
	else
		error_free(error);
	return is_fine;
}

/* Whether what is loaded of the change's own name is not to go. */
static bool keeps_own(const struct work *work, const struct journal_change *change)
{
	return !change->is_drop || change->keeps_loaded ||
	       (change->stays_loaded && !work->is_unloaded);
}

/* Profiles of others that a change puts aside, then its own if it goes. *has_begun: some are out.
 */
static bool remove_of(struct work *work, const struct journal_change *change, bool *has_begun,
	struct error **ret_error)
{
	for (size_t i = 0; i <= change->unload_count; i++) {
		bool is_own = i == change->unload_count;
		struct slice name = is_own ? change->name : change->unloads[i];
		if (is_own && keeps_own(work, change))
			break;
		if (!remove_profile(work, name, ret_error)) {
			*has_begun |= lost_some(work, name);
			return false;
		}
		*has_begun = true;
	}
	return true;
}

bool remove_profiles(struct work *work, bool *ret_has_begun, struct error **ret_error)
{
	*ret_has_begun = false;
	for (size_t i = 0; work->before && i < work->journal->change_count; i++)
		if (!remove_of(work, &work->journal->changes[i], ret_has_begun, ret_error))
			return false;
	return true;
}

static struct record record_of(const struct journal_change *change, enum hash_kind kind)
{
	struct slice text;
	installed_owner(change->text.text, &text);
	return (struct record){
		.identity = change->identity.by_kind[kind],
		.kind = kind,
		.text = digest_of(text),
		.source = change->source,
	};
}

bool prepare_records(const struct work *work, struct error **ret_error)
{
	if (!work->before)
		return true;
	enum hash_kind kind = hash_kind_expected(work->places, work->before);
	for (size_t i = 0; i < work->journal->change_count; i++) {
		const struct journal_change *change = &work->journal->changes[i];
		if (change->is_drop || !change->is_recorded)
			continue;
		struct record record = record_of(change, kind);
		if (!record_prepare(work->places, SLICE(""), change->name, &record, ret_error))
			return error_wrap(ret_error,
				"nothing was loaded; there has to be room in '%s'",
				work->places->state);
	}
	return true;
}

void drop_records(const struct work *work)
{
	for (size_t i = 0; work->before && i < work->journal->change_count; i++)
		if (work->journal->changes[i].is_recorded)
			record_drop(work->places, SLICE(""), work->journal->changes[i].name);
}

/* The children of the change's profile that were left for their tasks. */
static struct left_list left_of(
	const struct work *work, const struct journal_change *change, const struct loaded *after)
{
	for (size_t i = 0; work->set && i < work->set->count; i++) {
		const struct set_member *member = work->set->members[i];
		const struct set_profile *top = set_member_find(member, SLICE(""), change->name);
		if (top)
			return stale_left(member, top, after, work->arena);
	}
	return (struct left_list){0};
}

static bool record_put(struct work *work, const struct journal_change *change,
	const struct loaded *after, struct error **ret_error)
{
	const struct loaded_profile *there = loaded_find(after, SLICE(""), change->name);
	if (!there || work->is_unloaded)
		return record_remove(work->places, SLICE(""), change->name, ret_error);
	struct record record = record_of(change, there->kind);
	record.left = left_of(work, change, after);
	if (record_settle(work->places, SLICE(""), change->name, &record, work->arena))
		return true;
	if (!record_write(work->places, SLICE(""), change->name, &record, ret_error))
		return false;
	record_drop(work->places, SLICE(""), change->name);
	return true;
}

static bool write_records(struct work *work, struct error **ret_error)
{
	struct loaded after;
	if (!work->before)
		return true;
	if (!loaded_read(work->places, work->arena, &after, ret_error))
		return false;
	for (size_t i = 0; i < work->journal->change_count; i++) {
		const struct journal_change *change = &work->journal->changes[i];
		if (change->is_drop
				? !record_remove(work->places, SLICE(""), change->name, ret_error)
				: change->is_recorded &&
					  !record_put(work, change, &after, ret_error))
			return false;
	}
	return true;
}

bool finish(struct work *work, struct error **ret_error)
{
	/* The records come first: without room for the rest, what is loaded is known as ours. */
	if (!write_records(work, ret_error))
		return false;
	for (size_t i = 0; i < work->journal->change_count; i++)
		if (!apply_change(work->places, &work->journal->changes[i], work->arena, ret_error))
			return false;
	return apply_flush(work->places, ret_error) &&
	       journal_remove(work->places, work->arena, ret_error);
}
