/* The table of the commands. */
#include "cli/cli.h"

const struct command commands[COMMAND_COUNT] = {
#define COMMAND(symbol, arguments, summary)                                                        \
	[COMMAND_##symbol] = {#symbol, arguments, summary, command_##symbol},
#include "cli/commands.def"
#undef COMMAND
};

_Static_assert(sizeof(commands) / sizeof(commands[0]) == COMMAND_COUNT, "one entry per command");
