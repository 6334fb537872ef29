#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

/* What the fuzz targets share. A target is tests/fuzz/<name>.c with its corpus in
 * tests/fuzz/corpus/<name>/. */

#include "base/slice.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_out_of_memory(void)
{
	fputs("out of memory\n", stderr);
	abort();
}

static inline void fuzz_show(struct slice text)
{
	fprintf(stderr, "%.*s\n", SLICE_FMT(text));
}

/* A property that every input must have. */
static inline void fuzz_demand(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "property violated: %s\n", what);
	abort();
}

#endif
