#ifndef CLI_ATTACHMENTS_H
#define CLI_ATTACHMENTS_H

/*
 * The attachments of a run's profiles, to find two that match the same program: the kernel would
 * attach neither, or one that the reader of the other does not expect. Paths are looked up by their
 * hash; patterns, which are few, are compared with all. Memory grows with the profiles that have
 * an attachment, by their names and paths. Where patterns that overlap are so many and so complex
 * that comparing them would take long, those that are left count as conflicts.
 */

#include "policy/glob/attachment.h"

struct attachment_table;

/* Where the profile's program is named. */
struct attachment_place {
	uint32_t file;	      /* the caller's number of the description's file */
	uint32_t line;	      /* from 1; 0: not known */
	uint32_t column, len; /* bytes of the line, from 0 */
};

struct attachment_use {
	struct slice name;   /* of the profile */
	struct slice text;   /* the AARE, its variables expanded */
	struct slice xattrs; /* as written; those with others are not compared */
	struct attachment_place place;
};

/* One that matches a program of the new one's; texts live as long as the table. */
struct attachment_rival {
	struct attachment_use use;
	enum attachment_order order; /* FIRST: the new one wins */
	struct slice witness;	     /* in the arena of the question; may be empty */
};

/* What was found: the first conflict, behind which no more is looked for, and an overlap. */
struct attachment_rivals {
	size_t conflicts, overlaps; /* how many; an overlap is one that is decided */
	struct attachment_rival conflict, overlap;
};

struct attachment_table *attachment_table_new(void);

/*
 * Notes an attachment and finds its rivals among those noted before. One that is no AARE is not
 * noted and has none. `arena` is for witnesses and scratch.
 */
void attachment_table_claim(struct attachment_table *table, struct arena *arena,
	const struct attachment_use *use, struct attachment_rivals *ret_rivals);

void attachment_table_free(struct attachment_table *table);

#endif
