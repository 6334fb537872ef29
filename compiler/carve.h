#ifndef COMPILER_CARVE_H
#define COMPILER_CARVE_H

/*
 * Exceptions to the built-in denies. A deny always wins over an allow, so an exception can only be
 * made by denying everything but it:
 *
 *     deny /proc tree wkl,  +  writable: [{file: /proc/sys/kernel/shmmax}]
 *     =>  deny wk for each pattern that diverges from that path,  deny /proc tree l,
 *
 * A deny of the template yields when it takes writing, locking, linking or executing below a tree
 * but not reading (what may not even be read is denied in full), and an exception is an allow rule,
 * of `writable` or of the template itself, whose paths all lie below that tree.
 */

#include "compiler/compile.h"

/*
 * Replaces the denies of a profile that have exceptions by their exact complements, in their place.
 * false after an error: an exception whose complement AppArmor's patterns cannot express, or one
 * that takes the whole tree.
 */
bool carve_profile(struct unit *unit, struct profile *profile, const struct scope *scope);

#endif
