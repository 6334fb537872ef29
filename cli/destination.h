#ifndef CLI_DESTINATION_H
#define CLI_DESTINATION_H

/*
 * Where compile writes: a directory (several files, all or none), a file, or standard output.
 */

#include "cli/cli.h"
#include "manager/system/stage.h"

struct destination {
	const char *path;    /* what -o says; NULL: standard output */
	struct stage *stage; /* for a directory, which collects the files; else NULL */
};

/*
 * Looks what -o names: an existing directory or a name with a slash at its end, which is made, is a
 * directory. false after an error of the system.
 */
bool destination_open(
	const char *path, struct destination *ret_destination, struct error **ret_error);

/*
 * Writes: the files of the stage, or `text` into the file or to standard output (whose failure
 * finish_output reports). The destination is closed in any case.
 */
bool destination_commit(
	struct destination *destination, struct slice text, struct error **ret_error);

/* Writes nothing. */
void destination_abort(struct destination *destination);

#endif
