#include "manager/disk/installed.h"
#include "tests/unit/manager_world.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

UNIT_TEST(installed_mark_tells_ours_edited_and_foreign)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	struct slice text, marked = installed_mark(&arena, SLICE("profile web { }\n"));
	CU_ASSERT_TRUE(slice_starts(marked, SLICE("# Installed by aaforge. SHA-256 of what "
						  "follows: 3cc767")));
	CU_ASSERT_EQUAL(installed_owner(marked, &text), OWNER_AAFORGE);
	CU_ASSERT_TRUE(slice_is(text, "profile web { }\n"));
	/* Each byte counts, but for what makes the first line one of ours. */
	char *copy = arena_string(&arena, marked);
	for (size_t i = 0; i < marked.len; i++) {
		copy[i] ^= 1;
		enum ownership owner = installed_owner(slice_of(copy, marked.len), &text);
		CU_ASSERT_EQUAL(owner, i < 49 ? OWNER_FOREIGN : OWNER_EDITED);
		copy[i] ^= 1;
	}
	for (size_t len = 0; len < marked.len; len++)
		CU_ASSERT_EQUAL(installed_owner(slice_first(marked, len), &text),
			len < 49 ? OWNER_FOREIGN : OWNER_EDITED);
	CU_ASSERT_EQUAL(installed_owner(installed_mark(&arena, SLICE("")), &text), OWNER_AAFORGE);
	CU_ASSERT_EQUAL(text.len, 0);
	CU_ASSERT_EQUAL(installed_owner(SLICE("profile web { }\n"), &text), OWNER_FOREIGN);
	CU_ASSERT_TRUE(slice_is(text, "profile web { }\n"));
	arena_free(&arena);
}

UNIT_TEST(installed_names)
{
	static const char *const fine[] = {"web", "usr.bin.web", "README.txt", "readme", "a.bak",
		"a.swp", "a.ORIG", "a.new-5", "b.new-1.2_", "c.new-1.2_3x", "orig", "rej",
		"dpkg-new", "disabled", "a~b", "0"};
	static const char *const skipped[] = {"README", "a~", "a.dpkg-new", "a.dpkg-old",
		"a.dpkg-dist", "a.dpkg-bak", "a.dpkg-remove", "a.pacnew", "a.pacsave", "a.rpmnew",
		"a.rpmsave", "a.orig", "a.rej", "a.new-1.2_3", "a.new-1_2", "q.new-.._9"};
	static const char *const directories[] = {
		"abstractions", "tunables", "abi", "local", "disable", "force-complain", "mine"};
	static const char *const bad[] = {"", ".", "..", ".hidden", "a/b", "../web", "/etc/web"};
	struct world world;
	struct error *error = NULL;
	world_begin(&world);
	mkdir(place_at(&world.place, "etc/apparmor.d/mine"), 0755);
	for (size_t i = 0; i < COUNT(fine); i++) {
		CU_ASSERT_TRUE(installed_name_is_fine(&world.places, slice_str(fine[i]), &error));
		error_free(error);
		error = NULL;
	}
	for (size_t i = 0; i < COUNT(skipped); i++) {
		CU_ASSERT_FALSE(
			installed_name_is_fine(&world.places, slice_str(skipped[i]), &error));
		CU_ASSERT_TRUE(error_takes(&error, EINVAL, "is loaded at boot"));
	}
	for (size_t i = 0; i < COUNT(directories); i++) {
		CU_ASSERT_FALSE(
			installed_name_is_fine(&world.places, slice_str(directories[i]), &error));
		CU_ASSERT_TRUE(error_takes(&error, EINVAL, "is a directory"));
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		CU_ASSERT_FALSE(installed_name_is_fine(&world.places, slice_str(bad[i]), &error));
		CU_ASSERT_TRUE(error_takes(&error, EINVAL, "cannot be installed"));
	}
	char longest[300];
	memset(longest, 'a', sizeof(longest));
	CU_ASSERT_TRUE(installed_name_is_fine(&world.places, slice_of(longest, 240), NULL));
	CU_ASSERT_FALSE(installed_name_is_fine(&world.places, slice_of(longest, 241), NULL));
	CU_ASSERT_FALSE(installed_name_is_fine(&world.places, slice_of("a\0b", 3), NULL));
	world_end(&world);
}

