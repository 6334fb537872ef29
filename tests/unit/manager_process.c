#include "manager/system/process.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* One job at a time, its result copied. */
struct one {
	struct process_job job;
	unsigned left;
	struct process_result result;
	char output[4096], errors[256];
	unsigned done;
};

static bool one_next(void *context, struct process_job *ret_job)
{
	struct one *one = context;
	if (one->left == 0)
		return false;
	one->left--;
	*ret_job = one->job;
	return true;
}

static void copy(char *to, size_t size, struct slice from)
{
	snprintf(to, size, "%.*s", SLICE_FMT(from));
}

static void one_done(
	void *context, const struct process_job *job, const struct process_result *result)
{
	struct one *one = context;
	CU_ASSERT_PTR_EQUAL(job->user, one);
	one->result = *result;
	copy(one->output, sizeof(one->output), result->output);
	copy(one->errors, sizeof(one->errors), result->errors);
	one->done++;
}

static struct one run_some(const struct process_limits *limits, const char *program,
	const char *argument, const char *input, unsigned times)
{
	const char *argv[] = {"name", argument, NULL};
	struct one one = {
		.left = times,
		.job =
			{
				.argv = argv,
				.program = program,
				.directory = "/usr",
				.input = slice_str(input),
				.want_output = true,
			},
	};
	one.job.user = &one;
	struct process_source source = {one_next, one_done, &one};
	struct error *error = NULL;
	CU_ASSERT_TRUE(process_run(limits, &source, &error));
	CU_ASSERT_EQUAL(one.done, times);
	return one;
}

static struct one run_script(
	const struct process_limits *limits, const char *script, const char *input)
{
	struct place place = place_begin();
	char text[2048];
	snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
	struct one one = run_some(limits, place_script(&place, "run", text), "arg", input, 1);
	place_end(&place);
	return one;
}

UNIT_TEST(process_input_output_status)
{
	struct one one = run_script(
		&process_limits_default, "cat; pwd; echo \"$1\"; echo oops >&2; exit 3", "in\n");
	CU_ASSERT_EQUAL(one.result.end, PROCESS_EXITED);
	CU_ASSERT_EQUAL(one.result.code, 3);
	CU_ASSERT_STRING_EQUAL(one.output, "in\n/usr\narg\n");
	CU_ASSERT_STRING_EQUAL(one.errors, "oops\n");
	CU_ASSERT_EQUAL(one.result.errors_total, 5);
}

UNIT_TEST(process_environment_is_clean)
{
	setenv("AAFORGE_SECRET", "x", 1);
	struct one one = run_some(&process_limits_default, "/usr/bin/env", NULL, "", 1);
	CU_ASSERT_STRING_EQUAL(one.output, "LC_ALL=C\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n");
	unsetenv("AAFORGE_SECRET");
}

UNIT_TEST(process_has_three_descriptors)
{
	int extra = fcntl(2, F_DUPFD, 50); /* not close-on-exec */
	struct one one = run_some(&process_limits_default, "/bin/ls", "/proc/self/fd", "", 1);
	CU_ASSERT_STRING_EQUAL(one.output, "0\n1\n2\n3\n"); /* 3 is the directory itself */
	close(extra);
}

UNIT_TEST(process_signals_are_default)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	sigset_t set, before;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before);
	struct one one = run_script(
		&process_limits_default, "grep -E '^Sig(Blk|Ign)' /proc/self/status", "");
	sigprocmask(SIG_SETMASK, &before, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGUSR1, SIG_DFL);
	unsigned long long blocked = ~0ULL, ignored = ~0ULL;
	int found = sscanf(one.output, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored);
	/* 32 and 33 are the C library's own: nobody can set them through it. */
	ignored &= ~(3ULL << 31);
	CU_ASSERT_EQUAL(found, 2);
	CU_ASSERT_EQUAL(blocked, 0);
	CU_ASSERT_EQUAL(ignored, 0);
	if (blocked || ignored)
		printf("\nthe child has:\n%s\n", one.output);
}

UNIT_TEST(process_big_input_need_not_be_read)
{
	size_t size = 3 << 20;
	char *input = malloc(size + 1);
	memset(input, 'x', size);
	input[size] = '\0';
	struct one one = run_script(&process_limits_default, "exit 0", input);
	CU_ASSERT_EQUAL(one.result.code, 0);
	one = run_script(&process_limits_default, "wc -c", input);
	CU_ASSERT_STRING_EQUAL(one.output, "3145728\n");
	free(input);
}

