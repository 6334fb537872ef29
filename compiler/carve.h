#ifndef COMPILER_CARVE_H
#define COMPILER_CARVE_H

/*
 * Exceptions to the built-in denies. A deny always wins over an allow, so an exception can only be
 * made by denying everything but it:
 *
 *     deny /proc tree wkl,  +  writable: [{file: /proc/sys/kernel/shmmax}]
 *     =>  deny wk for each pattern that diverges from that path,  deny /proc tree l,
 *
 * Each deny of the template yields, for every permission. An exception is an allow rule of the
 * template itself, or of binary, libraries, readable, writable or exec, whose paths all lie below
 * the deny's. One that takes the whole of a tree is refused; a single file is opened by its name.
 */

#include "compiler/compile.h"

/*
 * Replaces the denies of a profile that have exceptions by their exact complements, in their place.
 * false after an error: an exception whose complement AppArmor's patterns cannot express, or one
 * that takes the whole tree.
 */
bool carve_profile(struct unit *unit, struct profile *profile,
	const struct policy_template *template, const struct scope *scope);

#endif
