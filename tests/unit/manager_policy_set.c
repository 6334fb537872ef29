#include "manager/kernel/policy_set.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * The smallest binaries that the kernel takes. The hashes below were read in a kernel 6.1 (SHA-1)
 * and 6.12 (SHA-256) that had loaded them.
 */
static void put_number(struct buf *out, uint32_t number)
{
	buf_add_char(out, 2);
	for (unsigned i = 0; i < 4; i++)
		buf_add_char(out, (char)(number >> (8 * i)));
}

static void put_text(struct buf *out, char code, const char *text)
{
	size_t size = strlen(text) + 1;
	buf_add_char(out, code);
	buf_add_char(out, (char)size);
	buf_add_char(out, (char)(size >> 8));
	buf_add(out, slice_of(text, size));
}

static void put_struct(struct buf *out, const char *name)
{
	put_text(out, 4, name);
	buf_add_char(out, 7);
}

static void put_header(struct buf *out, uint32_t version, const char *namespace)
{
	put_text(out, 4, "version");
	put_number(out, version);
	if (!namespace)
		return;
	put_text(out, 4, "namespace");
	put_text(out, 5, namespace);
}

static void put_profile(struct buf *out, const char *name, uint32_t mode)
{
	put_struct(out, "profile");
	put_text(out, 5, name);
	put_struct(out, "flags");
	put_number(out, 0);
	put_number(out, mode);
	put_number(out, 0);
	buf_add_char(out, 8);
	for (unsigned i = 0; i < 4; i++)
		put_number(out, 0);
	buf_add_char(out, 8);
}

struct world {
	struct arena arena;
	struct policy_set set;
	struct set_member *member; /* the last that was added */
	struct error *error;
	struct loaded_profile profiles[16];
	struct loaded loaded;
};

static struct world *world_begin(void)
{
	struct world *world = calloc(1, sizeof(*world));
	arena_init(&world->arena, test_out_of_memory);
	policy_set_init(&world->arena, &world->set);
	world->loaded.profiles = world->profiles;
	return world;
}

static void world_end(struct world *world)
{
	error_free(world->error);
	arena_free(&world->arena);
	free(world);
}

static bool add(struct world *world, const char *source, const struct buf *binary)
{
	return policy_set_add(&world->set, slice_str(source), SLICE("text"), buf_slice(binary),
		&world->member, &world->error);
}

/* "web", "web//kid" in complain, and "db" in kill: the first binary of all tests. */
static struct buf usual(struct world *world)
{
	struct buf out = buf_new(&world->arena);
	put_header(&out, 0x10005, NULL);
	put_profile(&out, "web", 0);
	put_profile(&out, "web//kid", 1);
	put_header(&out, 7, NULL);
	put_profile(&out, "db", 2);
	return out;
}

/* Has to be called in the order of a snapshot. */
static struct loaded_profile *hold(struct world *world, const char *namespace, const char *name,
	const char *mode, const char *sha1)
{
	struct loaded_profile *profile = &world->profiles[world->loaded.count++];
	*profile = (struct loaded_profile){.name = slice_str(name),
		.namespace = slice_str(namespace),
		.mode = slice_str(mode),
		.hash = slice_str(sha1),
		.kind = *sha1 ? HASH_SHA1 : HASH_NONE};
	return profile;
}

#define DB_SHA1	 "f30eadd0806c2c707eb985826206f93bba41f2f2"
#define WEB_SHA1 "b0af44d02e4b69d49f95f0005c7497b06990db09"
#define KID_SHA1 "8c1ea57190e393df66ef0aa36fa9efd59a6333ed"

static void hold_usual(struct world *world)
{
	hold(world, "", "db", "kill", DB_SHA1);
	hold(world, "", "web", "enforce", WEB_SHA1);
	hold(world, "", "web//kid", "complain", KID_SHA1);
}

struct want {
	const char *namespace, *name;
	enum compiled_mode mode;
	const char *sha1, *sha256;
};