UNIT_TEST(process_missing_program)
{
	struct one one = run_some(&process_limits_default, "/no/such/program", NULL, "", 1);
	CU_ASSERT_EQUAL(one.result.end, PROCESS_NOT_STARTED);
	CU_ASSERT_EQUAL(one.result.code, ENOENT);
	one = run_some(&process_limits_default, "/etc/passwd", NULL, "", 1);
	CU_ASSERT_EQUAL(one.result.end, PROCESS_NOT_STARTED);
	CU_ASSERT_EQUAL(one.result.code, EACCES);
}

UNIT_TEST(process_that_kills_itself)
{
	struct one one = run_script(&process_limits_default, "kill -SEGV $$", "");
	CU_ASSERT_EQUAL(one.result.end, PROCESS_KILLED);
	CU_ASSERT_EQUAL(one.result.code, SIGSEGV);
}

static struct process_limits quick(void)
{
	struct process_limits limits = process_limits_default;
	limits.timeout = 300;
	return limits;
}

UNIT_TEST(process_that_never_ends)
{
	struct process_limits limits = quick();
	struct one one = run_script(&limits, "while :; do :; done", "");
	CU_ASSERT_EQUAL(one.result.end, PROCESS_TIMED_OUT);
	CU_ASSERT_TRUE(one.result.cpu > 0);
}

UNIT_TEST(process_that_ignores_signals)
{
	struct process_limits limits = quick();
	struct one one =
		run_script(&limits, "trap '' TERM INT HUP; exec 1>&- 2>&-; sleep 1000", "");
	CU_ASSERT_EQUAL(one.result.end, PROCESS_TIMED_OUT);
}

/* Whether a process whose id a script wrote down is gone, or at least a zombie of init. */
static bool is_gone(const struct place *place, const char *name)
{
	FILE *file = fopen(place_at(place, name), "re");
	int pid = 0;
	if (!file || fscanf(file, "%d", &pid) != 1)
		abort();
	fclose(file);
	char path[64], state = 'X';
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (int i = 0; i < 200; i++) {
		file = fopen(path, "re");
		if (!file)
			return true;
		if (fscanf(file, "%*d %*s %c", &state) != 1)
			state = 'X';
		fclose(file);
		if (state == 'Z' || state == 'X')
			return true;
		nanosleep(&(struct timespec){0, 10000000}, NULL);
	}
	return false;
}

UNIT_TEST(process_group_dies_with_it)
{
	struct place place = place_begin();
	struct process_limits limits = process_limits_default;
	limits.timeout = 2000; /* enough to write the file, whatever the machine does */
	char script[256];
	snprintf(script, sizeof(script), "sleep 1000 & echo $! > %s/pid; wait", place.path);
	struct one one = run_script(&limits, script, "");
	CU_ASSERT_EQUAL(one.result.end, PROCESS_TIMED_OUT);
	CU_ASSERT_TRUE(is_gone(&place, "pid"));
	/* One that ends well but leaves another behind, which keeps the pipes open. */
	snprintf(script, sizeof(script), "sleep 1000 & echo $! > %s/pid; echo fine", place.path);
	one = run_script(&process_limits_default, script, "");
	CU_ASSERT_EQUAL(one.result.end, PROCESS_EXITED);
	CU_ASSERT_STRING_EQUAL(one.output, "fine\n");
	CU_ASSERT_TRUE(is_gone(&place, "pid"));
	place_end(&place);
}

