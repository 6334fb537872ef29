#ifndef CLI_DESIRED_H
#define CLI_DESIRED_H

/*
 * From compiled descriptions to the changes that make the machine hold them, and what stands
 * against each: files and profiles of others, texts that were edited.
 */

#include "cli/gather.h"
#include "cli/machine.h"
#include "cli/plan.h"
#include "manager/change/transaction.h"

struct desired {
	const struct gathered *item;
	struct change change; /* unless sign is '=' */
	char sign;	      /* as in cli/plan.h */
	struct slice why;     /* ~: what is different; =: why nothing is done about it; or empty */
	/*
	 * What forbids the change: words for a message, empty when nothing does. With --force only
	 * what nobody can want is left, such as a name that cannot be a file.
	 */
	struct slice obstacle;
	bool is_forced; /* something of others is overwritten, and kept as a backup */
	bool is_unseen; /* whether the kernel holds it as it should cannot be seen: no hashes */
};

struct desired_list {
	struct desired *entries;
	size_t count;
	/*
	 * The members that are to be loaded, for transaction_run. Members are still those of the
	 * gathering.
	 */
	struct policy_set set;
};

struct aside_list;

struct desired_how {
	bool mends_drift;	   /* sync: what others did to a loaded profile of ours is undone */
	bool source_is_copy;	   /* install: the record names the installed description */
	struct aside_list *asides; /* install: loaded profiles that they define may be replaced */
};

/*
 * Decides about each gathered description that has a member, between machine_begin and machine_end.
 * All memory is in the machine's arena. STATUS_OK, or STATUS_SYSTEM after a problem was printed:
 * something could not be read.
 */
enum status desired_decide(struct machine *machine, struct gathering *gathering,
	const struct desired_how *how, struct desired_list *ret_list);

/* Prints the obstacles. How many there are. */
size_t desired_report(const struct desired_list *list);

/* Warns of what the administrator has said about a profile's text: disable/, force-complain/. */
void desired_warn(const struct machine *machine, const struct desired_list *list);

/* Says which profiles count as loaded although nothing but their name can be compared. */
void desired_say_unseen(const struct machine *machine, const struct desired_list *list);

/* The line of the plan. */
struct plan_line desired_line(const struct desired *desired);

/*
 * Fills the set with the members of those changes that nothing stands against.
 */
void desired_choose(struct desired_list *list);

#endif
