#include "manager/disk/journal.h"
#include "manager/system/file.h"
#include "manager/change/transaction.h"
#include "tests/unit/manager_world.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRANSACTION "etc/aaforge/.transaction"

static struct slice at(struct world *world, const char *path)
{
	return arena_printf(&world->arena, "%s/%s", world->place.path, path);
}

/* A journal that puts web and its description, and drops old, as a run leaves it that is killed. */
static void leave_journal(struct world *world, const char *file)
{
	struct journal_file files[] = {{at(world, file), SLICE("name: web\n")}};
	struct journal_change changes[] = {
		{.name = SLICE("web"),
			.source = SLICE("/srv/\xff\n.yaml"),
			.text = {at(world, "etc/apparmor.d/web"), SLICE("profile web { }\n")},
			.files = files,
			.file_count = 1},
		{.is_drop = true,
			.name = SLICE("old"),
			.text = {at(world, "etc/apparmor.d/old"), {0}}},
	};
	struct journal journal = {.changes = changes, .change_count = 2};
	CU_ASSERT_TRUE(journal_begin(&world->places, &world->arena, NULL));
	CU_ASSERT_TRUE(journal_write(&world->places, &journal, &world->arena, NULL));
}

static bool recover(struct world *world, enum recovery want)
{
	enum recovery recovery;
	struct error *error = NULL;
	if (transaction_recover(&world->places, &world->arena, &recovery, &error))
		return recovery == want;
	error_takes(&error, -1, "");
	return false;
}

static enum journal_state state_of(struct world *world, struct journal *ret_journal)
{
	enum journal_state state = JOURNAL_NONE;
	CU_ASSERT_TRUE(journal_read(&world->places, &world->arena, &state, ret_journal, NULL));
	return state;
}

UNIT_TEST(journal_reads_what_it_wrote)
{
	struct world world;
	struct journal journal;
	struct stat directory;
	world_begin(&world);
	CU_ASSERT_EQUAL(state_of(&world, &journal), JOURNAL_NONE);
	leave_journal(&world, "etc/aaforge/web.yaml");
	stat(place_at(&world.place, TRANSACTION), &directory);
	CU_ASSERT_EQUAL(directory.st_mode & 07777, 0700);
	CU_ASSERT_EQUAL(state_of(&world, &journal), JOURNAL_VALID);
	CU_ASSERT_FALSE(journal.has_kernel);
	CU_ASSERT_EQUAL_FATAL(journal.change_count, 2);
	CU_ASSERT_TRUE(slice_is(journal.changes[0].source, "/srv/\xff\n.yaml"));
	CU_ASSERT_TRUE(slice_is(journal.changes[0].files[0].text, "name: web\n"));
	CU_ASSERT_TRUE(
		slice_eq(journal.changes[0].files[0].path, at(&world, "etc/aaforge/web.yaml")));
	CU_ASSERT_TRUE(journal.changes[1].is_drop);
	CU_ASSERT_TRUE(journal_commit(&world.places, &world.arena, NULL));
	CU_ASSERT_EQUAL(state_of(&world, &journal), JOURNAL_COMMITTED);
	CU_ASSERT_EQUAL(unlink(place_at(&world.place, TRANSACTION "/manifest")), 0);
	CU_ASSERT_EQUAL(state_of(&world, &journal), JOURNAL_DONE);
	CU_ASSERT_TRUE(journal_remove(&world.places, &world.arena, NULL));
	CU_ASSERT_TRUE(journal_remove(&world.places, &world.arena, NULL));
	CU_ASSERT_EQUAL(place_count(&world.place, TRANSACTION), -1);
	world_end(&world);
}

UNIT_TEST(journal_is_good_after_the_root_was_moved)
{
	struct world world, other;
	world_begin(&world);
	leave_journal(&world, "etc/aaforge/web.yaml");
	world_begin(&other);
	mkdir(place_at(&other.place, "etc/aaforge"), 0755);
	CU_ASSERT_EQUAL(
		rename(place_at(&world.place, TRANSACTION), place_at(&other.place, TRANSACTION)),
		0);
	CU_ASSERT_TRUE(recover(&other, RECOVERY_FINISHED));
	CU_ASSERT_TRUE(place_holds(&other.place, "etc/apparmor.d/web", "profile web { }\n"));
	CU_ASSERT_TRUE(place_holds(&other.place, "etc/aaforge/web.yaml", "name: web\n"));
	CU_ASSERT_EQUAL(place_count(&world.place, "etc/apparmor.d"), 1);
	world_end(&other);
	world_end(&world);
}

