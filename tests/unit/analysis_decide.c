#include "tests/unit/analysis_compile.h"
#include "tests/unit/unit.h"

#define READ_WRITE (PERM_READ | PERM_WRITE | PERM_APPEND)

struct file_case {
	const char *path;
	bool owner;
	unsigned allowed, audited, quiet;
};

static void check_files(
	const struct compiled_profile *profile, const struct file_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct file_decision decision =
			decide_file(profile, slice_str(cases[i].path), cases[i].owner);
		CU_ASSERT_TRUE(decision.mediated);
		CU_ASSERT_EQUAL(decision.allowed, cases[i].allowed);
		CU_ASSERT_EQUAL(decision.audited, cases[i].audited);
		CU_ASSERT_EQUAL(decision.quiet, cases[i].quiet);
	}
}

UNIT_TEST(decide_files)
{
	static const struct file_case cases[] = {
		{"/r", true, PERM_READ, 0, 0},
		{"/r", false, PERM_READ, 0, 0},
		{"/w", false, PERM_WRITE | PERM_APPEND, 0, 0},
		{"/a", false, PERM_APPEND, 0, 0},
		{"/km", true, PERM_LOCK | PERM_MMAP, 0, 0},
		{"/own", true, READ_WRITE, 0, 0},
		{"/own", false, 0, 0, 0},
		{"/part", true, PERM_READ, 0, PERM_WRITE | PERM_APPEND},
		{"/part", false, READ_WRITE, 0, 0},
		{"/loud", true, PERM_READ, PERM_READ, 0},
		{"/told", true, 0, 0, 0}, /* audit deny: not quiet */
		{"/secret", true, 0, 0, PERM_READ},
		{"/t/x", true, PERM_READ, 0, 0},
		{"/t/", true, 0, 0, 0},
		{"/t", true, 0, 0, 0},
		{"/none", true, 0, 0, 0},
		{"", true, 0, 0, 0},
	};
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	const struct compiled_profile *profile = test_compile(&arena,
		"profile t { /r r, /w w, /a a, /km km, owner /own rw, /part rw, deny owner /part w,"
		" audit /loud r, audit deny /told r, /told r, deny /secret r, /t/** r, }");
	check_files(profile, cases, sizeof(cases) / sizeof(cases[0]));
	CU_ASSERT_EQUAL(decide_file(profile, SLICE("/r\0x"), true).allowed, 0);
	arena_free(&arena);
}

UNIT_TEST(decide_exec_modes)
{
	static const struct {
		const char *path;
		enum exec_mode mode;
		bool scrub, stack;
		const char *target;
	} cases[] = {
		{"/ix", EXEC_INHERIT, false, false, ""},
		{"/ux", EXEC_UNCONFINED, false, false, ""},
		{"/Ux", EXEC_UNCONFINED, true, false, ""},
		{"/px", EXEC_PROFILE, false, false, ""},
		{"/Px", EXEC_PROFILE, true, false, ""},
		{"/cx", EXEC_CHILD, false, false, ""},
		{"/Cx", EXEC_CHILD, true, false, ""},
		{"/pix", EXEC_PROFILE_INHERIT, false, false, ""},
		{"/cix", EXEC_CHILD_INHERIT, false, false, ""},
		{"/pux", EXEC_PROFILE_UNCONFINED, false, false, ""},
		{"/PUx", EXEC_PROFILE_UNCONFINED, true, false, ""},
		{"/cux", EXEC_CHILD_UNCONFINED, false, false, ""},
		{"/named", EXEC_PROFILE, false, false, "other"},
		{"/child", EXEC_CHILD, true, false, "t//worker"},
		{"/else", EXEC_PROFILE_INHERIT, true, false, "other"},
		{"/stack", EXEC_PROFILE, false, true, "other"},
		{"/deny", EXEC_NONE, false, false, ""},
		{"/none", EXEC_NONE, false, false, ""},
	};
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	const struct compiled_profile *profile = test_compile(&arena,
		"profile t { /ix ix, /ux ux, /Ux Ux, /px px, /Px Px, /cx cx, /Cx Cx, /pix pix,"
		" /cix cix, /pux pux, /PUx PUx, /cux cux, /named px -> other, /child Cx -> worker,"
		" /else Pix -> other, /stack px -> &other, /deny ix, deny /deny x,"
		" profile worker { } }");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct exec_decision exec =
			decide_file(profile, slice_str(cases[i].path), i % 2).exec;
		CU_ASSERT_EQUAL(exec.mode, cases[i].mode);
		CU_ASSERT_EQUAL(exec.scrub, cases[i].scrub);
		CU_ASSERT_EQUAL(exec.stack, cases[i].stack);
		CU_ASSERT_TRUE(slice_is(exec.target, cases[i].target));
	}
	CU_ASSERT_EQUAL(decide_file(profile, SLICE("/deny"), true).quiet, PERM_EXEC);
	CU_ASSERT_TRUE(decide_file(profile, SLICE("/pix"), true).allowed & PERM_MMAP);
	arena_free(&arena);
}

