#include "manager/change/transaction_steps.h"

#include "manager/disk/apply.h"
#include "manager/kernel/kernel.h"
#include "manager/system/stop.h"

#include <errno.h>

/* The set of a journal's binaries. false when one of them is none: the journal is damaged. */
static bool rebuild_set(const struct work *work, struct policy_set *ret_set)
{
	policy_set_init(work->arena, ret_set);
	for (size_t i = 0; i < work->journal->load_count; i++) {
		const struct journal_load *load = &work->journal->loads[i];
		struct set_member *member;
		if (!policy_set_add(ret_set, load->source, slice_of(NULL, 0), load->binary, &member,
			    NULL) ||
			member->profile_count != load->fresh.len)
			return false;
	}
	return true;
}

/* Whether the kernel took the binaries. Nothing that was new to it tells: unknown. */
static enum held set_is_held(const struct work *work, const struct policy_set *set)
{
	bool has_unknown = false, has_fresh = false;
	for (size_t i = 0; i < set->count; i++)
		for (size_t n = 0; n < set->members[i]->profile_count; n++) {
			if (work->journal->loads[i].fresh.at[n] != 'n')
				continue;
			has_fresh = true;
			switch (profile_is_held(work->before, &set->members[i]->profiles[n])) {
			case HELD:
				return HELD;
			case HELD_UNKNOWN:
				has_unknown = true;
				break;
			case HELD_NOT:
				break;
			}
		}
	return has_unknown || !has_fresh ? HELD_UNKNOWN : HELD_NOT;
}

/* What the kernel says to a policy that it cannot take now and will not take later. */
static bool is_refusal(int number)
{
	return number == EPROTONOSUPPORT || number == EPROTO || number == EINVAL ||
	       number == ENOENT || number == EBADMSG;
}

/* Gives the kernel what it does not hold. *ret_is_taken: false when it refuses that. */
static bool load_again(const struct work *work, struct policy_set *set, bool *ret_is_taken,
	struct error **ret_error)
{
	struct error *error = NULL;
	policy_set_compare(set, work->before);
	*ret_is_taken = kernel_replace(work->places, set, work->before, &error);
	if (*ret_is_taken || is_refusal(error_number(error))) {
		error_free(error);
		return true;
	}
	if (ret_error)
		*ret_error = error;
	else
		error_free(error);
	return false;
}

static bool drop(const struct work *work, enum recovery *ret_recovery, struct error **ret_error)
{
	apply_sweep(work->places, work->journal, work->arena);
	if (!journal_remove(work->places, work->arena, ret_error))
		return false;
	*ret_recovery = RECOVERY_DROPPED;
	return true;
}

static bool carry_on(struct work *work, enum recovery *ret_recovery, struct error **ret_error)
{
	bool has_begun;
	apply_sweep(work->places, work->journal, work->arena);
	if (!journal_commit(work->places, work->arena, ret_error) ||
		!remove_profiles(work, &has_begun, ret_error) || !finish(work, ret_error))
		return false;
	*ret_recovery = work->is_unloaded ? RECOVERY_UNLOADED : RECOVERY_FINISHED;
	return true;
}

/* A journal with binaries for the kernel. */
static bool recover_loads(
	struct work *work, bool is_committed, enum recovery *ret_recovery, struct error **ret_error)
{
	struct policy_set set;
	bool is_good = rebuild_set(work, &set), is_taken = false;
	enum held held = is_good ? set_is_held(work, &set) : HELD_NOT;
	if (!is_committed && held == HELD_NOT)
		return drop(work, ret_recovery, ret_error);
	if (is_good && !load_again(work, &set, &is_taken, ret_error))
		return false;
	if (!is_taken && !is_committed && held == HELD_UNKNOWN)
		return drop(work, ret_recovery, ret_error);
	work->is_unloaded = !is_taken;
	work->set = is_good ? &set : NULL;
	bool is_done = carry_on(work, ret_recovery, ret_error);
	work->set = NULL;
	return is_done;
}

static bool recover_valid(
	struct work *work, bool is_committed, enum recovery *ret_recovery, struct error **ret_error)
{
	struct loaded loaded;
	bool has_loads = work->journal->load_count > 0;
	if (!work->journal->has_kernel)
		return carry_on(work, ret_recovery, ret_error);
	if (!work->places->apparmorfs) /* started without AppArmor since: it holds nothing */
		return has_loads && !is_committed ? drop(work, ret_recovery, ret_error)
						  : carry_on(work, ret_recovery, ret_error);
	if (!loaded_read(work->places, work->arena, &loaded, ret_error))
		return false;
	work->before = &loaded;
	bool is_done = has_loads ? recover_loads(work, is_committed, ret_recovery, ret_error)
				 : carry_on(work, ret_recovery, ret_error);
	work->before = NULL;
	return is_done;
}

static bool recover(struct work *work, enum journal_state state, enum recovery *ret_recovery,
	struct error **ret_error)
{
	enum recovery recovery = RECOVERY_NONE;
	bool is_done = false;
	switch (state) {
	case JOURNAL_NONE:
		is_done = journal_remove(work->places, work->arena, ret_error);
		break;
	case JOURNAL_INVALID:
		work->journal = NULL;
		is_done = drop(work, &recovery, ret_error);
		break;
	case JOURNAL_DONE:
		recovery = RECOVERY_FINISHED;
		is_done = journal_remove(work->places, work->arena, ret_error);
		break;
	case JOURNAL_VALID:
	case JOURNAL_COMMITTED:
		is_done = recover_valid(work, state == JOURNAL_COMMITTED, &recovery, ret_error);
		break;
	}
	if (is_done)
		*ret_recovery = recovery;
	return is_done;
}

bool transaction_recover(const struct places *places, struct arena *arena,
	enum recovery *ret_recovery, struct error **ret_error)
{
	struct journal journal = {0};
	enum journal_state state;
	struct work work = {.places = places, .journal = &journal, .arena = arena};
	struct stop_hold hold;
	stop_hold(&hold);
	bool is_done = journal_read(places, arena, &state, &journal, ret_error) &&
		       recover(&work, state, ret_recovery, ret_error);
	stop_release(&hold);
	return is_done ||
	       error_wrap(ret_error, "cannot finish what an earlier run of aaforge began");
}