UNIT_TEST(process_out_of_our_group_does_not_hold_us)
{
	struct place place = place_begin();
	char script[256];
	snprintf(script, sizeof(script), "setsid sleep 1000 & echo $! > %s/pid; sleep 0.2",
		place.path);
	struct one one = run_script(&process_limits_default, script, "");
	CU_ASSERT_EQUAL(one.result.end, PROCESS_EXITED);
	FILE *file = fopen(place_at(&place, "pid"), "re");
	int pid;
	if (fscanf(file, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	fclose(file);
	place_end(&place);
}

UNIT_TEST(process_that_prints_without_end)
{
	struct process_limits limits = process_limits_default;
	limits.output = 1 << 20;
	struct one one = run_script(&limits, "cat /dev/zero", "");
	CU_ASSERT_EQUAL(one.result.end, PROCESS_TOO_LONG);
	CU_ASSERT_EQUAL(one.result.output.len, 0);
	one = run_script(&limits, "cat /dev/zero >&2", "");
	CU_ASSERT_EQUAL(one.result.end, PROCESS_TOO_LONG);
	CU_ASSERT_EQUAL(one.result.errors.len, limits.errors);
}

UNIT_TEST(process_that_prints_much_is_cut)
{
	struct one one =
		run_script(&process_limits_default, "head -c 1000000 /dev/zero >&2; exit 1", "");
	CU_ASSERT_EQUAL(one.result.end, PROCESS_EXITED);
	CU_ASSERT_EQUAL(one.result.code, 1);
	CU_ASSERT_EQUAL(one.result.errors.len, process_limits_default.errors);
	CU_ASSERT_EQUAL(one.result.errors_total, 1000000);
	one = run_script(&process_limits_default, "head -c 1000000 /dev/zero", "");
	CU_ASSERT_EQUAL(one.result.output.len, 1000000);
}

UNIT_TEST(process_limits_of_memory_and_core)
{
	struct process_limits limits = process_limits_default;
	limits.memory = 512UL << 20;
	struct rlimit before;
	getrlimit(RLIMIT_CORE, &before);
	setrlimit(RLIMIT_CORE, &(struct rlimit){1 << 20, RLIM_INFINITY});
	struct one one = run_script(&limits, "ulimit -v; ulimit -c", "");
	setrlimit(RLIMIT_CORE, &before);
	CU_ASSERT_STRING_EQUAL(one.output, "524288\n0\n");
}

UNIT_TEST(process_many_in_parallel)
{
	struct process_limits limits = process_limits_default;
	limits.parallel = 8;
	struct one one = run_some(&limits, "/bin/echo", "x", "", 200);
	CU_ASSERT_EQUAL(one.result.code, 0);
	CU_ASSERT_STRING_EQUAL(one.output, "x\n");
	CU_ASSERT_EQUAL(waitpid(-1, NULL, WNOHANG), -1); /* no zombie stays */
	CU_ASSERT_EQUAL(errno, ECHILD);
}

UNIT_TEST(process_status_is_never_lost)
{
	signal(SIGCHLD,
		SIG_IGN); /* inherited by a careless caller: statuses would be thrown away */
	struct one one = run_script(&process_limits_default, "exit 7", "");
	signal(SIGCHLD, SIG_DFL);
	CU_ASSERT_EQUAL(one.result.end, PROCESS_EXITED);
	CU_ASSERT_EQUAL(one.result.code, 7);
}

static void nothing(int number)
{
	(void)number;
}

UNIT_TEST(process_goes_on_after_signals)
{
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = nothing}, NULL);
	struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
	setitimer(ITIMER_REAL, &often, NULL);
	struct one one = run_script(&process_limits_default, "sleep 0.2; echo done", "");
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_IGN); /* one may still be under way */
	CU_ASSERT_STRING_EQUAL(one.output, "done\n");
}

UNIT_TEST(process_with_standard_descriptors_closed)
{
	pid_t pid = fork();
	if (pid == 0) {
		close(0);
		close(2);
		struct one one = run_script(&process_limits_default, "cat; echo e >&2", "in");
		_exit(strcmp(one.output, "in") == 0 && strcmp(one.errors, "e\n") == 0 ? 0 : 1);
	}
	int status;
	waitpid(pid, &status, 0);
	CU_ASSERT_EQUAL(status, 0);
}

UNIT_TEST(process_dies_with_us)
{
	struct place place = place_begin();
	char script[256];
	snprintf(script, sizeof(script),
		"#!/bin/sh\necho $$ > %s/pid; mv %s/pid %s/ready; exec sleep 1000\n", place.path,
		place.path, place.path);
	const char *program = place_script(&place, "run", script);
	pid_t pid = fork();
	if (pid == 0) {
		run_some(&process_limits_default, program, NULL, "", 1);
		_exit(0);
	}
	while (access(place_at(&place, "ready"), F_OK) < 0)
		nanosleep(&(struct timespec){0, 5000000}, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CU_ASSERT_TRUE(is_gone(&place, "ready"));
	place_end(&place);
}

UNIT_TEST(process_without_descriptors)
{
	pid_t pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_NOFILE, &(struct rlimit){64, 64});
		int last = 0;
		for (int fd; (fd = dup(0)) >= 0; last = fd)
			continue;
		close(last);
		close(last - 1);
		struct one one = run_some(&process_limits_default, "/bin/echo", "x", "", 3);
		_exit(one.result.end == PROCESS_NOT_STARTED && one.result.code == EMFILE ? 0 : 1);
	}
	int status;
	waitpid(pid, &status, 0);
	CU_ASSERT_EQUAL(status, 0);
}
