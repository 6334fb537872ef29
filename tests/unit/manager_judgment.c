#include "manager/change/judgment.h"
#include "manager/disk/scan.h"
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
	struct installed installed;
	struct judgment_question question;
	struct judgment judgment;
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
	world->installed = (struct installed){.name = SLICE("web"), .owner = OWNER_AAFORGE};
	world->question = (struct judgment_question){.name = SLICE("web"),
		.namespace = SLICE(""),
		.loaded = &world->loaded,
		.record = &world->record,
		.described = DESCRIBED_COMPILED,
		.wanted = &world->wanted,
		.kernel_enforces = KNOWN_YES};
}

/* Without a record, but installed. */
static void world_installed(struct world *world, enum ownership owner)
{
	world->question.record = NULL;
	world->question.installed = &world->installed;
	world->installed.owner = owner;
}

static bool is(struct world *world, enum profile_state state, const char *part)
{
	judgment_decide(&world->question, &world->arena, &world->judgment);
	struct slice why = world->judgment.why;
	return world->judgment.state == state &&
	       (*part ? slice_find(why, slice_str(part)) != NULL : why.len == 0);
}

UNIT_TEST(judgment_of_a_recorded_profile)
{
	struct world world;
	world_begin(&world);
	CU_ASSERT_TRUE(is(&world, STATE_CURRENT, ""));
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_YES);
	CU_ASSERT_EQUAL(world.judgment.confines_after_boot, KNOWN_NO);
	world.top.sha256 = SLICE("bb");
	CU_ASSERT_TRUE(is(&world, STATE_STALE, "another policy than its file describes"));
	CU_ASSERT_EQUAL(world.judgment.holds, HOLDS_RECORDED);
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_NO);
	world.top.mode = COMPILED_COMPLAIN;
	CU_ASSERT_TRUE(is(&world, STATE_STALE, "in mode enforce, not complain"));
	world.held.hash = SLICE("cc");
	world.top.mode = COMPILED_ENFORCE;
	CU_ASSERT_TRUE(is(&world, STATE_DRIFTED, "replaced by somebody else"));
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_NO);
	world.held.mode = SLICE("complain");
	CU_ASSERT_TRUE(is(&world, STATE_NOT_IN_FORCE, "in mode complain, not enforce"));
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_NO);
	world.loaded.count = 0;
	CU_ASSERT_TRUE(is(&world, STATE_MISSING, "not loaded"));
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_NO);
	arena_free(&world.arena);
}

/* Replaced by somebody else, with what the file says now. */
UNIT_TEST(judgment_of_what_is_wanted_is_current)
{
	struct world world;
	world_begin(&world);
	world.held.hash = world.top.sha256 = SLICE("bb");
	CU_ASSERT_TRUE(is(&world, STATE_CURRENT, ""));
	arena_free(&world.arena);
}

/* Nothing is believed that the kernel's hash does not say. */
UNIT_TEST(judgment_without_compiling)
{
	struct world world;
	world_begin(&world);
	world.question.wanted = NULL;
	world.question.described = DESCRIBED_UNASKED;
	CU_ASSERT_TRUE(is(&world, STATE_CURRENT, ""));
	CU_ASSERT_EQUAL(world.judgment.holds, HOLDS_RECORDED);
	world.held.hash = SLICE("bb");
	CU_ASSERT_TRUE(is(&world, STATE_DRIFTED, "replaced by somebody else"));
	arena_free(&world.arena);
}

