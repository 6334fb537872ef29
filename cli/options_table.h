#ifndef CLI_OPTIONS_TABLE_H
#define CLI_OPTIONS_TABLE_H

/* The options as data: getopt, --help, the manual page and the completion are made from it. */

#include "cli/cli.h"

enum option_id {
#define OPTION(symbol, ...) OPTION_##symbol,
#include "cli/options.def"
#undef OPTION
	OPTION_COUNT
};

enum option_type {
	OPTION_FLAG,   /* bool */
	OPTION_TEXT,   /* const char * */
	OPTION_LIST,   /* struct option_list */
	OPTION_NUMBER, /* unsigned, from `least` to `most` */
	OPTION_READ,   /* whatever `read` sets */
};

struct option_entry {
	char letter;	       /* or 0 */
	const char *long_name; /* or NULL */
	const char *argument;  /* or NULL */
	enum option_type type;
	size_t offset; /* of the member of struct options */
	unsigned least, most;
	/* false after a problem was printed. */
	bool (*read)(enum command_id command, const char *text, struct options *options);
	unsigned on; /* bit n: command n takes it */
	const char *help;
};

extern const struct option_entry option_table[OPTION_COUNT];

static inline bool option_is_on(enum option_id option, enum command_id command)
{
	return option_table[option].on >> command & 1;
}

#endif
