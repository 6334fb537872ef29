#ifndef MANAGER_CHANGE_TRANSACTION_STEPS_H
#define MANAGER_CHANGE_TRANSACTION_STEPS_H

/* The steps of a transaction that a run and a recovery share. */

#include "manager/disk/journal.h"
#include "manager/change/transaction.h"

/* A transaction on its way, in the run that began it or in one that recovers. */
struct work {
	const struct places *places;
	struct journal *journal;
	const struct loaded *before; /* NULL: the kernel is left alone */
	struct arena *arena;
	bool is_unloaded;	      /* the kernel refused what the disk gets */
	const struct policy_set *set; /* what it got, or NULL */
};

/* Whether the kernel holds the very policy of a profile, as its hash tells. */
enum held { HELD_NOT, HELD, HELD_UNKNOWN };
enum held profile_is_held(const struct loaded *loaded, const struct set_profile *profile);

/* The journal of changes. Refuses names that cannot be installed, and two changes of one name. */
bool journal_build(const struct places *places, const struct change *changes, size_t count,
	const struct policy_set *set, const struct loaded *loaded, struct arena *arena,
	struct journal *ret_journal, struct error **ret_error);

/* Takes gone profiles out of the kernel, those that it does not hold being fine. *ret_has_begun:
 * some were, also in part, when it fails. */
bool remove_profiles(struct work *work, bool *ret_has_begun, struct error **ret_error);

/* Before the commit: the records of what the kernel is to get, so that there is room for them. */
bool prepare_records(const struct work *work, struct error **ret_error);

/* Without a commit: takes them back. */
void drop_records(const struct work *work);

/* What follows the commit: the records follow, then the disk, then the journal goes. */
bool finish(struct work *work, struct error **ret_error);

#endif
