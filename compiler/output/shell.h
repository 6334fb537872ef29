#ifndef COMPILER_OUTPUT_SHELL_H
#define COMPILER_OUTPUT_SHELL_H

/*
 * Words of a command, written so that a POSIX shell reads back exactly these bytes. The only place
 * that quotes for a shell. Cannot fail: every byte but NUL, which no description holds, has a form.
 */

#include "base/buf.h"

/*
 * Appends one word: as it stands when no shell sees anything in it, else in single quotes.
 *
 *     a b    'a b'
 *     it's   'it'\''s'
 *            ''
 */
void shell_word(struct slice word, struct buf *out);

#endif
