#include "manager/change/transaction.h"
#include "manager/system/file.h"
#include "manager/disk/journal.h"
#include "tests/unit/manager_world.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void put_ours(struct world *world, const char *name, const char *text)
{
	struct slice marked = installed_mark(&world->arena, slice_str(text));
	place_put(&world->place, name, arena_string(&world->arena, marked));
}

static bool holds_ours(struct world *world, const char *name, const char *text)
{
	struct slice marked = installed_mark(&world->arena, slice_str(text));
	return place_holds(&world->place, name, arena_string(&world->arena, marked));
}

static bool is_there(struct world *world, const char *name)
{
	struct stat at;
	return lstat(place_at(&world->place, name), &at) == 0;
}

static struct change put(const char *name, const char *text)
{
	return (struct change){.kind = CHANGE_PUT,
		.name = slice_str(name),
		.text = slice_str(text),
		.source = SLICE("/srv/web.yaml")};
}

static struct change drop(const char *name)
{
	return (struct change){.kind = CHANGE_DROP, .name = slice_str(name)};
}

static struct change_file file_at(struct world *world, const char *path, const char *text)
{
	return (struct change_file){
		arena_printf(&world->arena, "%s/%s", world->place.path, path), slice_str(text)};
}

/* Without a kernel. */
static bool run(
	struct world *world, const struct change *changes, size_t count, struct error **ret_error)
{
	return transaction_run(
		&world->places, changes, count, NULL, NULL, &world->arena, NULL, ret_error);
}

static bool recovers_as(struct world *world, enum recovery want)
{
	enum recovery recovery = (enum recovery) - 1;
	struct error *error = NULL;
	bool is_done = transaction_recover(&world->places, &world->arena, &recovery, &error);
	if (!is_done)
		error_takes(&error, -1, "");
	return is_done && recovery == want;
}

UNIT_TEST(transaction_puts_text_and_files)
{
	struct world world;
	world_begin(&world);
	struct change_file files[] = {file_at(&world, "etc/aaforge/web.yaml", "name: web\n"),
		file_at(&world, "etc/aaforge/templates/a b", "t")};
	struct change change = put("web", "profile web { }\n");
	change.files = files;
	change.file_count = COUNT(files);
	struct error *error = NULL;
	CU_ASSERT_TRUE(run(&world, &change, 1, &error));
	CU_ASSERT_TRUE(holds_ours(&world, "etc/apparmor.d/web", "profile web { }\n"));
	CU_ASSERT_TRUE(place_holds(&world.place, "etc/aaforge/web.yaml", "name: web\n"));
	CU_ASSERT_TRUE(place_holds(&world.place, "etc/aaforge/templates/a b", "t"));
	CU_ASSERT_EQUAL(place_count(&world.place, "etc/aaforge"), 2);
	CU_ASSERT_TRUE(recovers_as(&world, RECOVERY_NONE));
	/* The same once more, then another one: what is ours needs no backup. */
	CU_ASSERT_TRUE(run(&world, &change, 1, &error));
	change.text = SLICE("profile web { deny / r, }\n");
	CU_ASSERT_TRUE(run(&world, &change, 1, &error));
	CU_ASSERT_TRUE(holds_ours(&world, "etc/apparmor.d/web", "profile web { deny / r, }\n"));
	CU_ASSERT_EQUAL(place_count(&world.place, "etc/aaforge"), 2);
	world_end(&world);
}

UNIT_TEST(transaction_of_nothing)
{
	struct world world;
	world_begin(&world);
	struct slice before = world_listing(&world);
	CU_ASSERT_TRUE(run(&world, NULL, 0, NULL));
	CU_ASSERT_TRUE(slice_eq(world_listing(&world), before));
	world_end(&world);
}

UNIT_TEST(transaction_drops_all_there_is)
{
	struct world world;
	world_begin(&world);
	put_ours(&world, "etc/apparmor.d/web", "profile web { }\n");
	place_put(&world.place, "etc/aaforge/web.yaml", "name: web\n");
	place_put(&world.place, "etc/aaforge/templates/web", "t");
	place_put(&world.place, "var/cache/apparmor/1234.0/web", "cached");
	place_put(&world.place, "var/cache/apparmor/1234.0/db", "cached");
	place_put(&world.place, "var/cache/apparmor/CACHEDIR.TAG", "");
	struct change_file file = file_at(&world, "etc/aaforge/templates/web", "");
	struct change change = drop("web");
	change.files = &file;
	change.file_count = 1;
	struct error *error = NULL;
	CU_ASSERT_TRUE(run(&world, &change, 1, &error));
	CU_ASSERT_TRUE(
		slice_eq(world_listing(&world), SLICE("etc/apparmor.d/abi/3.0: \n"
						      "var/cache/apparmor/1234.0/db: cached\n"
						      "var/cache/apparmor/CACHEDIR.TAG: \n")));
	CU_ASSERT_TRUE(run(&world, &change, 1, &error));
	world_end(&world);
}

