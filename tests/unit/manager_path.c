#include "manager/system/file.h"
#include "manager/system/path.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

static void link_to(const struct place *place, const char *target, const char *name)
{
	CU_ASSERT_EQUAL(symlink(target, place_at(place, name)), 0);
}

/* A root with a link to a victim beside it, and one that leads there for the host alone. */
static struct place root_begin(void)
{
	struct place place = place_begin();
	place_put(&place, "victim/file", "victim");
	place_put(&place, "root/etc/file", "inside");
	link_to(&place, place_at(&place, "victim"), "root/out");
	link_to(&place, "/etc", "root/absolute");
	link_to(&place, "/etc/file", "root/etc/link");
	CU_ASSERT_EQUAL(path_root_enter(place_at(&place, "root"), place_at(&place, "root")), 0);
	return place;
}

static void root_end(struct place *place)
{
	path_root_leave(place_at(place, "root"));
	place_end(place);
}

static void expect_error(int result, int number)
{
	CU_ASSERT_EQUAL(result, -1);
	CU_ASSERT_EQUAL(errno, number);
}

UNIT_TEST(path_calls_stay_inside)
{
	struct place place = root_begin();
	struct stat at;
	char target[64];
	const char *out = place_at(&place, "root/out/file");
	expect_error(path_open(out, O_RDONLY, 0), ENOENT);
	expect_error(path_open(out, O_WRONLY | O_CREAT, 0644), ENOENT);
	expect_error(path_stat(out, &at), ENOENT);
	expect_error(path_lstat(out, &at), ENOENT);
	expect_error(path_access(out, F_OK), ENOENT);
	expect_error((int)path_readlink(out, target, sizeof(target)), ENOENT);
	expect_error(path_mkdir(place_at(&place, "root/out/new"), 0755), ENOENT);
	expect_error(path_rmdir(place_at(&place, "root/out/x")), ENOENT);
	expect_error(path_unlink(out), ENOENT);
	expect_error(path_symlink("x", place_at(&place, "root/out/new")), ENOENT);
	expect_error(path_rename(out, place_at(&place, "root/x")), ENOENT);
	expect_error(path_rename(place_at(&place, "root/etc/file"), out), ENOENT);
	expect_error(path_chmod(out, 0777), ENOENT);
	expect_error(path_open(place_at(&place, "root/etc/link"), O_WRONLY | O_CREAT, 0644), ELOOP);
	CU_ASSERT_PTR_NULL(path_opendir(place_at(&place, "root/out")));
	CU_ASSERT_PTR_NULL(path_real(out));
	CU_ASSERT_TRUE(place_holds(&place, "victim/file", "victim"));
	CU_ASSERT_EQUAL(place_count(&place, "victim"), 1);
	root_end(&place);
}

UNIT_TEST(path_calls_follow_links_inside)
{
	struct place place = root_begin();
	struct stat at, want;
	char target[64];
	CU_ASSERT_EQUAL(lstat(place_at(&place, "root/etc/file"), &want), 0);
	CU_ASSERT_EQUAL(path_stat(place_at(&place, "root/etc/link"), &at), 0);
	CU_ASSERT_EQUAL(at.st_ino, want.st_ino);
	CU_ASSERT_EQUAL(path_lstat(place_at(&place, "root/absolute/link"), &at), 0);
	CU_ASSERT_TRUE(S_ISLNK(at.st_mode));
	CU_ASSERT_EQUAL(
		path_readlink(place_at(&place, "root/absolute/link"), target, sizeof(target)), 9);
	CU_ASSERT_EQUAL(path_mkdir(place_at(&place, "root/absolute/d"), 0755), 0);
	CU_ASSERT_EQUAL(path_symlink("y", place_at(&place, "root/absolute/d/x")), 0);
	CU_ASSERT_EQUAL(place_count(&place, "root/etc/d"), 1);
	CU_ASSERT_EQUAL(path_rename(place_at(&place, "root/absolute/d/x"),
				place_at(&place, "root/etc/moved")),
		0);
	CU_ASSERT_EQUAL(path_unlink(place_at(&place, "root/absolute/moved")), 0);
	CU_ASSERT_EQUAL(path_rmdir(place_at(&place, "root/absolute/d")), 0);
	CU_ASSERT_EQUAL(path_chmod(place_at(&place, "root/etc/link"), 0600), 0);
	CU_ASSERT_EQUAL(path_access(place_at(&place, "root/etc/link"), R_OK), 0);
	CU_ASSERT_EQUAL(path_access(place_at(&place, "root/absolute"), R_OK | W_OK | X_OK), 0);
	char *real = path_real(place_at(&place, "root/absolute/link"));
	CU_ASSERT_STRING_EQUAL(real, place_at(&place, "root/etc/file"));
	free(real);
	root_end(&place);
}

