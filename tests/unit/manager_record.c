#include "manager/disk/records.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct world {
	struct place place;
	struct places places;
	struct arena arena;
	struct error *error;
	struct record record;
};

static struct world *world_begin(void)
{
	struct world *world = calloc(1, sizeof(*world));
	world->place = place_begin();
	world->places =
		(struct places){.root = "", .state = strdup(place_at(&world->place, "run"))};
	arena_init(&world->arena, test_out_of_memory);
	return world;
}

static void world_end(struct world *world)
{
	error_free(world->error);
	arena_free(&world->arena);
	free(world->places.state);
	place_end(&world->place);
	free(world);
}

static struct record sample(const char *source)
{
	return (struct record){
		.identity = digest_of(SLICE("identity")),
		.kind = HASH_SHA256,
		.text = digest_of(SLICE("text")),
		.source = slice_str(source),
	};
}

static bool is_read(struct world *world, const char *namespace, const char *name)
{
	return record_read(&world->places, slice_str(namespace), slice_str(name), &world->arena,
		&world->record);
}

static bool put(struct world *world, const char *namespace, const char *name, const char *source)
{
	struct record record = sample(source);
	return record_write(
		&world->places, slice_str(namespace), slice_str(name), &record, &world->error);
}

UNIT_TEST(record_round_trip)
{
	struct world *world = world_begin();
	CU_ASSERT_FALSE(is_read(world, "", "web"));
	CU_ASSERT_TRUE(put(world, "", "web", "/etc/aaforge/web.yaml"));
	CU_ASSERT_TRUE_FATAL(is_read(world, "", "web"));
	struct record wanted = sample("/etc/aaforge/web.yaml");
	CU_ASSERT_EQUAL(memcmp(&world->record.identity, &wanted.identity, DIGEST_BYTES), 0);
	CU_ASSERT_EQUAL(memcmp(&world->record.text, &wanted.text, DIGEST_BYTES), 0);
	CU_ASSERT_EQUAL(world->record.kind, HASH_SHA256);
	CU_ASSERT_TRUE(slice_is(world->record.source, "/etc/aaforge/web.yaml"));
	CU_ASSERT_TRUE(record_remove(&world->places, SLICE(""), SLICE("web"), &world->error));
	CU_ASSERT_FALSE(is_read(world, "", "web"));
	CU_ASSERT_TRUE(record_remove(&world->places, SLICE(""), SLICE("web"), &world->error));
	world_end(world);
}

UNIT_TEST(record_of_a_place_that_is_not_there)
{
	struct world *world = world_begin();
	CU_ASSERT_TRUE(record_remove(&world->places, SLICE(""), SLICE("web"), &world->error));
	CU_ASSERT_EQUAL(place_count(&world->place, ""), 0);
	world_end(world);
}

UNIT_TEST(record_of_every_name)
{
	static const char *const names[] = {"web", "/usr/sbin/nginx", ".", "..", ".hidden",
		"web//worker", "a b", "100%", "%41", "A", "a:b", "n\303\244me", "\377\001", "~",
		"-x"};
	struct world *world = world_begin();
	size_t count = sizeof(names) / sizeof(names[0]);
	for (size_t i = 0; i < count; i++)
		CU_ASSERT_TRUE(put(world, "", names[i], names[i]));
	CU_ASSERT_EQUAL(place_count(&world->place, "run/loaded"), (int)count);
	for (size_t i = 0; i < count; i++) {
		CU_ASSERT_TRUE(is_read(world, "", names[i]));
		CU_ASSERT_TRUE(slice_is(world->record.source, names[i]));
	}
	CU_ASSERT_EQUAL(
		access(place_at(&world->place, "run/loaded/%2Fusr%2Fsbin%2Fnginx"), F_OK), 0);
	CU_ASSERT_EQUAL(access(place_at(&world->place, "run/loaded/%2E."), F_OK), 0);
	world_end(world);
}

