#ifndef COMPILER_TEMPLATE_SIGN_H
#define COMPILER_TEMPLATE_SIGN_H

/*
 * Whether a file can be meant as a template. The writer of a description chooses which file is read
 * as one, and messages about a template show its lines: a private key or a list of passwords is to
 * be told apart before anything of it is shown.
 */

#include "base/slice.h"

/*
 * Whether a text has the form of a template:
 *
 *     # a comment                    comments, abi, include, variables, aliases, blank lines …
 *     include <tunables/global>
 *     profile @{name} flags=(…) {    … and then the word `profile` with a brace behind it
 *
 * What follows, and whether any of it is right, does not matter: of its mistakes people want to see
 * the lines. ret_line: the first line that is none of these (from 1), 0 when they run out.
 */
bool template_has_sign(struct slice text, uint32_t *ret_line);

#endif
