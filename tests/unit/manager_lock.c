#include "manager/system/lock.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct places places_in(const struct place *place)
{
	static char state[512];
	snprintf(state, sizeof(state), "%s", place_at(place, "run/aaforge"));
	return (struct places){.root = "", .state = state};
}

/* Another process that holds the lock until it is killed. */
static pid_t holder_start(const struct places *places)
{
	int ready[2];
	char byte;
	if (pipe(ready) < 0)
		abort();
	pid_t pid = fork();
	if (pid == 0) {
		struct lock lock;
		if (lock_take(places, 0, &lock, NULL) && write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		abort();
	close(ready[0]);
	return pid;
}

static void holder_end(pid_t holder)
{
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
}

UNIT_TEST(lock_is_taken_and_released)
{
	struct place place = place_begin();
	struct places places = places_in(&place);
	struct lock lock;
	struct stat at;
	CU_ASSERT_TRUE_FATAL(lock_take(&places, 0, &lock, NULL));
	char pid[32];
	snprintf(pid, sizeof(pid), "%d\n", getpid());
	CU_ASSERT_TRUE(place_holds(&place, "run/aaforge/lock", pid));
	CU_ASSERT_EQUAL(stat(place_at(&place, "run/aaforge/lock"), &at), 0);
	/* Who can open it can lock it. */
	CU_ASSERT_EQUAL(at.st_mode & 0777, 0600);
	lock_release(&lock);
	CU_ASSERT_TRUE(place_holds(&place, "run/aaforge/lock", ""));
	CU_ASSERT_TRUE_FATAL(lock_take(&places, 0, &lock, NULL));
	lock_release(&lock);
	place_end(&place);
}

UNIT_TEST(lock_names_its_holder)
{
	struct place place = place_begin();
	struct places places = places_in(&place);
	pid_t holder = holder_start(&places);
	struct error *error = NULL;
	struct lock lock;
	char words[64];
	snprintf(words, sizeof(words), "process %d holds", holder);
	CU_ASSERT_FALSE(lock_take(&places, 0, &lock, &error));
	CU_ASSERT_TRUE(error_takes(&error, EWOULDBLOCK, words));
	holder_end(holder);
	place_end(&place);
}

UNIT_TEST(lock_waits_for_its_holder)
{
	struct place place = place_begin();
	struct places places = places_in(&place);
	pid_t holder = holder_start(&places);
	struct lock lock;
	pid_t pid = fork();
	if (pid == 0) {
		usleep(100000);
		kill(holder, SIGKILL); /* even one that is killed lets go */
		_exit(0);
	}
	struct rusage before, after;
	getrusage(RUSAGE_SELF, &before);
	CU_ASSERT_TRUE_FATAL(lock_take(&places, 60, &lock, NULL));
	getrusage(RUSAGE_SELF, &after);
	/* Sleeps: a loop without a pause has thousands. */
	CU_ASSERT_TRUE(after.ru_nvcsw - before.ru_nvcsw < 1000);
	CU_ASSERT_TRUE(after.ru_utime.tv_sec - before.ru_utime.tv_sec < 2);
	lock_release(&lock);
	waitpid(pid, NULL, 0);
	holder_end(holder);
	place_end(&place);
}

static void on_signal(int number)
{
	(void)number;
}

UNIT_TEST(lock_is_not_waited_for_after_a_signal)
{
	struct place place = place_begin();
	struct places places = places_in(&place);
	pid_t holder = holder_start(&places);
	struct sigaction action = {.sa_handler = on_signal}, old;
	struct error *error = NULL;
	struct lock lock;
	sigaction(SIGUSR1, &action, &old);
	pid_t self = getpid(), pid = fork();
	if (pid == 0) {
		/* One may come before the wait begins; the next one meets it. */
		for (int i = 0; i < 600 && kill(self, SIGUSR1) == 0; i++)
			usleep(100000);
		_exit(0);
	}
	CU_ASSERT_FALSE(lock_take(&places, 60, &lock, &error));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	sigaction(SIGUSR1, &old, NULL);
	CU_ASSERT_TRUE(error_takes(&error, EINTR, "cannot lock"));
	holder_end(holder);
	place_end(&place);
}

/* Somebody removes the directory while two wait: both would hold a lock, of two files. */
UNIT_TEST(lock_is_that_of_the_file_that_is_there)
{
	struct place place = place_begin();
	struct places places = places_in(&place);
	pid_t holder = holder_start(&places);
	int said[2];
	struct lock lock;
	CU_ASSERT_EQUAL_FATAL(pipe(said), 0);
	pid_t waiting = fork();
	if (waiting == 0) {
		struct lock second;
		char byte = lock_take(&places, 60, &second, NULL) ? 'y' : 'n';
		/* While this one lives, nobody else may get the lock. */
		if (write(said[1], &byte, 1) == 1)
			pause();
		_exit(0);
	}
	usleep(100000);
	unlink(place_at(&place, "run/aaforge/lock"));
	holder_end(holder);
	char byte = 0;
	CU_ASSERT_EQUAL(read(said[0], &byte, 1), 1);
	CU_ASSERT_EQUAL(byte, 'y');
	CU_ASSERT_FALSE(lock_take(&places, 0, &lock, NULL));
	kill(waiting, SIGKILL);
	waitpid(waiting, NULL, 0);
	close(said[0]);
	close(said[1]);
	place_end(&place);
}

UNIT_TEST(lock_says_why_it_cannot_be_made)
{
	struct place place = place_begin();
	struct places places = {.state = (char *)place_put(&place, "file", "")};
	struct error *error = NULL;
	struct lock lock;
	CU_ASSERT_FALSE(lock_take(&places, 0, &lock, &error));
	CU_ASSERT_TRUE(error_takes(&error, EEXIST, "cannot lock"));
	places = places_in(&place);
	CU_ASSERT_EQUAL(mkdir(place_at(&place, "run"), 0755), 0);
	CU_ASSERT_EQUAL(mkdir(place_at(&place, "run/aaforge"), 0755), 0);
	CU_ASSERT_EQUAL(symlink(place_at(&place, "file"), place_at(&place, "run/aaforge/lock")), 0);
	CU_ASSERT_FALSE(lock_take(&places, 0, &lock, &error));
	CU_ASSERT_TRUE(error_takes(&error, ELOOP, "lock"));
	CU_ASSERT_TRUE(place_holds(&place, "file", ""));
	place_end(&place);
}

UNIT_TEST(lock_asks_for_root)
{
	if (geteuid() != 0)
		return;
	struct place place = place_begin();
	struct places places = places_in(&place);
	pid_t pid = fork();
	if (pid == 0) {
		struct error *error = NULL;
		struct lock lock;
		bool is_so = setuid(65534) == 0 && !lock_take(&places, 0, &lock, &error) &&
			     error_takes(&error, EACCES, "run it as root");
		_exit(is_so ? 0 : 1);
	}
	int status;
	waitpid(pid, &status, 0);
	CU_ASSERT_EQUAL(status, 0);
	place_end(&place);
}