/* "a:b" and the profile "b" of the namespace "a" are two. */
UNIT_TEST(record_of_a_namespace)
{
	struct world *world = world_begin();
	CU_ASSERT_TRUE(put(world, "", "a:b", "one"));
	CU_ASSERT_TRUE(put(world, "a", "b", "two"));
	CU_ASSERT_TRUE(put(world, "a//b", "c", "three"));
	CU_ASSERT_EQUAL(place_count(&world->place, "run/loaded"), 3);
	CU_ASSERT_TRUE(is_read(world, "", "a:b") && slice_is(world->record.source, "one"));
	CU_ASSERT_TRUE(is_read(world, "a", "b") && slice_is(world->record.source, "two"));
	CU_ASSERT_TRUE(is_read(world, "a//b", "c") && slice_is(world->record.source, "three"));
	CU_ASSERT_FALSE(is_read(world, "", "b"));
	world_end(world);
}

UNIT_TEST(record_of_a_long_name)
{
	struct world *world = world_begin();
	char name[1001], other[1001], source[5001];
	memset(name, '/', 1000);
	memset(other, '/', 1000);
	memset(source, '/', 5000);
	name[1000] = other[1000] = source[5000] = '\0';
	other[999] = 'x';
	CU_ASSERT_TRUE(put(world, "", name, source));
	CU_ASSERT_TRUE(put(world, "", other, "other"));
	CU_ASSERT_TRUE(is_read(world, "", name));
	CU_ASSERT_TRUE(slice_is(world->record.source, source));
	CU_ASSERT_TRUE(is_read(world, "", other));
	CU_ASSERT_TRUE(slice_is(world->record.source, "other"));
	world_end(world);
}

UNIT_TEST(record_that_is_too_long)
{
	struct world *world = world_begin();
	char *source = calloc(1, 20001);
	memset(source, '/', 20000);
	CU_ASSERT_FALSE(put(world, "", "web", source));
	CU_ASSERT_TRUE(error_takes(&world->error, ENAMETOOLONG, "too long"));
	CU_ASSERT_FALSE(is_read(world, "", "web"));
	free(source);
	world_end(world);
}

#define HEX  "5403d7f8b1b5b2d9d1a5a4bfa6a4b1c2d3e4f50617283940a1b2c3d4e5f60718"
#define GOOD "aaforge record 1\nprofile web\nidentity sha256 " HEX "\ntext " HEX "\nsource %2Fx\n"

UNIT_TEST(record_with_children_that_were_left)
{
	struct world *world = world_begin();
	struct record record = sample("/x"), without = sample("/x");
	struct left_child children[2] = {{SLICE("web//a b\n"), digest_of(SLICE("1"))},
		{SLICE("web//c"), digest_of(SLICE("2"))}};
	record.left = (struct left_list){children, 2};
	CU_ASSERT_TRUE(
		record_write(&world->places, SLICE(""), SLICE("web"), &record, &world->error));
	CU_ASSERT_TRUE_FATAL(is_read(world, "", "web"));
	CU_ASSERT_TRUE(record_is_equal(&world->record, &record));
	CU_ASSERT_FALSE(record_is_equal(&world->record, &without));
	CU_ASSERT_TRUE(slice_is(world->record.left.items[0].name, "web//a b\n"));
	children[1].identity = digest_of(SLICE("3"));
	CU_ASSERT_FALSE(record_is_equal(&world->record, &record));
	world_end(world);
}

UNIT_TEST(record_that_is_damaged)
{
	static const char *const damaged[] = {
		"",
		"aaforge record 1\n",
		"aaforge record 2\nprofile web\nidentity sha256 " HEX "\ntext " HEX "\nsource x\n",
		"aaforge record 1\nprofile db\nidentity sha256 " HEX "\ntext " HEX "\nsource x\n",
		"aaforge record 1\nprofile web\nidentity sha257 " HEX "\ntext " HEX "\nsource x\n",
		"aaforge record 1\nprofile web\nidentity sha256 5403\ntext " HEX "\nsource x\n",
		"aaforge record 1\nprofile web\nidentity sha256 " HEX "\ntext g" HEX "\nsource x\n",
		"aaforge record 1\nprofile web\nidentity sha256 " HEX "\ntext " HEX "\nsource %2\n",
		"aaforge record 1\nprofile web\nidentity sha256 " HEX "\ntext " HEX
		"\nsource %zz\n",
		"aaforge record 1\nprofile web\nidentity sha256 " HEX "\ntext " HEX "\nsource x",
		GOOD "more\n",
		GOOD "left " HEX "\n",
		GOOD "left " HEX " %2\n",
		GOOD "left 54 x\n",
	};
	struct world *world = world_begin();
	CU_ASSERT_TRUE(put(world, "", "web", "x"));
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		place_put(&world->place, "run/loaded/web", damaged[i]);
		CU_ASSERT_FALSE(is_read(world, "", "web"));
	}
	place_put(&world->place, "run/loaded/web", GOOD);
	CU_ASSERT_TRUE(is_read(world, "", "web"));
	CU_ASSERT_TRUE(slice_is(world->record.source, "/x"));
	world_end(world);
}

