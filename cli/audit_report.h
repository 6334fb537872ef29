#ifndef CLI_AUDIT_REPORT_H
#define CLI_AUDIT_REPORT_H

/* What an audit found, on standard output: as text, JSON or SARIF 2.1.0. */

#include "audit/audit.h"
#include "cli/cli.h"

struct audit_report;

struct audit_report *audit_report_new(enum format format);

/* Adds the findings of one document; text is printed at once. */
void audit_report_add(struct audit_report *report, const struct unit *unit,
	const struct workload *first, const struct findings *findings);

/* Prints what the format keeps to the end, and frees the report. */
void audit_report_finish(struct audit_report *report);

#endif
