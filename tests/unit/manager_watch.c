#include "manager/system/follow.h"
#include "manager/change/watch.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * With no quiet to wait for, watch_wait tells what has happened already and returns; what was done
 * before the call is in the kernel's queue. So nothing here depends on the clock.
 */
static struct watch *begin(const struct place *place)
{
	const struct watch_options options = {.directory = place->path};
	struct watch *watch = NULL;
	CU_ASSERT_TRUE_FATAL(watch_open(&options, &watch, NULL));
	return watch;
}

static struct watch_news wait_now(struct watch *watch)
{
	struct watch_news news = {0};
	CU_ASSERT_TRUE(watch_wait(watch, 0, &news, NULL));
	return news;
}

static bool has_name(const struct watch_news *news, const char *name)
{
	for (size_t at = 0; at < news->names.len; at += strlen(news->names.at + at) + 1)
		if (strcmp(news->names.at + at, name) == 0)
			return true;
	return false;
}

static bool is_nothing(const struct watch_news *news)
{
	return news->is_timeout && !news->files && !news->all_files && !news->kernel &&
	       !news->asked && !news->is_gone && news->names.len == 0;
}

UNIT_TEST(watch_tells_what_happens_to_files)
{
	struct place place = place_begin();
	place_put(&place, "old.yaml", "name: old\n");
	struct watch *watch = begin(&place);
	struct watch_news news = wait_now(watch);
	CU_ASSERT_TRUE(is_nothing(&news));

	place_put(&place, "a.yaml", "name: a\n");
	news = wait_now(watch);
	CU_ASSERT_TRUE(news.files && !news.all_files && !news.is_timeout);
	CU_ASSERT_TRUE(has_name(&news, "a.yaml"));
	news = wait_now(watch);
	CU_ASSERT_TRUE(is_nothing(&news));

	rename(place_at(&place, "old.yaml"), place_at(&place, "new.yaml"));
	unlink(place_at(&place, "a.yaml"));
	CU_ASSERT_EQUAL(symlink("new.yaml", place_at(&place, "link.yaml")), 0);
	CU_ASSERT_EQUAL(link(place_at(&place, "new.yaml"), place_at(&place, "hard.yaml")), 0);
	news = wait_now(watch);
	CU_ASSERT_TRUE(news.files);
	CU_ASSERT_TRUE(has_name(&news, "old.yaml") && has_name(&news, "new.yaml"));
	CU_ASSERT_TRUE(has_name(&news, "a.yaml") && has_name(&news, "link.yaml"));
	CU_ASSERT_TRUE(has_name(&news, "hard.yaml"));
	watch_close(watch);
	place_end(&place);
}

