#ifndef AUDIT_SHELL_WORDS_H
#define AUDIT_SHELL_WORDS_H

/*
 * The words of a simple command, as a POSIX shell splits them (IEEE 1003.1, Shell Command Language,
 * 2.2 and 2.3), without any expansion: '$HOME' stays as it is. Ends at an operator or a newline.
 */

#include "compiler/service/service.h"

/*
 * The words, each with its place in the source, or NULL: none, or *ret_error is set (a static text)
 * and *ret_at to where it went wrong. Words live in the arena. position: where to begin in the text
 * of the source, and where it ended.
 */
const struct text *shell_words(struct arena *arena, const struct source *source, size_t *position,
	const char **ret_error, struct span *ret_at);

#endif
