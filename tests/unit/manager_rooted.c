#include "manager/system/rooted.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
	struct place place;
	struct arena arena;
	int root;
};

static void link_to(const struct place *place, const char *target, const char *name)
{
	CU_ASSERT_EQUAL(symlink(target, place_at(place, name)), 0);
}

/* A root with links that stay and links that would leave, and a victim beside it. */
static struct image image_begin(void)
{
	struct image image = {.place = place_begin()};
	const struct place *place = &image.place;
	arena_init(&image.arena, test_out_of_memory);
	place_put(place, "victim/secret", "victim");
	place_put(place, "secret", "victim");
	place_put(place, "root/etc/real/file", "inside");
	place_put(place, "root/secret", "inside");
	place_put(place, "root/victim/secret", "inside");
	link_to(place, "/etc/real", "root/etc/absolute");
	link_to(place, "real", "root/etc/relative");
	link_to(place, "relative/", "root/etc/chain");
	link_to(place, "../../../../../../../etc/real/file", "root/etc/up");
	link_to(place, "..", "root/etc/above");
	link_to(place, "../../..", "root/etc/real/top");
	link_to(place, "loop2", "root/etc/loop1");
	link_to(place, "loop1", "root/etc/loop2");
	link_to(place, "/nowhere/at/all", "root/etc/dangling");
	link_to(place, "real/made", "root/etc/to-make");
	link_to(place, place->path, "root/etc/host");
	link_to(place, "../../victim", "root/etc/beside");
	image.root = rooted_root(place_at(place, "root"));
	CU_ASSERT_FATAL(image.root >= 0);
	return image;
}

static void image_end(struct image *image)
{
	close(image->root);
	arena_free(&image->arena);
	place_end(&image->place);
}

/* What a way answers: the errno negated, or what the file is. */
static long answer_of(const struct image *image, enum rooted_way way, const char *path, int flags)
{
	int fd = rooted_open_by(way, image->root, path, flags, 0644);
	if (fd < 0)
		return -errno;
	struct stat at;
	CU_ASSERT_EQUAL(fstat(fd, &at), 0);
	CU_ASSERT_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	return (long)at.st_ino;
}

static long inode_of(const struct image *image, const char *name)
{
	struct stat at;
	return stat(place_at(&image->place, name), &at) == 0 ? (long)at.st_ino : -1;
}

static bool has_openat2(const struct image *image)
{
	int fd = rooted_open_by(ROOTED_BEST, image->root, ".", O_PATH, 0);
	close(fd);
	return fd >= 0;
}

static const char *const paths[] = {"/", ".", "..", "/..", "../../..", "etc", "/etc/",
	"//etc//real/", "etc/real/file", "/etc/real/file/", "etc/real/file/.", "etc/real/file/..",
	"etc/absolute/file", "etc/absolute", "etc/absolute/", "etc/relative/file", "etc/chain/file",
	"etc/chain", "etc/up", "etc/above", "etc/above/secret", "etc/real/top/secret",
	"etc/real/top/../secret", "etc/loop1", "etc/loop1/x", "etc/dangling", "etc/dangling/x",
	"etc/to-make", "etc/host", "etc/host/secret", "etc/beside/secret", "../secret",
	"etc/../../../secret", "gone", "gone/", "gone/x", "gone/..", "etc/gone/../real",
	"etc/real/./../absolute/file", ""};

static void expect_same(const struct image *image, const char *path, int flags)
{
	long kernel = answer_of(image, ROOTED_BEST, path, flags);
	long walk = answer_of(image, ROOTED_WALK, path, flags);
	if (kernel != walk)
		printf("    '%s' %#x: %ld, walk %ld\n", path, (unsigned)flags, kernel, walk);
	CU_ASSERT_EQUAL(kernel, walk);
}

