#ifndef CLI_SAID_H
#define CLI_SAID_H

/*
 * A log that does not repeat itself. Between said_begin and said_end, what is written to stderr is
 * held back; then each message that was said the last time as well is left out, unless it names a
 * file that has changed since:
 *
 *     web.yaml:3:5: error: …      a message is a line with those below it that begin with a blank
 *         3 | network: [inet tcq]
 */

#include "manager/system/bytes.h"

#include <stdio.h>

struct said {
	struct bytes last; /* what was held back the last time */
	FILE *log;	   /* the real stderr, between begin and end */
	char *text;
	size_t len;
};

/* Holds back. When there is no memory for it, nothing is. */
void said_begin(struct said *said);

/*
 * Says what is new. names: of changed files, each ended by NUL; all: every file may have changed,
 * so everything is said.
 */
void said_end(struct said *said, struct slice names, bool all);

void said_free(struct said *said);

#endif
