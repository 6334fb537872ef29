#include "manager/system/rewrite.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { STRANGER = 65534, OTHER = 65533 };

static bool rewrites(struct place *place, const char *name, const char *text)
{
	struct error *error = NULL;
	bool is_done = file_rewrite(place_at(place, name), slice_str(text), &error);
	error_free(error);
	return is_done && place_holds(place, name, text);
}

/* Runs `test` as a user without rights; its result. */
static bool as_user(uid_t user, bool (*test)(struct place *place), struct place *place)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit((geteuid() != 0 || (setgid(user) == 0 && setuid(user) == 0)) && test(place)
				? 0
				: 1);
	int status = 1;
	waitpid(pid, &status, 0);
	return status == 0;
}

UNIT_TEST(rewrite_keeps_mode_and_owner)
{
	struct place place = place_begin();
	struct stat at;
	mode_t before = umask(077);
	place_put(&place, "a", "old");
	CU_ASSERT_EQUAL(chmod(place_at(&place, "a"), 0640), 0);
	bool is_root = geteuid() == 0 && chown(place_at(&place, "a"), STRANGER, OTHER) == 0;
	CU_ASSERT_TRUE(rewrites(&place, "a", "new"));
	CU_ASSERT_EQUAL(stat(place_at(&place, "a"), &at), 0);
	CU_ASSERT_EQUAL(at.st_mode & 07777, 0640);
	CU_ASSERT_TRUE(!is_root || (at.st_uid == STRANGER && at.st_gid == OTHER));
	umask(022);
	CU_ASSERT_TRUE(rewrites(&place, "b", "new")); /* one that was not there */
	CU_ASSERT_EQUAL(stat(place_at(&place, "b"), &at), 0);
	CU_ASSERT_EQUAL(at.st_mode & 07777, 0644);
	CU_ASSERT_EQUAL(place_count(&place, ""), 2);
	umask(before);
	place_end(&place);
}

UNIT_TEST(rewrite_keeps_attributes)
{
	struct place place = place_begin();
	char value[8] = "";
	place_put(&place, "a", "old");
	if (setxattr(place_at(&place, "a"), "user.note", "mine", 4, 0) < 0) {
		CU_ASSERT_EQUAL(errno, ENOTSUP); /* the file system has none */
	} else {
		CU_ASSERT_TRUE(rewrites(&place, "a", "new"));
		CU_ASSERT_EQUAL(
			getxattr(place_at(&place, "a"), "user.note", value, sizeof(value)), 4);
		CU_ASSERT_EQUAL(memcmp(value, "mine", 4), 0);
	}
	place_end(&place);
}

/* user::rw- user:65533:rw- group::--- mask::rw- other::---, as acl(5) and the kernel's
 * include/uapi/linux/posix_acl_xattr.h have it. */
static const unsigned char access_list[] = {2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 6, 0,
	0xfd, 0xff, 0, 0, 4, 0, 0, 0, 255, 255, 255, 255, 16, 0, 6, 0, 255, 255, 255, 255, 32, 0, 0,
	0, 255, 255, 255, 255};

UNIT_TEST(rewrite_keeps_access_lists)
{
	struct place place = place_begin();
	unsigned char value[128];
	place_put(&place, "d/a", "old");
	place_put(&place, "d/b", "old");
	CU_ASSERT_EQUAL(chmod(place_at(&place, "d/b"), 0640), 0);
	if (setxattr(place_at(&place, "d/a"), "system.posix_acl_access", access_list,
		    sizeof(access_list), 0) < 0) {
		CU_ASSERT_EQUAL(errno, ENOTSUP);
	} else {
		CU_ASSERT_EQUAL(setxattr(place_at(&place, "d"), "system.posix_acl_default",
					access_list, sizeof(access_list), 0),
			0);
		CU_ASSERT_TRUE(rewrites(&place, "d/a", "new"));
		CU_ASSERT_EQUAL(getxattr(place_at(&place, "d/a"), "system.posix_acl_access", value,
					sizeof(value)),
			sizeof(access_list));
		CU_ASSERT_EQUAL(memcmp(value, access_list, sizeof(access_list)), 0);
		/* The directory's list lets nobody into a file that had none. */
		CU_ASSERT_TRUE(rewrites(&place, "d/b", "new"));
		CU_ASSERT_TRUE(getxattr(place_at(&place, "d/b"), "system.posix_acl_access", value,
				       sizeof(value)) < 0);
	}
	place_end(&place);
}

UNIT_TEST(rewrite_writes_through_links)
{
	struct place place = place_begin();
	char target[16] = "";
	place_put(&place, "d/target", "old");
	CU_ASSERT_EQUAL(chmod(place_at(&place, "d/target"), 0600), 0);
	CU_ASSERT_EQUAL(symlink("d/link", place_at(&place, "link")), 0);
	CU_ASSERT_EQUAL(symlink("target", place_at(&place, "d/link")), 0);
	CU_ASSERT_TRUE(rewrites(&place, "link", "new"));
	CU_ASSERT_TRUE(place_holds(&place, "d/target", "new"));
	CU_ASSERT_EQUAL(readlink(place_at(&place, "link"), target, sizeof(target)), 6);
	struct stat at;
	CU_ASSERT_EQUAL(stat(place_at(&place, "d/target"), &at), 0);
	CU_ASSERT_EQUAL(at.st_mode & 07777, 0600);
	CU_ASSERT_EQUAL(symlink("d/later", place_at(&place, "dangling")), 0);
	CU_ASSERT_TRUE(rewrites(&place, "dangling", "new"));
	CU_ASSERT_TRUE(place_holds(&place, "d/later", "new"));
	CU_ASSERT_EQUAL(symlink("loop", place_at(&place, "loop")), 0);
	CU_ASSERT_FALSE(rewrites(&place, "loop", "new"));
	place_end(&place);
}

