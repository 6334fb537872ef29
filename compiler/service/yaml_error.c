#include "compiler/service/reader.h"

/* What libyaml says, and what a person who writes a description needs to hear. */
struct complaint {
	const char *problem, *message, *help;
};

static const struct complaint complaints[] = {
	{"mapping values are not allowed in this context", "a ':' where no key can be",
		"keys of one mapping begin in the same column; a text that holds ': ' needs quotes"},
	{"could not find expected ':'", "a key without ':' and a value",
		"write 'key: value', or '- ' before an entry of a list"},
	{"did not find expected key", "this line fits no mapping above it",
		"keys of one mapping begin in the same column"},
	{"did not find expected '-' indicator", "this line fits no list above it",
		"entries of one list begin with '- ' in the same column"},
	{"did not find expected ',' or ']'", "expected ',' or ']' in the list", NULL},
	{"did not find expected ',' or '}'", "expected ',' or '}' in the mapping",
		"a pattern with braces needs quotes inside of '[…]' and '{…}'"},
	{"did not find expected node content", "expected a value", NULL},
	{"block sequence entries are not allowed in this context", "a list cannot begin here",
		"write the first '- ' on a line of its own below the key"},
	{"mapping keys are not allowed in this context", "a '?' key cannot begin here", NULL},
	{"found unexpected ':'", "a ':' inside of a text", "put the text in quotes"},
	{"found invalid Unicode character escape code", "this escape is no character", NULL},
	{"did not find expected comment or line break", "text after a block scalar's '|' or '>'",
		"write the text on the next lines, indented"},
	{"found unexpected end of stream", "the text ends inside of quotes", "close the quotes"},
	{"found unexpected document indicator", "a document ends inside of quotes",
		"close the quotes"},
	{"found unknown escape character", "unknown escape in double quotes",
		"a backslash stands for itself in single quotes"},
	{"did not find expected hexdecimal number", "expected hexadecimal digits",
		"a backslash stands for itself in single quotes"},
	{"did not find expected alphabetic or numeric character",
		"expected a name of letters and digits",
		"a text that begins with '*' or '&' needs quotes"},
	{"did not find URI escaped octet", "a tag is not valid", "leave the tag out"},
	{"found undefined tag handle", "a tag has an unknown handle", "leave the tag out"},
	{"found incompatible YAML document", "unknown YAML version, expected 1.1 or 1.2",
		"leave the directive out"},
	{"found duplicate %YAML directive", "a second %YAML directive", "leave it out"},
	{"did not find expected <document start>", "expected '---' after the directives", NULL},
	{"did not find expected digit or '.' character", "expected a YAML version such as 1.2",
		"leave the directive out"},
};

static const struct complaint *find_complaint(const char *problem)
{
	for (size_t i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++)
		if (strcmp(complaints[i].problem, problem) == 0)
			return &complaints[i];
	return NULL;
}

static struct span one_character(const struct reader *reader, size_t offset)
{
	struct slice text = reader->source->text;
	size_t end = offset < text.len ? offset + 1 : offset;
	while (end < text.len && ((unsigned char)text.at[end] & 0xc0) == 0x80)
		end++;
	uint32_t base = reader->source->begin;
	return span_of(base + (uint32_t)offset, base + (uint32_t)end);
}

/* Whether only blanks stand between the start of the line and a position. */
static bool is_indentation(struct slice text, size_t offset)
{
	while (offset > 0 && (text.at[offset - 1] == ' ' || text.at[offset - 1] == '\t'))
		offset--;
	return offset == 0 || text.at[offset - 1] == '\n' || text.at[offset - 1] == '\r';
}

static void complain_of_start(struct reader *reader, size_t offset)
{
	struct slice text = reader->source->text;
	char c = offset < text.len ? text.at[offset] : ' ';
	struct span at = one_character(reader, offset);
	if (c == '\t') {
		struct diag *diag = report(reader, DIAG_YAML, at,
			is_indentation(text, offset) ? "a tab cannot indent a line"
						     : "a tab cannot stand before a value");
		help(reader, diag, "use blanks");
		return;
	}
	struct diag *diag = report(reader, DIAG_YAML, at, "a text cannot begin with '%c'", c);
	help(reader, diag,
		c == '@' ? "put a path with a variable in quotes: \"@{…}\""
			 : "put the text in quotes");
}

static void complain_of_tab(struct reader *reader, size_t offset)
{
	struct diag *diag = report(
		reader, DIAG_YAML, one_character(reader, offset), "a tab cannot indent a line");
	help(reader, diag, "use blanks");
}

/* `name: "a" b`: libyaml misses a key there. */
static void complain_of_rest(struct reader *reader, size_t offset)
{
	struct diag *diag = report(reader, DIAG_YAML, one_character(reader, offset),
		"text after the end of the value");
	help(reader, diag, "put the whole value in quotes");
}

void yaml_complain(
	struct reader *reader, const yaml_parser_t *parser, size_t offset, size_t context_offset)
{
	const char *problem = parser->problem ? parser->problem : "not valid";
	struct span at = one_character(reader, offset);
	if (strcmp(problem, "found character that cannot start any token") == 0) {
		complain_of_start(reader, offset);
		return;
	}
	if (strstr(problem, "tab character")) {
		complain_of_tab(reader, offset);
		return;
	}
	bool misses_entry = strcmp(problem, "did not find expected key") == 0 ||
			    strcmp(problem, "did not find expected '-' indicator") == 0;
	if (misses_entry && offset < reader->source->text.len &&
		!is_indentation(reader->source->text, offset)) {
		complain_of_rest(reader, offset);
		return;
	}
	const struct complaint *known = find_complaint(problem);
	struct diag *diag;
	if (known)
		diag = report(reader, DIAG_YAML, at, "%s", known->message);
	else if (strstr(problem, "depth") || strstr(problem, "nest"))
		diag = report(reader, DIAG_TOO_LARGE, at, "nested too deeply");
	else
		diag = report(reader, DIAG_YAML, at, "not valid YAML: %s", problem);
	if (known && known->help)
		help(reader, diag, "%s", known->help);
	if (parser->context && context_offset < offset)
		second(reader, diag, one_character(reader, context_offset), "%s",
			strstr(parser->context, "quoted") ? "the quotes begin here"
							  : "it belongs to what begins here");
}