UNIT_TEST(transaction_keeps_what_is_not_ours)
{
	struct world world;
	struct error *error = NULL;
	world_begin(&world);
	place_put(&world.place, "etc/apparmor.d/web", "foreign");
	place_put(&world.place, "etc/aaforge/web.yaml", "foreign description");
	struct change_file file = file_at(&world, "etc/aaforge/web.yaml", "name: web\n");
	struct change change = put("web", "profile web { }\n");
	change.files = &file;
	change.file_count = 1;
	CU_ASSERT_TRUE(run(&world, &change, 1, &error));
	CU_ASSERT_TRUE(place_holds(&world.place, "etc/aaforge/backup/web.1", "foreign"));
	CU_ASSERT_FALSE(is_there(&world, "etc/aaforge/backup/web.yaml.1"));
	struct stat at;
	stat(place_at(&world.place, "etc/aaforge/backup"), &at);
	CU_ASSERT_EQUAL(at.st_mode & 07777, 0700);
	/* Edited since, and asked to keep all: numbers go up, the same is kept once. */
	for (int i = 0; i < 2; i++) {
		place_put(&world.place, "etc/apparmor.d/web",
			"# Installed by aaforge. SHA-256 of what follows: 0\nedited");
		place_put(&world.place, "etc/aaforge/web.yaml", "edited description");
		change.backs_up = true;
		CU_ASSERT_TRUE(run(&world, &change, 1, &error));
		CU_ASSERT_TRUE(place_holds(&world.place, "etc/aaforge/backup/web.2",
			"# Installed by aaforge. SHA-256 of what follows: 0\nedited"));
		CU_ASSERT_TRUE(place_holds(
			&world.place, "etc/aaforge/backup/web.yaml.1", "edited description"));
		CU_ASSERT_EQUAL(place_count(&world.place, "etc/aaforge/backup"), 3);
	}
	/* Removed although it is foreign. */
	place_put(&world.place, "etc/apparmor.d/web", "another");
	change = drop("web");
	CU_ASSERT_TRUE(run(&world, &change, 1, &error));
	CU_ASSERT_TRUE(place_holds(&world.place, "etc/aaforge/backup/web.3", "another"));
	CU_ASSERT_FALSE(is_there(&world, "etc/apparmor.d/web"));
	world_end(&world);
}

UNIT_TEST(transaction_replaces_a_link_and_keeps_it)
{
	struct world world;
	struct error *error = NULL;
	char target[64] = "";
	world_begin(&world);
	place_put(&world.place, "etc/precious", "precious");
	CU_ASSERT_EQUAL(symlink("../precious", place_at(&world.place, "etc/apparmor.d/web")), 0);
	struct change change = put("web", "profile web { }\n");
	CU_ASSERT_TRUE(run(&world, &change, 1, &error));
	CU_ASSERT_TRUE(holds_ours(&world, "etc/apparmor.d/web", "profile web { }\n"));
	CU_ASSERT_TRUE(place_holds(&world.place, "etc/precious", "precious"));
	CU_ASSERT_EQUAL(readlink(place_at(&world.place, "etc/aaforge/backup/web.1"), target,
				sizeof(target)),
		11);
	CU_ASSERT_STRING_EQUAL(target, "../precious");
	world_end(&world);
}

/* Nothing may have changed, and no journal is left. */
static void expect_refusal(struct world *world, const struct change *changes, size_t count,
	int number, const char *words)
{
	struct slice before = world_listing(world);
	struct error *error = NULL;
	bool is_committed = false;
	CU_ASSERT_FALSE(transaction_run(
		&world->places, changes, count, NULL, NULL, &world->arena, &is_committed, &error));
	CU_ASSERT_FALSE(is_committed);
	CU_ASSERT_TRUE(error_takes(&error, number, words));
	CU_ASSERT_TRUE(slice_eq(world_listing(world), before));
	CU_ASSERT_FALSE(is_there(world, "etc/aaforge/.transaction"));
}

