#ifndef TESTS_ROUNDTRIP_H
#define TESTS_ROUNDTRIP_H

/* Emitted text must read back as the tree that was meant, whatever the description holds. */

#include "compiler/compile.h"

/*
 * Prints the compiled profile, reads the text back, compares the trees, prints the tree again and
 * compares the bytes. On a difference false, and *ret_why says in a line what differs (in the
 * unit's arena).
 */
bool roundtrip(struct unit *unit, const struct compiled *compiled,
	const struct compile_options *options, struct slice *ret_why);

#endif
