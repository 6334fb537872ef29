/*
 * Sets of bytes as AARE. Inside of brackets `* ? [ ] { }` and the backslash need a backslash, ','
 * must have none (`[\,]` holds the backslash too), '-' stands first and '^' not first: both have no
 * escape there.
 */

#include "policy/glob/private.h"

static const char special[] = "*?[]{}\\";

static void add_escaped(struct buf *out, uint8_t byte, bool in_class)
{
	if (byte == ',' ? !in_class : byte != '\0' && strchr(special, byte) != NULL)
		buf_add_char(out, '\\');
	buf_add_char(out, (char)byte);
}

void aare_literal(struct buf *out, struct slice literal)
{
	for (size_t i = 0; i < literal.len; i++)
		add_escaped(out, (uint8_t)literal.at[i], false);
}

static bool is_alnum(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= 'a' && byte <= 'z');
}

/* Whether a range may run from byte on: letters, digits, bytes above ASCII. */
static unsigned range_end(const struct byte_set *set, unsigned byte)
{
	unsigned end = byte;
	while (end < 254 && set_has(set, (uint8_t)(end + 1)) &&
		(byte >= 128 || (is_alnum((uint8_t)byte) && is_alnum((uint8_t)(end + 1)))))
		end++;
	return end;
}

static void add_members(struct buf *out, const struct byte_set *set)
{
	if (set_has(set, '-'))
		buf_add_char(out, '-');
	for (unsigned byte = 1; byte < 256; byte++) {
		if (!set_has(set, (uint8_t)byte) || byte == '-' || byte == '^')
			continue;
		unsigned end = range_end(set, byte);
		add_escaped(out, (uint8_t)byte, true);
		if (end > byte + 1) {
			buf_add_char(out, '-');
			add_escaped(out, (uint8_t)end, true);
			byte = end;
		}
	}
	if (set_has(set, '^'))
		buf_add_char(out, '^');
}

static void add_class(struct buf *out, const struct byte_set *set)
{
	struct byte_set others;
	for (int i = 0; i < 4; i++)
		others.bits[i] = ~set->bits[i];
	others.bits[0] &= ~(uint64_t)1;
	bool negated = set_size(set) > 127;
	buf_add_str(out, negated ? "[^" : "[");
	add_members(out, negated ? &others : set);
	buf_add_char(out, ']');
}

void aare_set(struct buf *out, const struct byte_set *set)
{
	unsigned count = set_size(set);
	if (count == 1) {
		for (unsigned byte = 1; byte < 256; byte++)
			if (set_has(set, (uint8_t)byte))
				add_escaped(out, (uint8_t)byte, false);
	} else if (count == 255) {
		buf_add_str(out, "{?,/}");
	} else if (count == 254 && !set_has(set, '/')) {
		buf_add_char(out, '?');
	} else {
		add_class(out, set);
	}
}

void aare_shorten(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		bool name = i > 0 && text.at[i] == '?' && text.at[i - 1] == '/';
		size_t stars = i + 1;
		while (name && stars < text.len && text.at[stars] == '*')
			stars++;
		if (name && stars > i + 1 && (stars == text.len || text.at[stars] == '/'))
			continue;
		buf_add_char(out, text.at[i]);
	}
}