UNIT_TEST(rooted_ways_agree)
{
	static const int flags[] = {O_RDONLY, O_PATH, O_WRONLY, O_RDONLY | O_DIRECTORY,
		O_PATH | O_DIRECTORY, O_RDONLY | O_NOFOLLOW, O_PATH | O_NOFOLLOW,
		O_PATH | O_NOFOLLOW | O_DIRECTORY, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW};
	struct image image = image_begin();
	CU_ASSERT_TRUE(has_openat2(&image));
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		for (size_t k = 0; k + 1 < sizeof(flags) / sizeof(*flags); k++)
			expect_same(&image, paths[i], flags[k]);
	image_end(&image);
}

UNIT_TEST(rooted_open_stays_inside)
{
	struct image image = image_begin();
	for (int way = ROOTED_BEST; way <= ROOTED_WALK; way++) {
		long file = inode_of(&image, "root/etc/real/file");
		CU_ASSERT_EQUAL(answer_of(&image, way, "/etc/absolute/file", O_RDONLY), file);
		CU_ASSERT_EQUAL(answer_of(&image, way, "etc/chain/file", O_RDONLY), file);
		CU_ASSERT_EQUAL(answer_of(&image, way, "etc/up", O_RDONLY), file);
		CU_ASSERT_EQUAL(answer_of(&image, way, "etc/real/top/secret", O_RDONLY),
			inode_of(&image, "root/secret"));
		CU_ASSERT_EQUAL(answer_of(&image, way, "../secret", O_RDONLY),
			inode_of(&image, "root/secret"));
		CU_ASSERT_EQUAL(answer_of(&image, way, "etc/beside/secret", O_RDONLY),
			inode_of(&image, "root/victim/secret"));
		CU_ASSERT_EQUAL(answer_of(&image, way, "etc/host", O_RDONLY), -ENOENT);
		CU_ASSERT_EQUAL(answer_of(&image, way, "etc/loop1", O_RDONLY), -ELOOP);
		CU_ASSERT_EQUAL(
			answer_of(&image, way, "etc/absolute", O_RDONLY | O_NOFOLLOW), -ELOOP);
		CU_ASSERT_EQUAL(answer_of(&image, way, "etc/real/file/x", O_RDONLY), -ENOTDIR);
	}
	image_end(&image);
}

UNIT_TEST(rooted_open_makes_files)
{
	struct image image = image_begin();
	for (int way = ROOTED_BEST; way <= ROOTED_WALK; way++) {
		int makes = O_WRONLY | O_CREAT;
		CU_ASSERT_TRUE(answer_of(&image, way, "etc/to-make", makes) > 0);
		CU_ASSERT_EQUAL(unlink(place_at(&image.place, "root/etc/real/made")), 0);
		CU_ASSERT_EQUAL(answer_of(&image, way, "etc/to-make", makes | O_EXCL), -EEXIST);
		CU_ASSERT_EQUAL(answer_of(&image, way, "etc/to-make", makes | O_NOFOLLOW), -ELOOP);
		CU_ASSERT_TRUE(answer_of(&image, way, "etc/above/new", makes | O_EXCL) > 0);
		CU_ASSERT_EQUAL(unlink(place_at(&image.place, "root/new")), 0);
		CU_ASSERT_EQUAL(answer_of(&image, way, "etc/new/", makes), -EISDIR);
		CU_ASSERT_EQUAL(answer_of(&image, way, "etc/dangling", makes), -ENOENT);
		CU_ASSERT_EQUAL(answer_of(&image, way, "etc/", makes), -EISDIR);
	}
	image_end(&image);
}