UNIT_TEST(decide_exec_by_owner)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	const struct compiled_profile *profile =
		test_compile(&arena, "profile t { owner /x ix, /y r, }");
	CU_ASSERT_EQUAL(decide_file(profile, SLICE("/x"), true).exec.mode, EXEC_INHERIT);
	CU_ASSERT_EQUAL(decide_file(profile, SLICE("/x"), false).exec.mode, EXEC_NONE);
	arena_free(&arena);
}

UNIT_TEST(decide_link_pairs)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	const struct compiled_profile *profile = test_compile(&arena,
		"profile t { link /a -> /b, link subset /c -> /d, /e rl, /f r, /c w, /d r,"
		" /g l, deny /g l, /h* l, deny link /h1 -> /f, }");
	CU_ASSERT_TRUE(decide_link(profile, SLICE("/a"), SLICE("/b"), true).allowed);
	CU_ASSERT_FALSE(decide_link(profile, SLICE("/a"), SLICE("/f"), true).allowed);
	CU_ASSERT_FALSE(decide_link(profile, SLICE("/b"), SLICE("/a"), true).allowed);
	/* /c may be written, /d not: no subset. */
	CU_ASSERT_FALSE(decide_link(profile, SLICE("/c"), SLICE("/d"), true).allowed);
	CU_ASSERT_TRUE(decide_link(profile, SLICE("/e"), SLICE("/f"), true).allowed);
	CU_ASSERT_FALSE(decide_link(profile, SLICE("/e"), SLICE("/none"), true).allowed);
	CU_ASSERT_TRUE(decide_links(&arena, profile, SLICE("/e"), true).allowed);
	CU_ASSERT_TRUE(decide_file(profile, SLICE("/g"), true).allowed & PERM_LINK);
	CU_ASSERT_FALSE(decide_links(&arena, profile, SLICE("/g"), true).allowed);
	CU_ASSERT_TRUE(decide_links(&arena, profile, SLICE("/g"), true).quiet);
	CU_ASSERT_FALSE(decide_link(profile, SLICE("/h1"), SLICE("/f"), true).allowed);
	CU_ASSERT_TRUE(decide_link(profile, SLICE("/h2"), SLICE("/f"), true).allowed);
	CU_ASSERT_TRUE(decide_links(&arena, profile, SLICE("/h1"), true).allowed);
	CU_ASSERT_FALSE(decide_links(&arena, profile, SLICE("/none"), true).allowed);
	arena_free(&arena);
}

UNIT_TEST(decide_sockets)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	const struct compiled_profile *profile = test_compile(&arena,
		"profile t { network inet stream, audit network inet6, deny network netlink raw,"
		" unix (create) type=dgram, network unix seqpacket, }");
	struct decision decision = decide_network(profile, 2, 1, 0);
	CU_ASSERT_TRUE(decision.mediated && decision.allowed && !decision.audited);
	CU_ASSERT_FALSE(decide_network(profile, 2, 2, 0).allowed);
	CU_ASSERT_FALSE(decide_network(profile, 2, 2, 0).quiet);
	decision = decide_network(profile, 10, 10, 0);
	CU_ASSERT_TRUE(decision.allowed && decision.audited);
	decision = decide_network(profile, 16, 3, 0);
	CU_ASSERT_TRUE(!decision.allowed && decision.quiet);
	/* unix: by the rules of its own kind and by `network unix` alike */
	CU_ASSERT_TRUE(decide_network(profile, 1, 2, 0).allowed);
	CU_ASSERT_TRUE(decide_network(profile, 1, 5, 0).allowed);
	CU_ASSERT_FALSE(decide_network(profile, 1, 1, 0).allowed);
	CU_ASSERT_FALSE(decide_network(profile, 70000, 1, 0).allowed);
	arena_free(&arena);
}

UNIT_TEST(decide_unix_rules_for_other_access_create_nothing)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	const struct compiled_profile *profile =
		test_compile(&arena, "profile t { unix (send, receive) type=stream, }");
	CU_ASSERT_FALSE(decide_network(profile, 1, 1, 0).allowed);
	arena_free(&arena);
}

