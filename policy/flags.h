#ifndef POLICY_FLAGS_H
#define POLICY_FLAGS_H

/* The flags of a profile: flags=(attach_disconnected, complain). apparmor.d(5), "Flags". */

#include "policy/rule/items.h"

/*
 * Reads the members of a flags list into the profile. Unknown flags, bad values and conflicts are
 * diagnostics; false after any.
 */
bool flags_read(struct unit *unit, const struct item *members, struct profile *profile);

#endif
