#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

/*
 * The audit: each container against each control of controls.def. What is found is data, printed by
 * the caller. Everything lives in the unit's arena; nothing here fails.
 */

#include "audit/workload.h"

enum control_id {
#define CONTROL(symbol, id, severity, when, title, why) CONTROL_##symbol,
#include "audit/controls.def"
#undef CONTROL
	CONTROL_COUNT
};

enum mending { MENDED, GUESSED, BY_HAND };

struct control {
	const char *id;
	enum severity severity;
	enum mending mending;
	const char *title, *why;
};

extern const struct control controls[CONTROL_COUNT];

/* The control of an id, or CONTROL_COUNT. */
enum control_id control_find(struct slice id);

enum outcome { OUTCOME_MET, OUTCOME_WEAK, OUTCOME_MISSING };

/* "met", "weak", "missing" */
const char *outcome_name(enum outcome outcome);

enum change_kind {
	CHANGE_SET,    /* a key gets a value */
	CHANGE_APPEND, /* a list gets one more entry */
	CHANGE_REMOVE, /* the entry at `old` leaves its list */
	CHANGE_OPTION, /* a command line gets an option */
};

/* One step of a mend. audit/edit.h carries it out. */
struct change {
	struct change *next;
	enum change_kind kind;
	const struct node *base; /* the mapping that `path` begins in; NULL for an option */
	struct slice path;	 /* "securityContext/runAsUser" */
	struct slice value; /* as the file wants it: quoted where it has to be; or "--read-only" */
	struct span old;    /* an entry of a list that is replaced or removed, or no place */
};

struct finding {
	struct finding *next;
	const struct subject *subject;
	enum control_id control;
	enum outcome outcome;
	enum severity severity; /* SEVERITY_OFF when met */
	struct span at;
	struct slice message;	/* empty when met */
	struct slice where;	/* what the snippet belongs below, or empty */
	struct slice snippet;	/* the mend in the input's own format, or empty */
	struct slice help;	/* the mend in words, or empty */
	struct change *changes; /* what --fix does; NULL: nothing */
};

struct findings {
	struct unit *unit;
	struct finding *first, **end;
	size_t count[OUTCOME_MISSING + 1];
	size_t severities[SEVERITY_ERROR + 1]; /* of those not met */
};

/* What is known of an AppArmor profile. */
struct profile_facts {
	struct slice name;
	struct slice where; /* "profiles/web.yaml", "the kernel" */
	struct slice mode;  /* enforce, complain, kill, unconfined, prompt */
	bool has_rules;	    /* what follows is known */
	uint64_t capabilities;
	bool inet;		      /* sockets of an internet family */
	const struct slice *writable; /* AARE of rules that allow writing */
	size_t writable_count;
};

/*
 * Who knows profiles. A NULL resolver knows nothing, and nothing is said of whether a profile
 * exists.
 */
struct profile_resolver {
	/* false: there is no such profile. A fact sheet lives as long as the resolver. */
	bool (*find)(void *context, struct slice name, const struct profile_facts **ret_facts);
	void *context;
	const char *asked; /* "in 'profiles'", "in the kernel": finishes "no such profile …" */
};

/* Checks every container of the workloads; findings are sorted by place, then control. */
void audit_check(struct unit *unit, const struct workload *first,
	const struct profile_resolver *resolver, struct findings *ret_findings);

#endif