UNIT_TEST(decide_other_classes)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	const struct compiled_profile *profile = test_compile(&arena,
		"profile t { capability net_admin, deny capability sys_admin, capability bpf,"
		" signal send set=(term) peer=foo, signal receive peer=un*, ptrace read peer=foo, }");
	CU_ASSERT_TRUE(decide_capability(profile, 12).allowed);
	CU_ASSERT_TRUE(decide_capability(profile, 39).allowed);
	CU_ASSERT_FALSE(decide_capability(profile, 21).allowed);
	CU_ASSERT_TRUE(decide_capability(profile, 21).quiet);
	CU_ASSERT_FALSE(decide_capability(profile, 64).allowed);
	CU_ASSERT_TRUE(decide_signal(profile, true, 15, SLICE("foo")).allowed);
	CU_ASSERT_FALSE(decide_signal(profile, true, 9, SLICE("foo")).allowed);
	CU_ASSERT_FALSE(decide_signal(profile, false, 15, SLICE("foo")).allowed);
	CU_ASSERT_TRUE(decide_signal(profile, false, 34, SLICE("unconfined")).allowed);
	CU_ASSERT_TRUE(decide_ptrace(profile, PTRACE_READ, SLICE("foo")).allowed);
	CU_ASSERT_FALSE(decide_ptrace(profile, PTRACE_TRACE, SLICE("foo")).allowed);
	CU_ASSERT_FALSE(decide_ptrace(profile, PTRACE_READ, SLICE("bar")).allowed);
	CU_ASSERT_TRUE(decide_mediates(profile, CLASS_MOUNT));
	/* abi 3.0 has no user namespaces: nobody asks the profile. */
	CU_ASSERT_FALSE(decide_mediates(profile, CLASS_NAMESPACE));
	CU_ASSERT_TRUE(decide_userns(profile).allowed);
	CU_ASSERT_FALSE(decide_userns(profile).mediated);
	arena_free(&arena);
}

UNIT_TEST(decide_modes)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	const struct compiled_profile *first = test_compile(&arena,
		"profile free flags=(unconfined) { }\nprofile soft flags=(complain) { /a r, }\n"
		"profile loud flags=(audit) { /a r, deny /b r, }\n");
	const struct compiled_profile *profile = compiled_find(first, SLICE("free"));
	CU_ASSERT_TRUE(decide_file(profile, SLICE("/x"), true).allowed & PERM_WRITE);
	CU_ASSERT_FALSE(decide_file(profile, SLICE("/x"), true).mediated);
	CU_ASSERT_TRUE(decide_network(profile, 2, 1, 0).allowed);
	CU_ASSERT_TRUE(decide_capability(profile, 21).allowed);
	profile = compiled_find(first, SLICE("soft"));
	CU_ASSERT_EQUAL(decide_file(profile, SLICE("/a"), true).allowed, PERM_READ);
	CU_ASSERT_EQUAL(decide_file(profile, SLICE("/x"), true).allowed, 0);
	profile = compiled_find(first, SLICE("loud"));
	CU_ASSERT_EQUAL(decide_file(profile, SLICE("/a"), true).audited, PERM_READ);
	CU_ASSERT_EQUAL(decide_file(profile, SLICE("/b"), true).quiet, 0);
	arena_free(&arena);
}

static void put_head(struct buf *buf, uint32_t version)
{
	put_u32(buf, "version", version);
	put_struct(buf, "profile");
	put_string(buf, NULL, "hand");
	put_struct(buf, "flags");
	for (int i = 0; i < 3; i++)
		put_u32(buf, NULL, 0);
	put_struct_end(buf);
	for (int i = 0; i < 4; i++)
		put_u32(buf, NULL, 0);
}

static void put_perms(struct buf *buf, const uint32_t (*lines)[14], uint16_t count)
{
	put_struct(buf, "perms");
	put_u32(buf, "version", 1);
	put_array(buf, NULL, count);
	for (uint16_t i = 0; i < count; i++)
		for (int column = 0; column < 14; column++)
			put_u32(buf, NULL, lines[i][column]);
	put_array_end(buf);
	put_struct_end(buf);
}

/* allow and deny are columns 1 and 2, audit and quiet 8 and 9, xindex 11. */
static const uint32_t lines[4][14] = {
	{0},
	{0},
	{[1] = 0x7, [2] = 0x2, [8] = 0x4, [9] = 0x2, [11] = 0x18000001},
	{[1] = 0x4},
};

