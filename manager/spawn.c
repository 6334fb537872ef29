#include "manager/spawn.h"

#include <errno.h>
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

static void close_others(void)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, 3U, ~0U, 0U) == 0)
		return;
#endif
	long most = sysconf(_SC_OPEN_MAX);
	for (int fd = 3; fd < (most > 0 && most < 65536 ? most : 65536); fd++)
		close(fd);
}

static bool become(const struct spawn *spawn, pid_t parent)
{
	if (setpgid(0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return false;
	if (getppid() != parent)
		_exit(127); /* the parent died before the line above */
	if (dup2(spawn->input, 0) < 0 || dup2(spawn->output, 1) < 0 || dup2(spawn->errors, 2) < 0)
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

static pid_t start(const struct spawn *spawn)
{
	pid_t parent = getpid();
	pid_t pid = vfork();
	if (pid != 0)
		return pid;
	if (become(spawn, parent))
		execve(spawn->job->program, (char *const *)spawn->job->argv, environment);
	*spawn->failure = errno;
	_exit(127);
}

pid_t spawn_start(const struct spawn *spawn)
{
	/* No handler of ours may run in the child, on our memory. */
	sigset_t all, before;
	sigfillset(&all);
	*spawn->failure = 0;
	sigprocmask(SIG_SETMASK, &all, &before);
	pid_t pid = start(spawn);
	int number = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid > 0 && *spawn->failure != 0) {
		number = *spawn->failure;
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
		pid = -1;
	}
	errno = number;
	return pid;
}
