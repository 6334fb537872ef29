/* Any bytes as a compiled policy: refused, or every question about it has an answer. */
#include "analysis/blob.h"
#include "analysis/decide.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	arena_init(&arena, fuzz_out_of_memory);
	struct compiled_profile *profile;
	const char *error = NULL;
	if (!compiled_read(&arena, slice_of((const char *)data, size), &profile, &error)) {
		fuzz_demand(error != NULL, "refused without a reason");
		profile = NULL;
	}
	for (; profile; profile = profile->next) {
		decide_file(profile, SLICE("/etc/passwd"), true);
		decide_network(profile, 2, 1, 0);
		decide_capability(profile, 10);
	}
	arena_free(&arena);
	return 0;
}
