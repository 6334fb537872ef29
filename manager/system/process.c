#include "manager/system/process.h"

#include "manager/system/bytes.h"
#include "manager/system/file.h"
#include "manager/system/spawn.h"
#include "manager/system/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DRAIN_MOST	(4U << 20) /* bytes of standard error beyond those that are kept */
#define WAIT_WITHOUT_FD 5	   /* ms between looks at a child where there is no pidfd */
#define PARALLEL_MOST	256

const struct process_limits process_limits_default = {
	.timeout = 30 * 1000,
	.output = 64U << 20,
	.errors = 64U << 10,
	.memory = 2048UL << 20,
};

struct child {
	pid_t pid; /* 0: the slot is free */
	int pidfd, output_fd, errors_fd;
	enum process_end end;
	uint64_t deadline; /* ms of the monotonic clock, or UINT64_MAX */
	struct bytes output, errors;
	size_t errors_total;
	struct process_job job;
};

struct run {
	const struct process_limits *limits;
	const struct process_source *source;
	struct child *children;
	struct pollfd *polls; /* three for each child */
	unsigned slots, running;
	int null;
};

static uint64_t now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static bool open_pipe(int *ret_read, int *ret_write)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return false;
	*ret_read = fd_above_standard(fds[0]);
	*ret_write = fd_above_standard(fds[1]);
	return *ret_read >= 0 && *ret_write >= 0 && fcntl(*ret_read, F_SETFL, O_NONBLOCK) == 0;
}

static int open_input(struct slice text)
{
	int fd = fd_above_standard(memfd_create("input", MFD_CLOEXEC));
	if (fd >= 0 && (!fd_write(fd, text) || lseek(fd, 0, SEEK_SET) < 0)) {
		int number = errno;
		close_fd(&fd);
		errno = number;
	}
	return fd;
}

static bool child_spawn(struct run *run, struct child *child)
{
	int input = -1, output = -1, errors = -1;
	bool is_ready = (input = open_input(child->job.input)) >= 0 &&
			open_pipe(&child->errors_fd, &errors) &&
			(!child->job.want_output || open_pipe(&child->output_fd, &output));
	pid_t pid = -1;
	if (is_ready)
		pid = spawn_start(&(struct spawn){
			.job = &child->job,
			.input = input,
			.output = child->job.want_output ? output : run->null,
			.errors = errors,
			.memory = run->limits->memory,
		});
	int number = errno;
	close_fd(&input);
	close_fd(&output);
	close_fd(&errors);
	errno = number;
	child->pid = pid > 0 ? pid : 0;
	return pid > 0;
}

static void child_start(struct run *run, struct child *child, const struct process_job *job)
{
	child->job = *job;
	child->pidfd = child->output_fd = child->errors_fd = -1;
	child->end = PROCESS_EXITED;
	child->output.len = child->errors.len = child->errors_total = 0;
	child->deadline = run->limits->timeout ? now() + run->limits->timeout : UINT64_MAX;
	if (child_spawn(run, child)) {
#ifdef SYS_pidfd_open
		child->pidfd = fd_above_standard((int)syscall(SYS_pidfd_open, child->pid, 0));
#endif
		run->running++;
		return;
	}
	struct process_result result = {.end = PROCESS_NOT_STARTED, .code = errno};
	close_fd(&child->output_fd);
	close_fd(&child->errors_fd);
	run->source->done(run->source->context, &child->job, &result);
}

static void child_kill(struct child *child, enum process_end why)
{
	if (child->end == PROCESS_EXITED)
		child->end = why;
	kill(-child->pid, SIGKILL);
	kill(child->pid, SIGKILL);
}

/* 0: nothing more now; -1: the end. */
static ssize_t read_piece(int fd, char *piece, size_t size)
{
	ssize_t got;
	do
		got = read(fd, piece, size);
	while (got < 0 && errno == EINTR);
	if (got < 0 && errno == EAGAIN)
		return 0;
	return got > 0 ? got : -1;
}

static void read_output(const struct run *run, struct child *child)
{
	char piece[65536];
	for (;;) {
		ssize_t got = read_piece(child->output_fd, piece, sizeof(piece));
		if (got == 0)
			return;
		if (got < 0)
			break;
		if (child->output.len + (size_t)got > run->limits->output ||
			!bytes_add(&child->output, slice_of(piece, (size_t)got))) {
			child->output.len = 0;
			child_kill(child, PROCESS_TOO_LONG);
			break;
		}
	}
	close_fd(&child->output_fd);
}

static void read_errors(const struct run *run, struct child *child)
{
	char piece[16384];
	for (;;) {
		ssize_t got = read_piece(child->errors_fd, piece, sizeof(piece));
		if (got == 0)
			return;
		if (got < 0)
			break;
		child->errors_total += (size_t)got;
		size_t room = run->limits->errors - child->errors.len;
		bytes_add(&child->errors, slice_first(slice_of(piece, (size_t)got), room));
		if (child->errors_total > run->limits->errors + DRAIN_MOST) {
			child_kill(child, PROCESS_TOO_LONG);
			break;
		}
	}
	close_fd(&child->errors_fd);
}

/* Whether the child has ended; it stays a zombie, so that its group can still be killed by number.
 */
static bool is_ended(const struct child *child)
{
	siginfo_t info = {0};
	int result;
	do
		result = waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT);
	while (result < 0 && errno == EINTR);
	return result < 0 || info.si_pid == child->pid;
}

