/*
 * measure COMMAND [ARGUMENT …]: runs the command and writes its processor time (user and system,
 * with its children) in microseconds and its peak memory in KiB to descriptor 3. A small program on
 * purpose: a process is charged with the memory of the one that it was forked from until it
 * executes.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long long microseconds(struct timeval time)
{
	return time.tv_sec * 1000000LL + time.tv_usec;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs("usage: measure COMMAND [ARGUMENT …] 3>FILE\n", stderr);
		return 2;
	}
	pid_t child = vfork();
	if (child == 0) {
		execv(argv[1], argv + 1);
		_exit(127);
	}
	int status;
	struct rusage usage;
	if (child < 0 || wait4(child, &status, 0, &usage) != child)
		return 3;
	dprintf(3, "%lld %ld\n", microseconds(usage.ru_utime) + microseconds(usage.ru_stime),
		usage.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
