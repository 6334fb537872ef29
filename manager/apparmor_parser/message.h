#ifndef MANAGER_APPARMOR_PARSER_MESSAGE_H
#define MANAGER_APPARMOR_PARSER_MESSAGE_H

/*
 * What apparmor_parser writes to standard error, as data. The forms were measured with 3.0.8 and
 * 4.1.0 under LC_ALL=C; tests/unit/manager_message.c holds one example of each. A line of no known
 * form becomes a message of kind OTHER: nothing is lost but noise.
 */

#include "base/buf.h"

enum parser_message_kind {
	PARSER_SYNTAX,		/* anything with a line: grammar, unknown names, bad flags */
	PARSER_MISSING_INCLUDE, /* subject: the path */
	PARSER_GLOB, /* subject: the pattern, its variables expanded; detail lines joined in text */
	PARSER_EXEC_CONFLICT, /* subject: the path when it is the same in both rules, else empty */
	PARSER_UNDECLARED,    /* subject: the variable's name, without @{} */
	PARSER_TRANSITIONS,   /* too many named exec transitions */
	PARSER_DUPLICATE,     /* profile is defined twice */
	/* A warning; subject: the rule's keyword, "dbus", "network", "unix", or "deny unix", when
	 * it is about denies only. */
	PARSER_NOT_ENFORCED,
	PARSER_DOWNGRADED, /* a warning; likewise */
	PARSER_FEATURES,   /* the features file cannot be used; subject: its path */
	PARSER_SKIPPED,	   /* apparmor_parser did not look at the profile at all */
	PARSER_OTHER,
};

struct parser_message {
	struct parser_message *next;
	enum parser_message_kind kind;
	/* Where the line is: empty for the text that was given, else the path of an included file.
	 */
	struct slice file;
	uint32_t line; /* from 1; 0: none was given */
	/*
	 * Without a line: the first line of the given text in which the subject stands, or 0. A
	 * hint, as the same words may stand on other lines.
	 */
	uint32_t likely_line;
	struct slice profile; /* or empty */
	struct slice subject; /* see kind, or empty */
	struct slice text;    /* in apparmor_parser's words, one line */
};

/* Most messages that are kept of one run; more are dropped. */
#define PARSER_MESSAGES_MOST 256

/*
 * Reads what apparmor_parser wrote. `name` is what it was told as the name of the text
 * ("/dev/stdin"); `text` is the text itself, for likely_line. Noise is left out, repeated messages
 * are given once. Everything is in the arena, in the order of the output.
 */
struct parser_message *parser_messages_read(
	struct arena *arena, struct slice errors, struct slice name, struct slice text);

/* PARSER_NOT_ENFORCED and PARSER_DOWNGRADED do not make apparmor_parser refuse a profile. */
static inline bool parser_message_is_warning(const struct parser_message *message)
{
	return message->kind == PARSER_NOT_ENFORCED || message->kind == PARSER_DOWNGRADED;
}

#endif
