#ifndef POLICY_COMMENT_H
#define POLICY_COMMENT_H

/*
 * Comments of printed policy. Whatever a text holds, it stays within its comment: control bytes
 * are shown as \xNN.
 */

#include "base/buf.h"

/* `tabs` tabs. */
void print_indent(unsigned tabs, struct buf *out);

/* Each line of the text as a comment line of its own: "# text". Nothing for an empty text. */
void print_comment(struct slice text, unsigned tabs, struct buf *out);

/* The bytes of a text that stays on one line. */
void print_visible(struct slice text, struct buf *out);

#endif
