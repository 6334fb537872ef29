#ifndef MANAGER_RECORD_H
#define MANAGER_RECORD_H

/*
 * What aaforge loaded since boot: one small file a profile below STATE/loaded
 * (/run/aaforge/loaded), gone with the kernel's policy at the next boot. Tells a profile of ours
 * from a foreign one, and one that somebody replaced or set to complain since (its identity is
 * another) from one whose description changed (its text is another). Readable by everyone, written
 * by root.
 */

#include "manager/policy_set.h"

struct record {
	struct digest identity; /* loaded_identity right after the load */
	enum hash_kind kind;	/* that the identity was made with */
	struct digest text;	/* of the profile's text; all zero when only a binary was given */
	struct slice source;	/* absolute path of the description, text or binary */
};

/* false when there is none, or when it is damaged or belongs to somebody but root and us. */
bool record_read(const struct places *places, struct slice namespace, struct slice name,
	struct arena *arena, struct record *ret_record);

/* Writes it in one step. */
bool record_write(const struct places *places, struct slice namespace, struct slice name,
	const struct record *record, struct error **ret_error);

/* A missing one is fine. */
bool record_remove(const struct places *places, struct slice namespace, struct slice name,
	struct error **ret_error);

#endif
