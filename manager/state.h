#ifndef MANAGER_STATE_H
#define MANAGER_STATE_H

/*
 * The state of a profile: what the kernel holds, against what aaforge loaded (its record), what is
 * installed, and what the description or text says now. Pure decisions over what others have read.
 */

#include "manager/installed.h"
#include "manager/record.h"

enum profile_state {
	STATE_CURRENT, /* the kernel holds what the description or text says */
	STATE_STALE,   /* that says something else than what was loaded */
	STATE_DRIFTED, /* somebody replaced the loaded one, or set it to another mode */
	STATE_MISSING, /* installed or loaded by us, but the kernel does not have it */
	STATE_FOREIGN, /* loaded, but not by us */
	STATE_UNKNOWN, /* rights are missing to tell */
};

/* "current", "stale" … */
const char *state_name(enum profile_state state);

struct state_question {
	struct slice namespace, name;
	const struct loaded *loaded;	 /* a snapshot */
	const struct record *record;	 /* or NULL */
	enum ownership owner;		 /* of PROFILES/NAME */
	const struct set_member *wanted; /* what the description or text says now, compiled for the
					    features of the kernel; NULL: there is none, or it
					    could not be compiled */
	bool is_described;		 /* there is a description or text, wanted or not */
};

struct state_answer {
	enum profile_state state;
	struct slice why; /* half a sentence, or empty */
};

struct state_answer state_decide(const struct state_question *question, struct arena *arena);

/* The profile of that name among those of a compiled member that are no children, or NULL. */
const struct set_profile *member_top(
	const struct set_member *member, struct slice namespace, struct slice name);

/* The name of the profile that a loaded one is a child of, directly or not: "web" of
 * "web//worker//deep" when it is loaded; its own name when it is no child. */
struct slice loaded_top(const struct loaded *loaded, const struct loaded_profile *profile);

#endif
