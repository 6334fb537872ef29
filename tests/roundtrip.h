#ifndef TESTS_ROUNDTRIP_H
#define TESTS_ROUNDTRIP_H

/* Emitted text must read back as the tree that was meant, whatever the description holds. */

#include "compiler/compile.h"

/* The same profile twice; in the unit's arena. */
struct roundtrip_texts {
	struct slice emitted; /* as the program writes it */
	struct slice again;   /* printed from the tree that `emitted` reads back as */
};

/*
 * Prints the compiled profile, reads the text back, compares the trees, prints the tree again and
 * compares the bytes. On a difference false, and *ret_why says in a line what differs (in the
 * unit's arena). The trees of a self-contained text and of one that includes differ by intent; of
 * those only the bytes are compared.
 */
bool roundtrip(struct unit *unit, const struct compiled *compiled,
	const struct compile_options *options, struct slice *ret_why);

/* The same; *ret_texts is set where `emitted` could be read back. */
bool roundtrip_print(struct unit *unit, const struct compiled *compiled,
	const struct compile_options *options, struct roundtrip_texts *ret_texts,
	struct slice *ret_why);

#endif