static void expect_profiles(const struct set_member *member, const struct want *want, size_t count)
{
	CU_ASSERT_EQUAL_FATAL(member->profile_count, count);
	for (size_t i = 0; i < count; i++) {
		const struct set_profile *profile = &member->profiles[i];
		CU_ASSERT_TRUE(slice_is(profile->namespace, want[i].namespace));
		CU_ASSERT_TRUE(slice_is(profile->name, want[i].name));
		CU_ASSERT_EQUAL(profile->mode, want[i].mode);
		CU_ASSERT_TRUE(slice_is(profile->sha1, want[i].sha1));
		CU_ASSERT_TRUE(slice_is(profile->sha256, want[i].sha256));
	}
}

UNIT_TEST(set_hashes_as_the_kernel)
{
	static const struct want want[] = {
		{"", "web", COMPILED_ENFORCE, WEB_SHA1,
			"d787d68fad304d23a9d8552caf26c46446549f51adfaefb28e54b7595e0e6b70"},
		{"", "web//kid", COMPILED_COMPLAIN, KID_SHA1,
			"b00e09d5587451cabf43481284e598f704db8545499a6876caa51adc7f72a70c"},
		{"", "db", COMPILED_KILL, DB_SHA1,
			"d51323a3b466698a27fb875a617d1b83afa91cfe0463f6a65555f1898ab6c6c6"},
	};
	struct world *world = world_begin();
	struct buf binary = usual(world);
	CU_ASSERT_TRUE_FATAL(add(world, "a", &binary));
	expect_profiles(world->member, want, 3);
	CU_ASSERT_TRUE(slice_is(world->member->source, "a"));
	CU_ASSERT_TRUE(slice_is(world->member->text, "text"));
	CU_ASSERT_TRUE(slice_eq(world->member->binary, buf_slice(&binary)));
	CU_ASSERT_PTR_NOT_EQUAL(world->member->binary.at, binary.at);
	world_end(world);
}

/* In a header it counts for those that follow; --Complain is a flag of the version. */
UNIT_TEST(set_namespace_of_a_header)
{
	static const struct want want[] = {
		{"tenant", "web", COMPILED_COMPLAIN, "e97f1e8ae14237c43efbd0da365930c2f875805e",
			"09ac0113ef43cb40cfdf36c532bf311bdae9959c69ee751499bbd55d7f12adc6"},
		{"tenant", "cab", COMPILED_COMPLAIN, "9c33aa91ec26f3023dc042a55619a192ff595ff0",
			"821297fadfc085831963cffdd45ae5a75397ee12d20928e2e41c29ac66645722"},
	};
	struct world *world = world_begin();
	struct buf out = buf_new(&world->arena);
	put_header(&out, 0x805, "tenant");
	put_profile(&out, "web", 0);
	put_profile(&out, "cab", 0);
	CU_ASSERT_TRUE_FATAL(add(world, "a", &out));
	expect_profiles(world->member, want, 2);
	world_end(world);
}

UNIT_TEST(set_namespace_of_a_name)
{
	static const struct want want[] = {
		{"other", "web", COMPILED_ENFORCE, "383390b73adff6f08c3dade02d93d5566976349a",
			"6103a1c53d54826de3912eb70c3a28bfe500728afcfe59f4daa2444cdead2027"},
		{"other", "web//kid", COMPILED_UNCONFINED,
			"930058ee2374511a53fcf281ffd8a5aa333630e2",
			"e5cac1649101aec712dfc9c71d9b9ede96f8e846aa2de08302937016bc74377e"},
	};
	struct world *world = world_begin();
	struct buf out = buf_new(&world->arena);
	put_header(&out, 7, NULL);
	put_profile(&out, ":other:web", 0);
	put_profile(&out, ":other:web//kid", 3);
	CU_ASSERT_TRUE_FATAL(add(world, "a", &out));
	expect_profiles(world->member, want, 2);
	world_end(world);
}

