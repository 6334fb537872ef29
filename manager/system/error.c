#include "manager/system/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* What is left to say when there is no memory to say anything. */
static const struct error out_of_memory = {.is_told = true, .message = "out of memory"};

static struct error *error_format(int number, bool is_told, const char *format, va_list arguments)
{
	va_list again;
	va_copy(again, arguments);
	int len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	struct error *error = len < 0 ? NULL : malloc(sizeof(*error) + (size_t)len + 1);
	if (!error)
		return (struct error *)&out_of_memory;
	char *message = (char *)(error + 1);
	vsnprintf(message, (size_t)len + 1, format, arguments);
	*error = (struct error){.number = number, .is_told = is_told, .message = message};
	return error;
}

bool error_make(struct error **ret_error, int number, const char *format, ...)
{
	if (!ret_error)
		return false;
	va_list arguments;
	va_start(arguments, format);
	*ret_error = error_format(number, false, format, arguments);
	va_end(arguments);
	return false;
}

bool error_say(struct error **ret_error, int number, const char *format, ...)
{
	if (!ret_error)
		return false;
	va_list arguments;
	va_start(arguments, format);
	*ret_error = error_format(number, true, format, arguments);
	va_end(arguments);
	return false;
}

bool error_wrap(struct error **error, const char *format, ...)
{
	if (!error || !*error)
		return false;
	va_list arguments;
	va_start(arguments, format);
	struct error *outer = error_format(0, false, format, arguments);
	va_end(arguments);
	if (outer == &out_of_memory)
		return false;
	outer->cause = *error;
	*error = outer;
	return false;
}

int error_number(const struct error *error)
{
	int number = 0;
	for (; error; error = error->cause)
		number = error->number ? error->number : number;
	return number;
}

void error_free(struct error *error)
{
	while (error && error != &out_of_memory) {
		struct error *cause = error->cause;
		free(error);
		error = cause;
	}
}

static void print_safely(const char *text, struct buf *out)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			buf_printf(out, "\\x%02x", (unsigned char)*text);
		else
			buf_add_char(out, *text);
}

void error_print(const struct error *error, struct buf *out)
{
	const char *separator = "";
	for (; error; error = error->cause) {
		buf_add_str(out, separator);
		print_safely(error->message, out);
		separator = ": ";
		if (error->number == 0 || error->is_told)
			continue;
		buf_add_str(out, separator);
		buf_add_str(out, strerror(error->number));
	}
}