UNIT_TEST(judgment_without_a_record)
{
	struct world world;
	world_begin(&world);
	world_installed(&world, OWNER_AAFORGE);
	CU_ASSERT_TRUE(is(&world, STATE_CURRENT, ""));
	CU_ASSERT_EQUAL(world.judgment.confines_after_boot, KNOWN_YES);
	world.installed.owner = OWNER_FOREIGN;
	CU_ASSERT_TRUE(is(&world, STATE_CURRENT, ""));
	world.top.sha256 = SLICE("bb");
	CU_ASSERT_TRUE(is(&world, STATE_FOREIGN, "not loaded by aaforge"));
	CU_ASSERT_FALSE(world.judgment.is_ours);
	world.installed.owner = OWNER_AAFORGE;
	CU_ASSERT_TRUE(is(&world, STATE_DRIFTED, "another policy"));
	world.question.wanted = NULL;
	world.question.described = DESCRIBED_BROKEN;
	CU_ASSERT_TRUE(is(&world, STATE_UNKNOWN, "could not be compiled"));
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_NOT);
	world.installed.owner = OWNER_NOBODY;
	CU_ASSERT_TRUE(is(&world, STATE_FOREIGN, "not loaded by aaforge"));
	world.question.is_text_hidden = true;
	CU_ASSERT_TRUE(is(&world, STATE_UNKNOWN, "cannot be read"));
	arena_free(&world.arena);
}

/* What the kernel holds may be fine: what the boot loads is not. */
UNIT_TEST(judgment_of_an_edited_text)
{
	struct world world;
	world_begin(&world);
	world_installed(&world, OWNER_EDITED);
	CU_ASSERT_TRUE(is(&world, STATE_EDITED, "its installed text was edited"));
	CU_ASSERT_EQUAL(world.judgment.holds, HOLDS_WANTED);
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_YES);
	CU_ASSERT_EQUAL(world.judgment.confines_after_boot, KNOWN_NO);
	world.question.wanted = NULL;
	world.question.described = DESCRIBED_NOT;
	CU_ASSERT_TRUE(is(&world, STATE_EDITED, "nothing to compare it with"));
	CU_ASSERT_EQUAL(world.judgment.holds, HOLDS_UNSEEN);
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_NOT);
	arena_free(&world.arena);
}

UNIT_TEST(judgment_of_the_boot)
{
	struct world world;
	world_begin(&world);
	world_installed(&world, OWNER_AAFORGE);
	world.installed.is_forced_complain = true;
	CU_ASSERT_TRUE(is(&world, STATE_CURRENT, "set to complain at boot"));
	CU_ASSERT_EQUAL(world.judgment.confines_after_boot, KNOWN_NO);
	world.installed.is_disabled = true;
	CU_ASSERT_TRUE(is(&world, STATE_CURRENT, "disabled at boot"));
	CU_ASSERT_EQUAL(world.judgment.confines_after_boot, KNOWN_NO);
	world.installed.is_disabled = world.installed.is_forced_complain = false;
	world.question.is_description_changed = true;
	world.question.changed_template = SLICE("./web.profile");
	CU_ASSERT_TRUE(is(&world, STATE_STALE, "its description was changed"));
	world.question.is_description_changed = false;
	CU_ASSERT_TRUE(is(&world, STATE_STALE, "its template './web.profile' was changed"));
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_NO);
	CU_ASSERT_EQUAL(world.judgment.confines_after_boot, KNOWN_NO);
	arena_free(&world.arena);
}

/* As it should be in every respect but one: it would not be applied. */
UNIT_TEST(judgment_of_what_is_not_in_force)
{
	struct world world;
	world_begin(&world);
	world.question.kernel_enforces = KNOWN_NO;
	CU_ASSERT_TRUE(is(&world, STATE_NOT_IN_FORCE, "the kernel enforces no profile"));
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_NO);
	world.question.kernel_enforces = KNOWN_NOT;
	CU_ASSERT_TRUE(is(&world, STATE_CURRENT, ""));
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_NOT);
	world.question.kernel_enforces = KNOWN_YES;
	world.question.dispute = SLICE("'other' attaches to it as well");
	CU_ASSERT_TRUE(is(&world, STATE_NOT_IN_FORCE, "'other' attaches"));
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_NO);
	world.question.dispute = SLICE("");
	world.question.outside.count = 2;
	world.question.outside.words = SLICE("12 (web)");
	CU_ASSERT_TRUE(is(&world, STATE_UNATTACHED, "2 processes run outside of it: 12 (web)"));
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_YES);
	world.question.outside.count = 0;
	world.question.loose.count = 1;
	world.question.loose.words = SLICE("12 (web)");
	CU_ASSERT_TRUE(
		is(&world, STATE_UNATTACHED, "1 process under its name is not confined: 12 (web)"));
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_YES);
	world.question.loose.count = 0;
	world.held.mode = SLICE("complain");
	world.top.mode = COMPILED_COMPLAIN;
	world.top.sha256 = world.held.hash;
	CU_ASSERT_TRUE(is(&world, STATE_CURRENT, "in mode complain, as its file says"));
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_NO);
	arena_free(&world.arena);
}

