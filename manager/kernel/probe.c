#include "manager/kernel/probe.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/apparmor.h>
#include <sys/wait.h>
#include <unistd.h>

/* Pipes are not mediated: the child can use them under any profile. */
struct talk {
	int answer[2]; /* child to us: struct answer */
	int leave[2];  /* closed by us, or by our death: the child ends */
};

struct answer {
	int change; /* errno of putting itself under the profile */
	int signal; /* errno of sending us SIGCONT; only asked for when sends_signal */
};

struct probe {
	struct talk talk;
	const char *name;
	bool sends_signal;
	pid_t child;
	struct answer answer;
};

static void close_both(int fds[2])
{
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	fds[0] = fds[1] = -1;
}

/* The child; it cannot be killed by us when the profile lets it receive no signal. */
static void __attribute__((noreturn)) be_confined(struct probe *probe, pid_t parent)
{
	struct answer answer = {0};
	char byte;
	close(probe->talk.leave[1]);
	close(probe->talk.answer[0]);
	answer.change = aa_change_profile(probe->name) == 0 ? 0 : errno;
	if (answer.change == 0 && probe->sends_signal)
		answer.signal = kill(parent, SIGCONT) == 0 ? 0 : errno;
	if (write(probe->talk.answer[1], &answer, sizeof(answer)) == (ssize_t)sizeof(answer))
		while (read(probe->talk.leave[0], &byte, 1) < 0 && errno == EINTR)
			continue;
	_exit(0);
}

static bool read_answer(int fd, struct answer *ret_answer)
{
	ssize_t got;
	struct answer answer;
	do
		got = read(fd, &answer, sizeof(answer));
	while (got < 0 && errno == EINTR);
	if (got == (ssize_t)sizeof(answer))
		*ret_answer = answer;
	return got == (ssize_t)sizeof(answer);
}

/* Starts the child and waits for its answer. probe_end in any case. */
static bool probe_begin(struct probe *probe)
{
	struct talk *talk = &probe->talk;
	pid_t parent = getpid();
	*talk = (struct talk){{-1, -1}, {-1, -1}};
	if (pipe2(talk->answer, O_CLOEXEC) < 0 || pipe2(talk->leave, O_CLOEXEC) < 0)
		return false;
	probe->child = fork();
	if (probe->child == 0)
		be_confined(probe, parent);
	if (probe->child < 0)
		return false;
	close(talk->answer[1]);
	talk->answer[1] = -1;
	return read_answer(talk->answer[0], &probe->answer);
}

static void probe_end(struct probe *probe)
{
	close_both(probe->talk.leave);
	close_both(probe->talk.answer);
	while (probe->child > 0 && waitpid(probe->child, NULL, 0) < 0 && errno == EINTR)
		continue;
}

enum probe_result probe_profile(
	const struct places *places, struct slice name, struct arena *arena, struct task *ret_task)
{
	struct probe probe = {.name = arena_string(arena, name)};
	enum probe_result result = PROBE_NO_ANSWER;
	if (places->root[0])
		return result;
	if (probe_begin(&probe)) {
		if (probe.answer.change == ENOENT)
			result = PROBE_NOT_LOADED;
		else if (probe.answer.change == 0 &&
			 task_read(places, (int)probe.child, arena, ret_task, NULL))
			result = PROBE_LOADED;
	}
	probe_end(&probe);
	return result;
}

/* Class and number of the signal as the kernel's automaton reads them (security/apparmor/ipc.c,
 * include/sig_names.h). */
#define SIGNAL_CLASS	10
#define SIGNAL_CONT	18
#define SIGNAL_MAY_SEND 2

/* Whether the policy has no rule for SIGCONT to an unconfined process: refused, and it would be
 * logged. */
static bool is_without_rule(struct slice name, struct arena *arena)
{
	static const char object[] = {
		SIGNAL_CLASS, SIGNAL_CONT, 'u', 'n', 'c', 'o', 'n', 'f', 'i', 'n', 'e', 'd'};
	struct buf query = buf_new(arena);
	for (size_t i = 0; i < AA_QUERY_CMD_LABEL_SIZE; i++)
		buf_add_char(&query, '\0'); /* the library's */
	buf_add(&query, name);
	buf_add_char(&query, '\0');
	buf_add(&query, slice_of(object, sizeof(object)));
	int allowed = 0, audited = 0;
	return aa_query_label(SIGNAL_MAY_SEND, query.at, query.len, &allowed, &audited) == 0 &&
	       !allowed && audited;
}

enum enforcement probe_enforcement(
	const struct places *places, struct slice name, struct arena *arena)
{
	struct probe probe = {.name = arena_string(arena, name), .sends_signal = true};
	enum enforcement result = ENFORCEMENT_UNKNOWN;
	if (places->root[0] || !is_without_rule(name, arena))
		return result;
	if (probe_begin(&probe) && probe.answer.change == 0) {
		if (probe.answer.signal == 0)
			result = ENFORCEMENT_DISPROVEN;
		else if (probe.answer.signal == EACCES)
			result = ENFORCEMENT_PROVEN;
	}
	probe_end(&probe);
	return result;
}
