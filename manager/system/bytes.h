#ifndef MANAGER_SYSTEM_BYTES_H
#define MANAGER_SYSTEM_BYTES_H

/*
 * Bytes of unknown number that come from outside: a file, a pipe. The owner uses the same struct
 * again and again, so that ten thousand files cost one allocation.
 */

#include "base/slice.h"

struct bytes {
	char *at; /* followed by a NUL that is not counted, unless NULL */
	size_t len, cap;
};

/* Makes room for `more` bytes behind the last one, and a NUL. false when memory runs out. */
bool bytes_reserve(struct bytes *bytes, size_t more);

/* Appends. false when memory runs out. */
bool bytes_add(struct bytes *bytes, struct slice s);

void bytes_free(struct bytes *bytes);

static inline struct slice bytes_slice(const struct bytes *bytes)
{
	return slice_of(bytes->at, bytes->len);
}

#endif
