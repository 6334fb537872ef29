#ifndef MANAGER_DISK_RECORD_H
#define MANAGER_DISK_RECORD_H

/*
 * What aaforge loaded since boot: one small file a profile below STATE/loaded
 * (/run/aaforge/loaded), gone with the kernel's policy at the next boot. Tells a profile of ours
 * from a foreign one, and one that somebody replaced or set to complain since (its identity is
 * another) from one whose description changed (its text is another). Readable by everyone, written
 * by root.
 */

#include "manager/kernel/policy_set.h"

struct record {
	struct digest identity; /* loaded_identity_without right after the load */
	enum hash_kind kind;	/* that the identity was made with */
	struct digest text;	/* of the profile's text; all zero when only a binary was given */
	struct slice source;	/* absolute path of the description, text or binary */
	struct left_list left;	/* children that the identity leaves out: kept for their tasks */
};

/* false when there is none, or when it is damaged or belongs to somebody but root and us. */
bool record_read(const struct places *places, struct slice namespace, struct slice name,
	struct arena *arena, struct record *ret_record);

bool record_is_equal(const struct record *a, const struct record *b);

/* Writes it in one step. */
bool record_write(const struct places *places, struct slice namespace, struct slice name,
	const struct record *record, struct error **ret_error);

/*
 * A record that is written before the kernel gets the profile, beside the one of what it holds, so
 * that it can be kept when there is no room left: record_settle needs none. Where there is no other
 * it is read as the record. One that is there already is overwritten.
 */
bool record_prepare(const struct places *places, struct slice namespace, struct slice name,
	const struct record *record, struct error **ret_error);

/* Puts the prepared record in the place of the old one if it is this very record; false when it is
 * not, when there is none, or when it cannot be. */
bool record_settle(const struct places *places, struct slice namespace, struct slice name,
	const struct record *record, struct arena *arena);

/* Removes the prepared record; a missing one is fine, and so is a failure: see records_settle. */
void record_drop(const struct places *places, struct slice namespace, struct slice name);

/* The prepared record alone. */
bool record_read_prepared(const struct places *places, struct slice namespace, struct slice name,
	struct arena *arena, struct record *ret_record);

/* What its file's name ends with. */
#define RECORD_PREPARED "%next"

/* A missing one is fine, prepared or not. */
bool record_remove(const struct places *places, struct slice namespace, struct slice name,
	struct error **ret_error);

#endif
