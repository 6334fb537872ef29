#ifndef MANAGER_SYSTEM_ERROR_H
#define MANAGER_SYSTEM_ERROR_H

/*
 * Errors of the system: something outside of the input failed. An error has a message, an errno
 * where there is one, and the error that caused it: whoever passes it up wraps it in what he was
 * about to do. Only cli prints.
 *
 *     cannot write 'out/api': No space left on device
 *
 * Functions of this room take `struct error **ret_error` last, which may be NULL, and set it only
 * when they fail. The receiver frees it.
 */

#include "base/buf.h"

struct error {
	struct error *cause; /* or NULL */
	int number;	     /* errno, or 0 */
	bool is_told;	     /* the message says what the text of errno would */
	const char *message; /* lower case, no final dot; freed with the struct */
};

/* Sets *ret_error (unless ret_error is NULL) to a new error. Returns false, for `return
 * error_make(…)`. */
bool error_make(struct error **ret_error, int number, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, for a message that needs no text of errno behind it: "'x' is a directory". */
bool error_say(struct error **ret_error, int number, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Puts a message in front of the error *error, which becomes its cause: "cannot read 'x': …".
 * Nothing happens when error or *error is NULL. Returns false.
 */
bool error_wrap(struct error **error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The errno of the innermost cause, or 0. */
int error_number(const struct error *error);

/* Frees the error with all causes; NULL is fine. */
void error_free(struct error *error);

/*
 * Appends "message: cause: text of errno" on one line without newline. Control bytes are shown as
 * \xNN, so that no file name can drive the terminal.
 */
void error_print(const struct error *error, struct buf *out);

#endif