UNIT_TEST(transaction_refuses_before_anything_is_done)
{
	struct world world;
	world_begin(&world);
	place_put(&world.place, "etc/aaforge/file", "");
	CU_ASSERT_EQUAL(mkdir(place_at(&world.place, "etc/apparmor.d/dir"), 0755), 0);
	struct change changes[] = {put("web", "w"), put("db", "d")};
	changes[1].name = SLICE("dir");
	expect_refusal(&world, changes, 2, EINVAL, "is a directory");
	changes[1].name = SLICE("web");
	expect_refusal(&world, changes, 2, EINVAL, "to be changed twice");
	changes[1].name = SLICE("../x");
	expect_refusal(&world, changes, 2, EINVAL, "not the name of a file");
	changes[1] = drop("../x");
	expect_refusal(&world, changes, 2, EINVAL, "not the name of a file");
	changes[1] = drop("dir");
	expect_refusal(&world, changes, 2, EISDIR, "is a directory");
	struct change_file below = file_at(&world, "etc/aaforge/file/x", "");
	changes[1] = put("db", "d");
	changes[1].files = &below;
	changes[1].file_count = 1;
	expect_refusal(&world, changes, 2, EEXIST, "etc/aaforge/file'");
	CU_ASSERT_EQUAL(mkfifo(place_at(&world.place, "etc/aaforge/fifo"), 0600), 0);
	struct change_file fifo = file_at(&world, "etc/aaforge/fifo", "");
	CU_ASSERT_EQUAL(unlink(place_at(&world.place, "etc/aaforge/file")), 0);
	changes[1].files = &fifo;
	struct error *error = NULL;
	CU_ASSERT_FALSE(run(&world, changes, 2, &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "named pipe"));
	CU_ASSERT_FALSE(is_there(&world, "etc/apparmor.d/web"));
	world_end(&world);
}

/* In a child that cannot write files of more than 4000 bytes. */
static int in_small_world(
	struct world *world, const struct change *changes, size_t count, bool want_committed)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		struct error *error = NULL;
		bool is_committed = false;
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){4000, 4000});
		bool is_done = transaction_run(&world->places, changes, count, NULL, NULL,
			&world->arena, &is_committed, &error);
		_exit(!is_done && error_takes(&error, EFBIG, "cannot write") &&
					is_committed == want_committed
				? 0
				: 1);
	}
	int status;
	waitpid(pid, &status, 0);
	return status;
}

UNIT_TEST(transaction_on_a_full_disk_before_the_commit_changes_nothing)
{
	static char large[8192];
	struct world world;
	world_begin(&world);
	put_ours(&world, "etc/apparmor.d/web", "old");
	struct slice before = world_listing(&world);
	memset(large, '#', sizeof(large) - 1);
	struct change change = put("web", large);
	CU_ASSERT_EQUAL(in_small_world(&world, &change, 1, false), 0);
	CU_ASSERT_TRUE(slice_eq(world_listing(&world), before));
	CU_ASSERT_FALSE(is_there(&world, "etc/aaforge/.transaction"));
	world_end(&world);
}

UNIT_TEST(transaction_on_a_full_disk_after_the_commit_is_finished_later)
{
	static char large[8192];
	struct world world;
	world_begin(&world);
	memset(large, '#', sizeof(large) - 1);
	place_put(&world.place, "etc/apparmor.d/web", large); /* the backup does not fit */
	struct change change = put("web", "new");
	CU_ASSERT_EQUAL(in_small_world(&world, &change, 1, true), 0);
	CU_ASSERT_TRUE(place_holds(&world.place, "etc/apparmor.d/web", large));
	/* Who forgets to recover gets nothing done. */
	struct error *error = NULL;
	CU_ASSERT_FALSE(run(&world, &change, 1, &error));
	CU_ASSERT_TRUE(error_takes(&error, EEXIST, "a killed run left"));
	CU_ASSERT_TRUE(recovers_as(&world, RECOVERY_FINISHED));
	CU_ASSERT_TRUE(holds_ours(&world, "etc/apparmor.d/web", "new"));
	CU_ASSERT_TRUE(place_holds(&world.place, "etc/aaforge/backup/web.1", large));
	CU_ASSERT_TRUE(recovers_as(&world, RECOVERY_NONE));
	world_end(&world);
}

/* --- killed --- */

static void make_old(struct world *world)
{
	world_begin(world);
	put_ours(world, "etc/apparmor.d/web", "old web");
	place_put(&world->place, "etc/aaforge/web.yaml", "old web.yaml");
	place_put(&world->place, "etc/apparmor.d/db", "foreign db");
	place_put(&world->place, "etc/aaforge/backup/db.1", "older foreign db");
	CU_ASSERT_EQUAL(symlink("nowhere", place_at(&world->place, "etc/apparmor.d/link")), 0);
	put_ours(world, "etc/apparmor.d/gone", "gone");
	place_put(&world->place, "etc/aaforge/gone.yaml", "old gone.yaml");
	place_put(&world->place, "var/cache/apparmor/1.0/gone", "cached");
	place_put(&world->place, "etc/apparmor.d/edited",
		"# Installed by aaforge. SHA-256 of what follows: 0\nedited");
}

