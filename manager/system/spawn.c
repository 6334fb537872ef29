#include "manager/system/spawn.h"

#include "manager/system/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *const environment[] = {
	(char *)"LC_ALL=C",
	(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
	NULL,
};

int fd_above_standard(int fd)
{
	if (fd < 0 || fd > 2)
		return fd;
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	int number = errno;
	close(fd);
	errno = number;
	return moved;
}

/* All of this runs in the child on our memory: system calls only, and no variable is changed. */

static void default_signals(void)
{
	const struct sigaction action = {.sa_handler = SIG_DFL};
	for (int number = 1; number < NSIG; number++)
		sigaction(number, &action, NULL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void limit(enum __rlimit_resource resource, rlim_t most)
{
	struct rlimit now;
	if (getrlimit(resource, &now) < 0)
		return;
	if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most)
		most = now.rlim_max;
	setrlimit(resource, &(struct rlimit){most, most});
}

/* Where the child reports a failed start to; closed by a successful one. */
#define REPORT_FD 3

static void close_others(void)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, REPORT_FD + 1U, ~0U, 0U) == 0)
		return;
#endif
	long most = sysconf(_SC_OPEN_MAX);
	for (int fd = REPORT_FD + 1; fd < (most > 0 && most < 65536 ? most : 65536); fd++)
		close(fd);
}

static bool become(const struct spawn *spawn, int report, pid_t parent)
{
	if (setpgid(0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return false;
	if (getppid() != parent)
		_exit(127); /* the parent died before the line above */
	if (dup2(spawn->input, 0) < 0 || dup2(spawn->output, 1) < 0 || dup2(spawn->errors, 2) < 0)
		return false;
	if (report != REPORT_FD && dup3(report, REPORT_FD, O_CLOEXEC) < 0)
		return false;
	close_others();
	if (spawn->job->directory && chdir(spawn->job->directory) < 0)
		return false;
	if (spawn->memory > 0)
		limit(RLIMIT_AS, spawn->memory);
	limit(RLIMIT_CORE, 0);
	default_signals();
	return true;
}

/* The descriptor has its old number or already REPORT_FD's, with nothing left at the old one. */
static void report_failure(int report, int number)
{
	if (write(report, &number, sizeof(number)) < 0)
		number = write(REPORT_FD, &number, sizeof(number)) < 0;
	_exit(127);
}

static pid_t start(const struct spawn *spawn, int report)
{
	pid_t parent = getpid();
	pid_t pid = vfork();
	if (pid != 0)
		return pid;
	if (become(spawn, report, parent))
		execve(spawn->job->program, (char *const *)spawn->job->argv, environment);
	report_failure(report, errno);
	_exit(127);
}

/* 0 when the program has started; else the errno that the child reports. */
static int read_report(int fd)
{
	int number = 0;
	ssize_t got;
	do
		got = read(fd, &number, sizeof(number));
	while (got < 0 && errno == EINTR);
	return got == sizeof(number) ? number : 0;
}

static pid_t start_and_wait(const struct spawn *spawn, const int report[2])
{
	/* No handler of ours may run in the child, on our memory. */
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid_t pid = start(spawn, report[1]);
	int number = errno;
	if (pid > 0)
		stop_add_child(pid);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(report[1]);
	if (pid > 0 && (number = read_report(report[0])) != 0) {
		stop_drop_child(pid);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
		pid = -1;
	}
	errno = number;
	return pid;
}

pid_t spawn_start(const struct spawn *spawn)
{
	int report[2];
	if (pipe2(report, O_CLOEXEC) < 0)
		return -1;
	report[0] = fd_above_standard(report[0]);
	report[1] = fd_above_standard(report[1]);
	if (report[0] < 0 || report[1] < 0) {
		int failed = errno;
		close(report[0] < 0 ? report[1] : report[0]);
		errno = failed;
		return -1;
	}
	pid_t pid = start_and_wait(spawn, report);
	int number = errno;
	close(report[0]);
	errno = number;
	return pid;
}
