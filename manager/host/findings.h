#ifndef MANAGER_HOST_FINDINGS_H
#define MANAGER_HOST_FINDINGS_H

/*
 * What stands between a profile and its enforcement, as data: the kinds are the table findings.def,
 * the rest is what this machine adds. `doctor` prints all of them, `lookup` those that keep a
 * container from being confined.
 */

#include "base/arena.h"
#include "base/diag.h"

enum finding_id {
#define FINDING(symbol, id, severity, what, mend) FINDING_##symbol,
#include "manager/host/findings.def"
#undef FINDING
	FINDING_COUNT
};

struct finding_kind {
	const char *id;		/* permanent: "apparmor-off" */
	enum severity severity; /* SEVERITY_OFF: all is well */
	const char *what, *mend;
};

extern const struct finding_kind finding_kinds[FINDING_COUNT];

struct finding {
	enum finding_id id;
	struct slice detail; /* finishes the kind's `what` after a colon; may be empty */
	struct slice mend;   /* the kind's own, unless finding_mend changed it */
};

struct findings {
	struct arena *arena;
	struct finding *items;
	size_t count, capacity;
	size_t errors; /* those of SEVERITY_ERROR */
};

void findings_init(struct arena *arena, struct findings *ret_findings);

/* Adds a finding with a formatted detail ("" for none). */
void finding_add(struct findings *findings, enum finding_id id, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Another mend for the finding that was added last. */
void finding_mend(struct findings *findings, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Takes out all findings of a kind. */
void findings_drop(struct findings *findings, enum finding_id id);

/* Errors first, then warnings, notes, and what is well; else the order in which they came. */
void findings_sort(struct findings *findings);

/* "error", "warning", "note", "ok". */
const char *finding_word(enum severity severity);

/* "WHAT: DETAIL", control bytes shown as \xNN. In the arena. */
struct slice finding_text(const struct findings *findings, const struct finding *finding);

#endif
