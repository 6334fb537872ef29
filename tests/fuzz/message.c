/*
 * Any bytes as what apparmor_parser writes to standard error, and after a NUL the profile that it
 * was given: messages that point into them, and no more of them than may be kept.
 */
#include "manager/apparmor_parser/message.h"
#include "tests/fuzz/fuzz.h"

static size_t count_lines(struct slice text)
{
	size_t count = 1;
	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == '\n';
	return count;
}

static void check_message(const struct parser_message *message, struct slice profile)
{
	fuzz_demand(message->kind <= PARSER_OTHER, "a message has a kind");
	fuzz_demand(message->likely_line <= count_lines(profile), "the line is in the text");
	fuzz_demand(!slice_has(message->text, '\n'), "a message is one line");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	arena_init(&arena, fuzz_out_of_memory);
	struct slice input = slice_of((const char *)data, size), profile = SLICE("");
	const char *nul = size ? memchr(data, '\0', size) : NULL;
	if (nul) {
		profile = slice_from(input, (size_t)(nul - input.at) + 1);
		input = slice_first(input, (size_t)(nul - input.at));
	}
	size_t count = 0;
	for (const struct parser_message *message =
			parser_messages_read(&arena, input, SLICE("/dev/stdin"), profile);
		message; message = message->next, count++)
		check_message(message, profile);
	fuzz_demand(count <= PARSER_MESSAGES_MOST, "too many messages");
	arena_free(&arena);
	return 0;
}
