#ifndef AUDIT_IMPORT_H
#define AUDIT_IMPORT_H

/*
 * A description (aaforge.yaml(5)) of a container that is running already, from its inspection: the
 * start of one, to be read and tightened by a person. Comments say what could not be known.
 */

#include "audit/workload.h"

/*
 * The description as a YAML document that begins with "---", in the unit's arena. false for a
 * workload that is no inspection.
 */
bool import_description(struct unit *unit, const struct workload *workload, struct slice *ret_text);

#endif
