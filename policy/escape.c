#include "policy/escape.h"

#include "lexer/unescape.h"

void escape_literal(struct slice literal, struct buf *out)
{
	for (size_t i = 0; i < literal.len; i++) {
		if (memchr("\\*?[]{},", literal.at[i], 8))
			buf_add_char(out, '\\');
		buf_add_char(out, literal.at[i]);
	}
}

/* Characters that turn the direction of text, end a line or are not seen at all. */
static bool misleads(uint32_t code)
{
	return (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

size_t escape_printable(struct slice s)
{
	unsigned char c = (unsigned char)s.at[0];
	if (c < 0x80)
		return c >= 0x20 && c != 0x7f;
	size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || s.len < len)
		return 0;
	uint32_t code = c & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)s.at[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((unsigned char)s.at[i] & 0x3f);
	}
	static const uint32_t least[] = {0, 0, 0xa0, 0x800, 0x10000};
	bool surrogate = code >= 0xd800 && code <= 0xdfff;
	bool valid = code >= least[len] && code <= 0x10ffff && !surrogate;
	return valid && !misleads(code) ? len : 0;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("/._-+:=%@^*?[]{},~&\\<>", c));
}

static bool starts_plainly(struct slice s)
{
	return s.len > 0 && !strchr("{},\\[]*?", s.at[0]) && !slice_starts(s, SLICE("->")) &&
	       !slice_starts(s, SLICE("<=")) && !slice_is(s, "include") &&
	       !slice_starts(s, SLICE("=")) && !slice_starts(s, SLICE("+="));
}

/*
 * Whether the AARE can stand without quotes: no byte that ends a word, no comma or closing brace
 * outside of an alternation, nothing that reads as `key=`.
 */
static bool is_bare(struct slice s)
{
	unsigned braces = 0;
	bool in_class = false;
	if (!starts_plainly(s) || (slice_has(s, '=') && s.at[0] != '/'))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];
		if (!is_plain(c))
			return false;
		if (c == '\\') {
			/* Without quotes, apparmor_parser takes "\\\\ " for a backslash and an
			   escaped blank. */
			if (++i == s.len || !is_plain(s.at[i]) || strchr(",\\", s.at[i]))
				return false;
		} else if (c == ']') {
			in_class = false;
		} else if (in_class) {
			continue;
		} else if (c == '[') {
			in_class = true;
		} else if (c == '{') {
			braces++;
		} else if ((c == '}' || c == ',') && !braces) {
			return false;
		} else if (c == '}') {
			braces--;
		}
	}
	return !braces && !in_class;
}

/* Adds what s starts with as it stands between quotes; returns its length. */
static size_t add_quoted(struct slice s, struct buf *out)
{
	size_t len = escape_printable(s);
	if (len == 0) {
		buf_printf(out, "\\%03o", (unsigned char)s.at[0]);
		return 1;
	}
	if (s.at[0] == '"')
		buf_add_char(out, '\\');
	buf_add(out, slice_first(s, len));
	return len;
}

void escape_token(struct slice aare, struct buf *out)
{
	if (is_bare(aare)) {
		buf_add(out, aare);
		return;
	}
	buf_add_char(out, '"');
	while (aare.len > 0) {
		if (aare.at[0] != '\\') {
			aare = slice_from(aare, add_quoted(aare, out));
			continue;
		}
		/*
		 * A backslash keeps its fellow, but one before a blank or a byte that needs a code
		 * says nothing. A literal one gets a code: apparmor_parser reads on at \\" as if
		 * only the quote were escaped, up to the next quote wherever that stands.
		 */
		bool alone = aare.len == 1;
		bool pair = !alone && (unsigned char)aare.at[1] > 0x20 &&
			    (unsigned char)aare.at[1] < 0x7f;
		if (alone || aare.at[1] == '\\')
			buf_add(out, SLICE("\\134"));
		else if (pair)
			buf_add(out, slice_first(aare, 2));
		aare = slice_from(aare, pair ? 2 : 1);
	}
	buf_add_char(out, '"');
}

bool escape_is_pattern(struct slice aare)
{
	for (size_t i = 0; i < aare.len; i++) {
		if (aare.at[i] == '\\')
			i++;
		else if (memchr("*?[]{}", aare.at[i], 6))
			return true;
	}
	return false;
}

bool escape_to_literal(struct slice aare, struct buf *out)
{
	if (escape_is_pattern(aare))
		return false;
	size_t len = out->len;
	while (aare.len > 0) {
		unsigned char byte = (unsigned char)aare.at[0];
		size_t used = byte == '\\' ? unescape_byte(aare, &byte, NULL) : 1;
		if (used == 0 || byte == 0) {
			out->len = len;
			return false;
		}
		buf_add_char(out, (char)byte);
		aare = slice_from(aare, used);
	}
	return true;
}
