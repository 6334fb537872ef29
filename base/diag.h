#ifndef BASE_DIAG_H
#define BASE_DIAG_H

/*
 * Diagnostics are data: queued while a compilation runs, printed by the caller. A diagnostic's id
 * is a name that never changes meaning (diagnostics.def).
 */

#include "base/buf.h"
#include "base/source.h"

enum severity { SEVERITY_OFF, SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

enum diag_id {
#define DIAGNOSTIC(symbol, name, severity, may_change, summary) DIAG_##symbol,
#include "base/diagnostics.def"
#undef DIAGNOSTIC
	DIAG_COUNT
};

struct diag_kind {
	const char *name;	/* the permanent id, as printed: "unknown-key" */
	enum severity severity; /* unless the user changes it */
	bool may_change;	/* -W, -E and -N work on it */
	const char *summary;	/* one line for the manual */
};

extern const struct diag_kind diag_kinds[DIAG_COUNT];

struct diag {
	struct diag *next;
	enum diag_id id;
	enum severity severity;
	struct span at;	      /* what is wrong; may be "no place" */
	struct slice message; /* lower case, no final dot, says what was expected */
	struct span second;   /* the other place of a conflict, or "no place" */
	struct slice second_message;
	struct slice help; /* how to mend it, or empty */
	size_t more;	   /* further ones of the same cause, which are not told one by one */
};

struct diags {
	struct arena *arena;
	struct diag *first, *last;
	size_t errors, warnings, notes;
	enum severity severities[DIAG_COUNT]; /* as the user set them */
};

/* An empty queue with the default severities. */
void diags_init(struct diags *diags, struct arena *arena);

/* Forgets the queued diagnostics, keeps the severities. */
void diags_reset(struct diags *diags);

/*
 * Makes a note of a warning that weighs less than others of its id, unless the user set another
 * severity for the id. NULL: it is off.
 */
void diag_soften(struct diags *diags, struct diag *diag);

/* Whether there is one of that id at that place. */
bool diag_is_there(const struct diags *diags, enum diag_id id, struct span at);

/*
 * Whether there is one of that id at that place already: it then counts one more, and nothing is to
 * be added. For what one cause gives many times, found at about the same time.
 */
bool diag_again(struct diags *diags, enum diag_id id, struct span at);

/* Takes back what was queued of that id at that place: it turned out not to be so. */
void diag_forget(struct diags *diags, enum diag_id id, struct span at);

/* The message, with the number of further ones. The text lives in the arena, or in the diag. */
struct slice diag_message(struct arena *arena, const struct diag *diag);

/* The id of a name, or DIAG_COUNT. */
enum diag_id diag_find(struct slice name);

/*
 * Queues a diagnostic. Returns it, so that diag_second and diag_help can add to it, or NULL when
 * its severity is off (both accept NULL).
 */
struct diag *diag_add(struct diags *diags, enum diag_id id, struct span at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Adds the other place of a conflict: a note with a place of its own. */
void diag_second(struct diags *diags, struct diag *diag, struct span at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Adds a line that says how to mend it. */
void diag_help(struct diags *diags, struct diag *diag, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Sorts by place (file order, then position), keeping the order of equals; "no place" comes last.
 */
void diags_sort(struct diags *diags);

/*
 * Appends one diagnostic as text:
 *
 *     api.yaml:3:1: error: unknown key 'writeable', did you mean 'writable'? [unknown-key]
 *       3 | writeable: [/tmp]
 *         | ^~~~~~~~~
 *
 * then the second place in the same form as a note, then "help: …". Control bytes of user text are
 * shown as \xNN, so that no input can drive the terminal. Tabs are shown as blanks.
 */
void diag_render(const struct diag *diag, const struct sources *sources, struct buf *out);

/* "error", "warning", "note". */
const char *severity_name(enum severity severity);

#endif
