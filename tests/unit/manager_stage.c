#include "manager/system/stage.h"
#include "manager/system/file.h"
#include "manager/system/target.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

UNIT_TEST(stage_commit_shows_all_at_once)
{
	struct place place = place_begin();
	struct error *error = NULL;
	struct stage *stage;
	place_put(&place, "a", "old");
	CU_ASSERT_TRUE_FATAL(stage_begin(place.path, &stage, &error));
	CU_ASSERT_TRUE(stage_add(stage, "a", SLICE("new a"), &error));
	CU_ASSERT_TRUE(stage_add(stage, "b", SLICE("new b"), &error));
	CU_ASSERT_TRUE(place_holds(&place, "a", "old"));
	CU_ASSERT_TRUE(stage_commit(stage, &error));
	CU_ASSERT_TRUE(place_holds(&place, "a", "new a"));
	CU_ASSERT_TRUE(place_holds(&place, "b", "new b"));
	CU_ASSERT_EQUAL(place_count(&place, ""), 2);
	place_end(&place);
}

UNIT_TEST(stage_of_many_files)
{
	struct place place = place_begin();
	struct error *error = NULL;
	struct stage *stage;
	CU_ASSERT_TRUE_FATAL(stage_begin(place.path, &stage, &error));
	for (int i = 0; i < 3000; i++) {
		char name[16];
		snprintf(name, sizeof(name), "n%d", i);
		CU_ASSERT_TRUE_FATAL(stage_add(stage, name, slice_str(name), &error));
	}
	CU_ASSERT_TRUE(stage_commit(stage, &error));
	CU_ASSERT_EQUAL(place_count(&place, ""), 3000);
	CU_ASSERT_TRUE(place_holds(&place, "n2999", "n2999"));
	place_end(&place);
}

UNIT_TEST(stage_abort_leaves_nothing)
{
	struct place place = place_begin();
	struct error *error = NULL;
	struct stage *stage;
	CU_ASSERT_TRUE_FATAL(stage_begin(place.path, &stage, &error));
	CU_ASSERT_TRUE(stage_add(stage, "a", SLICE("x"), &error));
	CU_ASSERT_EQUAL(place_count(&place, ""), 1);
	stage_abort(stage);
	CU_ASSERT_EQUAL(place_count(&place, ""), 0);
	stage_abort(NULL);
	place_end(&place);
}

UNIT_TEST(stage_refuses_duplicates_and_bad_names)
{
	struct place place = place_begin();
	struct error *error = NULL;
	struct stage *stage;
	CU_ASSERT_TRUE_FATAL(stage_begin(place.path, &stage, &error));
	CU_ASSERT_TRUE(stage_add(stage, "a", SLICE("x"), &error));
	CU_ASSERT_FALSE(stage_add(stage, "a", SLICE("y"), &error));
	CU_ASSERT_TRUE(error_takes(&error, EEXIST, "/a'"));
	const char *bad[] = {"", ".", "..", "../x", "a/b", ".hidden", "/etc/passwd"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CU_ASSERT_FALSE(stage_add(stage, bad[i], SLICE("x"), &error));
		CU_ASSERT_TRUE(error_takes(&error, EINVAL, "cannot be the name"));
	}
	CU_ASSERT_TRUE(stage_commit(stage, &error));
	CU_ASSERT_TRUE(place_holds(&place, "a", "x"));
	CU_ASSERT_FALSE(stage_begin(place_at(&place, "gone"), &stage, &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOENT, "gone"));
	place_end(&place);
}

