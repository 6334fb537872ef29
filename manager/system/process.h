#ifndef MANAGER_SYSTEM_PROCESS_H
#define MANAGER_SYSTEM_PROCESS_H

/*
 * Runs many programs, some at a time. No shell; an environment of two variables (LC_ALL=C and a
 * fixed PATH); no descriptor but 0, 1 and 2; standard input from memory. A program cannot hang us
 * or fill our memory: its time, its memory and its output are limited, and it is killed with its
 * process group. None is left behind when we die (PR_SET_PDEATHSIG). No zombie stays.
 *
 * What happens to a program is a result, not an error; an error is when no program can be run at
 * all (no memory, no descriptors).
 */

#include "manager/system/error.h"

struct process_job {
	const char *const *argv; /* argv[0] is what the program sees; ends with NULL */
	const char *program;	 /* its absolute path */
	const char *directory;	 /* where it runs, or NULL for ours */
	struct slice input;	 /* its standard input; must live until the job is done */
	bool want_output;	 /* else standard output goes to /dev/null */
	void *user;
};

enum process_end {
	PROCESS_EXITED,	     /* code: exit status */
	PROCESS_KILLED,	     /* code: signal; by itself or by others */
	PROCESS_TIMED_OUT,   /* we killed it */
	PROCESS_TOO_LONG,    /* we killed it: too much output */
	PROCESS_NOT_STARTED, /* code: errno */
};

struct process_result {
	enum process_end end;
	int code;
	struct slice output; /* what it wrote to standard output; empty when it was too long */
	struct slice errors; /* the first bytes of what it wrote to standard error */
	size_t errors_total; /* bytes that it wrote there */
	uint64_t cpu; /* microseconds of processor time, user and system, with its children */
};

struct process_limits {
	unsigned parallel; /* programs at a time, at least 1; 0: as many as processors */
	unsigned timeout;  /* milliseconds for each, 0: none */
	size_t output;	   /* bytes of standard output */
	size_t errors;	   /* bytes of standard error that are kept; four MiB more are drained */
	size_t memory;	   /* bytes of address space (RLIMIT_AS), 0: none */
};

/* 30 s, 64 MiB of output, 64 KiB of messages, 2 GiB of memory, all processors. */
extern const struct process_limits process_limits_default;

/*
 * Where jobs come from and results go. `next` gives a job, or false when there is none left. `done`
 * is called once for each job, in the order in which they end; the result's slices are gone after
 * it.
 */
struct process_source {
	bool (*next)(void *context, struct process_job *ret_job);
	void (*done)(
		void *context, const struct process_job *job, const struct process_result *result);
	void *context;
};

/* Runs all jobs of the source. */
bool process_run(const struct process_limits *limits, const struct process_source *source,
	struct error **ret_error);

/* The processors that this process may use, at least 1. */
unsigned process_processors(void);

#endif
