#include "compiler/service/reader.h"

/* Bad bytes that are shown before the rest of the text is taken for something else than text. */
enum { BAD_BYTES_SHOWN = 5 };

enum { SIMPLE_BLOCK = 32 };

static struct span at_bytes(const struct reader *reader, size_t offset, size_t len)
{
	uint32_t begin = reader->source->begin + (uint32_t)offset;
	return span_of(begin, begin + (uint32_t)len);
}

static bool check_size(struct reader *reader)
{
	size_t limit = reader->unit->limits->document_bytes;
	size_t len = reader->source->text.len;
	if (len <= limit)
		return true;
	report(reader, DIAG_TOO_LARGE, at_bytes(reader, 0, 0),
		"the document has %zu bytes, more than %zu", len, limit);
	return false;
}

/* "UTF-16" or "UTF-32" when the text begins like that, else NULL. */
static const char *other_encoding(struct slice text)
{
	if (slice_starts(text, SLICE("\xff\xfe\0\0")) || slice_starts(text, SLICE("\0\0\xfe\xff")))
		return "UTF-32";
	if (slice_starts(text, SLICE("\xff\xfe")) || slice_starts(text, SLICE("\xfe\xff")))
		return "UTF-16";
	if (text.len < 4)
		return NULL;
	bool zero[4];
	for (size_t i = 0; i < 4; i++)
		zero[i] = text.at[i] == '\0';
	if ((!zero[0] && zero[1] && !zero[2] && zero[3]) ||
		(zero[0] && !zero[1] && zero[2] && !zero[3]))
		return "UTF-16";
	if ((!zero[0] && zero[1] && zero[2] && zero[3]) ||
		(zero[0] && zero[1] && zero[2] && !zero[3]))
		return "UTF-32";
	return NULL;
}

static bool check_encoding(struct reader *reader)
{
	const char *encoding = other_encoding(reader->source->text);
	if (!encoding)
		return true;
	struct diag *diag = report(reader, DIAG_ENCODING, at_bytes(reader, 0, 1),
		"the text looks like %s, expected UTF-8", encoding);
	help(reader, diag, "save it as UTF-8");
	return false;
}

/*
 * Length of the UTF-8 sequence at the start of s, or 0 when it is not one (cut off, overlong,
 * surrogate, above U+10FFFF); RFC 3629, section 4.
 */