/* What somebody else's link leads to is not his choice. */
UNIT_TEST(rewrite_distrusts_links_of_others)
{
	struct place place = place_begin();
	struct error *error = NULL;
	place_put(&place, "mine", "precious");
	place_put(&place, "tmp/x", "");
	CU_ASSERT_EQUAL(symlink("mine", place_at(&place, "link")), 0);
	CU_ASSERT_EQUAL(symlink("../mine", place_at(&place, "tmp/link")), 0);
	CU_ASSERT_EQUAL(chmod(place_at(&place, "tmp"), 01777), 0);
	if (geteuid() == 0) {
		CU_ASSERT_EQUAL(lchown(place_at(&place, "link"), STRANGER, STRANGER), 0);
		CU_ASSERT_EQUAL(lchown(place_at(&place, "tmp/link"), STRANGER, STRANGER), 0);
		CU_ASSERT_FALSE(file_rewrite(place_at(&place, "link"), SLICE("x"), &error));
		CU_ASSERT_TRUE(
			error_takes(&error, EACCES, "symbolic link of another user (65534)"));
		CU_ASSERT_FALSE(file_rewrite(place_at(&place, "tmp/link"), SLICE("x"), &error));
		CU_ASSERT_TRUE(error_takes(&error, EACCES, "symbolic link of another user"));
		CU_ASSERT_EQUAL(chown(place_at(&place, "tmp"), STRANGER, STRANGER), 0);
		CU_ASSERT_FALSE(rewrites(&place, "tmp/link", "x")); /* his directory, too */
		CU_ASSERT_EQUAL(chown(place_at(&place, "tmp"), 0, 0), 0);
		CU_ASSERT_TRUE(place_holds(&place, "mine", "precious"));
		/* His link to his own file, but not where everybody makes links. */
		CU_ASSERT_EQUAL(chown(place_at(&place, "mine"), STRANGER, STRANGER), 0);
		CU_ASSERT_TRUE(rewrites(&place, "link", "new"));
		CU_ASSERT_FALSE(rewrites(&place, "tmp/link", "newer"));
	}
	place_end(&place);
}

UNIT_TEST(rewrite_refuses_hard_links)
{
	struct place place = place_begin();
	struct error *error = NULL;
	place_put(&place, "a", "old");
	CU_ASSERT_EQUAL(link(place_at(&place, "a"), place_at(&place, "b")), 0);
	CU_ASSERT_FALSE(file_rewrite(place_at(&place, "a"), SLICE("new"), &error));
	CU_ASSERT_TRUE(error_takes(&error, EMLINK, "2 names (hard links)"));
	CU_ASSERT_TRUE(place_holds(&place, "a", "old") && place_holds(&place, "b", "old"));
	CU_ASSERT_EQUAL(place_count(&place, ""), 2);
	place_end(&place);
}

static bool cannot_keep_the_owner(struct place *place)
{
	struct error *error = NULL;
	return !file_rewrite(place_at(place, "shared/a"), SLICE("new"), &error) &&
	       error_takes(&error, EPERM, "cannot keep the owner");
}

static bool may_not_write(struct place *place)
{
	struct error *error = NULL;
	return !file_rewrite(place_at(place, "shared/b"), SLICE("new"), &error) &&
	       error_takes(&error, EACCES, "shared/b");
}

UNIT_TEST(rewrite_changes_nothing_that_it_cannot_keep)
{
	struct place place = place_begin();
	place_put(&place, "shared/a", "old");
	place_put(&place, "shared/b", "old");
	CU_ASSERT_EQUAL(chmod(place.path, 0755), 0);
	CU_ASSERT_EQUAL(chmod(place_at(&place, "shared"), 0777), 0);
	CU_ASSERT_EQUAL(chmod(place_at(&place, "shared/a"), 0666), 0);
	CU_ASSERT_EQUAL(chmod(place_at(&place, "shared/b"), 0444), 0);
	if (geteuid() == 0) {
		CU_ASSERT_TRUE(as_user(STRANGER, cannot_keep_the_owner, &place));
		CU_ASSERT_TRUE(as_user(STRANGER, may_not_write, &place));
	}
	CU_ASSERT_TRUE(place_holds(&place, "shared/a", "old"));
	CU_ASSERT_TRUE(place_holds(&place, "shared/b", "old"));
	CU_ASSERT_EQUAL(place_count(&place, "shared"), 2);
	place_end(&place);
}

UNIT_TEST(rewrite_refuses_other_kinds)
{
	struct place place = place_begin();
	struct error *error = NULL;
	CU_ASSERT_EQUAL(mkfifo(place_at(&place, "fifo"), 0600), 0);
	CU_ASSERT_EQUAL(symlink("fifo", place_at(&place, "link")), 0);
	alarm(20);
	CU_ASSERT_FALSE(file_rewrite(place_at(&place, "link"), SLICE("x"), &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "is a named pipe"));
	CU_ASSERT_FALSE(file_rewrite("/dev/stdout", SLICE("x"), &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "is a link of the system"));
	CU_ASSERT_FALSE(file_rewrite(place.path, SLICE("x"), &error));
	CU_ASSERT_TRUE(error_takes(&error, EISDIR, "is a directory"));
	CU_ASSERT_FALSE(file_rewrite(place_at(&place, "no/where"), SLICE("x"), &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOENT, "no/where"));
	CU_ASSERT_TRUE(file_rewrite("/dev/null", SLICE("x"), &error));
	alarm(0);
	place_end(&place);
}