/* The path "/" leads to state 2, whose entries are 2 (owner) and 3 (others). */
static struct slice table_policy(struct arena *arena, uint16_t count)
{
	struct small_dfa dfa = {.states = 3, .accept = {0, 0, 2}, .no_accept2 = true};
	struct buf buf = buf_new(arena);
	dfa.next[1]['/'] = 2;
	put_head(&buf, 7);
	put_perms(&buf, lines, count);
	put_bytes(&buf, "aadfa", small_dfa_bytes(arena, &dfa));
	put_struct(&buf, "xtable");
	put_array(&buf, NULL, 2);
	put_string(&buf, NULL, "");
	put_string(&buf, NULL, "target");
	put_array_end(&buf);
	put_struct_end(&buf);
	put_struct_end(&buf);
	return buf_slice(&buf);
}

UNIT_TEST(decide_by_permission_table)
{
	struct arena arena;
	struct compiled_profile *profile;
	const char *error = "";
	arena_init(&arena, test_out_of_memory);
	CU_ASSERT_TRUE_FATAL(compiled_read(&arena, table_policy(&arena, 4), &profile, &error));
	struct file_decision owner = decide_file(profile, SLICE("/"), true);
	CU_ASSERT_EQUAL(owner.allowed, PERM_READ | PERM_EXEC);
	CU_ASSERT_EQUAL(owner.audited, PERM_READ);
	CU_ASSERT_EQUAL(owner.quiet, PERM_WRITE);
	CU_ASSERT_EQUAL(owner.exec.mode, EXEC_PROFILE);
	CU_ASSERT_TRUE(slice_is(owner.exec.target, "target"));
	CU_ASSERT_EQUAL(decide_file(profile, SLICE("/"), false).allowed, PERM_READ);
	/* One line less, and the entry for others is out of the table. */
	CU_ASSERT_FALSE(compiled_read(&arena, table_policy(&arena, 3), &profile, &error));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "file rules has permissions out of range"));
	arena_free(&arena);
}

UNIT_TEST(decide_by_families)
{
	struct arena arena;
	struct compiled_profile *profile;
	const char *error = "";
	arena_init(&arena, test_out_of_memory);
	struct buf buf = buf_new(&arena);
	put_head(&buf, 7);
	put_array(&buf, "net_allowed_af", 3);
	for (uint16_t i = 0; i < 3; i++) {
		put_u16(&buf, NULL, i == 2 ? 1 << 1 : 0); /* inet stream */
		put_u16(&buf, NULL, 0);
		put_u16(&buf, NULL, i == 1 ? 0xffff : 0); /* deny network unix */
	}
	put_array_end(&buf);
	put_struct_end(&buf);
	CU_ASSERT_TRUE_FATAL(compiled_read(&arena, buf_slice(&buf), &profile, &error));
	CU_ASSERT_TRUE(decide_network(profile, 2, 1, 0).allowed);
	CU_ASSERT_FALSE(decide_network(profile, 2, 2, 0).allowed);
	CU_ASSERT_TRUE(decide_network(profile, 1, 1, 0).quiet);
	CU_ASSERT_FALSE(decide_network(profile, 40, 1, 0).allowed);
	CU_ASSERT_EQUAL(decide_file(profile, SLICE("/"), true).allowed, 0);
	arena_free(&arena);
}

/* Class 3 with one state per 32 capabilities; what the older fields say does not count then. */
UNIT_TEST(decide_capabilities_of_newer_policies)
{
	struct arena arena;
	struct compiled_profile *profile;
	const char *error = "";
	uint32_t table[3][14] = {{0}, {[1] = 1u << 5}, {[1] = 1u << 7}};
	struct small_dfa dfa = {.states = 5, .accept = {0, 0, 0, 1, 2}, .no_accept2 = true};
	arena_init(&arena, test_out_of_memory);
	dfa.next[1][3] = 2;
	dfa.next[2][0] = 3;
	dfa.next[2][1] = 4;
	struct buf buf = buf_new(&arena);
	put_head(&buf, 9);
	put_struct(&buf, "policydb");
	put_perms(&buf, table, 3);
	put_bytes(&buf, "aadfa", small_dfa_bytes(&arena, &dfa));
	put_struct_end(&buf);
	put_struct_end(&buf);
	CU_ASSERT_TRUE_FATAL(compiled_read(&arena, buf_slice(&buf), &profile, &error));
	CU_ASSERT_TRUE(decide_capability(profile, 5).allowed);
	CU_ASSERT_TRUE(decide_capability(profile, 39).allowed);
	CU_ASSERT_FALSE(decide_capability(profile, 7).allowed);
	CU_ASSERT_FALSE(decide_capability(profile, 6).allowed);
	arena_free(&arena);
}