static bool change_all(struct world *world)
{
	struct change_file files[] = {file_at(world, "etc/aaforge/web.yaml", "new web.yaml"),
		file_at(world, "etc/aaforge/templates/web", "new template")};
	struct change changes[] = {put("web", "new web"), put("db", "new db"),
		put("link", "new link"), put("fresh", "new fresh"), drop("gone"), drop("edited")};
	changes[0].files = files;
	changes[0].file_count = COUNT(files);
	return run(world, changes, COUNT(changes), NULL);
}

static bool recover(struct world *world)
{
	enum recovery recovery;
	return transaction_recover(&world->places, &world->arena, &recovery, NULL);
}

/* The listings of both states, in the arena of `world`. */
static void both_states(struct world *world, struct slice *ret_old, struct slice *ret_new)
{
	struct world other;
	make_old(&other);
	*ret_old = arena_copy(&world->arena, world_listing(&other));
	CU_ASSERT_TRUE(change_all(&other));
	*ret_new = arena_copy(&world->arena, world_listing(&other));
	world_end(&other);
}

UNIT_TEST(transaction_changes_all)
{
	struct world world;
	make_old(&world);
	unsigned flushes = world_flushes();
	CU_ASSERT_TRUE(change_all(&world));
	/* 2 for each of 6 files, 2 backups, manifest and marker; 1 for a backup that is a link, the
	 * contents, the journal's directory, each of 2 that lost files, and 2 as the journal goes.
	 */
	CU_ASSERT_EQUAL(world_flushes() - flushes, 27);
	CU_ASSERT_TRUE(holds_ours(&world, "etc/apparmor.d/web", "new web"));
	CU_ASSERT_TRUE(holds_ours(&world, "etc/apparmor.d/fresh", "new fresh"));
	CU_ASSERT_TRUE(place_holds(&world.place, "etc/aaforge/backup/db.2", "foreign db"));
	CU_ASSERT_FALSE(is_there(&world, "etc/apparmor.d/gone"));
	CU_ASSERT_FALSE(is_there(&world, "etc/apparmor.d/edited"));
	CU_ASSERT_FALSE(is_there(&world, "etc/aaforge/gone.yaml"));
	CU_ASSERT_FALSE(is_there(&world, "var/cache/apparmor/1.0/gone"));
	CU_ASSERT_TRUE(is_there(&world, "etc/aaforge/backup/edited.1"));
	CU_ASSERT_TRUE(is_there(&world, "etc/aaforge/backup/link.1"));
	CU_ASSERT_EQUAL(place_count(&world.place, "etc/aaforge/backup"), 4);
	world_end(&world);
}

UNIT_TEST(transaction_killed_anywhere_leaves_old_or_new)
{
	struct world states, world;
	struct slice before, after;
	unsigned left_old = 0, left_new = 0;
	world_begin(&states);
	both_states(&states, &before, &after);
	CU_ASSERT_FALSE(slice_eq(before, after));
	bool is_killed = true;
	for (int n = 1; is_killed && n < 2000; n++) {
		make_old(&world);
		is_killed = world_act_and_die(&world, change_all, n);
		CU_ASSERT_TRUE(recover(&world));
		struct slice listing = world_listing(&world);
		left_old += slice_eq(listing, before);
		left_new += slice_eq(listing, after);
		CU_ASSERT_EQUAL_FATAL(left_old + left_new, (unsigned)n);
		CU_ASSERT_TRUE(recovers_as(&world, RECOVERY_NONE));
		CU_ASSERT_TRUE(slice_eq(world_listing(&world), listing));
		CU_ASSERT_FALSE(is_there(&world, "etc/aaforge/.transaction"));
		world_end(&world);
	}
	printf("    killed at %u calls before and %u after the commit\n", left_old, left_new);
	CU_ASSERT_TRUE(left_old > 4);
	CU_ASSERT_TRUE(left_new > 30);
	world_end(&states);
}

UNIT_TEST(transaction_recovery_killed_anywhere_is_finished_by_the_next)
{
	struct world states, world;
	struct slice before, after;
	world_begin(&states);
	both_states(&states, &before, &after);
	for (int n = 5; n < 110; n += 13) {
		bool is_killed = true;
		for (int m = 1; is_killed && m < 2000; m += 3) {
			make_old(&world);
			CU_ASSERT_TRUE_FATAL(world_act_and_die(&world, change_all, n));
			is_killed = world_act_and_die(&world, recover, m);
			CU_ASSERT_TRUE(recover(&world));
			struct slice listing = world_listing(&world);
			CU_ASSERT_TRUE_FATAL(slice_eq(listing, before) || slice_eq(listing, after));
			world_end(&world);
		}
	}
	world_end(&states);
}
