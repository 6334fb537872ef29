#ifndef CLI_CLI_H
#define CLI_CLI_H

/*
 * The command line. Only this room prints and decides about exit statuses.
 */

#include "base/unit.h"
#include "policy/abi.h"

#include <stdio.h>

/* Exit statuses, the same for all commands. */
enum status {
	STATUS_OK = 0,
	STATUS_INPUT = 1,  /* the input is wrong */
	STATUS_USAGE = 2,  /* the command line is wrong */
	STATUS_SYSTEM = 3, /* the system failed: I/O, memory, a missing parser */
};

enum command_id {
#define COMMAND(symbol, arguments, summary) COMMAND_##symbol,
#include "cli/commands.def"
#undef COMMAND
	COMMAND_COUNT
};

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_TAP, FORMAT_SARIF };

/* What an option that may be given several times was given with. */
struct option_list {
	const char **at;
	size_t count;
};

/* What the options of a command line say. */
struct options {
	const char *output;
	bool annotate, self_contained, no_cache, quiet, help;
	bool complain, dry_run, force, prune, watch, json;
	bool any, installed;
	enum abi abi;
	const char *base, *features, *parser;
	const char *namespace, *runtime, *root; /* NULL when not given */
	const char *look_at;			/* the root to look at the paths of descriptions in,
						   or NULL */
	bool looks_at_images;	 /* also at those of containers: it is the tree of their image */
	bool root_findings_only; /* what is found is no diagnostic */
	bool allow_missing;
	char *root_base;	   /* what `base` is when root_use_base() chose it, or NULL */
	const char *to, *merge;	   /* NULL when not given; `to` is a known target */
	bool pod;		   /* --kind Pod, else Deployment */
	unsigned kubernetes_minor; /* 30 for 1.30 */
	unsigned pid;		   /* 0: not given */
	struct option_list include_dirs, template_dirs;
	bool allow_outside, allow_writable;
	struct option_list replaced; /* --replace-distribution */
	unsigned timeout;	     /* seconds */
	unsigned memory;	     /* MiB */
	unsigned jobs;		     /* 0: all processors */
	enum format format;
	enum severity severities[DIAG_COUNT];
	const char *command_line, *profiles;
	bool live, fix, in_place;
	enum severity fail_on; /* SEVERITY_OFF: never */
	char **arguments;      /* the operands */
	size_t argument_count;
};

struct command {
	const char *name, *arguments, *summary;
	enum status (*run)(const struct options *options);
};

extern const struct command commands[COMMAND_COUNT];

#define COMMAND(symbol, arguments, summary)                                                        \
	enum status command_##symbol(const struct options *options);
#include "cli/commands.def"
#undef COMMAND

/*
 * Reads the options of a command. argv[0] is the command's name. false after a usage error has been
 * printed.
 */
bool options_read(enum command_id command, int argc, char **argv, struct options *ret_options);
void options_free(struct options *options);

/* `aaforge help`, `aaforge help COMMAND`: usage and options from the tables. */
void help_overview(FILE *out);
void help_command(enum command_id command, FILE *out);

/* "aaforge: …" on standard error. */
void print_problem(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The words of the first problem that was printed, but for a note or a warning; "" without one. */
const char *first_problem(void);

/* Prints an error of the system and frees it. STATUS_SYSTEM, for `return print_error(…)`. */
struct error;
enum status print_error(struct error *error);

/* Prints "aaforge: out of memory" and exits with STATUS_SYSTEM: the handler of every arena. */
void out_of_memory(void);

/* Flushes standard output; a write error is printed and gives STATUS_SYSTEM, else `status` comes
 * back. */
enum status finish_output(enum status status);

#endif