static size_t utf8_len(struct slice s, uint32_t *ret_code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char c = (unsigned char)s.at[0];
	size_t len = c < 0x80 ? 1 : c < 0xc0 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf8 ? 4 : 0;
	if (len == 0 || len > s.len)
		return 0;
	uint32_t code = len == 1 ? c : c & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		unsigned char next = (unsigned char)s.at[i];
		if ((next & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (next & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return len;
}

/* The characters of a YAML stream: section 5.1 of YAML 1.1. */
static bool is_yaml_character(uint32_t code)
{
	return code == '\t' || code == '\n' || code == '\r' || (code >= 0x20 && code <= 0x7e) ||
	       code == 0x85 || (code >= 0xa0 && code != 0xfffe && code != 0xffff);
}

static size_t continuation_len(struct slice s)
{
	size_t len = 0;
	while (len < s.len && len < 3 && ((unsigned char)s.at[len] & 0xc0) == 0x80)
		len++;
	return len;
}

/* Reports the character at an offset if it is a bad one. Returns its length. */
static size_t check_character(struct reader *reader, size_t offset, size_t *bad)
{
	struct slice rest = slice_from(reader->source->text, offset);
	uint32_t code = 0;
	size_t len = utf8_len(rest, &code);
	if (len > 0 && is_yaml_character(code))
		return len;
	struct span at = at_bytes(reader, offset, len > 0 ? len : 1);
	(*bad)++;
	if (len == 0) {
		struct diag *diag =
			report(reader, DIAG_ENCODING, at, "byte 0x%02x at offset %zu is not UTF-8",
				(unsigned char)rest.at[0], offset);
		help(reader, diag, "save the file as UTF-8");
		return 1 + continuation_len(slice_from(rest, 1));
	}
	if (code == 0)
		report(reader, DIAG_ENCODING, at, "a NUL byte at offset %zu", offset);
	else
		report(reader, DIAG_YAML, at, "YAML does not allow the control character U+%04X",
			code);
	return len;
}

/* Whether a block of bytes is printable ASCII and newlines. Without a branch, so it is fast. */
static bool is_simple(const char *at)
{
	unsigned other = 0;
	for (size_t i = 0; i < SIMPLE_BLOCK; i++) {
		unsigned char c = (unsigned char)at[i];
		other |= (unsigned char)(c - 0x20) > 0x5e && c != '\n';
	}
	return !other;
}

static bool check_characters(struct reader *reader)
{
	struct slice text = reader->source->text;
	size_t bad = 0;
	reader->ascii = true;
	for (size_t i = slice_starts(text, SLICE("\xef\xbb\xbf")) ? 3 : 0; i < text.len;) {
		if (text.len - i >= SIMPLE_BLOCK && is_simple(text.at + i)) {
			i += SIMPLE_BLOCK;
			continue;
		}
		unsigned char c = (unsigned char)text.at[i];
		if ((c >= 0x20 && c <= 0x7e) || c == '\n') {
			i++;
			continue;
		}
		if (c > 0x7f)
			reader->ascii = false;
		i += check_character(reader, i, &bad);
		if (bad >= BAD_BYTES_SHOWN)
			return false;
	}
	return bad == 0;
}

/* Length of the line break at the start of s: those of YAML 1.1, section 5.4. */
static size_t break_len(struct slice s)
{
	if (slice_starts(s, SLICE("\r\n")) || slice_starts(s, SLICE("\xc2\x85")))
		return 2;
	if (slice_starts(s, SLICE("\n")) || slice_starts(s, SLICE("\r")))
		return 1;
	if (slice_starts(s, SLICE("\xe2\x80\xa8")) || slice_starts(s, SLICE("\xe2\x80\xa9")))
		return 3;
	return 0;
}

static size_t line_len(struct slice s)
{
	size_t len = 0;
	for (; len < s.len; len++) {
		/* Most bytes begin no line break. */
		char c = s.at[len];
		bool may_break = c == '\n' || c == '\r' || c == '\xc2' || c == '\xe2';
		if (may_break && break_len(slice_from(s, len)) > 0)
			break;
	}
	return len;
}

static bool is_trivial(struct slice line)
{
	line = slice_trim(line);
	return line.len == 0 || line.at[0] == '#';
}

/*
 * Directives stand before the first line with content. %YAML is left to libyaml; %TAG has no use
 * here, as tags have none.
 */
static bool check_directives(struct reader *reader)
{
	struct slice text = reader->source->text;
	size_t errors = reader->unit->diags.errors;
	size_t at = slice_starts(text, SLICE("\xef\xbb\xbf")) ? 3 : 0;
	while (at < text.len) {
		struct slice rest = slice_from(text, at);
		struct slice line = slice_first(rest, line_len(rest));
		bool is_directive = slice_starts(line, SLICE("%"));
		if (!is_directive && !is_trivial(line) && !slice_is(slice_trim(line), "..."))
			break;
		if (is_directive && !slice_starts(line, SLICE("%YAML "))) {
			struct diag *diag =
				report(reader, DIAG_YAML, at_bytes(reader, at, line.len),
					"the directive '%.*s' has no meaning here",
					SLICE_FMT(shown(reader, slice_trim(line))));
			help(reader, diag,
				"leave it out; a text that begins with '%%' needs quotes");
		}
		at += line.len + break_len(slice_from(rest, line.len));
	}
	return reader->unit->diags.errors == errors;
}

bool text_check(struct reader *reader)
{
	return check_size(reader) && check_encoding(reader) && check_characters(reader) &&
	       check_directives(reader);
}

void text_check_rest(struct reader *reader, size_t offset)
{
	struct slice text = reader->source->text;
	while (offset < text.len) {
		struct slice rest = slice_from(text, offset);
		struct slice line = slice_first(rest, line_len(rest));
		if (!is_trivial(line) && !slice_is(slice_trim(line), "...")) {
			while (line.at[0] == ' ' || line.at[0] == '\t') {
				line = slice_from(line, 1);
				offset++;
			}
			bool is_document = slice_starts(line, SLICE("---"));
			report(reader, DIAG_YAML, at_bytes(reader, offset, line.len),
				is_document ? "a second document begins here"
					    : "text after the end of the document");
			return;
		}
		offset += line.len + break_len(slice_from(rest, line.len));
	}
}