/* Where nothing is wrong now: a remark, and no more said of the boot than is known. */
UNIT_TEST(judgment_of_rivals_that_are_remarks)
{
	struct world world;
	world_begin(&world);
	world_installed(&world, OWNER_AAFORGE);
	world.question.overlap = SLICE("'con' attaches to one of them");
	world.top.sha256 = world.held.hash;
	CU_ASSERT_TRUE(is(&world, STATE_CURRENT, "'con' attaches to one of them"));
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_YES);
	CU_ASSERT_EQUAL(world.judgment.confines_after_boot, KNOWN_YES);
	world.question.boot_twice = SLICE("'other' defines it as well");
	CU_ASSERT_TRUE(is(&world, STATE_CURRENT, "'other' defines it as well; 'con'"));
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_YES);
	CU_ASSERT_EQUAL(world.judgment.confines_after_boot, KNOWN_NO);
	arena_free(&world.arena);
}

/* The heaviest reason is the state; none of the others is kept from the reader. */
UNIT_TEST(judgment_tells_every_reason)
{
	struct world world;
	world_begin(&world);
	world_installed(&world, OWNER_EDITED);
	world.question.record = &world.record;
	world.held.mode = SLICE("complain");
	CU_ASSERT_TRUE(is(&world, STATE_NOT_IN_FORCE,
		"is loaded in mode complain, not enforce; its installed text was edited"));
	CU_ASSERT_PTR_NOT_NULL(judgment_reason(&world.judgment, REASON_EDITED));
	CU_ASSERT_PTR_NULL(judgment_reason(&world.judgment, REASON_DISPUTED));
	for (int state = 0; state < STATE_COUNT; state++)
		CU_ASSERT_TRUE(*state_name((enum profile_state)state) != '\0');
	arena_free(&world.arena);
}

UNIT_TEST(judgment_of_what_cannot_be_seen)
{
	struct world world;
	world_begin(&world);
	world.held.kind = HASH_NONE;
	world.held.hash = SLICE("");
	CU_ASSERT_TRUE(is(&world, STATE_UNKNOWN, "cannot be seen"));
	CU_ASSERT_EQUAL(world.judgment.confines, KNOWN_NOT);
	/* As recorded in all that can be compared: that is no proof. */
	world.record.kind = HASH_NONE;
	CU_ASSERT_TRUE_FATAL(
		loaded_identity(&world.loaded, SLICE(""), SLICE("web"), &world.record.identity));
	CU_ASSERT_TRUE(is(&world, STATE_UNKNOWN, "cannot be seen"));
	world.held.mode = SLICE("kill");
	CU_ASSERT_TRUE(is(&world, STATE_DRIFTED, "in mode kill, not enforce"));
	world.held.mode = SLICE("enforce");
	world_installed(&world, OWNER_AAFORGE);
	CU_ASSERT_TRUE(is(&world, STATE_UNKNOWN, "cannot be seen"));
	world.installed.owner = OWNER_NOBODY;
	CU_ASSERT_TRUE(is(&world, STATE_FOREIGN, "not loaded by aaforge"));
	world.question.record = &world.record;
	world.held.kind = HASH_SHA256;
	world.question.wanted = NULL;
	world.question.described = DESCRIBED_HIDDEN;
	CU_ASSERT_TRUE(is(&world, STATE_UNKNOWN, "cannot be read: run it as root"));
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
