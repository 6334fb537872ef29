#ifndef POLICY_GLOB_ATTACHMENT_H
#define POLICY_GLOB_ATTACHMENT_H

/*
 * Which profile the kernel attaches to a program that an unconfined task executes (find_attach in
 * security/apparmor/domain.c, aa_dfa_leftmatch in match.c). A profile without an automaton for its
 * attachment, whose own name is the path, wins at once. Of the others that match, the one wins
 * whose automaton counted more bytes until it came to a state for the second time; if two counted
 * the same, none is attached and the program runs unconfined.
 *
 *     /usr/bin/foo and /usr/bin/(star)   the first: nothing repeats in it
 *     /usr/bin/w   and /usr/bin/(star)   none: nor does anything in the second, for one byte
 *     /usr/bin/foo and /usr/{,s}bin/foo  none
 *
 * Kernels look for the repetition in three ways (before 6.1.148 and the like of August 2025, since
 * then, and as of 6.12.42 and 6.17); the older two take any state of a lower number for one. All
 * three are followed here, with the numbers that apparmor_parser gives; an answer is given only
 * where they agree, and for any order in which profiles were loaded. Extended attributes (xattrs=)
 * are left out: a profile with them may match fewer programs than said here.
 */

#include "policy/glob/smallest.h"

struct attachment {
	struct slice text; /* a path or AARE, its variables expanded */
	bool is_name;	   /* as given to attachment_read, and without a pattern: compared as bytes,
			      wins over all others */
	const struct glob *glob;		 /* NULL: of attachment_of_automaton */
	const struct small_automaton *automaton; /* NULL: a literal path, or too complex */
	uint32_t least; /* no less than what the kernel counts for any match (xmatch_len) */
};

/*
 * Reads an attachment, or the name of a profile that has none beside it (is_name; a name that is a
 * pattern is one all the same; one with xattrs= has an automaton, so is_name is false for it). The
 * text must outlive it. false with a static text in *ret_error when it is no AARE, or does not
 * start with '/' (or '{', as a variable with several values does).
 */
bool attachment_read(struct arena *arena, const struct limits *limits, struct slice text,
	bool is_name, struct attachment *ret_attachment, const char **ret_error);

/*
 * The attachment of a compiled profile: its automaton, numbered as the kernel has it, and its
 * length (xmatch_len). It has no text and no glob.
 */
struct attachment attachment_of_automaton(const struct small_automaton *automaton, uint32_t least);

/* Whether it is a path without any pattern. */
bool attachment_is_literal(const struct attachment *attachment);

/*
 * The last component of every program that it matches, where that is the same for all; else empty.
 * Two with different ones match nothing in common.
 */
struct slice attachment_program_name(const struct attachment *attachment);

/* Whether it matches the program (an absolute path, literally). */
bool attachment_matches(const struct attachment *attachment, struct slice program);

enum attachment_order {
	ATTACHMENT_APART,   /* no program is matched by both */
	ATTACHMENT_FIRST,   /* `a` wins for every program that both match */
	ATTACHMENT_SECOND,  /* `b` does */
	ATTACHMENT_NEITHER, /* for some program that both match (the witness) the kernel attaches
			       neither */
	ATTACHMENT_VARIES,  /* each wins somewhere; or it depends on the kernel, or on the order of
			       loading; or not decidable within the limits: treat as NEITHER */
};

/* ret_witness: a program that both match, in the arena; empty for ATTACHMENT_APART, and for
   ATTACHMENT_VARIES when none was found within the limits. */
enum attachment_order attachment_compare(struct arena *arena, const struct limits *limits,
	const struct attachment *a, const struct attachment *b, struct slice *ret_witness);

/* For one program that both match: -1 `a` wins, 1 `b` wins, 0 neither is attached for certain. */
int attachment_compare_for(
	const struct attachment *a, const struct attachment *b, struct slice program);

/*
 * Whether a program is left that `a` matches and none of the `count` attachments `by` does; with
 * one in *ret_program, in the arena. false also when that cannot be told within the limits.
 */
bool attachment_leaves(struct arena *arena, const struct limits *limits, const struct attachment *a,
	const struct attachment *const *by, size_t count, struct slice *ret_program);

#endif
