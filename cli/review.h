#ifndef CLI_REVIEW_H
#define CLI_REVIEW_H

/*
 * Profiles with all that a judgment of them needs, and the judgment: for status, doctor, lookup,
 * remove and unload.
 *
 *     review_begin -> review_add, review_add_all … -> review_judge -> rows -> review_end
 *
 * Only what hashes cannot tell is compiled: a profile that is held as it was recorded, from the
 * text that was recorded, is not.
 */

#include "cli/gather.h"
#include "cli/running.h"
#include "manager/change/judgment.h"
#include "manager/change/source_changes.h"
#include "manager/host/host.h"
#include "manager/disk/records.h"

struct review_row {
	struct slice namespace, name;
	const struct loaded_profile *held; /* or NULL: not loaded */
	bool has_record;
	struct record record;
	struct installed installed; /* owner OWNER_NOBODY: not installed */
	bool is_text_hidden;
	struct slice file;    /* absolute path of what says how it should be; empty: nothing does */
	bool is_from_operand; /* file was named by the caller, with `wanted` */
	enum described_state described;
	const struct set_member *wanted; /* the file compiled, or NULL */
	/* Of review_look: */
	struct slice dispute, boot_dispute, boot_twice, overlap;
	bool is_attachment_hidden;
	struct slice unseen; /* the loaded profile of which it is not known what it attaches to */
	struct judgment_outside outside, loose;
	/* All processes outside of it, also those of others, and those that are loose. */
	struct running_profile running;
	struct judgment judgment;
	int *pids; /* status: of the tasks that it confines, each once */
	size_t pid_count;
};

enum review_purpose {
	REVIEW_ALL,
	REVIEW_NAME, /* lookup by name: what a file says now matters only if hashes do not tell */
	REVIEW_TEXT, /* remove, unload: likewise; the installed text counts, edited or not */
};

struct review {
	const struct options *options;
	struct arena *arena;
	const struct places *places;
	const struct loaded *loaded; /* a snapshot */
	enum known kernel_enforces;
	enum review_purpose purpose;
	const struct tasks *tasks; /* of the caller who has read them, or NULL */
	bool hides_processes;	   /* some may run a program without its profile */
	struct slice hidden_processes;
	bool hides_installed;	 /* some files of PROFILES are not for us */
	struct review_row *rows; /* without children */
	size_t count, capacity;
	struct gathering described; /* what had to be compiled */
	bool has_described;
	struct source_changes changes;
	enum status status; /* of a problem that has been printed */
};

/* All of them must live as long as the review. The kernel's own mode is read here. */
void review_begin(const struct options *options, const struct places *places,
	const struct loaded *loaded, enum review_purpose purpose, struct arena *arena,
	struct review *ret_review);

/* The row of a name, made when it is not there. Rows may move with it. */
struct review_row *review_add(struct review *review, struct slice namespace, struct slice name);

/* The row of a name, or NULL. */
struct review_row *review_find(
	const struct review *review, struct slice namespace, struct slice name);

/* Rows of all profiles that are installed or recorded, in a namespace, or with NULL in all; with
 * those that somebody else has loaded, if wanted. */
void review_add_all(struct review *review, const struct slice *namespace, bool with_foreign);

/* Compiles what has to be, and judges every row. */
void review_judge(struct review *review);

void review_end(struct review *review);

/* Whether the kernel holds, by its hash, what aaforge loaded or what the installed text says. For
 * rows that were judged. */
bool review_is_held_by_us(const struct review_row *row);

#endif
