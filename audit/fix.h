#ifndef AUDIT_FIX_H
#define AUDIT_FIX_H

/*
 * Mends a document by edits of its text: what is not mended keeps its bytes, comments included.
 *
 * Every edit is proved: the mended text is read again and must be the tree that was meant, with
 * nothing else changed, and the control must not be found missing any more. A mend for which that
 * does not hold (an anchor that others use, a layout that is not understood) is left out.
 */

#include "audit/audit.h"

struct fix {
	struct slice text; /* the whole document */
	size_t mended;	   /* findings that are gone */
	size_t guessed;	   /* those of them whose value should be looked at */
	size_t left;	   /* findings with a mend that could not be proved */
};

/*
 * Mends a document that audit_read or, with `is_command`, audit_read_command has read. The unit
 * gets more sources and no diagnostics. name: of the source.
 */
void audit_fix(struct unit *unit, const struct source *source, bool is_command,
	const struct profile_resolver *resolver, struct fix *ret_fix);

#endif
