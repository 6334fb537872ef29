#include "cli/origin.h"

#include "manager/system/digest.h"

bool text_was_made_from(struct slice text, struct slice description)
{
	char hex[DIGEST_HEX + 1];
	struct digest digest = digest_of(description);
	digest_hex(&digest, hex);
	struct slice header = slice_first(text, 2048);
	return slice_find(header, slice_str(hex)) != NULL;
}

/* The line of the header that names the description's file, which install changes. */
#define FILE_LINE SLICE("# Description: ")

static void cut_file_line(struct slice text, struct slice *ret_before, struct slice *ret_after)
{
	struct slice rest = text;
	while (rest.len > 0 && rest.at[0] == '#') {
		const char *newline = memchr(rest.at, '\n', rest.len);
		size_t line = newline ? (size_t)(newline - rest.at) + 1 : rest.len;
		if (slice_starts(rest, FILE_LINE)) {
			*ret_before = slice_first(text, (size_t)(rest.at - text.at));
			*ret_after = slice_from(rest, line);
			return;
		}
		rest = slice_from(rest, line);
	}
	*ret_before = text;
	*ret_after = slice_of(NULL, 0);
}

bool texts_agree(struct slice a, struct slice b)
{
	struct slice a_before, a_after, b_before, b_after;
	if (slice_eq(a, b))
		return true;
	cut_file_line(a, &a_before, &a_after);
	cut_file_line(b, &b_before, &b_after);
	return slice_eq(a_before, b_before) && slice_eq(a_after, b_after);
}
