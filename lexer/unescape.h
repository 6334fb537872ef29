#ifndef LEXER_UNESCAPE_H
#define LEXER_UNESCAPE_H

/*
 * Backslash escapes of words, quoted or not: apparmor_parser (3.0.8 and 4.1.0) reads both the
 * same way, verified by compiling each escape and walking the result.
 *
 *     \a \e \f \n \r \t   the control byte
 *     \NNN \dNNN \xNN     up to three octal, three decimal, two hexadecimal digits, at most 255;
 *                         the byte stands for itself even where it is a glob character
 *     \c                  c itself
 */

#include "base/buf.h"

/*
 * Reads the escape that s starts with. Returns its length and the byte that it stands for, or 0
 * when s is no more than the backslash. ret_spelled (may be NULL): the byte was written as a code.
 */
size_t unescape_byte(struct slice s, unsigned char *ret_byte, bool *ret_spelled);

/*
 * A word without its quotes, as written, to its canonical AARE: only characters that mean
 * something there keep a backslash: \ * ? [ ] { } , always, and - ^ / @ $ where written so.
 *
 *     /a\040b\052c\"\q\@  ->  /a b\*c"q\@
 *
 * false when it holds a NUL byte or ends in a lone backslash; nothing is appended then.
 */
bool unescape_word(struct slice written, struct buf *out);

#endif