UNIT_TEST(set_refuses_what_is_no_policy)
{
	struct world *world = world_begin();
	struct buf binary = usual(world);
	struct buf garbage = buf_new(&world->arena);
	CU_ASSERT_FALSE(add(world, "empty.bin", &garbage));
	CU_ASSERT_TRUE(error_takes(&world->error, EINVAL, "'empty.bin' is no compiled policy"));
	buf_add_str(&garbage, "profile x { }");
	CU_ASSERT_FALSE(add(world, "text.bin", &garbage));
	CU_ASSERT_TRUE(error_takes(&world->error, EINVAL, "does not begin with its version"));
	/* Cut between two profiles it is a policy, anywhere else it is none. */
	size_t whole = 0;
	for (size_t len = binary.len; len > 0; len--) {
		struct buf cut = binary;
		cut.len = len;
		policy_set_init(&world->arena, &world->set);
		if (add(world, "cut", &cut))
			whole++;
		else
			CU_ASSERT_TRUE(error_takes(&world->error, EINVAL, "'cut' is no compiled"));
	}
	CU_ASSERT_EQUAL(whole, 3);
	world_end(world);
}

UNIT_TEST(set_refuses_a_name_that_it_has)
{
	struct world *world = world_begin();
	struct buf binary = usual(world), other = buf_new(&world->arena);
	struct buf twice = buf_new(&world->arena);
	CU_ASSERT_TRUE(add(world, "one", &binary));
	CU_ASSERT_FALSE(add(world, "two", &binary));
	CU_ASSERT_TRUE(
		error_takes(&world->error, EEXIST, "'one' and 'two' both hold the profile 'db'"));
	CU_ASSERT_EQUAL(world->set.count, 1);
	put_header(&other, 5, "ns");
	put_profile(&other, "web", 0);
	CU_ASSERT_TRUE(add(world, "three", &other));
	put_header(&twice, 5, NULL);
	put_profile(&twice, "x", 0);
	put_profile(&twice, "y", 0);
	put_profile(&twice, "x", 0);
	CU_ASSERT_FALSE(add(world, "four", &twice));
	CU_ASSERT_TRUE(error_takes(&world->error, EEXIST, "'four' holds the profile 'x' twice"));
	CU_ASSERT_FALSE(policy_set_add(
		&world->set, SLICE("five"), SLICE(""), buf_slice(&binary), NULL, NULL));
	world_end(world);
}

UNIT_TEST(set_of_many_members)
{
	struct world *world = world_begin();
	char name[32];
	for (int i = 0; i < 2000; i++) {
		struct buf out = buf_new(&world->arena);
		put_header(&out, 5, NULL);
		snprintf(name, sizeof(name), "web%d", i);
		put_profile(&out, name, 0);
		CU_ASSERT_TRUE_FATAL(add(world, name, &out));
	}
	CU_ASSERT_EQUAL(world->set.count, 2000);
	for (int i = 0; i < 2000; i++) {
		struct buf out = buf_new(&world->arena);
		put_header(&out, 5, NULL);
		snprintf(name, sizeof(name), "web%d", i);
		CU_ASSERT_TRUE(slice_is(world->set.members[i]->source, name));
		put_profile(&out, name, 1);
		CU_ASSERT_FALSE_FATAL(add(world, "again", &out));
		error_free(world->error);
		world->error = NULL;
	}
	world_end(world);
}

