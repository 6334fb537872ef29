#include "manager/change/transaction_steps.h"

#include "manager/disk/apply.h"
#include "manager/disk/journal_format.h"
#include "manager/kernel/kernel.h"
#include "manager/system/stop.h"

#include <errno.h>

/* After a failed load: whether the kernel took it all the same, as when only the removal of an old
 * child failed behind it. */
static bool was_taken(const struct work *work, const struct policy_set *set)
{
	struct loaded now;
	if (!loaded_read(work->places, work->arena, &now, NULL))
		return false;
	for (size_t i = 0, load = 0; i < set->count; i++) {
		const struct set_member *member = set->members[i];
		if (member->state == SET_SAME)
			continue;
		const struct journal_load *journaled = &work->journal->loads[load++];
		for (size_t n = 0; n < member->profile_count; n++)
			if (journaled->fresh.at[n] == 'n' &&
				profile_is_held(&now, &member->profiles[n]) == HELD)
				return true;
	}
	return false;
}

/* Nothing was done. A journal that cannot even be removed would be believed by the next run. */
static bool give_up(const struct work *work, struct error **ret_error)
{
	struct error *error = NULL;
	drop_records(work);
	if (journal_remove(work->places, work->arena, &error))
		return false;
	error_free(error);
	return error_wrap(ret_error,
		"'%s' cannot be removed and is to be removed by hand, or the next run carries on",
		journal_path(work->places, work->arena, "").at);
}

static bool leave(struct error **ret_error)
{
	return error_wrap(ret_error,
		"the change is begun and will be finished by the next run of aaforge that changes "
		"something");
}

/* The kernel takes all or none. *ret_is_committed also when it fails behind that. */
static bool commit_by_kernel(struct work *work, const struct policy_set *set,
	bool *ret_is_committed, struct error **ret_error)
{
	bool has_begun, is_loaded = kernel_replace(work->places, set, work->before, ret_error);
	*ret_is_committed = is_loaded || was_taken(work, set);
	if (!is_loaded && *ret_is_committed)
		journal_commit(work->places, work->arena, NULL);
	return is_loaded && journal_commit(work->places, work->arena, ret_error) &&
	       remove_profiles(work, &has_begun, ret_error);
}

static bool has_to_load(const struct work *work, const struct policy_set *set)
{
	for (size_t i = 0; work->before && set && i < set->count; i++)
		if (set->members[i]->state != SET_SAME)
			return true;
	return false;
}

/* The manifest was the commit, and is taken back only if the first removal is not permitted. */
static bool commit_by_manifest(struct work *work, bool *ret_is_committed, struct error **ret_error)
{
	bool has_begun, is_removed = remove_profiles(work, &has_begun, ret_error);
	*ret_is_committed = is_removed || has_begun;
	return is_removed && journal_commit(work->places, work->arena, ret_error);
}

/* The last moment at which it can be dropped. */
static bool goes_on(const struct stop_hold *hold, struct error **ret_error)
{
	return !stop_is_asked(hold) || error_say(ret_error, EINTR, "asked to end");
}

static bool run_held(const struct places *places, const struct change *changes, size_t count,
	const struct policy_set *set, const struct loaded *loaded, struct arena *arena,
	const struct stop_hold *hold, bool *ret_is_committed, struct error **ret_error)
{
	struct journal journal;
	struct work work = {places, &journal, loaded, arena, false, set};
	bool is_committed = false;
	if (!journal_build(places, changes, count, set, loaded, arena, &journal, ret_error) ||
		!apply_check(places, &journal, arena, ret_error) ||
		!journal_begin(places, arena, ret_error))
		return false;
	bool is_done =
		journal_write(places, &journal, arena, ret_error) &&
		prepare_records(&work, ret_error) && goes_on(hold, ret_error) &&
		(has_to_load(&work, set) ? commit_by_kernel(&work, set, &is_committed, ret_error)
					 : commit_by_manifest(&work, &is_committed, ret_error));
	if (!is_done && !is_committed)
		return give_up(&work, ret_error);
	if (is_done)
		is_done = finish(&work, ret_error);
	if (!is_done && ret_is_committed)
		*ret_is_committed = true;
	return is_done || leave(ret_error);
}

bool transaction_run(const struct places *places, const struct change *changes, size_t count,
	const struct policy_set *set, const struct loaded *loaded, struct arena *arena,
	bool *ret_is_committed, struct error **ret_error)
{
	struct stop_hold hold;
	stop_hold(&hold);
	bool is_done = run_held(
		places, changes, count, set, loaded, arena, &hold, ret_is_committed, ret_error);
	stop_release(&hold);
	return is_done;
}
