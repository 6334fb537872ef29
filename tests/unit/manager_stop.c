#include "manager/system/process.h"
#include "manager/system/stage.h"
#include "manager/system/stop.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each test is a child of ours that a signal ends; the status tells how. */
static int status_of(pid_t pid)
{
	int status = -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return status;
}

static bool died_of(int status, int number)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == number;
}

/* A child which runs `act` and is not to return from it. */
static int run(void (*act)(void *context), void *context)
{
	pid_t pid = fork();
	if (pid == 0) {
		act(context);
		_exit(99);
	}
	CU_ASSERT_TRUE_FATAL(pid > 0);
	return status_of(pid);
}

/* Whoever runs the tests may ignore it, as nohup(1) does. */
static void be_asked(void *context)
{
	signal(*(int *)context, SIG_DFL);
	stop_begin();
	raise(*(int *)context);
}

static void be_asked_as_service(void *context)
{
	signal(*(int *)context, SIG_DFL);
	stop_begin();
	stop_is_success();
	raise(*(int *)context);
}

static void ignore_it(void *context)
{
	signal(*(int *)context, SIG_IGN);
	stop_begin();
	raise(*(int *)context);
	_exit(3);
}

UNIT_TEST(stop_dies_by_the_signal)
{
	int numbers[] = {SIGTERM, SIGINT, SIGHUP};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		CU_ASSERT_TRUE(died_of(run(be_asked, &numbers[i]), numbers[i]));
		int status = run(be_asked_as_service, &numbers[i]);
		CU_ASSERT_TRUE(numbers[i] == SIGHUP ? died_of(status, SIGHUP) : status == 0);
		status = run(ignore_it, &numbers[i]);
		CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	}
}

/* Two holds, one in the other: it comes after the outer one. */
static void be_held(void *context)
{
	int *said = context;
	struct stop_hold outer, inner;
	stop_begin();
	stop_hold(&outer);
	bool is_right = !stop_is_asked(&outer);
	stop_hold(&inner);
	raise(SIGTERM);
	is_right = is_right && stop_is_asked(&outer) && !stop_is_asked(&inner);
	errno = EXDEV;
	stop_release(&inner);
	is_right = is_right && errno == EXDEV;
	if (write(*said, &is_right, sizeof(is_right)) == sizeof(is_right))
		stop_release(&outer);
}

UNIT_TEST(stop_waits_for_what_holds_it)
{
	int said[2];
	bool is_right = false;
	CU_ASSERT_EQUAL_FATAL(pipe(said), 0);
	CU_ASSERT_TRUE(died_of(run(be_held, &said[1]), SIGTERM));
	close(said[1]);
	CU_ASSERT_EQUAL(read(said[0], &is_right, sizeof(is_right)), sizeof(is_right));
	CU_ASSERT_TRUE(is_right);
	close(said[0]);
}

static void leave_a_stage(void *context)
{
	const struct place *place = context;
	struct stage *stage;
	char name[32];
	stop_begin();
	if (!stage_begin(place->path, &stage, NULL))
		_exit(1);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "profile-%d", i);
		if (!stage_add(stage, name, SLICE("text"), NULL))
			_exit(1);
	}
	raise(SIGTERM);
}

UNIT_TEST(stop_removes_a_staging_directory)
{
	struct place place = place_begin();
	place_put(&place, "old", "old");
	CU_ASSERT_TRUE(died_of(run(leave_a_stage, &place), SIGTERM));
	CU_ASSERT_EQUAL(place_count(&place, ""), 1);
	CU_ASSERT_TRUE(place_holds(&place, "old", "old"));
	place_end(&place);
}

/* A shell with a child, both of which ignore SIGTERM. */
static bool next_job(void *context, struct process_job *ret_job)
{
	static const char *const words[] = {
		"sh", "-c", "trap '' TERM INT; sleep 1000 & kill -TERM $PPID; wait", NULL};
	bool *has_run = context;
	*ret_job = (struct process_job){.argv = words, .program = "/bin/sh", .want_output = true};
	bool is_first = !*has_run;
	*has_run = true;
	return is_first;
}

static void job_done(
	void *context, const struct process_job *job, const struct process_result *result)
{
	(void)context, (void)job, (void)result;
}

static void run_a_program(void *context)
{
	bool has_run = false;
	const struct process_source source = {next_job, job_done, &has_run};
	(void)context;
	stop_begin();
	process_run(&process_limits_default, &source, NULL);
}

UNIT_TEST(stop_kills_what_we_started)
{
	/* We are their parent then: there is none left when waitpid says so. */
	CU_ASSERT_EQUAL_FATAL(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	CU_ASSERT_TRUE(died_of(run(run_a_program, NULL), SIGTERM));
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	CU_ASSERT_EQUAL(errno, ECHILD);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}