static struct installed read_one(struct world *world, const char *name)
{
	struct installed installed = {0};
	struct error *error = NULL;
	CU_ASSERT_TRUE(
		installed_read(&world->places, slice_str(name), &world->arena, &installed, &error));
	error_free(error);
	return installed;
}

static void put_ours(struct world *world, const char *name, const char *text)
{
	struct slice marked = installed_mark(&world->arena, slice_str(text));
	place_put(&world->place, name, arena_string(&world->arena, marked));
}

UNIT_TEST(installed_read_tells_the_owner)
{
	struct world world;
	world_begin(&world);
	CU_ASSERT_EQUAL(read_one(&world, "web").owner, OWNER_NOBODY);
	put_ours(&world, "etc/apparmor.d/web", "profile web { }\n");
	struct installed web = read_one(&world, "web");
	CU_ASSERT_EQUAL(web.owner, OWNER_AAFORGE);
	CU_ASSERT_TRUE(slice_is(web.name, "web"));
	CU_ASSERT_TRUE(slice_is(web.text, "profile web { }\n"));
	CU_ASSERT_STRING_EQUAL(web.path.at, place_at(&world.place, "etc/apparmor.d/web"));
	CU_ASSERT_EQUAL(web.description.len, 0);
	place_put(&world.place, "etc/aaforge/web.yaml", "name: web\n");
	CU_ASSERT_STRING_EQUAL(read_one(&world, "web").description.at,
		place_at(&world.place, "etc/aaforge/web.yaml"));
	FILE *file = fopen(place_at(&world.place, "etc/apparmor.d/web"), "ae");
	fputs("# mine\n", file);
	fclose(file);
	CU_ASSERT_EQUAL(read_one(&world, "web").owner, OWNER_EDITED);
	CU_ASSERT_TRUE(slice_is(read_one(&world, "web").text, "profile web { }\n# mine\n"));
	place_put(&world.place, "etc/apparmor.d/web", "profile web { }\n");
	CU_ASSERT_EQUAL(read_one(&world, "web").owner, OWNER_FOREIGN);
	CU_ASSERT_EQUAL(read_one(&world, "web").text.len, 0);
	world_end(&world);
}

UNIT_TEST(installed_read_waits_for_nothing_and_follows_no_link)
{
	struct world world;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	world_begin(&world);
	put_ours(&world, "etc/elsewhere", "profile link { }\n");
	CU_ASSERT_EQUAL(symlink("../elsewhere", place_at(&world.place, "etc/apparmor.d/link")), 0);
	CU_ASSERT_EQUAL(symlink("nowhere", place_at(&world.place, "etc/apparmor.d/dangling")), 0);
	CU_ASSERT_EQUAL(symlink("loop", place_at(&world.place, "etc/apparmor.d/loop")), 0);
	CU_ASSERT_EQUAL(mkfifo(place_at(&world.place, "etc/apparmor.d/fifo"), 0600), 0);
	CU_ASSERT_EQUAL(mkdir(place_at(&world.place, "etc/apparmor.d/dir"), 0700), 0);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
		place_at(&world.place, "etc/apparmor.d/socket"));
	CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	static const char *const names[] = {"link", "dangling", "loop", "fifo", "dir", "socket"};
	for (size_t i = 0; i < COUNT(names); i++)
		CU_ASSERT_EQUAL(read_one(&world, names[i]).owner, OWNER_FOREIGN);
	struct error *error = NULL;
	struct installed installed;
	CU_ASSERT_FALSE(installed_read(
		&world.places, SLICE("../elsewhere"), &world.arena, &installed, &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "not the name of a file"));
	world_end(&world);
}

