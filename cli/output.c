/* What every command prints with, and the table of commands. */
#include "cli/cli.h"

#include "manager/error.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

const struct command commands[COMMAND_COUNT] = {
#define COMMAND(symbol, arguments, summary)                                                        \
	[COMMAND_##symbol] = {#symbol, arguments, summary, command_##symbol},
#include "cli/commands.def"
#undef COMMAND
};

_Static_assert(sizeof(commands) / sizeof(commands[0]) == COMMAND_COUNT, "one entry per command");

void print_problem(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("aaforge: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

enum status print_error(struct error *error)
{
	struct arena arena;
	arena_init(&arena, out_of_memory);
	struct buf text = buf_new(&arena);
	error_print(error, &text);
	print_problem("%.*s", SLICE_FMT(buf_slice(&text)));
	arena_free(&arena);
	error_free(error);
	return STATUS_SYSTEM;
}

void out_of_memory(void)
{
	print_problem("out of memory");
	_exit(STATUS_SYSTEM);
}

enum status finish_output(enum status status)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	/* The reader of a pipe went away: it has what it wanted, and a message would be noise. */
	if (errno != EPIPE)
		print_problem("cannot write to standard output: %s", strerror(errno ? errno : EIO));
	return STATUS_SYSTEM;
}
