#ifndef TESTS_UNIT_AUDIT_SUPPORT_H
#define TESTS_UNIT_AUDIT_SUPPORT_H

/* What the tests of audit/ share: a text is read and checked in one call. */

#include "audit/fix.h"

struct audited {
	struct unit unit;
	const struct source *source;
	enum audit_read read;
	struct workload *first;
	struct findings findings;
};

/* Reads and checks a document, or a command line. Freed with audited_free. */
struct audited audited_document(const char *text, const struct profile_resolver *resolver);
struct audited audited_command(const char *text);
void audited_free(struct audited *audited);

/* "missing error" for a container's control, the worst one there is; "met"; "" when not reported.
 */
const char *audited_control(
	const struct audited *audited, const char *container, const char *control);

#endif
