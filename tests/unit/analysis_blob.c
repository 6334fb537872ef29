#include "tests/unit/analysis_compile.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

/* Everything that apparmor_parser 3.0.8 can put into a binary. */
static const char rich_policy[] =
	"profile web /usr/{bin,sbin}/web flags=(attach_disconnected,mediate_deleted) {\n"
	"  /a r, /b w, owner /c rw, audit /d k, deny /e w, audit deny /f m,\n"
	"  /usr/bin/x px -> other, /usr/bin/y cx -> worker, /usr/bin/z pix, /l1 l,\n"
	"  link /l2 -> /t, network inet stream, deny network netlink,\n"
	"  capability net_admin, deny capability sys_admin, audit capability bpf,\n"
	"  signal send set=term peer=foo, ptrace read peer=foo, mount,\n"
	"  set rlimit nofile <= 100, set rlimit cpu <= 2,\n"
	"  profile worker { /w r, }\n"
	"  ^hat { /h r, }\n"
	"}\n"
	"profile talker flags=(complain,audit) { /x r, }\n"
	"profile free flags=(unconfined) { }\n"
	"profile hard flags=(kill) { }\n";

UNIT_TEST(blob_reads_every_profile)
{
	static const struct {
		const char *name;
		enum compiled_mode mode;
		bool hat, audit;
	} want[] = {
		{"web", COMPILED_ENFORCE, false, false},
		{"web//hat", COMPILED_ENFORCE, true, false},
		{"web//worker", COMPILED_ENFORCE, false, false},
		{"talker", COMPILED_COMPLAIN, false, true},
		{"free", COMPILED_UNCONFINED, false, false},
		{"hard", COMPILED_KILL, false, false},
	};
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	const struct compiled_profile *first = test_compile(&arena, rich_policy);
	size_t count = 0;
	for (const struct compiled_profile *at = first; at; at = at->next)
		count++;
	CU_ASSERT_EQUAL(count, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct compiled_profile *found =
			compiled_find(first, slice_str(want[i].name));
		CU_ASSERT_PTR_NOT_NULL_FATAL(found);
		CU_ASSERT_EQUAL(found->mode, want[i].mode);
		CU_ASSERT_EQUAL(found->is_hat, want[i].hat);
		CU_ASSERT_EQUAL(found->audits_all, want[i].audit);
		CU_ASSERT_EQUAL(found->version, 7);
	}
	CU_ASSERT_PTR_NULL(compiled_find(first, SLICE("web//nobody")));
	arena_free(&arena);
}

UNIT_TEST(blob_reads_plain_fields)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	const struct compiled_profile *first = test_compile(&arena, rich_policy);
	const struct compiled_profile *web = compiled_find(first, SLICE("web"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(web);
	CU_ASSERT_EQUAL(web->capabilities.allow, 1ull << 12 | 1ull << 39);
	CU_ASSERT_EQUAL(web->capabilities.audit, 1ull << 39);
	CU_ASSERT_EQUAL(web->capabilities.quiet, 1ull << 21);
	CU_ASSERT_EQUAL(web->rlimits.mask, 1u << 7 | 1u << 0);
	CU_ASSERT_EQUAL(web->rlimits.limits[7], 100);
	CU_ASSERT_EQUAL(web->rlimits.limits[0], 2);
	CU_ASSERT_EQUAL(web->path_flags, 0x10004);
	CU_ASSERT_EQUAL(web->file.name_count, 2);
	CU_ASSERT_TRUE(
		slice_is(web->file.names[0], "other") || slice_is(web->file.names[1], "other"));
	CU_ASSERT_FALSE(web->has_families);
	CU_ASSERT_TRUE(decide_attaches(web, SLICE("/usr/sbin/web")));
	CU_ASSERT_FALSE(decide_attaches(web, SLICE("/usr/sbin/web2")));
	CU_ASSERT_TRUE(web->xmatch_len > 0);
	arena_free(&arena);
}

/* Bodies and headers in a row are the whole blob, and a header begins with its version. */
UNIT_TEST(blob_tells_bodies_from_headers)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	static const char version[] = "\x04\x08\x00version";
	const struct compiled_profile *first = test_compile(&arena, rich_policy);
	const char *end = first->body.at - sizeof(version) - 5;
	for (const struct compiled_profile *at = first; at; at = at->next) {
		struct slice header = slice_of(end, (size_t)(at->body.at - end));
		CU_ASSERT_TRUE(slice_starts(header, slice_of(version, sizeof(version))));
		CU_ASSERT_EQUAL_FATAL(header.len, sizeof(version) + 5);
		uint32_t number = 0;
		for (unsigned i = 4; i-- > 0;)
			number = number << 8 | (unsigned char)header.at[sizeof(version) + 1 + i];
		CU_ASSERT_EQUAL(number, at->header_version);
		CU_ASSERT_EQUAL(number & 0x3ff, at->version);
		CU_ASSERT_TRUE(slice_starts(at->body, SLICE("\x04\x08\0profile\0\x07\x05")));
		end = at->body.at + at->body.len;
	}
	arena_free(&arena);
}

