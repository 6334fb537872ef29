#ifndef MANAGER_APPARMOR_PARSER_PARSER_H
#define MANAGER_APPARMOR_PARSER_PARSER_H

/*
 * apparmor_parser, the parser of record: finds it, asks its version, has it compile many profiles
 * in parallel without touching the kernel. It reads the text from standard input, always with a
 * features file, and none of the system's configuration.
 *
 * What it says of a profile is a result. An error is that it is not there or cannot be run.
 */

#include "manager/system/digest.h"
#include "manager/apparmor_parser/message.h"
#include "manager/system/process.h"

struct cache;
struct parser;

struct parser_options {
	const char *path;	     /* absolute path of the program; NULL: look for it */
	const char *features;	     /* features file (manager/apparmor_parser/features.h) */
	const char *base;	     /* directory of abstractions and tunables */
	const char *const *includes; /* directories that are searched before it */
	size_t include_count;
	const char *namespace;	      /* the policy namespace of all profiles, or NULL */
	bool complains;		      /* mode complain for all profiles */
	const char *replaces;	      /* see parser_open; NULL: the kernel is not touched */
	struct process_limits limits; /* for each profile */
	struct cache *cache;	      /* remembers the version; or NULL */
	void (*out_of_memory)(void);  /* must not return */
};

/*
 * Finds the parser. ENOENT, with the name of the Debian package, when there is none; EINVAL when
 * --parser is not an absolute path or the program is not an apparmor_parser of version 3.0 or
 * newer. The strings of options must outlive it.
 *
 * With `replaces`, the apparmorfs to write to, accepted profiles are loaded into the kernel or
 * replaced there, one after the other (limits.parallel must be 1), by apparmor_parser with the
 * system's own configuration; `features` may be NULL then, and want_binary gives nothing. A refusal
 * of the kernel is PARSER_FAILED, with the parser's words in the messages.
 */
bool parser_open(
	const struct parser_options *options, struct parser **ret_parser, struct error **ret_error);

void parser_free(struct parser *parser);

/* The program that parser_open would take for `given`, an absolute path or NULL: it can be run. */
bool parser_find(const char *given, const char **ret_path, struct error **ret_error);

/* "/sbin/apparmor_parser" */
const char *parser_path(const struct parser *parser);

/* "3.0.8" */
const char *parser_version(const struct parser *parser);

/* Changes when the program, its version or an option that can change a verdict does; for the
 * verdict cache. */
struct digest parser_identity(const struct parser *parser);

struct parser_job {
	struct slice text; /* of the profile; must live until the job is done */
	bool want_binary;  /* else only a verdict; the parser does all of the work in both cases */
	void *user;
};

enum parser_verdict {
	PARSER_ACCEPTED,
	PARSER_REFUSED,	      /* messages say why; there is always one */
	PARSER_TIMED_OUT,     /* limits.timeout */
	PARSER_OUT_OF_MEMORY, /* limits.memory */
	PARSER_FAILED, /* crashed, killed, printed too much, could not be started …: `trouble` says
			  what */
};

struct parser_result {
	enum parser_verdict verdict;
	const struct parser_message *messages; /* warnings too */
	struct slice binary; /* of an accepted profile when it was wanted: the bytes that the kernel
				gets */
	struct slice trouble; /* unless accepted or refused: "was killed by signal 9 (Killed)" */
	uint64_t cpu;	      /* microseconds; 0 for a remembered verdict */
};

/* As process_source. The result and all it holds are gone after `done`. */
struct parser_source {
	bool (*next)(void *context, struct parser_job *ret_job);
	void (*done)(
		void *context, const struct parser_job *job, const struct parser_result *result);
	void *context;
};

/* Has all profiles of the source compiled, limits.parallel at a time. */
bool parser_run(
	const struct parser *parser, const struct parser_source *source, struct error **ret_error);

/*
 * The errno that an exit status of apparmor_parser stands for (it exits with -errno when loading
 * fails: 228 is ENOSPC), or 0.
 */
int parser_exit_errno(int status);

#endif
