#ifndef MANAGER_SYSTEM_DOCUMENTS_H
#define MANAGER_SYSTEM_DOCUMENTS_H

/*
 * The YAML documents of a file, one at a time, in memory that does not grow with their number.
 */

#include "manager/system/bytes.h"
#include "manager/system/error.h"

struct document {
	struct slice text;   /* valid until the next call */
	uint32_t first_line; /* of text in the file, from 1 */
};

struct documents {
	const char *name; /* for messages */
	int fd;		  /* closed by documents_close, unless standard input */
	struct bytes text;
	size_t begin;  /* of what has not been handed out */
	uint32_t line; /* of text.at[begin] */
	size_t limit;  /* bytes of one document */
	size_t count;  /* handed out */
	bool complete; /* the file is read to its end */
};

/* Opens what file_open_operand opens: a regular file, standard input for "-", a pipe of the
 * shell's. limit: bytes of one document. */
bool documents_open(
	const char *path, size_t limit, struct documents *ret_documents, struct error **ret_error);

/*
 * The next document. false at the end (*ret_error NULL) or after an error. One that is longer than
 * the limit is handed out incomplete, one byte longer than the limit, and is the last. A file
 * without any document gives one that is empty.
 */
bool documents_next(
	struct documents *documents, struct document *ret_document, struct error **ret_error);

void documents_close(struct documents *documents);

#endif