UNIT_TEST(installed_read_sees_the_switches)
{
	struct world world;
	world_begin(&world);
	put_ours(&world, "etc/apparmor.d/web", "profile web { }\n");
	CU_ASSERT_FALSE(read_one(&world, "web").is_disabled);
	CU_ASSERT_FALSE(read_one(&world, "web").is_forced_complain);
	place_put(&world.place, "etc/apparmor.d/disable/other", "");
	CU_ASSERT_FALSE(read_one(&world, "web").is_disabled);
	/* As it is on the system that this is the root of, where it leads somewhere. */
	CU_ASSERT_EQUAL(symlink("/etc/apparmor.d/web",
				place_at(&world.place, "etc/apparmor.d/disable/web")),
		0);
	CU_ASSERT_TRUE(read_one(&world, "web").is_disabled);
	CU_ASSERT_FALSE(read_one(&world, "web").is_forced_complain);
	place_put(&world.place, "etc/apparmor.d/force-complain/web", "");
	CU_ASSERT_TRUE(read_one(&world, "web").is_forced_complain);
	/* On this machine a link that leads nowhere switches nothing. */
	*world.places.root = '\0';
	place_put(&world.place, "etc/apparmor.d/force-complain/db", "");
	CU_ASSERT_EQUAL(symlink("nowhere", place_at(&world.place, "etc/apparmor.d/disable/db")), 0);
	CU_ASSERT_FALSE(read_one(&world, "db").is_disabled);
	CU_ASSERT_TRUE(read_one(&world, "db").is_forced_complain);
	world_end(&world);
}

UNIT_TEST(installed_list_holds_ours_sorted)
{
	struct world world;
	struct installed_list list;
	struct error *error = NULL;
	world_begin(&world);
	put_ours(&world, "etc/apparmor.d/web", "w");
	put_ours(&world, "etc/apparmor.d/db", "d");
	put_ours(&world, "etc/apparmor.d/Api", "a");
	put_ours(&world, "etc/apparmor.d/web~", "a copy that an editor made");
	put_ours(&world, "etc/apparmor.d/web.dpkg-old", "a copy that dpkg made");
	put_ours(&world, "etc/apparmor.d/.aaforge.abcdef", "left by a killed run");
	put_ours(&world, "etc/apparmor.d/local/web", "below");
	place_put(&world.place, "etc/apparmor.d/foreign", "profile x { }\n");
	place_put(&world.place, "etc/apparmor.d/edited",
		"# Installed by aaforge. SHA-256 of what follows: 12\nx\n");
	CU_ASSERT_TRUE(installed_list_read(&world.places, &world.arena, &list, &error));
	CU_ASSERT_EQUAL_FATAL(list.count, 4);
	static const char *const want[] = {"Api", "db", "edited", "web"};
	for (size_t i = 0; i < list.count; i++)
		CU_ASSERT_TRUE(slice_is(list.entries[i].name, want[i]));
	CU_ASSERT_EQUAL(list.entries[2].owner, OWNER_EDITED);
	CU_ASSERT_EQUAL(list.entries[3].owner, OWNER_AAFORGE);
	world_end(&world);
}

UNIT_TEST(installed_list_of_a_root_without_apparmor_is_empty)
{
	struct place place = place_begin();
	struct places places;
	struct arena arena;
	struct installed_list list = {.count = 7};
	arena_init(&arena, test_out_of_memory);
	CU_ASSERT_TRUE_FATAL(places_find(place.path, &places, NULL));
	CU_ASSERT_TRUE(installed_list_read(&places, &arena, &list, NULL));
	CU_ASSERT_EQUAL(list.count, 0);
	places_free(&places);
	arena_free(&arena);
	place_end(&place);
}
