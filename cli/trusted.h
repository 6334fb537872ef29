#ifndef CLI_TRUSTED_H
#define CLI_TRUSTED_H

/*
 * Root takes descriptions only from where nobody else can put them: see manager/system/trust.h. So
 * do load, install and sync on the running system, and likewise with apparmor_parser and what it
 * reads. Below --root DIR, an image that is being built,
 * anybody's are taken, and with --allow-writable everywhere.
 */

#include "cli/cli.h"
#include "manager/apparmor_parser/library.h"
#include "manager/system/trust.h"

struct trusted {
	bool is_asked; /* else everything is trusted */
	struct trust trust;
	char refused[PATH_MAX]; /* the file that was told last, which may hold many documents */
};

struct trusted trusted_begin(const struct options *options);

/* false after the problem was printed. Standard input and pipes of the caller are his own. */
bool trusted_file(struct trusted *trusted, const char *path);
bool trusted_directory(struct trusted *trusted, const char *path);

/* What the command line has apparmor_parser read and be: --features, --base, -I, --parser. */
bool trusted_tools(struct trusted *trusted, const struct options *options);

/* Whether all that a text includes is trusted. A problem is printed once for each include, and that
 * nothing is taken from `path` for each text. */
bool trusted_includes(
	struct trusted *trusted, struct library *library, struct slice path, struct slice text);

#endif
