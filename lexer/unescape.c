#include "lexer/unescape.h"

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* Reads at most `max` digits as long as the value fits a byte: "400" is 040 followed by '0'. */
static size_t read_code(struct slice s, int base, size_t max, unsigned char *ret_byte)
{
	int value = 0;
	size_t n = 0;
	while (n < max && n < s.len && digit_of(s.at[n]) < base) {
		int next = value * base + digit_of(s.at[n]);
		if (next > 255)
			break;
		value = next;
		n++;
	}
	*ret_byte = (unsigned char)value;
	return n;
}

/* The control byte of \n and the like, or 0. */
static unsigned char control_of(char c)
{
	switch (c) {
	case 'a':
		return '\a';
	case 'e':
		return 0x1b;
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return 0;
	}
}

size_t unescape_byte(struct slice s, unsigned char *ret_byte, bool *ret_spelled)
{
	if (s.len < 2)
		return 0;
	char c = s.at[1];
	unsigned char byte = control_of(c);
	size_t len = byte ? 2 : 0;
	if (!len && c >= '0' && c <= '7')
		len = 1 + read_code(slice_from(s, 1), 8, 3, &byte);
	if (!len && (c == 'd' || c == 'x')) {
		size_t digits = c == 'd' ? read_code(slice_from(s, 2), 10, 3, &byte)
					 : read_code(slice_from(s, 2), 16, 2, &byte);
		len = digits ? 2 + digits : 0;
	}
	if (ret_spelled)
		*ret_spelled = len > 0;
	*ret_byte = len ? byte : (unsigned char)c;
	return len ? len : 2;
}

/* A code for '-' in a class still makes a range; the other characters of the second row likewise.
 */
static bool keeps_backslash(unsigned char byte, bool spelled)
{
	return byte && (strchr("\\*?[]{},", byte) || (!spelled && strchr("-^/@$", byte)));
}

bool unescape_word(struct slice written, struct buf *out)
{
	size_t len = out->len;
	while (written.len > 0) {
		unsigned char byte = (unsigned char)written.at[0];
		size_t used = 1;
		if (byte == '\\') {
			bool spelled = false;
			used = unescape_byte(written, &byte, &spelled);
			if (used == 0)
				break;
			if (keeps_backslash(byte, spelled))
				buf_add_char(out, '\\');
		}
		if (byte == 0)
			break;
		buf_add_char(out, (char)byte);
		written = slice_from(written, used);
	}
	if (written.len > 0)
		out->len = len;
	return written.len == 0;
}
