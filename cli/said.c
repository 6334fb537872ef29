#include "cli/said.h"

#include <stdlib.h>

void said_begin(struct said *said)
{
	said->text = NULL;
	said->len = 0;
	FILE *held = open_memstream(&said->text, &said->len);
	if (!held)
		return;
	fflush(stderr);
	said->log = stderr;
	stderr = held; /* glibc's own, which may be set */
}

/* The first message of the text, which is taken off. */
static struct slice next_message(struct slice *text)
{
	size_t end = 0;
	do {
		const char *newline = memchr(text->at + end, '\n', text->len - end);
		end = newline ? (size_t)(newline - text->at) + 1 : text->len;
	} while (end < text->len && (text->at[end] == ' ' || text->at[end] == '\t'));
	struct slice message = slice_first(*text, end);
	*text = slice_from(*text, end);
	return message;
}

static bool was_said(struct slice last, struct slice message)
{
	while (last.len > 0)
		if (slice_eq(next_message(&last), message))
			return true;
	return false;
}

static bool names_any(struct slice message, struct slice names)
{
	while (names.len > 0) {
		size_t len = strnlen(names.at, names.len);
		if (len > 0 && slice_find(message, slice_first(names, len)))
			return true;
		names = slice_from(names, len + 1);
	}
	return false;
}

void said_end(struct said *said, struct slice names, bool all)
{
	if (!said->log)
		return;
	fclose(stderr);
	stderr = said->log;
	said->log = NULL;
	struct slice rest = slice_of(said->text, said->len);
	while (rest.len > 0) {
		struct slice message = next_message(&rest);
		if (all || names_any(message, names) ||
			!was_said(bytes_slice(&said->last), message))
			fwrite(message.at, 1, message.len, stderr);
	}
	fflush(stderr);
	bytes_free(&said->last);
	said->last = (struct bytes){.at = said->text, .len = said->len, .cap = said->len};
}

void said_free(struct said *said)
{
	bytes_free(&said->last);
}
