#ifndef POLICY_GLOB_BOTH_H
#define POLICY_GLOB_BOTH_H

/* One pattern in the place of two, for messages that show how to write it. Pure. */

#include "base/arena.h"

/*
 * A pattern of AppArmor's that matches what two others match, in the arena: the components that
 * they have in common at both ends stand once.
 *
 *     /var/run/x, /run/x                /{,var/}run/x
 *     /usr/sbin/one, /usr/sbin/two      /usr/sbin/{one,two}
 *
 * Empty where a comma or a class keeps it from being said simply, or where both are equal.
 */
struct slice glob_both(struct arena *arena, struct slice a, struct slice b);

#endif
