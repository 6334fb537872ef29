#ifndef COMPILER_OUTPUT_PROFILE_H
#define COMPILER_OUTPUT_PROFILE_H

/* Compiled policies as the text of an AppArmor profile file. The same input gives the same bytes.
 */

#include "compiler/compile.h"

/* A template that is a file. */
struct header_template {
	const struct header_template *next;
	struct slice as;     /* as the description names it */
	struct slice sha256; /* 64 hex digits: of its text */
};

struct profile_header {
	struct slice description; /* file name of the description, without folders; "-" for standard
				     input */
	struct slice sha256;	  /* 64 hex digits: of the document's bytes */
	/* Those of texts that are loaded or installed, so that a changed one is seen; else NULL.
	 * One whose name is not printable is left out. */
	const struct header_template *templates;
};

/* Appends a whole profile file for one profile: header comment, preamble, profile. */
void output_profile(struct unit *unit, const struct compiled *compiled,
	const struct profile_header *header, const struct compile_options *options,
	struct buf *out);

/*
 * The two parts of a file that holds several profiles: AppArmor's language wants all preambles
 * before the first profile.
 */
void output_preamble(struct unit *unit, const struct compiled *compiled,
	const struct compile_options *options, struct buf *out);
void output_body(struct unit *unit, const struct compiled *compiled,
	const struct profile_header *header, const struct compile_options *options,
	struct buf *out);

#endif