UNIT_TEST(set_next_top)
{
	struct world *world = world_begin();
	struct buf out = buf_new(&world->arena);
	static const char *const names[] = {
		"web//kid", "web", "web//kid//x", "orphan//a", "db", ":t:db//y", "orphan//a//b"};
	static const char *const want[] = {"web", "orphan//a", "db"};
	put_header(&out, 5, NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		put_profile(&out, names[i], 0);
	CU_ASSERT_TRUE_FATAL(add(world, "a", &out));
	const struct set_profile *top = NULL;
	for (size_t i = 0; i < 3; i++) {
		top = set_member_next_top(world->member, top);
		CU_ASSERT_PTR_NOT_NULL_FATAL(top);
		CU_ASSERT_TRUE(slice_is(top->name, want[i]));
	}
	/* After a name with a namespace the rest is in that one, too. */
	top = set_member_next_top(world->member, top);
	CU_ASSERT_PTR_NOT_NULL_FATAL(top);
	CU_ASSERT_TRUE(slice_is(top->name, "db//y") && slice_is(top->namespace, "t"));
	top = set_member_next_top(world->member, top);
	CU_ASSERT_PTR_NOT_NULL_FATAL(top);
	CU_ASSERT_TRUE(slice_is(top->name, "orphan//a//b") && slice_is(top->namespace, "t"));
	CU_ASSERT_PTR_NULL(set_member_next_top(world->member, top));
	world_end(world);
}

static enum set_state state_of(struct world *world)
{
	policy_set_compare(&world->set, &world->loaded);
	return world->member->state;
}

UNIT_TEST(set_compare)
{
	struct world *world = world_begin();
	struct buf binary = usual(world);
	CU_ASSERT_TRUE_FATAL(add(world, "a", &binary));
	CU_ASSERT_EQUAL(state_of(world), SET_NEW);
	hold(world, "", "db", "kill", DB_SHA1);
	CU_ASSERT_EQUAL(state_of(world), SET_CHANGED);
	world->loaded.count = 0;
	hold_usual(world);
	CU_ASSERT_EQUAL(state_of(world), SET_SAME);
	world->profiles[1].mode = SLICE("complain");
	CU_ASSERT_EQUAL(state_of(world), SET_CHANGED);
	world->profiles[1].mode = SLICE("enforce");
	world->profiles[2].hash = SLICE(WEB_SHA1);
	CU_ASSERT_EQUAL(state_of(world), SET_CHANGED);
	world->profiles[2].hash = SLICE(KID_SHA1);
	world->profiles[2].kind = HASH_SHA256;
	CU_ASSERT_EQUAL(state_of(world), SET_CHANGED);
	world->profiles[2].hash = world->member->profiles[1].sha256;
	CU_ASSERT_EQUAL(state_of(world), SET_SAME);
	world->profiles[2].hash = SLICE("");
	world->profiles[2].kind = HASH_NONE;
	CU_ASSERT_EQUAL(state_of(world), SET_CHANGED);
	world->loaded.count = 2;
	CU_ASSERT_EQUAL(state_of(world), SET_CHANGED);
	world->loaded.count = 0;
	hold(world, "t", "web", "enforce", WEB_SHA1);
	CU_ASSERT_EQUAL(state_of(world), SET_NEW);
	world_end(world);
}

UNIT_TEST(set_prompt_has_two_words)
{
	struct world *world = world_begin();
	struct buf out = buf_new(&world->arena);
	put_header(&out, 9, NULL);
	put_profile(&out, "ask", 4);
	CU_ASSERT_TRUE_FATAL(add(world, "a", &out));
	struct loaded_profile *held = hold(world, "", "ask", "user", "-");
	held->hash = world->member->profiles[0].sha1;
	CU_ASSERT_EQUAL(state_of(world), SET_SAME);
	struct digest user, prompt;
	CU_ASSERT_TRUE(loaded_identity(&world->loaded, SLICE(""), SLICE("ask"), &user));
	held->mode = SLICE("prompt");
	CU_ASSERT_EQUAL(state_of(world), SET_SAME);
	CU_ASSERT_TRUE(loaded_identity(&world->loaded, SLICE(""), SLICE("ask"), &prompt));
	CU_ASSERT_EQUAL(memcmp(&user, &prompt, sizeof(user)), 0);
	held->mode = SLICE("enforce");
	CU_ASSERT_EQUAL(state_of(world), SET_CHANGED);
	world_end(world);
}

UNIT_TEST(set_stale_children)
{
	struct world *world = world_begin();
	struct buf binary = usual(world);
	const struct loaded_profile **children;
	CU_ASSERT_TRUE_FATAL(add(world, "a", &binary));
	hold(world, "", "db", "kill", DB_SHA1);
	hold(world, "", "db//old", "enforce", "00");
	hold(world, "", "web", "enforce", WEB_SHA1);
	hold(world, "", "web-2", "enforce", "00");
	hold(world, "", "web-2//kid", "enforce", "00");
	hold(world, "", "web//gone", "enforce", "00");
	hold(world, "", "web//gone//more", "enforce", "00");
	hold(world, "", "web//kid", "complain", KID_SHA1);
	hold(world, "t", "web//else", "enforce", "00");
	CU_ASSERT_EQUAL(state_of(world), SET_CHANGED);
	size_t count =
		set_member_stale_children(world->member, &world->loaded, &world->arena, &children);
	CU_ASSERT_EQUAL_FATAL(count, 3);
	CU_ASSERT_TRUE(slice_is(children[0]->name, "db//old"));
	CU_ASSERT_TRUE(slice_is(children[1]->name, "web//gone"));
	CU_ASSERT_TRUE(slice_is(children[2]->name, "web//gone//more"));
	world->loaded.count = 0;
	CU_ASSERT_EQUAL(
		set_member_stale_children(world->member, &world->loaded, &world->arena, &children),
		0);
	world_end(world);
}

/* Whether the member's and the kernel's identity of "web" are the same. */
static bool is_equal(struct world *world, enum hash_kind kind)
{
	struct digest held,
		made = set_profile_identity(world->member, &world->member->profiles[0], kind);
	return loaded_identity(&world->loaded, SLICE(""), SLICE("web"), &held) &&
	       memcmp(&held, &made, sizeof(held)) == 0;
}

/* A child that was left counts for nothing, as long as it is what it was. */
UNIT_TEST(set_identity_without_what_was_left)
{
	struct world *world = world_begin();
	struct digest alone, with;
	size_t count;
	hold(world, "", "web", "enforce", WEB_SHA1);
	CU_ASSERT_TRUE(loaded_identity(&world->loaded, SLICE(""), SLICE("web"), &alone));
	hold(world, "", "web//gone", "enforce", "00");
	struct left_child child = {
		SLICE("web//gone"), loaded_profile_identity(&world->loaded.profiles[1])};
	const struct left_list left = {&child, 1};
	CU_ASSERT_TRUE(loaded_identity_without(
		&world->loaded, SLICE(""), SLICE("web"), &left, &with, &count));
	CU_ASSERT_EQUAL(count, 1);
	CU_ASSERT_EQUAL(memcmp(&alone, &with, sizeof(with)), 0);
	world->loaded.profiles[1].mode = SLICE("complain");
	CU_ASSERT_TRUE(loaded_identity_without(
		&world->loaded, SLICE(""), SLICE("web"), &left, &with, &count));
	CU_ASSERT_EQUAL(count, 0);
	CU_ASSERT_NOT_EQUAL(memcmp(&alone, &with, sizeof(with)), 0);
	world_end(world);
}

UNIT_TEST(set_identity)
{
	struct world *world = world_begin();
	struct buf binary = usual(world);
	CU_ASSERT_TRUE_FATAL(add(world, "a", &binary));
	CU_ASSERT_FALSE(is_equal(world, HASH_SHA1));
	hold_usual(world);
	CU_ASSERT_TRUE(is_equal(world, HASH_SHA1));
	CU_ASSERT_FALSE(is_equal(world, HASH_SHA256));
	CU_ASSERT_FALSE(is_equal(world, HASH_NONE));
	world->profiles[0].mode = SLICE("enforce"); /* db is another profile */
	CU_ASSERT_TRUE(is_equal(world, HASH_SHA1));
	world->profiles[2].mode = SLICE("enforce");
	CU_ASSERT_FALSE(is_equal(world, HASH_SHA1));
	world->profiles[2].mode = SLICE("complain");
	hold(world, "", "web//more", "enforce", "00");
	CU_ASSERT_FALSE(is_equal(world, HASH_SHA1));
	world->loaded.count--;
	for (size_t i = 0; i < 3; i++)
		world->profiles[i].hash = SLICE("");
	CU_ASSERT_FALSE(is_equal(world, HASH_SHA1));
	CU_ASSERT_TRUE(is_equal(world, HASH_NONE));
	world_end(world);
}