/* Who may write there could have aaforge take a foreign profile for its own. */
UNIT_TEST(record_that_others_could_have_written)
{
	struct world *world = world_begin();
	CU_ASSERT_TRUE(put(world, "", "web", "x"));
	const char *paths[] = {"run/loaded/web", "run/loaded", "run"};
	for (size_t i = 0; i < 3; i++) {
		const char *path = place_at(&world->place, paths[i]);
		mode_t mode = i == 0 ? 0644 : 0755;
		CU_ASSERT_TRUE(is_read(world, "", "web"));
		CU_ASSERT_EQUAL(chmod(path, mode | 020), 0);
		CU_ASSERT_FALSE(is_read(world, "", "web"));
		CU_ASSERT_EQUAL(chmod(path, mode | 002), 0);
		CU_ASSERT_FALSE(is_read(world, "", "web"));
		CU_ASSERT_EQUAL(chmod(path, mode), 0);
		if (geteuid() != 0)
			continue;
		CU_ASSERT_EQUAL(chown(path, 65534, 0), 0);
		CU_ASSERT_FALSE(is_read(world, "", "web"));
		CU_ASSERT_EQUAL(chown(path, 0, 0), 0);
	}
	CU_ASSERT_EQUAL(rename(place_at(&world->place, "run/loaded/web"),
				place_at(&world->place, "run/loaded/x")),
		0);
	CU_ASSERT_EQUAL(symlink("x", place_at(&world->place, "run/loaded/web")), 0);
	CU_ASSERT_FALSE(is_read(world, "", "web"));
	CU_ASSERT_EQUAL(unlink(place_at(&world->place, "run/loaded/web")), 0);
	CU_ASSERT_EQUAL(mkfifo(place_at(&world->place, "run/loaded/web"), 0644), 0);
	CU_ASSERT_FALSE(is_read(world, "", "web"));
	world_end(world);
}

UNIT_TEST(record_is_not_written_where_others_may)
{
	struct world *world = world_begin();
	CU_ASSERT_TRUE(put(world, "", "web", "x"));
	CU_ASSERT_EQUAL(chmod(place_at(&world->place, "run/loaded"), 0777), 0);
	CU_ASSERT_FALSE(put(world, "", "db", "x"));
	CU_ASSERT_TRUE(error_takes(&world->error, EPERM, "can be written by others"));
	CU_ASSERT_FALSE(record_remove(&world->places, SLICE(""), SLICE("web"), &world->error));
	CU_ASSERT_TRUE(error_takes(&world->error, EPERM, "cannot forget"));
	world_end(world);
}

UNIT_TEST(record_is_readable_whatever_the_umask)
{
	struct world *world = world_begin();
	struct stat at;
	mode_t mask = umask(077);
	CU_ASSERT_TRUE(put(world, "", "web", "x"));
	umask(mask);
	CU_ASSERT_EQUAL(stat(place_at(&world->place, "run/loaded/web"), &at), 0);
	CU_ASSERT_EQUAL(at.st_mode & 0777, 0644);
	CU_ASSERT_EQUAL(stat(place_at(&world->place, "run/loaded"), &at), 0);
	CU_ASSERT_EQUAL(at.st_mode & 0777, 0755);
	CU_ASSERT_EQUAL(stat(place_at(&world->place, "run"), &at), 0);
	CU_ASSERT_EQUAL(at.st_mode & 0777, 0755);
	world_end(world);
}

