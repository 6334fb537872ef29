/* Any bytes as a compiled policy: refused, or every question about it has an answer. */
#include "analysis/blob.h"
#include "analysis/decide.h"
#include "tests/fuzz/fuzz.h"

static const char *const paths[] = {"", "/", "/etc/passwd", "/a/b/c/../\xff.so", "a"};

static void ask_about_files(struct arena *arena, const struct compiled_profile *profile)
{
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct slice path = slice_str(paths[i]);
		struct file_decision file = decide_file(profile, path, i % 2);
		fuzz_demand(!(file.allowed & file.quiet), "refused, and allowed all the same");
		struct decision pair = decide_link(profile, path, SLICE("/b"), i % 2);
		struct decision any = decide_links(arena, profile, path, i % 2);
		fuzz_demand(!pair.allowed || any.allowed, "one link is allowed, but none is");
		decide_attaches(profile, path);
	}
}

static void ask_about_others(const struct compiled_profile *profile)
{
	static const enum ptrace_access ptrace[] = {
		PTRACE_TRACE, PTRACE_READ, PTRACE_TRACED_BY, PTRACE_READ_BY};
	for (unsigned i = 0; i < 4; i++) {
		decide_ptrace(profile, ptrace[i], slice_str(paths[i]));
		decide_signal(profile, i % 2, i * 16, slice_str(paths[i]));
		decide_network(profile, i * 5, i, i);
	}
	for (int capability = -1; capability <= 64; capability++)
		decide_capability(profile, capability);
	for (unsigned class = 0; class <= 255; class ++)
		decide_mediates(profile, (enum policy_class) class);
	decide_network(profile, 65535, 65535, 65535);
	decide_userns(profile);
}

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
		ask_about_files(&arena, profile);
		ask_about_others(profile);
	}
	arena_free(&arena);
	return 0;
}