UNIT_TEST(journal_leads_nowhere_else)
{
	static const char *const paths[] = {"etc/passwd", "etc/aaforge/../passwd", "etc/aaforge",
		"etc/aaforge/", "etc/aaforge//x", "etc/aaforge/./x", "etc/aaforge/x/..",
		"etc/aaforgery/x", "etc/aaforge/.transaction/manifest"};
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct world world;
		world_begin(&world);
		leave_journal(&world, paths[i]);
		CU_ASSERT_TRUE(recover(&world, RECOVERY_DROPPED));
		CU_ASSERT_TRUE(
			slice_eq(world_listing(&world), SLICE("etc/apparmor.d/abi/3.0: \n")));
		world_end(&world);
	}
}

UNIT_TEST(journal_of_others_is_not_believed)
{
	struct world world;
	struct error *error = NULL;
	enum recovery recovery;
	world_begin(&world);
	leave_journal(&world, "etc/aaforge/web.yaml");
	chmod(place_at(&world.place, TRANSACTION), 0770);
	CU_ASSERT_FALSE(transaction_recover(&world.places, &world.arena, &recovery, &error));
	CU_ASSERT_TRUE(error_takes(&error, EPERM, "only root can write"));
	if (geteuid() == 0) {
		chmod(place_at(&world.place, TRANSACTION), 0700);
		CU_ASSERT_EQUAL(chown(place_at(&world.place, TRANSACTION), 0, 0), 0);
		CU_ASSERT_EQUAL(chown(place_at(&world.place, TRANSACTION), 4711, 0), 0);
		CU_ASSERT_FALSE(
			transaction_recover(&world.places, &world.arena, &recovery, &error));
		CU_ASSERT_TRUE(error_takes(&error, EPERM, "only root can write"));
	}
	chmod(place_at(&world.place, TRANSACTION), 0700);
	CU_ASSERT_EQUAL(chown(place_at(&world.place, TRANSACTION), geteuid(), -1), 0);
	CU_ASSERT_EQUAL(rename(place_at(&world.place, TRANSACTION),
				place_at(&world.place, "etc/aaforge/elsewhere")),
		0);
	CU_ASSERT_EQUAL(symlink("elsewhere", place_at(&world.place, TRANSACTION)), 0);
	CU_ASSERT_FALSE(transaction_recover(&world.places, &world.arena, &recovery, &error));
	CU_ASSERT_TRUE(error_takes(&error, EPERM, "only root can write"));
	CU_ASSERT_EQUAL(place_count(&world.place, "etc/aaforge/elsewhere"), 2);
	CU_ASSERT_EQUAL(place_count(&world.place, "etc/apparmor.d"), 1);
	world_end(&world);
}

/* Whatever one damaged byte does: it is dropped, or still says the very same. */
static void expect_harmless(struct world *world)
{
	struct journal journal;
	enum journal_state state = JOURNAL_NONE;
	CU_ASSERT_TRUE(journal_read(&world->places, &world->arena, &state, &journal, NULL));
	if (state == JOURNAL_INVALID)
		return;
	CU_ASSERT_EQUAL_FATAL(state, JOURNAL_VALID);
	CU_ASSERT_EQUAL_FATAL(journal.change_count, 2);
	CU_ASSERT_TRUE(slice_is(journal.changes[0].name, "web"));
	CU_ASSERT_TRUE(slice_is(journal.changes[0].text.text, "profile web { }\n"));
	CU_ASSERT_EQUAL(journal.changes[0].file_count, 1);
	CU_ASSERT_FALSE(journal.changes[0].backs_up || journal.changes[0].is_drop);
	CU_ASSERT_FALSE(journal.has_kernel);
	CU_ASSERT_TRUE(slice_is(journal.changes[1].name, "old"));
	CU_ASSERT_TRUE(journal.changes[1].is_drop);
}

static void damage(const char *file)
{
	struct world world;
	struct bytes text = {0};
	world_begin(&world);
	leave_journal(&world, "etc/aaforge/web.yaml");
	const char *path = at(&world, file).at;
	CU_ASSERT_TRUE_FATAL(file_read(path, 1 << 20, &text, NULL));
	for (size_t i = 0; i < text.len; i++) {
		static const char flips[] = {1, 2, 16, (char)0x80};
		for (size_t n = 0; n < sizeof(flips); n++) {
			text.at[i] ^= flips[n];
			CU_ASSERT_TRUE(file_write(path, bytes_slice(&text), NULL));
			expect_harmless(&world);
			text.at[i] ^= flips[n];
		}
		CU_ASSERT_TRUE(file_write(path, slice_first(bytes_slice(&text), i), NULL));
		expect_harmless(&world);
	}
	CU_ASSERT_TRUE(recover(&world, RECOVERY_DROPPED));
	CU_ASSERT_EQUAL(place_count(&world.place, "etc/apparmor.d"), 1);
	bytes_free(&text);
	world_end(&world);
}

UNIT_TEST(journal_with_a_damaged_manifest_is_harmless)
{
	damage(TRANSACTION "/manifest");
}

UNIT_TEST(journal_with_damaged_contents_is_harmless)
{
	damage(TRANSACTION "/contents");
}