UNIT_TEST(rooted_limit_of_links)
{
	struct image image = image_begin();
	char name[64], target[64];
	for (int i = 0; i < 45; i++) {
		snprintf(name, sizeof(name), "root/l%d", i);
		snprintf(target, sizeof(target), i ? "l%d" : "secret", i - 1);
		link_to(&image.place, target, name);
	}
	for (int way = ROOTED_BEST; way <= ROOTED_WALK; way++) {
		CU_ASSERT_EQUAL(
			answer_of(&image, way, "l39", O_RDONLY), inode_of(&image, "root/secret"));
		CU_ASSERT_EQUAL(answer_of(&image, way, "l40", O_RDONLY), -ELOOP);
	}
	static char many[PATH_MAX + 10];
	memset(many, '/', PATH_MAX - 2);
	many[PATH_MAX - 2] = 'x';
	expect_same(&image, many, O_RDONLY);
	memset(many, '/', PATH_MAX);
	expect_same(&image, many, O_RDONLY);
	memset(many, 'n', 256);
	many[256] = '\0';
	expect_same(&image, many, O_RDONLY);
	image_end(&image);
}

/* With the true root a procfs is inside, whose magic links would lead anywhere. */
UNIT_TEST(rooted_magic_links)
{
	struct image image = image_begin();
	struct image host = {.root = rooted_root("/")};
	static const char *const names[] = {"/proc/self/root", "/proc/self/cwd/x", "/proc/self/exe",
		"/proc/self/fd/0", "/proc/self/ns/pid", "/proc/thread-self/root/etc",
		"/proc/self/status", "/proc/mounts", "/proc/net/dev", "/dev/stdin"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		long kernel = answer_of(&host, ROOTED_BEST, names[i], O_PATH);
		long walk = answer_of(&host, ROOTED_WALK, names[i], O_PATH);
		CU_ASSERT_TRUE(kernel == walk || (kernel > 0 && walk > 0));
		CU_ASSERT_EQUAL(kernel == -ELOOP, i < 6 || i == 9);
	}
	struct rooted_path path = rooted_resolve(host.root, "/proc/self/root/etc", &image.arena);
	CU_ASSERT_FALSE(path.exists);
	CU_ASSERT_EQUAL(path.number, ELOOP);
	CU_ASSERT_EQUAL_FATAL(path.link_count, 2);
	CU_ASSERT_FALSE(path.links[0].is_magic);
	CU_ASSERT_TRUE(path.links[1].is_magic);
	close(host.root);
	image_end(&image);
}

static void expect_path(struct image *image, const char *path, const char *resolved,
	size_t missing_from, size_t links, int number)
{
	struct rooted_path is = rooted_resolve(image->root, path, &image->arena);
	if (!slice_is(is.resolved, resolved) || is.missing_from != missing_from)
		printf("    '%s' is '%s' up to %zu\n", path, is.resolved.at, is.missing_from);
	CU_ASSERT_TRUE(slice_is(is.resolved, resolved));
	CU_ASSERT_EQUAL(is.resolved.at[is.resolved.len], '\0');
	CU_ASSERT_EQUAL(is.missing_from, missing_from);
	CU_ASSERT_EQUAL(is.link_count, links);
	CU_ASSERT_EQUAL(is.number, number);
	CU_ASSERT_EQUAL(is.exists, number == 0);
}

UNIT_TEST(rooted_resolve_tells_where)
{
	struct image image = image_begin();
	expect_path(&image, "/etc/real/file", "/etc/real/file", 14, 0, 0);
	expect_path(&image, "etc/absolute/file", "/etc/real/file", 14, 1, 0);
	expect_path(&image, "/etc/chain/./file", "/etc/real/file", 14, 2, 0);
	expect_path(&image, "/etc/chain/", "/etc/real", 9, 2, 0);
	expect_path(&image, "/etc/up", "/etc/real/file", 14, 1, 0);
	expect_path(&image, "/", "/", 1, 0, 0);
	expect_path(&image, "/../..", "/", 1, 0, 0);
	expect_path(&image, "/etc/above", "/", 1, 1, 0);
	expect_path(&image, "/gone", "/gone", 0, 0, ENOENT);
	expect_path(&image, "/etc/absolute/a/../b", "/etc/real/a/../b", 9, 1, ENOENT);
	expect_path(&image, "/etc/up/x/y", "/etc/real/file/x/y", 14, 1, ENOTDIR);
	expect_path(&image, "/etc/up/", "/etc/real/file/", 14, 1, ENOTDIR);
	expect_path(&image, "/etc/dangling", "/nowhere/at/all", 0, 1, ENOENT);
	expect_path(&image, "/etc/dangling/x", "/nowhere/at/all/x", 0, 1, ENOENT);
	expect_path(&image, "/etc/loop1/x", "/etc/loop1/x", 4, 40, ELOOP);
	expect_path(&image, "", "", 0, 0, ENOENT);
	image_end(&image);
}

