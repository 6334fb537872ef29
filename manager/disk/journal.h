#ifndef MANAGER_DISK_JOURNAL_H
#define MANAGER_DISK_JOURNAL_H

/*
 * What a transaction is about to do, on disk, so that another run can finish it:
 *
 *     DESCRIPTIONS/.transaction/contents    new texts and binaries, one after the other
 *                               manifest    JSON: what goes where; the digest of contents
 *                               committed   empty: the kernel took the binaries
 *
 * The manifest is written last and in one step: a journal without a valid one is nothing. It goes
 * first when the journal is removed. The directory has mode 0700 and is believed only when it
 * belongs to root or us and is no symbolic link. Paths are stored without the root, so that the
 * journal of an image is good after the image was moved or booted.
 */

#include "base/arena.h"
#include "manager/system/error.h"
#include "manager/system/digest.h"
#include "manager/kernel/loaded.h"

/* Most bytes of contents and of a manifest. */
#define JOURNAL_CONTENTS_MOST (1UL << 30)
#define JOURNAL_MANIFEST_MOST (64UL << 20)

struct journal_file {
	struct slice path; /* with the root, below PROFILES or DESCRIPTIONS; a NUL behind */
	struct slice text; /* put only */
};

/* What the kernel will hold, for the record: set_profile_identity by each kind of hash. */
struct journal_identity {
	struct digest by_kind[HASH_SHA256 + 1];
};

struct journal_change {
	bool is_drop;
	bool backs_up;
	bool keeps_loaded; /* drop: the kernel's profile stays */
	bool is_recorded;  /* put, with the kernel */
	struct slice name;
	struct slice source;	    /* put only */
	struct journal_file text;   /* PROFILES/NAME; put: its first line included */
	struct journal_file *files; /* all others: to write, or to remove */
	size_t file_count;
	struct journal_file *links; /* `text` is the target: to make, or to remove */
	size_t link_count;
	struct slice *unloads; /* names of profiles that leave the kernel */
	size_t unload_count;
	bool stays_loaded;		  /* drop: the kernel keeps the profile of that name */
	struct journal_identity identity; /* recorded only */
};

/* A binary that the kernel gets. */
struct journal_load {
	struct slice source, binary;
	/* One for each profile of the binary: 'n' when the kernel did not hold it before, else 'o'.
	 */
	struct slice fresh;
};

struct journal {
	bool has_kernel; /* else it is left alone */
	struct journal_change *changes;
	size_t change_count;
	struct journal_load *loads;
	size_t load_count;
};

enum journal_state {
	JOURNAL_NONE,	   /* none, or not begun */
	JOURNAL_INVALID,   /* cut short or damaged: nothing of it can be used */
	JOURNAL_VALID,	   /* complete */
	JOURNAL_COMMITTED, /* the same, with the marker */
	JOURNAL_DONE,	   /* all that it says was done; it was being removed */
};

/* Makes its directory. EEXIST when there is a journal: another one's, not to be removed. */
bool journal_begin(const struct places *places, struct arena *arena, struct error **ret_error);

/* Writes a journal without its marker. On an error it is to be removed. */
bool journal_write(const struct places *places, const struct journal *journal, struct arena *arena,
	struct error **ret_error);

/* Sets the marker. */
bool journal_commit(const struct places *places, struct arena *arena, struct error **ret_error);

/*
 * Reads what is there; ret_journal is set when it is VALID or
 * COMMITTED. An error (EPERM) when the directory is
 * not to be believed, or when it cannot be read.
 */
bool journal_read(const struct places *places, struct arena *arena, enum journal_state *ret_state,
	struct journal *ret_journal, struct error **ret_error);

/* Removes it, the manifest first. None is fine. */
bool journal_remove(const struct places *places, struct arena *arena, struct error **ret_error);

#endif
