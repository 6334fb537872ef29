#ifndef CLI_FALLBACK_H
#define CLI_FALLBACK_H

/*
 * Where the kernel does not know the version of a compiled policy (EPROTONOSUPPORT: apparmor_parser
 * and kernel are of different ages, or --features named another kernel's), apparmor_parser itself
 * can still load the text: it looks at the kernel and makes what that takes.
 */

#include "cli/cli.h"
#include "manager/places.h"
#include "manager/kernel/policy_set.h"

/*
 * Has `apparmor_parser --replace` load the text of each member that is not SET_SAME, one after the
 * other: not all or none any more, which a note says. The status; what went wrong is printed,
 * STATUS_SYSTEM when it is the kernel or the parser, also when a member is a binary without text.
 */
enum status fallback_replace(
	const struct options *options, const struct places *places, const struct policy_set *set);

#endif