UNIT_TEST(path_root_by_any_name)
{
	struct place place = root_begin();
	const char *root = place_at(&place, "root");
	link_to(&place, "root", "alias");
	int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT_EQUAL_FATAL(chdir(place.path), 0);
	CU_ASSERT_STRING_EQUAL(path_root("root/x"), root);
	CU_ASSERT_STRING_EQUAL(path_root("./root/x"), root);
	CU_ASSERT_STRING_EQUAL(path_root(root), root);
	CU_ASSERT_STRING_EQUAL(path_root(place_at(&place, "root/../victim")), root);
	CU_ASSERT_PTR_NULL(path_root(place_at(&place, "root-2/x")));
	CU_ASSERT_PTR_NULL(path_root("alias/x"));
	CU_ASSERT_PTR_NULL(path_root("victim"));
	CU_ASSERT_PTR_NULL(path_root(""));
	CU_ASSERT_EQUAL(path_root_enter(place_at(&place, "victim"), "alias/"), 0);
	CU_ASSERT_STRING_EQUAL(path_root("alias/x"), place_at(&place, "victim"));
	path_root_leave(place_at(&place, "victim"));
	CU_ASSERT_PTR_NULL(path_root("alias/x"));
	CU_ASSERT_EQUAL(path_root_enter(root, root), 0);
	path_root_leave(root);
	CU_ASSERT_STRING_EQUAL(path_root(root), root);
	expect_error(path_root_enter(place_at(&place, "gone"), "gone"), ENOENT);
	CU_ASSERT_EQUAL(fchdir(before), 0);
	close(before);
	root_end(&place);
	CU_ASSERT_PTR_NULL(path_root(root));
}

UNIT_TEST(path_tree_for_a_program_without_root)
{
	struct place place = root_begin();
	CU_ASSERT_FALSE(path_is_plain(place_at(&place, "root/out")));
	CU_ASSERT_FALSE(path_is_plain(place_at(&place, "root/absolute/file")));
	CU_ASSERT_FALSE(path_tree_is_plain(place_at(&place, "root/etc")));
	CU_ASSERT_EQUAL(unlink(place_at(&place, "root/etc/link")), 0);
	link_to(&place, "../etc/file", "root/etc/near");
	CU_ASSERT_TRUE(path_tree_is_plain(place_at(&place, "root/etc")));
	CU_ASSERT_TRUE(path_is_plain(place_at(&place, "root/etc/near")));
	CU_ASSERT_TRUE(path_tree_is_plain("/etc"));
	CU_ASSERT_TRUE(path_tree_is_plain(place_at(&place, "root/gone")));
	place_put(&place, "root/etc/a/b/c", "");
	link_to(&place, "../../../../x", "root/etc/a/b/far");
	CU_ASSERT_FALSE(path_tree_is_plain(place_at(&place, "root/etc")));
	root_end(&place);
}

UNIT_TEST(path_watch_stays_inside)
{
	struct place place = root_begin();
	int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char events[4096];
	expect_error(path_watch(inotify, place_at(&place, "root/out"), IN_CREATE), ENOENT);
	CU_ASSERT_TRUE(path_watch(inotify, place_at(&place, "root/absolute"), IN_CREATE) >= 0);
	place_put(&place, "root/etc/new", "");
	CU_ASSERT_TRUE(read(inotify, events, sizeof(events)) > 0);
	close(inotify);
	root_end(&place);
}

struct swapper {
	const struct place *place;
	volatile bool is_over;
};

/* root/etc is now a directory, now a link to the victim. */
static void *swap(void *context)
{
	struct swapper *swapper = context;
	char etc[128], link[128];
	snprintf(etc, sizeof(etc), "%s/root/etc", swapper->place->path);
	snprintf(link, sizeof(link), "%s/root/out", swapper->place->path);
	while (!swapper->is_over)
		renameat2(AT_FDCWD, etc, AT_FDCWD, link, RENAME_EXCHANGE);
	return NULL;
}

UNIT_TEST(path_writes_while_directories_are_swapped)
{
	struct place place = root_begin();
	struct swapper swapper = {.place = &place};
	pthread_t thread;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, swap, &swapper), 0);
	unsigned written = 0;
	for (int i = 0; i < 40000; i++) {
		if (i % 50 == 0) /* it waits for the disk */
			written +=
				file_write(place_at(&place, "root/etc/file"), SLICE("new"), NULL);
		char name[64];
		snprintf(name, sizeof(name), "root/etc/s%d", i);
		path_symlink("x", place_at(&place, name));
		snprintf(name, sizeof(name), "root/etc/d%d/e", i % 10);
		directory_make(place_at(&place, name), 0755, NULL);
	}
	swapper.is_over = true;
	pthread_join(thread, NULL);
	CU_ASSERT_TRUE(written > 0);
	CU_ASSERT_TRUE(place_holds(&place, "victim/file", "victim"));
	CU_ASSERT_EQUAL(place_count(&place, "victim"), 1);
	root_end(&place);
}