static void fill_result(
	struct child *child, int status, const struct rusage *usage, struct process_result *result)
{
	*result = (struct process_result){
		.end = child->end,
		.output = bytes_slice(&child->output),
		.errors = bytes_slice(&child->errors),
		.errors_total = child->errors_total,
		.cpu = (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 +
		       (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec),
	};
	if (child->end != PROCESS_EXITED)
		return;
	if (WIFSIGNALED(status))
		result->end = PROCESS_KILLED;
	result->code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

/* The child has ended: what is left of its group dies, what it wrote is read, its zombie reaped. */
static void child_end(struct run *run, struct child *child)
{
	kill(-child->pid, SIGKILL);
	if (child->output_fd >= 0)
		read_output(run, child);
	if (child->errors_fd >= 0)
		read_errors(run, child);
	int status = 0;
	struct rusage usage = {0};
	pid_t reaped;
	stop_drop_child(child->pid);
	while ((reaped = wait4(child->pid, &status, 0, &usage)) < 0 && errno == EINTR)
		continue;
	close_fd(&child->output_fd);
	close_fd(&child->errors_fd);
	close_fd(&child->pidfd);
	child->pid = 0;
	run->running--;
	struct process_result result;
	fill_result(child, status, &usage, &result);
	if (reaped < 0) /* somebody else took the status: never to be mistaken for success */
		result = (struct process_result){.end = PROCESS_NOT_STARTED, .code = ECHILD};
	run->source->done(run->source->context, &child->job, &result);
}

static int poll_timeout(const struct run *run)
{
	uint64_t at = now(), nearest = UINT64_MAX;
	bool has_all_fds = true;
	for (unsigned i = 0; i < run->slots; i++) {
		const struct child *child = &run->children[i];
		if (child->pid == 0)
			continue;
		has_all_fds = has_all_fds && child->pidfd >= 0;
		if (child->end == PROCESS_EXITED && child->deadline < nearest)
			nearest = child->deadline;
	}
	if (nearest <= at)
		return 0;
	uint64_t wait = nearest - at;
	if (!has_all_fds && wait > WAIT_WITHOUT_FD)
		return WAIT_WITHOUT_FD;
	return wait > 1000000 ? -1 : (int)wait + 1;
}

static void poll_fill(struct run *run)
{
	for (unsigned i = 0; i < run->slots; i++) {
		const struct child *child = &run->children[i];
		bool is_used = child->pid != 0;
		struct pollfd *polls = &run->polls[(size_t)i * 3];
		polls[0] = (struct pollfd){is_used ? child->pidfd : -1, POLLIN, 0};
		polls[1] = (struct pollfd){is_used ? child->output_fd : -1, POLLIN, 0};
		polls[2] = (struct pollfd){is_used ? child->errors_fd : -1, POLLIN, 0};
	}
}

static void child_serve(struct run *run, struct child *child, const struct pollfd polls[3])
{
	if (polls[1].revents && child->output_fd >= 0)
		read_output(run, child);
	if (polls[2].revents && child->errors_fd >= 0)
		read_errors(run, child);
	if ((polls[0].revents || child->pidfd < 0) && is_ended(child))
		child_end(run, child);
	else if (child->end == PROCESS_EXITED && now() >= child->deadline)
		child_kill(child, PROCESS_TIMED_OUT);
}

static bool serve(struct run *run)
{
	poll_fill(run);
	if (poll(run->polls, (nfds_t)run->slots * 3, poll_timeout(run)) < 0 && errno != EINTR)
		return false;
	for (unsigned i = 0; i < run->slots; i++)
		if (run->children[i].pid != 0)
			child_serve(run, &run->children[i], &run->polls[(size_t)i * 3]);
	return true;
}

/* Fills the free slots. false when no job is left. */
static bool start_some(struct run *run)
{
	for (unsigned i = 0; i < run->slots; i++)
		while (run->children[i].pid == 0) {
			struct process_job job;
			if (!run->source->next(run->source->context, &job))
				return false;
			child_start(run, &run->children[i], &job);
		}
	return true;
}

static bool run_prepare(struct run *run)
{
	unsigned parallel = run->limits->parallel ? run->limits->parallel : process_processors();
	run->slots = parallel < PARALLEL_MOST ? parallel : PARALLEL_MOST;
	run->children = calloc(run->slots, sizeof(*run->children));
	run->polls = calloc((size_t)run->slots * 3, sizeof(*run->polls));
	run->null = fd_above_standard(open("/dev/null", O_RDWR | O_CLOEXEC));
	return run->children && run->polls && run->null >= 0;
}

static void run_free(struct run *run)
{
	for (unsigned i = 0; run->children && i < run->slots; i++) {
		if (run->children[i].pid != 0) {
			child_kill(&run->children[i], PROCESS_KILLED);
			child_end(run, &run->children[i]);
		}
		bytes_free(&run->children[i].output);
		bytes_free(&run->children[i].errors);
	}
	free(run->children);
	free(run->polls);
	close_fd(&run->null);
}

bool process_run(const struct process_limits *limits, const struct process_source *source,
	struct error **ret_error)
{
	struct run run = {.limits = limits, .source = source, .null = -1};
	/* Inherited as ignored, it would make the kernel throw exit statuses away. */
	struct sigaction before;
	sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, &before);
	bool is_fine = run_prepare(&run);
	for (bool has_more = true; is_fine && (has_more || run.running > 0);) {
		has_more = has_more && start_some(&run);
		if (run.running > 0)
			is_fine = serve(&run);
	}
	int number = errno;
	run_free(&run);
	sigaction(SIGCHLD, &before, NULL);
	return is_fine || error_make(ret_error, number, "cannot run programs");
}

unsigned process_processors(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
	return count > 0 ? (unsigned)count : 1;
}