UNIT_TEST(stage_commit_refuses_before_the_first_move)
{
	struct place place = place_begin();
	struct error *error = NULL;
	struct stage *stage;
	for (char name[] = "a"; *name <= 'e'; (*name)++)
		place_put(&place, name, "old");
	CU_ASSERT_EQUAL(mkdir(place_at(&place, "f"), 0755), 0);
	CU_ASSERT_TRUE_FATAL(stage_begin(place.path, &stage, &error));
	for (char name[] = "a"; *name <= 'f'; (*name)++)
		CU_ASSERT_TRUE(stage_add(stage, name, SLICE("new"), &error));
	CU_ASSERT_FALSE(stage_commit(stage, &error));
	CU_ASSERT_TRUE(error_takes(&error, EISDIR, "/f' is a directory"));
	for (char name[] = "a"; *name <= 'e'; (*name)++)
		CU_ASSERT_TRUE(place_holds(&place, name, "old"));
	CU_ASSERT_EQUAL(place_count(&place, ""), 6);
	place_end(&place);
}

UNIT_TEST(stage_replaces_links_but_not_pipes)
{
	struct place place = place_begin();
	struct error *error = NULL;
	struct stage *stage;
	place_put(&place, "target", "precious");
	CU_ASSERT_EQUAL(symlink("target", place_at(&place, "link")), 0);
	CU_ASSERT_TRUE_FATAL(stage_begin(place.path, &stage, &error));
	CU_ASSERT_TRUE(stage_add(stage, "link", SLICE("new"), &error));
	CU_ASSERT_TRUE(stage_commit(stage, &error));
	CU_ASSERT_TRUE(place_holds(&place, "target", "precious"));
	CU_ASSERT_TRUE(place_holds(&place, "link", "new"));
	CU_ASSERT_EQUAL(mkfifo(place_at(&place, "fifo"), 0600), 0);
	CU_ASSERT_TRUE_FATAL(stage_begin(place.path, &stage, &error));
	CU_ASSERT_TRUE(stage_add(stage, "fifo", SLICE("new"), &error));
	CU_ASSERT_FALSE(stage_commit(stage, &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "named pipe"));
	place_end(&place);
}

UNIT_TEST(stage_of_a_killed_run_is_swept)
{
	struct place place = place_begin();
	struct error *error = NULL;
	struct stage *stage;
	pid_t pid = fork();
	if (pid == 0) {
		if (!stage_begin(place.path, &stage, &error) ||
			!stage_add(stage, "a", SLICE("x"), &error))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, NULL, 0);
	place_put(&place, ".aaforge.abc123", "left by a killed file_write");
	place_put(&place, ".aaforge.notours", "another name");
	place_put(&place, ".aaforge.ab-123", "another name");
	CU_ASSERT_EQUAL(place_count(&place, ""), 4);
	CU_ASSERT_TRUE_FATAL(stage_begin(place.path, &stage, &error));
	CU_ASSERT_EQUAL(place_count(&place, ""), 3);
	CU_ASSERT_TRUE(stage_commit(stage, &error));
	CU_ASSERT_TRUE(place_holds(&place, ".aaforge.notours", "another name"));
	CU_ASSERT_TRUE(place_holds(&place, ".aaforge.ab-123", "another name"));
	CU_ASSERT_EQUAL(place_count(&place, ""), 2);
	place_end(&place);
}

UNIT_TEST(stage_in_use_is_not_swept)
{
	struct place place = place_begin();
	struct error *error = NULL;
	struct stage *first, *second;
	CU_ASSERT_TRUE_FATAL(stage_begin(place.path, &first, &error));
	CU_ASSERT_TRUE(stage_add(first, "a", SLICE("first"), &error));
	CU_ASSERT_TRUE_FATAL(stage_begin(place.path, &second, &error));
	CU_ASSERT_TRUE(stage_add(second, "b", SLICE("second"), &error));
	CU_ASSERT_TRUE(stage_commit(second, &error));
	CU_ASSERT_TRUE(stage_commit(first, &error));
	CU_ASSERT_TRUE(place_holds(&place, "a", "first"));
	CU_ASSERT_TRUE(place_holds(&place, "b", "second"));
	place_end(&place);
}

