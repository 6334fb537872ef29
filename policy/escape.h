#ifndef POLICY_ESCAPE_H
#define POLICY_ESCAPE_H

/*
 * The only place that escapes and quotes. Three forms of a text are told apart:
 *   literal  the bytes themselves:                  /srv/a*b c
 *   AARE     AppArmor's glob language, unquoted:    /srv/a\*b c
 *   token    as it stands in policy text:           "/srv/a\\*b c"   (what apparmor_parser reads
 * back to the AARE) Verified against apparmor_parser 3.0.8 and 4.1.0 by tests/.
 */

#include "base/buf.h"

/* Literal to AARE: every glob character, backslash, and `@{`/`${` escaped. No NUL, no newline may
 * be in it. */
void escape_literal(struct slice literal, struct buf *out);

/*
 * AARE to token: quoted where the language needs it. What escape_printable refuses becomes codes
 * (\011, \377), so that policy text is printable UTF-8. Whatever the AARE holds, the token is one
 * word.
 */
void escape_token(struct slice aare, struct buf *out);

/* Whether the text has a glob character or a variable: * ? [ ] { } or @{, not escaped. */
bool escape_is_pattern(struct slice aare);

/*
 * AARE without globs and variables back to the literal; false, with nothing appended, when it has
 * any, ends in a lone backslash or spells a NUL byte.
 */
bool escape_to_literal(struct slice aare, struct buf *out);

/*
 * The bytes of the UTF-8 character that s, which is not empty, starts with; 0 when it is none, a
 * control character, or one that misleads who reads it (turns the direction, is invisible): such
 * bytes are written as codes.
 */
size_t escape_printable(struct slice s);

#endif
