#ifndef MANAGER_CHANGE_JUDGMENT_H
#define MANAGER_CHANGE_JUDGMENT_H

/*
 * The one judgment of a profile, which every command reports: what the kernel holds, against what
 * aaforge loaded (its record), what is installed, what the description says now, what the next boot
 * loads, and whether the kernel would apply it. A pure decision over what others have read; what
 * could not be seen counts for nothing.
 */

#include "manager/host/findings.h"
#include "manager/disk/installed.h"
#include "manager/disk/record.h"
#include "manager/kernel/label.h"

/* By weight: of several the last one is the state. */
enum profile_state {
	STATE_CURRENT,	    /* the kernel holds what the description or text says */
	STATE_UNKNOWN,	    /* that cannot be seen */
	STATE_STALE,	    /* the description says something else than what was loaded */
	STATE_EDITED,	    /* the installed text was edited: the boot loads something else */
	STATE_DRIFTED,	    /* somebody replaced the loaded one */
	STATE_UNATTACHED,   /* processes run the program outside of it */
	STATE_NOT_IN_FORCE, /* a new start would not be confined: mode, kernel, attachment */
	STATE_MISSING,	    /* installed or loaded by us, but the kernel does not have it */
	STATE_FOREIGN,	    /* loaded, but not by us */
};
#define STATE_COUNT (STATE_FOREIGN + 1)

/* "current", "not in force" … */
const char *state_name(enum profile_state state);

/* What the kernel holds under the name. */
enum held_policy {
	HOLDS_NOTHING,
	HOLDS_WANTED,	/* what the description or the unedited text says */
	HOLDS_RECORDED, /* what aaforge loaded; that the description says it too is not known */
	HOLDS_OTHER,
	HOLDS_UNSEEN, /* there is no hash, or nothing to compare it with */
};

/* What says how the profile should be. */
enum described_state {
	DESCRIBED_NOT,	    /* nothing does */
	DESCRIBED_COMPILED, /* `wanted` */
	DESCRIBED_UNASKED,  /* what it says now does not matter to who asks */
	DESCRIBED_BROKEN,   /* it was refused */
	DESCRIBED_GONE,	    /* the file is not there any more */
	DESCRIBED_HIDDEN,   /* it is not for us to read */
};

/* Of yes and no what is known. */
enum known { KNOWN_NOT, KNOWN_NO, KNOWN_YES };

/* Processes outside of the profile, in words: "1234 (nginx) of nginx.service". */
struct judgment_outside {
	size_t count;
	struct slice words; /* of the first of them */
	struct slice mend;  /* "systemctl restart nginx.service", or empty */
};

struct judgment_question {
	struct slice namespace, name;
	const struct loaded *loaded;	   /* a snapshot */
	const struct record *record;	   /* or NULL */
	const struct installed *installed; /* of PROFILES/NAME, or NULL */
	bool is_text_hidden;		   /* PROFILES/NAME is there, but not for us to read */
	enum described_state described;
	const struct set_member *wanted; /* compiled for the features of the kernel, or NULL */
	bool is_description_changed;	 /* since the installed text was made from it */
	struct slice changed_template;	 /* the same of a template, as it is named; or empty */
	enum known kernel_enforces;	 /* parameters/mode: of the kernel as a whole */
	struct slice dispute; /* why the kernel would not put a new start of the program under it;
				 empty: it would, or containers are told the name */
	struct slice boot_dispute; /* the same, of what the next boot brings */
	struct slice boot_twice;   /* another file that the boot loads defines the name, too */
	struct slice overlap;	   /* one of ours is attached to some of its programs instead */
	bool is_attachment_hidden; /* it cannot be seen which programs go under it … */
	struct slice unseen;	   /* … as that of this profile is not, or empty … */
	struct slice sight_mend;   /* … and what helps, or empty */
	struct judgment_outside outside;
	struct judgment_outside loose; /* under its name, and not confined (manager/host/loose.h) */
};

enum reason_id {
#define REASON(symbol, state, finding) REASON_##symbol,
#include "manager/change/reasons.def"
#undef REASON
	REASON_COUNT
};

struct reason_kind {
	enum profile_state state;
	enum finding_id finding; /* FINDING_COUNT: none */
};

extern const struct reason_kind reason_kinds[REASON_COUNT];

struct reason {
	enum reason_id id;
	struct slice words; /* half a sentence: "was replaced by somebody else" */
};

struct judgment {
	enum profile_state state;
	struct slice why; /* the words of all reasons, or empty */
	enum held_policy holds;
	bool is_ours; /* recorded or installed by aaforge */
	/* Whether a container or program that is started now, or after a boot without aaforge's
	 * own unit, would be confined as described. */
	enum known confines, confines_after_boot;
	struct reason reasons[REASON_COUNT]; /* each once, in the order of the table */
	size_t reason_count;
};

/* All words are in the arena. */
void judgment_decide(const struct judgment_question *question, struct arena *arena,
	struct judgment *ret_judgment);

/* The reason of that kind, or NULL. */
const struct reason *judgment_reason(const struct judgment *judgment, enum reason_id id);

/*
 * Whether the kernel holds what was recorded for the profile, by its hash. With that, and the text
 * that was recorded, nothing needs to be compiled.
 */
bool loaded_is_as_recorded(const struct loaded *loaded, struct slice namespace, struct slice name,
	const struct record *record);

/* The profile of that name among those of a compiled member that are no children, or NULL. */
const struct set_profile *member_top(
	const struct set_member *member, struct slice namespace, struct slice name);

/* The name of the profile that a loaded one is a child of, directly or not: "web" of
 * "web//worker//deep" when it is loaded; its own name when it is no child. */
struct slice loaded_top(const struct loaded *loaded, const struct loaded_profile *profile);

#endif