UNIT_TEST(watch_waits_for_the_writer_of_a_new_file)
{
	struct place place = place_begin();
	struct watch *watch = begin(&place);
	int fd = open(place_at(&place, "a.yaml"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	struct watch_news news = wait_now(watch);
	CU_ASSERT_TRUE(is_nothing(&news));
	CU_ASSERT_EQUAL(write(fd, "name: a\n", 8), 8);
	news = wait_now(watch);
	CU_ASSERT_TRUE(is_nothing(&news));
	close(fd);
	news = wait_now(watch);
	CU_ASSERT_TRUE(news.files && has_name(&news, "a.yaml"));
	watch_close(watch);
	place_end(&place);
}

/* A volume of Kubernetes is swapped by renaming `..data`, so dot files count. */
UNIT_TEST(watch_ignores_only_what_aaforge_writes)
{
	struct place place = place_begin();
	struct watch *watch = begin(&place);
	place_put(&place, ".aaforge.abc123", "half");
	CU_ASSERT_EQUAL(mkdir(place_at(&place, ".transaction"), 0700), 0);
	CU_ASSERT_EQUAL(rmdir(place_at(&place, ".transaction")), 0);
	struct watch_news news = wait_now(watch);
	CU_ASSERT_TRUE(is_nothing(&news));
	CU_ASSERT_EQUAL(symlink("..2", place_at(&place, "..data_tmp")), 0);
	CU_ASSERT_EQUAL(rename(place_at(&place, "..data_tmp"), place_at(&place, "..data")), 0);
	news = wait_now(watch);
	CU_ASSERT_TRUE(news.files && has_name(&news, "..data"));
	watch_close(watch);
	place_end(&place);
}

UNIT_TEST(watch_tells_sighup)
{
	struct place place = place_begin();
	struct watch *watch = begin(&place);
	raise(SIGHUP);
	struct watch_news news = wait_now(watch);
	CU_ASSERT_TRUE(news.asked && !news.files);
	sigset_t now;
	sigprocmask(SIG_SETMASK, NULL, &now);
	CU_ASSERT_TRUE(sigismember(&now, SIGHUP));
	CU_ASSERT_FALSE(sigismember(&now, SIGTERM) || sigismember(&now, SIGINT));
	watch_close(watch);
	sigprocmask(SIG_SETMASK, NULL, &now);
	CU_ASSERT_FALSE(sigismember(&now, SIGHUP));
	place_end(&place);
}

UNIT_TEST(watch_tells_that_the_directory_is_gone)
{
	struct place place = place_begin();
	const struct watch_options options = {.directory = place_at(&place, "d")};
	struct watch *watch = NULL;
	struct error *error = NULL;
	CU_ASSERT_FALSE(watch_open(&options, &watch, &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOENT, "cannot watch"));
	CU_ASSERT_PTR_NULL(watch);
	for (int round = 0; round < 2; round++) {
		CU_ASSERT_EQUAL(mkdir(options.directory, 0700), 0);
		CU_ASSERT_TRUE_FATAL(watch_open(&options, &watch, NULL));
		if (round == 0)
			rmdir(options.directory);
		else
			rename(options.directory, place_at(&place, "moved"));
		struct watch_news news = wait_now(watch);
		CU_ASSERT_TRUE(news.is_gone);
		watch_close(watch);
		watch = NULL;
	}
	place_put(&place, "file", "");
	const struct watch_options file = {.directory = place_at(&place, "file")};
	CU_ASSERT_FALSE(watch_open(&file, &watch, &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOTDIR, "file'"));
	place_end(&place);
}

/* What one round of a caller tells. */
static void tell(struct watch *watch, const char *file)
{
	CU_ASSERT_TRUE(watch_begin(watch, NULL));
	if (file)
		CU_ASSERT_TRUE(watch_add(watch, file, NULL));
	watch_settle(watch);
}

/* What was watched for the first time may have changed before it was. */
static void tell_first(struct watch *watch, const char *file)
{
	tell(watch, file);
	struct watch_news news = wait_now(watch);
	CU_ASSERT_TRUE(news.files);
	tell(watch, file);
	news = wait_now(watch);
	CU_ASSERT_TRUE(is_nothing(&news));
}

UNIT_TEST(watch_follows_other_files)
{
	struct place place = place_begin(), other = place_begin();
	struct watch *watch = begin(&place);
	char file[128];
	snprintf(file, sizeof(file), "%s", place_put(&other, "web.profile", ""));
	tell_first(watch, file);
	place_put(&other, "db.profile", "");
	struct watch_news news = wait_now(watch);
	CU_ASSERT_TRUE(is_nothing(&news));
	place_put(&other, "web.profile", "");
	news = wait_now(watch);
	CU_ASSERT_TRUE(news.files && has_name(&news, "web.profile"));
	unlink(file);
	news = wait_now(watch);
	CU_ASSERT_TRUE(news.files && has_name(&news, "web.profile"));

	place_end(&other);
	news = wait_now(watch);
	CU_ASSERT_TRUE(news.all_files && !news.is_gone);
	tell_first(watch, file);
	CU_ASSERT_EQUAL(mkdir(other.path, 0700), 0);
	news = wait_now(watch);
	CU_ASSERT_TRUE(news.all_files);

	/* No longer told: no longer followed. */
	tell(watch, NULL);
	place_put(&other, "web.profile", "");
	news = wait_now(watch);
	CU_ASSERT_TRUE(is_nothing(&news));
	CU_ASSERT_EQUAL(rename(place.path, place_at(&other, "moved")), 0);
	news = wait_now(watch);
	CU_ASSERT_TRUE(news.is_gone);
	watch_close(watch);
	place_end(&other);
}

static void put_link(const struct place *place, const char *target, const char *name)
{
	CU_ASSERT_EQUAL(symlink(target, place_at(place, ".new")), 0);
	CU_ASSERT_EQUAL(rename(place_at(place, ".new"), place_at(place, name)), 0);
}

/* home -> chain/current, current -> ../r1; then r2, nothing, r2 again. */
UNIT_TEST(watch_follows_the_links_of_its_directory)
{
	struct place place = place_begin();
	struct watch *watch = NULL;
	struct watch_options options = {0};
	place_put(&place, "r1/a.yaml", "");
	place_put(&place, "r2/a.yaml", "");
	CU_ASSERT_EQUAL(mkdir(place_at(&place, "chain"), 0700), 0);
	put_link(&place, "../r1", "chain/current");
	put_link(&place, "chain/current", "home");
	char home[128];
	snprintf(home, sizeof(home), "%s", place_at(&place, "home"));
	options.directory = home;
	CU_ASSERT_TRUE_FATAL(watch_open(&options, &watch, NULL));
	struct watch_news news = wait_now(watch);
	CU_ASSERT_TRUE(is_nothing(&news));
	place_put(&place, "r2/b.yaml", "");
	place_put(&place, "other", "");
	news = wait_now(watch);
	CU_ASSERT_TRUE(is_nothing(&news));
	place_put(&place, "r1/b.yaml", "");
	news = wait_now(watch);
	CU_ASSERT_TRUE(news.files && has_name(&news, "b.yaml") && !news.all_files);

	put_link(&place, "../r2", "chain/current");
	news = wait_now(watch);
	CU_ASSERT_TRUE(news.all_files && !news.is_gone);
	tell(watch, NULL);
	place_put(&place, "r1/c.yaml", "");
	news = wait_now(watch);
	CU_ASSERT_TRUE(is_nothing(&news));
	place_put(&place, "r2/c.yaml", "");
	news = wait_now(watch);
	CU_ASSERT_TRUE(news.files && has_name(&news, "c.yaml"));

	struct error *error = NULL;
	CU_ASSERT_EQUAL(rename(place_at(&place, "r2"), place_at(&place, "r3")), 0);
	news = wait_now(watch);
	CU_ASSERT_TRUE(news.all_files && !news.is_gone);
	CU_ASSERT_FALSE(watch_begin(watch, &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOENT, "home'"));
	CU_ASSERT_EQUAL(rename(place_at(&place, "r3"), place_at(&place, "r2")), 0);
	news = wait_now(watch);
	CU_ASSERT_TRUE(news.all_files && !news.is_gone);
	tell(watch, NULL);
	unlink(place_at(&place, "home"));
	news = wait_now(watch);
	CU_ASSERT_TRUE(news.all_files && !news.is_gone);
	watch_close(watch);
	place_end(&place);
}

UNIT_TEST(watch_has_limits)
{
	struct place place = place_begin();
	struct watch *watch = begin(&place);
	struct error *error = NULL;
	char name[32];
	for (int i = 1; i < WATCH_DIRECTORIES; i++) {
		snprintf(name, sizeof(name), "d%d/f", i);
		place_put(&place, name, "");
		CU_ASSERT_TRUE(watch_add(watch, place_at(&place, name), NULL));
	}
	place_put(&place, "last/f", "");
	CU_ASSERT_FALSE(watch_add(watch, place_at(&place, "last/f"), &error));
	CU_ASSERT_TRUE(error_takes(&error, E2BIG, "at most"));
	put_link(&place, "loop", "loop");
	CU_ASSERT_FALSE(watch_add(watch, place_at(&place, "loop"), &error));
	CU_ASSERT_TRUE(error_takes(&error, ELOOP, "loop'"));
	for (int i = WATCH_DIRECTORIES; i < WATCH_NAMES; i++) {
		snprintf(name, sizeof(name), "d1/f%d", i);
		watch_add(watch, place_at(&place, name), NULL);
	}
	CU_ASSERT_FALSE(watch_add(watch, place_at(&place, "d1/last"), &error));
	CU_ASSERT_TRUE(error_takes(&error, E2BIG, "at most"));
	watch_close(watch);
	place_end(&place);
}

/* More events than the kernel keeps, of names that would have room: nothing is lost, for everything
 * counts as changed. */
UNIT_TEST(watch_survives_an_overflow)
{
	struct place place = place_begin();
	int most = 16384;
	FILE *limit = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
	if (limit) {
		if (fscanf(limit, "%d", &most) != 1)
			most = 16384;
		fclose(limit);
	}
	struct watch *watch = begin(&place);
	const char *one = place_at(&place, "a"), *other = place_at(&place, "b");
	place_put(&place, "a", "");
	for (int i = 0; i < most / 2 + 10 && i < 1000000; i++)
		rename(i % 2 ? other : one, i % 2 ? one : other);
	struct watch_news news = wait_now(watch);
	CU_ASSERT_TRUE(news.files && news.all_files);
	watch_close(watch);
	place_end(&place);
}

/* Anything but securityfs would be readable for ever. */
UNIT_TEST(watch_follows_no_other_file_as_revision)
{
	struct place place = place_begin();
	const char *const revisions[] = {place_put(&place, "revision", "1\n"), "/nowhere/revision",
		"/dev/zero", "/proc/self"};
	for (size_t i = 0; i < sizeof(revisions) / sizeof(revisions[0]); i++) {
		struct watch_options options = {.directory = place.path, .revision = revisions[i]};
		struct watch *watch = NULL;
		CU_ASSERT_TRUE_FATAL(watch_open(&options, &watch, NULL));
		CU_ASSERT_FALSE(watch_follows_kernel(watch));
		struct watch_news news = wait_now(watch);
		CU_ASSERT_TRUE(is_nothing(&news));
		watch_close(watch);
	}
	place_end(&place);
}

/* News that never end are told after the most that the caller wants to wait. */
UNIT_TEST(watch_collects_until_it_is_quiet)
{
	struct place place = place_begin();
	const struct watch_options options = {.directory = place.path, .quiet = 60000, .most = 1};
	struct watch *watch = NULL;
	CU_ASSERT_TRUE_FATAL(watch_open(&options, &watch, NULL));
	place_put(&place, "a", "");
	struct watch_news news = {0};
	CU_ASSERT_TRUE(watch_wait(watch, -1, &news, NULL));
	CU_ASSERT_TRUE(news.files && has_name(&news, "a"));
	watch_close(watch);
	place_end(&place);
}
