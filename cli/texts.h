#ifndef CLI_TEXTS_H
#define CLI_TEXTS_H

/*
 * Profile texts through apparmor_parser, many at a time, their verdicts and binaries remembered in
 * the cache as those of descriptions are.
 */

#include "cli/trusted.h"

struct profile_text {
	struct slice path; /* for messages */
	struct slice text;
	uint32_t first_line; /* of the text in its file, from 1 */
	struct slice binary; /* when accepted, in the arena */
	bool accepted;
};

/*
 * Has all of them compiled and prints what apparmor_parser says of them, each at its line, in their
 * order. With options->complain everything is put in mode complain, with options->namespace there.
 * With `trusted`, or NULL, one that includes what others may write is refused.
 * STATUS_INPUT when one was refused, STATUS_SYSTEM when the parser cannot be run.
 */
enum status texts_compile(const struct options *options, struct profile_text *texts, size_t count,
	struct trusted *trusted, struct arena *arena);

#endif
