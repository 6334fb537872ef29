#ifndef CLI_REPORT_H
#define CLI_REPORT_H

/* Diagnostics on standard error, as text with carets or as JSON lines. */

#include "cli/cli.h"

/* Prints the diagnostics of a unit, sorted by place. */
void report_diags(struct unit *unit, enum format format);

/*
 * One diagnostic as a JSON object: file, line, column, end_line, end_column, severity, id, message,
 * and where there are: second (file, line, column, message), help. The caller owns the reference.
 */
struct json_t;
struct json_t *report_json(const struct diag *diag, const struct sources *sources);

/* Prints a result on standard output, one line, and frees it. */
void report_json_print(struct json_t *result);

/*
 * What --json prints of a command that failed before it had a result: {"error": "the first problem
 * that was printed", "status": 3}. Nothing when one was printed.
 */
void report_json_failure(enum status status);

/* A JSON string of any bytes: those that are not UTF-8 are written as \xNN. */
struct json_t *report_json_text(struct slice text);

#endif
