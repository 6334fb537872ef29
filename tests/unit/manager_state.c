#include "manager/scan.h"
#include "manager/state.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <stdio.h>

/* One profile 'web', as the kernel holds it and as it should be: made by hand. */
struct world {
	struct arena arena;
	struct loaded_profile held;
	struct loaded loaded;
	struct set_profile top;
	struct set_profile *sorted[1];
	struct set_member wanted;
	struct record record;
	struct state_question question;
};

static void world_begin(struct world *world)
{
	*world = (struct world){0};
	arena_init(&world->arena, test_out_of_memory);
	world->held = (struct loaded_profile){.name = SLICE("web"),
		.namespace = SLICE(""),
		.mode = SLICE("enforce"),
		.hash = SLICE("aa"),
		.kind = HASH_SHA256};
	world->loaded = (struct loaded){.profiles = &world->held, .count = 1};
	world->top = (struct set_profile){.name = SLICE("web"),
		.namespace = SLICE(""),
		.mode = COMPILED_ENFORCE,
		.sha1 = SLICE("11"),
		.sha256 = SLICE("aa")};
	world->sorted[0] = &world->top;
	world->wanted = (struct set_member){
		.profiles = &world->top, .profile_count = 1, .sorted = (void *)world->sorted};
	CU_ASSERT_TRUE_FATAL(
		loaded_identity(&world->loaded, SLICE(""), SLICE("web"), &world->record.identity));
	world->record.kind = HASH_SHA256;
	world->question = (struct state_question){.name = SLICE("web"),
		.namespace = SLICE(""),
		.loaded = &world->loaded,
		.record = &world->record,
		.wanted = &world->wanted,
		.is_described = true};
}

static bool is(struct world *world, enum profile_state state, const char *part)
{
	struct state_answer answer = state_decide(&world->question, &world->arena);
	return answer.state == state &&
	       (*part ? memmem(answer.why.at, answer.why.len, part, strlen(part)) != NULL
		      : answer.why.len == 0);
}

UNIT_TEST(state_of_a_recorded_profile)
{
	struct world world;
	world_begin(&world);
	CU_ASSERT_TRUE(is(&world, STATE_CURRENT, ""));
	world.top.sha256 = SLICE("bb");
	CU_ASSERT_TRUE(is(&world, STATE_STALE, "another policy than its file describes"));
	world.top.mode = COMPILED_COMPLAIN;
	CU_ASSERT_TRUE(is(&world, STATE_STALE, "in mode enforce, not complain"));
	world.held.hash = SLICE("cc");
	world.top.mode = COMPILED_ENFORCE;
	CU_ASSERT_TRUE(is(&world, STATE_DRIFTED, "replaced by somebody else"));
	world.held.mode = SLICE("complain");
	CU_ASSERT_TRUE(is(&world, STATE_DRIFTED, "in mode complain, not enforce"));
	world.loaded.count = 0;
	CU_ASSERT_TRUE(is(&world, STATE_MISSING, "not loaded"));
	arena_free(&world.arena);
}

/* Replaced by somebody else, with what the file says now. */
UNIT_TEST(state_of_what_is_wanted_is_current)
{
	struct world world;
	world_begin(&world);
	world.held.hash = world.top.sha256 = SLICE("bb");
	CU_ASSERT_TRUE(is(&world, STATE_CURRENT, ""));
	arena_free(&world.arena);
}

UNIT_TEST(state_without_a_record)
{
	struct world world;
	world_begin(&world);
	world.question.record = NULL;
	CU_ASSERT_TRUE(is(&world, STATE_CURRENT, ""));
	world.question.owner = OWNER_FOREIGN;
	world.top.sha256 = SLICE("bb");
	CU_ASSERT_TRUE(is(&world, STATE_FOREIGN, "not loaded by aaforge"));
	world.question.owner = OWNER_AAFORGE;
	CU_ASSERT_TRUE(is(&world, STATE_DRIFTED, "another policy"));
	world.question.owner = OWNER_EDITED;
	world.top.sha256 = SLICE("aa");
	CU_ASSERT_TRUE(is(&world, STATE_CURRENT, ""));
	world.question.wanted = NULL;
	CU_ASSERT_TRUE(is(&world, STATE_UNKNOWN, "could not be compiled"));
	world.question.owner = OWNER_NOBODY;
	CU_ASSERT_TRUE(is(&world, STATE_FOREIGN,
		""
		"not loaded by aaforge"));
	arena_free(&world.arena);
}