UNIT_TEST(rooted_resolve_tells_links)
{
	struct image image = image_begin();
	struct rooted_path path = rooted_resolve(image.root, "/etc/chain/../up", &image.arena);
	CU_ASSERT_EQUAL_FATAL(path.link_count, 3);
	CU_ASSERT_TRUE(slice_is(path.links[0].path, "/etc/chain"));
	CU_ASSERT_TRUE(slice_is(path.links[0].target, "relative/"));
	CU_ASSERT_TRUE(slice_is(path.links[1].path, "/etc/relative"));
	CU_ASSERT_TRUE(slice_is(path.links[2].path, "/etc/up"));
	CU_ASSERT_TRUE(S_ISREG(path.at.st_mode));
	path = rooted_resolve(image.root, "/etc/real/gone", &image.arena);
	CU_ASSERT_TRUE(S_ISDIR(path.at.st_mode));
	CU_ASSERT_PTR_NULL(path.links);
	CU_ASSERT_FALSE(path.leaves);
	CU_ASSERT_FALSE(rooted_resolve(image.root, "/etc/chain/../real", &image.arena).leaves);
	CU_ASSERT_TRUE(rooted_resolve(image.root, "/etc/absolute", &image.arena).leaves);
	CU_ASSERT_TRUE(rooted_resolve(image.root, "/etc/up", &image.arena).leaves);
	path = rooted_resolve(image.root, "/etc/real/file/x", &image.arena);
	CU_ASSERT_TRUE(S_ISREG(path.at.st_mode));
	image_end(&image);
}

struct swapper {
	const struct place *place;
	volatile bool is_over;
};

/* Makes root/etc/real now a directory, now a link to the victim, and moves it out of the root. */
static void *swap(void *context)
{
	struct swapper *swapper = context;
	const struct place *place = swapper->place;
	char real[128], link[128], away[128];
	snprintf(real, sizeof(real), "%s/root/etc/real", place->path);
	snprintf(link, sizeof(link), "%s/root/etc/swap", place->path);
	snprintf(away, sizeof(away), "%s/away", place->path);
	while (!swapper->is_over) {
		rename(real, away);
		rename(link, real);
		rename(real, link);
		rename(away, real);
	}
	return NULL;
}

UNIT_TEST(rooted_open_while_directories_are_swapped)
{
	struct image image = image_begin();
	link_to(&image.place, place_at(&image.place, "victim"), "root/etc/swap");
	place_put(&image.place, "root/etc/real/deep/er/x", "inside");
	place_put(&image.place, "victim/file", "victim");
	long outside = inode_of(&image, "victim/file"), secret = inode_of(&image, "secret");
	struct swapper swapper = {.place = &image.place};
	pthread_t thread;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, swap, &swapper), 0);
	for (int i = 0; i < 20000; i++) {
		long is = answer_of(&image, i % 2, "etc/real/file", O_RDONLY);
		CU_ASSERT_NOT_EQUAL(is, outside);
		is = answer_of(&image, i % 2, "etc/real/deep/er/../../../../../secret", O_RDONLY);
		CU_ASSERT_NOT_EQUAL(is, secret);
	}
	swapper.is_over = true;
	pthread_join(thread, NULL);
	image_end(&image);
}
