#ifndef ANALYSIS_DATABASE_H
#define ANALYSIS_DATABASE_H

/*
 * The part of a compiled profile that is an automaton with its belongings: permission table, start
 * states, names of exec transitions. Used by analysis/blob.c alone; mistakes are noted in the
 * stream. Source: unpack_pdb and what verifies it in security/apparmor/policy_unpack.c of the
 * kernel.
 */

#include "analysis/blob.h"
#include "analysis/stream.h"

struct database_kind {
	const char *what; /* for messages: "file rules" */
	bool required;	  /* an automaton must be there */
	bool has_owner;	  /* entries of a permission table come in pairs: owner, others */
	bool has_exec;	  /* exec transitions are looked up in the names */
};

/*
 * Reads the permission table, the automaton, its start states and names; each may be missing, the
 * automaton too unless kind->required (then *ret stays empty). Everything is verified.
 */
bool database_read(
	struct stream *stream, const struct database_kind *kind, struct compiled_db *ret);

/* Whether every state's permissions are within the tables, as database_read verifies it. */
bool database_check(
	struct stream *stream, const struct database_kind *kind, const struct compiled_db *db);

/* An array of strings and the end of the struct that holds it. */
bool database_read_strings(
	struct stream *stream, const struct slice **ret_strings, uint32_t *ret_count);

#endif