UNIT_TEST(state_that_cannot_be_seen)
{
	struct world world;
	world_begin(&world);
	world.held.kind = HASH_NONE;
	world.held.hash = SLICE("");
	CU_ASSERT_TRUE(is(&world, STATE_UNKNOWN, "cannot be seen"));
	world.question.record = NULL;
	world.question.owner = OWNER_AAFORGE;
	CU_ASSERT_TRUE(is(&world, STATE_UNKNOWN, "cannot be seen"));
	world.question.owner = OWNER_NOBODY;
	CU_ASSERT_TRUE(is(&world, STATE_FOREIGN, "not loaded by aaforge"));
	arena_free(&world.arena);
}

UNIT_TEST(state_of_children_is_that_of_their_parent)
{
	struct loaded_profile profiles[] = {
		{.name = SLICE("a//b"), .namespace = SLICE("")},
		{.name = SLICE("web"), .namespace = SLICE("")},
		{.name = SLICE("web//worker"), .namespace = SLICE("")},
		{.name = SLICE("web//worker//deep"), .namespace = SLICE("")},
	};
	struct loaded loaded = {.profiles = profiles, .count = 4};
	CU_ASSERT_TRUE(slice_is(loaded_top(&loaded, &profiles[0]), "a//b"));
	CU_ASSERT_TRUE(slice_is(loaded_top(&loaded, &profiles[1]), "web"));
	CU_ASSERT_TRUE(slice_is(loaded_top(&loaded, &profiles[2]), "web"));
	CU_ASSERT_TRUE(slice_is(loaded_top(&loaded, &profiles[3]), "web"));
}

/* Names as they are written, of files that the parser would load. */
UNIT_TEST(scan_finds_profiles)
{
	struct place place = place_begin();
	struct places places;
	struct arena arena;
	struct scan scan;
	arena_init(&arena, test_out_of_memory);
	place_put(&place, "etc/apparmor.d/one",
		"abi <abi/3.0>,\n@{x}=/y\nprofile web /usr/bin/web flags=(complain) {\n"
		"  profile kid { /x r, }\n}\n/usr/sbin/nscd {\n}\n");
	place_put(&place, "etc/apparmor.d/two", "profile \"a b\" { }\nprofile web { /z r\n");
	place_put(&place, "etc/apparmor.d/three.dpkg-new", "profile skipped { }\n");
	place_put(&place, "etc/apparmor.d/abstractions/base", "profile never { }\n");
	CU_ASSERT_TRUE_FATAL(places_find(place.path, &places, NULL));
	scan_read(&places, &arena, &scan);
	static const char *const names[] = {"/usr/sbin/nscd", "a b", "web", "web"};
	CU_ASSERT_EQUAL_FATAL(scan.count, 4);
	for (size_t i = 0; i < 4; i++)
		CU_ASSERT_TRUE(slice_is(scan.items[i].name, names[i]));
	CU_ASSERT_TRUE(slice_is(scan.items[2].file, "one"));
	CU_ASSERT_TRUE(slice_is(scan.items[3].file, "two"));
	CU_ASSERT_TRUE(scan_file(&places, SLICE("one"), &arena, &scan));
	CU_ASSERT_EQUAL(scan.count, 2);
	CU_ASSERT_FALSE(scan_file(&places, SLICE("none"), &arena, &scan));
	CU_ASSERT_FALSE(scan_file(&places, SLICE("../x"), &arena, &scan));
	CU_ASSERT_FALSE(scan_file(&places, SLICE("abstractions"), &arena, &scan));
	places_free(&places);
	arena_free(&arena);
	place_end(&place);
}
