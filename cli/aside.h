#ifndef CLI_ASIDE_H
#define CLI_ASIDE_H

/*
 * Files of the distribution that --replace-distribution puts aside, the way administrators do: a
 * link in /etc/apparmor.d/disable, and their profiles leave the kernel unless a task needs them.
 */

#include "cli/desired.h"
#include "manager/disk/scan.h"

struct aside {
	struct slice file;    /* its name below PROFILES */
	struct scan profiles; /* that it defines */
	bool *are_wanted;     /* which of them dispute something, beside profiles.items */
	bool is_disabled;     /* by somebody before, so that nothing is to be done to the file */
	bool is_wanted;	      /* it disputes something */
	const struct desired *added_to; /* the last one that aside_add was called for */
};

struct aside_list {
	struct aside *entries;
	size_t count;
};

/* Looks at the files that the options name. STATUS_INPUT after a problem was printed: one is no
 * file of the distribution there. */
enum status aside_read(struct machine *machine, struct aside_list *ret_list);

/* The entry of that file, or without one an entry that was disabled before, if it defines the
 * profile (in our own namespace); or NULL. */
struct aside *aside_of(const struct aside_list *list, struct slice profile, struct slice file);

/* Whether a profile of the list has the name; what defines it is wanted then. */
bool aside_claims(struct aside_list *list, struct slice profile);

/* Notes that the profile is why the file is put aside. */
void aside_want(struct aside *aside, struct slice profile);

/* Warns of the profiles that go with the file although they dispute nothing: with what they attach
 * to. `names` are the profiles of the run, sorted: these stay. */
void aside_tell_others(struct machine *machine, const struct aside *aside,
	const struct slice *names, size_t name_count);

/*
 * Makes what is put aside for it part of a change: the link, the record, the profiles that are
 * unloaded; which are not, as a task is or may be confined by them, is told. `names` are the
 * profiles of the run, sorted: what is replaced is not unloaded.
 */
void aside_add(struct machine *machine, const struct aside *aside, const struct slice *names,
	size_t name_count, struct desired *desired);

#endif