static bool write_stage(const struct place *place)
{
	struct stage *stage;
	return stage_begin(place->path, &stage, NULL) &&
	       stage_add(stage, "a", SLICE("new a"), NULL) &&
	       stage_add(stage, "b", SLICE("new b"), NULL) && stage_commit(stage, NULL);
}

static bool write_file(const struct place *place)
{
	return file_write(place_at(place, "a"), SLICE("new a"), NULL);
}

/* Writes in a child that is killed before its n-th system call. false when it came to its end. */
static bool write_and_die(
	const struct place *place, bool (*do_write)(const struct place *place), int calls)
{
	pid_t pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(do_write(place) ? 0 : 1);
	}
	int status;
	waitpid(pid, &status, 0);
	for (; calls > 0 && WIFSTOPPED(status); calls--) {
		ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
		waitpid(pid, &status, 0);
	}
	if (!WIFSTOPPED(status))
		return false;
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return true;
}

UNIT_TEST(stage_killed_anywhere_leaves_old_or_new)
{
	struct place place = place_begin();
	int calls = 1;
	bool has_left_old = false, has_left_new = false;
	for (bool is_killed = true; is_killed && calls < 2000; calls++) {
		place_put(&place, "a", "old a");
		place_put(&place, "b", "old b");
		is_killed = write_and_die(&place, write_stage, calls);
		bool is_old = place_holds(&place, "a", "old a");
		has_left_old |= is_old;
		has_left_new |= !is_old;
		CU_ASSERT_TRUE(is_old || place_holds(&place, "a", "new a"));
		CU_ASSERT_TRUE(
			place_holds(&place, "b", "old b") || place_holds(&place, "b", "new b"));
		CU_ASSERT_TRUE(place_count(&place, "") <= 3);
	}
	CU_ASSERT_TRUE(calls > 40);
	CU_ASSERT_TRUE(has_left_old);
	CU_ASSERT_TRUE(has_left_new);
	CU_ASSERT_EQUAL(place_count(&place, ""), 2);
	place_end(&place);
}

UNIT_TEST(file_write_killed_anywhere_leaves_old_or_new)
{
	struct place place = place_begin();
	struct stage *stage;
	int calls = 1;
	bool has_left_old = false, has_left_new = false;
	for (bool is_killed = true; is_killed && calls < 2000; calls++) {
		place_put(&place, "a", "old a");
		is_killed = write_and_die(&place, write_file, calls);
		bool is_old = place_holds(&place, "a", "old a");
		has_left_old |= is_old;
		has_left_new |= !is_old;
		CU_ASSERT_TRUE(is_old || place_holds(&place, "a", "new a"));
	}
	CU_ASSERT_TRUE(has_left_old);
	CU_ASSERT_TRUE(has_left_new);
	/* What the killed ones left goes with the next stage. */
	CU_ASSERT_TRUE(place_count(&place, "") > 1);
	CU_ASSERT_TRUE_FATAL(stage_begin(place.path, &stage, NULL));
	stage_abort(stage);
	CU_ASSERT_EQUAL(place_count(&place, ""), 1);
	place_end(&place);
}

UNIT_TEST(stage_failure_leaves_the_old_files)
{
	struct place place = place_begin();
	place_put(&place, "a", "old");
	pid_t pid = fork();
	if (pid == 0) {
		struct error *error = NULL;
		struct stage *stage;
		static char text[100000];
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){5000, 5000});
		bool is_fine = stage_begin(place.path, &stage, &error) &&
			       stage_add(stage, "a", SLICE("new"), &error) &&
			       !stage_add(stage, "b", slice_of(text, sizeof(text)), &error) &&
			       error_takes(&error, EFBIG, "/b'");
		stage_abort(stage);
		_exit(is_fine ? 0 : 1);
	}
	int status;
	waitpid(pid, &status, 0);
	CU_ASSERT_EQUAL(status, 0);
	CU_ASSERT_TRUE(place_holds(&place, "a", "old"));
	CU_ASSERT_EQUAL(place_count(&place, ""), 1);
	place_end(&place);
}
