#ifndef MANAGER_HOST_CONTEST_H
#define MANAGER_HOST_CONTEST_H

/*
 * Who gets a program that several profiles attach to, as policy/glob/attachment.h reckons on the
 * automata that the kernel has, or gets. What cannot be decided is told as DISPUTE_MAYBE, never as
 * nothing. Nothing fails.
 */

#include "manager/host/attachments.h"

enum dispute_kind {
	DISPUTE_NEITHER, /* the kernel attaches neither: the program runs unconfined */
	DISPUTE_OTHER,	 /* it attaches the other */
	DISPUTE_MAYBE,	 /* both match, and who wins is not known for all programs */
	DISPUTE_TAKEN,	 /* it attaches the profile of the set instead of the other */
};

struct dispute {
	const struct contender *other;
	enum dispute_kind kind;
	struct slice program; /* one that both match, with a NUL behind */
};

/*
 * The next contender from *at on that attaches to a program of a profile of a set, which may be
 * loaded or not; contenders of its own name are none, nor are those of which nothing is known.
 * *at moves behind it. false when there is none left. `own` is the profile as a contender, zeroed
 * for the first question and filled when it is needed.
 */
bool attachments_next_dispute(const struct attachments *attachments,
	const struct set_member *member, const struct set_profile *profile, struct contender *own,
	size_t *at, struct dispute *ret_dispute);

/* A profile of a set, as if it were loaded; false when its binary cannot be read. */
bool contender_of_set(struct arena *arena, const struct set_member *member,
	const struct set_profile *profile, struct contender *ret_contender);

/* The profiles of compiled members that would attach in the namespace, as if they were loaded. */
void attachments_of_set(struct arena *arena, const struct set_member *const *members, size_t count,
	struct slice namespace, struct attachments *ret_attachments);

/*
 * Whether a program is left to a contender that none of others matches, with one; false also when
 * that cannot be told. Without others that is any of its programs.
 */
bool contender_keeps(const struct attachments *attachments, const struct contender *contender,
	const struct contender *const *others, size_t count, struct slice *ret_program);

/*
 * Makes questions about single programs cheap: who asks many of them calls it once. The index lies
 * in the arena.
 */
void attachments_index(struct attachments *attachments);

/*
 * The contenders that may match a program, in no order, the first of them with *at 0: those that
 * are not returned do not. *at moves on. NULL at the end.
 */
const struct contender *attachments_next_for(
	const struct attachments *attachments, struct slice program, size_t *at);

enum start_kind {
	START_ATTACHED,	 /* by the profile in question */
	START_OTHER,	 /* by `other` */
	START_NOBODY,	 /* by none, as `other` matches as well as another one does */
	START_UNMATCHED, /* by none: no attachment matches */
};

struct start {
	enum start_kind kind;
	const struct contender *other;	 /* OTHER, NOBODY */
	const struct contender *unknown; /* one of which nothing is known and which might attach
					    instead, or NULL */
};

/*
 * What the kernel would do if an unconfined task started the program (an absolute path, links
 * resolved) now: only what is loaded counts.
 */
struct start attachments_start(
	const struct attachments *attachments, struct slice program, struct slice name);

/* Whether it attaches to the program where nobody disputes it. */
bool contender_matches(const struct contender *contender, struct slice program);

/* The programs that it attaches to, in the arena; false when they cannot be counted or known. */
bool contender_programs(struct arena *arena, const struct contender *contender,
	struct slice **ret_programs, size_t *ret_count);

#endif
