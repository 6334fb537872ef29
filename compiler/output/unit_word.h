#ifndef COMPILER_OUTPUT_UNIT_WORD_H
#define COMPILER_OUTPUT_UNIT_WORD_H

/*
 * Words of systemd unit files (systemd.syntax(7), systemd.unit(5) on specifiers, systemd.service(5)
 * on command lines), written so that systemd reads back exactly these bytes. Cannot fail: every
 * byte but NUL has a form.
 */

#include "base/buf.h"

/*
 * Appends a word: as it stands where nothing in it has a meaning, else in double quotes with the
 * escapes of C. A '%' is doubled, as it begins a specifier; with `is_command` (a word of Exec…=, or
 * of what becomes part of one) a '$', too.
 *
 *     50% of $x    "50%% of $$x"
 */
void unit_word(struct slice word, bool is_command, struct buf *out);

/* Whether unit_word would leave the word as it stands, so that keys that do not unquote take it. */
bool unit_word_is_plain(struct slice word);

#endif
