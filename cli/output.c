/* What every command prints with. */
#include "cli/cli.h"

#include "manager/system/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

/* The first that was printed. Notes and warnings are none. */
static char *problem;

const char *first_problem(void)
{
	return problem ? problem : "";
}

/* Keeps the text, or frees it. */
static void keep_problem(const char *format, char *text)
{
	bool is_lesser = strncmp(format, "note: ", 6) == 0 || strncmp(format, "warning: ", 9) == 0;
	if (problem || is_lesser)
		free(text);
	else
		problem = text;
}

/* Names that somebody chose stand in it: they are not to drive the terminal. */
void print_problem(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	fputs("aaforge: ", stderr);
	for (int i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c < 0x20 || c == 0x7f)
			fprintf(stderr, "\\x%02x", c);
		else
			fputc(c, stderr);
	}
	fputs(len < 0 ? "out of memory\n" : "\n", stderr);
	if (len >= 0)
		keep_problem(format, text);
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
