#ifndef MANAGER_CHANGE_TRANSACTION_H
#define MANAGER_CHANGE_TRANSACTION_H

/*
 * Changes files and the kernel's policy together, so that a run that is killed anywhere leaves the
 * old state or the new one to the next run:
 *
 *     1. the journal (manager/disk/journal.h): new contents, then a manifest in one step; the
 * records of what is to be loaded are prepared, so that there is room for them
 *     2. the kernel takes all new profiles in one write, or none: this is the commit, which a
 *        marker in the journal then tells from whatever happens to the kernel later
 *     3. records are written; gone profiles leave the kernel, and those of others that are put
 *        aside; old files of others go to DESCRIPTIONS/backup, new contents to their places, each
 * in one step; links of PROFILES/disable come or go
 *     4. the journal goes, its manifest first
 *
 * With nothing to load (no kernel, profiles that it holds already, only removals) the manifest is
 * the commit.
 *
 * Recovery drops a journal without a valid manifest: old state. One with a marker, or whose
 * manifest was the commit, is carried on: new state. Else the kernel decides: it takes all or none,
 * so if it holds one profile that it did not hold before the journal was written, by its hash, then
 * it took them all. A kernel that exports no hashes is given the profiles once more, which is the
 * same as if they had been given now. What is carried on is loaded again from the journal where the
 * kernel does not hold it (any more): a reboot or another's replacement in between does not leave
 * the kernel behind the disk.
 */

#include "manager/disk/installed.h"
#include "manager/kernel/policy_set.h"

/* A symbolic link below PROFILES/disable that puts a file of others aside, as administrators do. */
struct change_link {
	struct slice path;   /* absolute, with the root; a NUL behind */
	struct slice target; /* "../NAME" */
};

enum change_kind {
	CHANGE_PUT,  /* install or replace text and description */
	CHANGE_DROP, /* take both away, and the profile from the kernel */
};

struct change_file {
	struct slice path; /* absolute, below the root's PROFILES or DESCRIPTIONS */
	struct slice text; /* PUT only */
};

struct change {
	enum change_kind kind;
	struct slice name; /* file name and profile name, in the root namespace */
	struct slice text; /* PUT: the profile's text, not yet marked */
	/*
	 * PUT: the description and templates to go with it, with directories made where missing.
	 * DROP: what is to go besides PROFILES/NAME and DESCRIPTIONS/NAME.yaml, such as templates;
	 * one that does not exist is fine.
	 */
	const struct change_file *files;
	size_t file_count;
	/*
	 * PUT: its policy. One in state SET_SAME is not loaded, but recorded, and loaded by a
	 * recovery after a reboot. NULL: no kernel, or somebody else loads it.
	 */
	const struct set_member *member;
	/*
	 * What this change overwrites or removes is kept below DESCRIPTIONS/backup as NAME.1,
	 * NAME.2 …, once for each content. Without it still kept: a text at PROFILES/NAME that is
	 * not ours or was edited.
	 */
	bool backs_up;
	bool keeps_loaded;   /* DROP: the kernel's profile of that name is not ours, and stays */
	struct slice source; /* PUT, for the record: absolute path of the description */
	/*
	 * PUT: links to make, where nothing is or the very link. DROP: links to remove, as long as
	 * they are those; the profiles of their files may be among those that are loaded.
	 */
	const struct change_link *links;
	size_t link_count;
	const struct slice *unloads; /* PUT: profiles of others that leave the kernel with it */
	size_t unload_count;
	bool stays_loaded; /* DROP: what is loaded of that name is another's, which is loaded with
			      this change */
};

/*
 * Does all of it, under the caller's lock and after transaction_recover. `set` holds the members of
 * the changes, and others' that come back with a DROP (NULL: none); `loaded` is the snapshot that
 * they were compared to, NULL: there is no kernel, or it is to be left alone (--root). Memory comes
 * from `arena`.
 *
 * On an error before the commit nothing is changed; its errno is that of the kernel where it
 * refused (EPROTONOSUPPORT …). *ret_is_committed, which may be NULL, is set to true when the error
 * came after it (the disk is full): the journal is left for the next run, and the error says so.
 *
 * A caller who lets apparmor_parser load what the kernel refused does so after a second call whose
 * changes have no member: the disk is never behind the kernel then.
 */
bool transaction_run(const struct places *places, const struct change *changes, size_t count,
	const struct policy_set *set, const struct loaded *loaded, struct arena *arena,
	bool *ret_is_committed, struct error **ret_error);

enum recovery {
	RECOVERY_NONE,
	RECOVERY_DROPPED,  /* nothing of it was done, or it was damaged */
	RECOVERY_FINISHED, /* all of it is done */
	RECOVERY_UNLOADED, /* the same on disk, but this kernel refuses the profiles: load again */
};

/*
 * Finishes or drops what a killed run left. To be called under the lock before anything else. An
 * error leaves the journal: no right to do it, no space.
 */
bool transaction_recover(const struct places *places, struct arena *arena,
	enum recovery *ret_recovery, struct error **ret_error);

#endif