UNIT_TEST(blob_reads_namespaces)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	const struct compiled_profile *profile =
		test_compile(&arena, "profile :inner:web { /bin/x px -> :outer:other, }");
	CU_ASSERT_TRUE(slice_is(profile->namespace, "inner"));
	CU_ASSERT_TRUE(slice_is(profile->name, "web"));
	struct exec_decision exec = decide_file(profile, SLICE("/bin/x"), true).exec;
	CU_ASSERT_EQUAL(exec.mode, EXEC_PROFILE);
	CU_ASSERT_TRUE(slice_is(exec.target, ":outer:other"));
	arena_free(&arena);
}

static const char *refusal(struct arena *arena, struct slice blob)
{
	struct compiled_profile *first;
	const char *error = "accepted";
	compiled_read(arena, blob, &first, &error);
	return error;
}

UNIT_TEST(blob_tells_what_is_no_policy)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	CU_ASSERT_STRING_EQUAL(refusal(&arena, SLICE("")), "the compiled policy is empty");
	CU_ASSERT_STRING_EQUAL(refusal(&arena, SLICE("profile x { }")),
		"not a compiled policy: it does not begin with its version");
	CU_ASSERT_STRING_EQUAL(refusal(&arena, SLICE("AAhead\x28\xb5\x2f\xfd....")),
		"the policy has a zstd compressed-cache header: compile it with "
		"--zstd-compress-level=none");
	struct buf buf = buf_new(&arena);
	put_u32(&buf, "version", 10);
	CU_ASSERT_STRING_EQUAL(refusal(&arena, buf_slice(&buf)),
		"interface version 10 is not known, expected 5 to 9 at byte 16");
	arena_free(&arena);
}

UNIT_TEST(blob_refuses_every_truncation)
{
	struct arena arena, scratch;
	arena_init(&arena, test_out_of_memory);
	arena_init(&scratch, test_out_of_memory);
	struct slice blob = test_blob(&arena, rich_policy);
	size_t accepted = 0;
	for (size_t len = 0; len < blob.len; len++) {
		/* A copy of that length, so that a sanitizer sees a read past the end. */
		char *copy = malloc(len + 1);
		memcpy(copy, blob.at, len);
		accepted += !strcmp(refusal(&scratch, slice_of(copy, len)), "accepted");
		free(copy);
		arena_reset(&scratch);
	}
	/* Cut right behind one of the six profiles but the last it is whole again. */
	CU_ASSERT_EQUAL(accepted, 5);
	CU_ASSERT_STRING_EQUAL(refusal(&scratch, blob), "accepted");
	arena_free(&scratch);
	arena_free(&arena);
}

/* Asks everything, so that a policy that was wrongly let in is walked. */
static void ask_everything(struct arena *arena, const struct compiled_profile *profile)
{
	static const char *const paths[] = {
		"", "/", "/a", "/l1", "/usr/bin/x", "/usr/bin/y", "\xff"};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct slice path = slice_str(paths[i]);
		decide_file(profile, path, true);
		decide_file(profile, path, false);
		decide_link(profile, path, SLICE("/t"), i % 2);
		decide_links(arena, profile, path, i % 2);
		decide_attaches(profile, path);
		decide_signal(profile, true, (unsigned)i, path);
		decide_ptrace(profile, (enum ptrace_access)(i % 4), path);
	}
	for (unsigned i = 0; i < 64; i++) {
		decide_network(profile, i, i % 12, 0);
		decide_capability(profile, (int)i);
		decide_mediates(profile, (enum policy_class)i);
	}
	decide_userns(profile);
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

UNIT_TEST(blob_survives_flipped_bytes)
{
	struct arena arena, scratch;
	uint32_t random = 1;
	arena_init(&arena, test_out_of_memory);
	arena_init(&scratch, test_out_of_memory);
	struct slice blob = test_blob(&arena, rich_policy);
	char *copy = malloc(blob.len);
	for (unsigned round = 0; round < 20000; round++) {
		memcpy(copy, blob.at, blob.len);
		for (unsigned flips = 1 + next_random(&random) % 3; flips > 0; flips--) {
			/* Half of them in the first bytes, where the fields are. */
			size_t range = round % 2 ? blob.len : 600;
			copy[next_random(&random) % range] = (char)next_random(&random);
		}
		struct compiled_profile *first = NULL;
		const char *error;
		if (compiled_read(&scratch, slice_of(copy, blob.len), &first, &error))
			for (; first; first = first->next)
				ask_everything(&scratch, first);
		arena_reset(&scratch);
	}
	free(copy);
	arena_free(&scratch);
	arena_free(&arena);
}