UNIT_TEST(record_that_cannot_be_written)
{
	struct world *world = world_begin();
	place_put(&world->place, "run", "a file");
	CU_ASSERT_FALSE(put(world, "", "web", "x"));
	CU_ASSERT_TRUE(error_takes(&world->error, EEXIST, "cannot remember that 'web' was loaded"));
	world_end(world);
}

UNIT_TEST(record_is_prepared_and_settled)
{
	struct world *world = world_begin();
	struct record old = sample("/old"), fresh = sample("/new");
	const struct slice name = SLICE("web"), none = SLICE("");
	/* Alone it is read as the record. */
	CU_ASSERT_FALSE(record_settle(&world->places, none, name, &fresh, &world->arena));
	CU_ASSERT_TRUE(record_prepare(&world->places, none, name, &fresh, &world->error));
	CU_ASSERT_TRUE(is_read(world, "", "web"));
	CU_ASSERT_TRUE(record_is_equal(&world->record, &fresh));
	record_drop(&world->places, none, name);
	record_drop(&world->places, none, name);
	CU_ASSERT_FALSE(is_read(world, "", "web"));
	/* Beside another it waits. */
	CU_ASSERT_TRUE(put(world, "", "web", "/old"));
	CU_ASSERT_TRUE(record_prepare(&world->places, none, name, &fresh, &world->error));
	CU_ASSERT_TRUE(is_read(world, "", "web"));
	CU_ASSERT_TRUE(record_is_equal(&world->record, &old));
	CU_ASSERT_FALSE(record_settle(&world->places, none, name, &old, &world->arena));
	CU_ASSERT_TRUE(record_settle(&world->places, none, name, &fresh, &world->arena));
	CU_ASSERT_TRUE(is_read(world, "", "web"));
	CU_ASSERT_TRUE(record_is_equal(&world->record, &fresh));
	CU_ASSERT_EQUAL(place_count(&world->place, "run/loaded"), 1);
	CU_ASSERT_TRUE(record_prepare(&world->places, none, name, &old, &world->error));
	CU_ASSERT_TRUE(record_remove(&world->places, none, name, &world->error));
	CU_ASSERT_EQUAL(place_count(&world->place, "run/loaded"), 0);
	world_end(world);
}

/* Of a killed run: what the kernel holds tells. */
UNIT_TEST(records_of_a_killed_run_are_settled)
{
	struct world *world = world_begin();
	struct loaded_profile held = {
		.name = SLICE("web"),
		.namespace = SLICE(""),
		.mode = SLICE("enforce"),
		.hash = SLICE("0123"),
		.kind = HASH_SHA256,
	};
	struct loaded loaded = {.profiles = &held, .count = 1};
	struct record fresh = sample("/new"), gone = sample("/gone");
	struct record_list list;
	CU_ASSERT_TRUE_FATAL(loaded_identity(&loaded, SLICE(""), SLICE("web"), &fresh.identity));
	CU_ASSERT_TRUE(put(world, "", "web", "/old"));
	CU_ASSERT_TRUE(
		record_prepare(&world->places, SLICE(""), SLICE("web"), &fresh, &world->error));
	CU_ASSERT_TRUE(
		record_prepare(&world->places, SLICE("tenant"), SLICE("db"), &gone, &world->error));
	record_list_read(&world->places, &world->arena, &list);
	CU_ASSERT_EQUAL_FATAL(list.count, 2);
	CU_ASSERT_TRUE(slice_is(list.entries[0].record.source, "/old"));
	CU_ASSERT_TRUE(slice_is(list.entries[1].namespace, "tenant"));
	records_settle(&world->places, &loaded, &world->arena);
	record_list_read(&world->places, &world->arena, &list);
	CU_ASSERT_EQUAL_FATAL(list.count, 1);
	CU_ASSERT_TRUE(record_is_equal(&list.entries[0].record, &fresh));
	CU_ASSERT_EQUAL(place_count(&world->place, "run/loaded"), 1);
	world_end(world);
}
