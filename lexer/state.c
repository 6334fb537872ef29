#include "lexer/state.h"

#include "lexer/unescape.h"

struct span lexer_span(const struct lexer *lexer, size_t begin, size_t end)
{
	if (!lexer->verbatim)
		return lexer->at;
	return span_of(lexer->at.begin + (uint32_t)begin, lexer->at.begin + (uint32_t)end);
}

bool lexer_gave_up(const struct lexer *lexer)
{
	return lexer->gave_up;
}

void complain_at(struct lexer *lexer, enum diag_id id, size_t begin, size_t end,
	const char *message, const char *help)
{
	if (lexer->complaints++ >= lexer->unit->limits->errors)
		return;
	struct diags *diags = &lexer->unit->diags;
	struct diag *diag = diag_add(diags, id, lexer_span(lexer, begin, end), "%s", message);
	if (help)
		diag_help(diags, diag, "%s", help);
}

/* About what the last pattern matched. */
void complain(struct lexer *lexer, const char *message, const char *help)
{
	complain_at(lexer, DIAG_SYNTAX, lexer->begin, lexer->next, message, help);
}

int give(struct lexer *lexer, struct token *token, enum token_kind kind, size_t begin, size_t end)
{
	*token = (struct token){
		.kind = kind,
		.begin = begin,
		.end = end,
		.span = lexer_span(lexer, begin, end),
		.text = slice_of(lexer->text.at + begin, end - begin),
	};
	return 1;
}

enum context after_value(const struct lexer *lexer)
{
	return lexer->lists ? CONTEXT_LIST : CONTEXT_RULE;
}

/* `set=`, `set =`, `options in`: the key is what stands before the first blank or '='. */
int give_key(struct lexer *lexer, struct token *token, struct slice match)
{
	give(lexer, token, TOKEN_KEY, lexer->begin, lexer->next);
	token->has_in = match.at[match.len - 1] != '=';
	size_t len = 0;
	while (len < match.len && match.at[len] != ' ' && match.at[len] != '\t' &&
		match.at[len] != '=')
		len++;
	token->text.len = len;
	return 1;
}

/* "@{X} +=" and "@X+=" give "@{X}"; "$b =" and "${b} =" give "$b". */
int give_variable(struct lexer *lexer, struct token *token, struct slice match)
{
	give(lexer, token, TOKEN_VARIABLE, lexer->begin, lexer->next);
	token->append = match.at[match.len - 2] == '+';
	size_t begin = match.at[1] == '{' ? 2 : 1, end = begin;
	while (match.at[end] != '}' && match.at[end] != '+' && match.at[end] != '=' &&
		match.at[end] != ' ' && match.at[end] != '\t')
		end++;
	size_t name_end = match.at[1] == '{' ? end + 1 : end;
	token->end = token->begin + name_end;
	token->span = lexer_span(lexer, token->begin, token->end);
	struct slice name = slice_of(match.at + begin, end - begin);
	struct arena *arena = &lexer->unit->arena;
	token->text = match.at[0] == '@' ? arena_printf(arena, "@{%.*s}", SLICE_FMT(name))
					 : arena_printf(arena, "$%.*s", SLICE_FMT(name));
	return 1;
}

/* Only an escape that stands for NUL can be wrong here: the patterns see to the rest. */
static void set_word_text(struct lexer *lexer, struct token *token, size_t begin, size_t end)
{
	token->text = slice_of(lexer->text.at + begin, end - begin);
	if (!slice_has(token->text, '\\') || lexer->bad)
		return;
	struct buf buf = buf_new(&lexer->unit->arena);
	if (unescape_word(token->text, &buf))
		token->text = buf_slice(&buf);
	else
		complain_at(
			lexer, DIAG_SYNTAX, begin, end, "a NUL byte cannot stand in a word", NULL);
}

int give_quoted(struct lexer *lexer, struct token *token, size_t begin, size_t end)
{
	give(lexer, token, TOKEN_WORD, lexer->begin, lexer->next);
	token->quoted = true;
	/* In "a\\" apparmor_parser sees an escaped quote and looks for the next one. */
	lexer->bad = end > begin && lexer->text.at[end - 1] == '\\';
	if (lexer->bad)
		complain_at(lexer, DIAG_SYNTAX, end - 1, end,
			"a quoted word cannot end in a backslash", "a literal backslash is \\134");
	set_word_text(lexer, token, begin, end);
	return 1;
}

/* ^"a b" is the hat "^a b". */
int give_quoted_hat(struct lexer *lexer, struct token *token)
{
	give_quoted(lexer, token, lexer->begin + 2, lexer->next - 1);
	token->text = arena_printf(&lexer->unit->arena, "^%.*s", SLICE_FMT(token->text));
	return 1;
}

/* A quote without its fellow on the line: how much of the match is taken for the word. */
size_t open_quote(struct lexer *lexer, struct slice match)
{
	complain_at(lexer, DIAG_SYNTAX, lexer->begin, lexer->begin + 1,
		"this quote has no closing '\"' on its line", NULL);
	struct slice word = slice_trim(match);
	return word.len > 1 && slice_ends(word, SLICE(",")) ? word.len - 1 : match.len;
}

int give_comment(struct lexer *lexer, struct token *token)
{
	give(lexer, token, TOKEN_COMMENT, lexer->word, lexer->begin);
	struct slice text = slice_from(token->text, 1);
	if (text.len > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
		text = slice_from(text, 1);
	while (text.len > 0 && strchr(" \t\r", text.at[text.len - 1]))
		text.len--;
	token->text = text;
	return 1;
}

/* `include if exists <a>`, `#include "a"`, `include a`: the path is what follows the last word. */
int give_include(struct lexer *lexer, struct token *token, struct slice match)
{
	give(lexer, token, TOKEN_INCLUDE, lexer->begin, lexer->next);
	struct slice path = slice_trim(slice_from(match, match.at[0] == '#' ? 8 : 7));
	if (slice_starts(path, SLICE("if")) && path.len > 2 &&
		(path.at[2] == ' ' || path.at[2] == '\t')) {
		token->optional = true;
		path = slice_trim(slice_from(slice_trim(slice_from(path, 2)), 6));
	}
	size_t begin = lexer->begin + (size_t)(path.at - match.at), end = begin + path.len;
	token->magic = path.at[0] == '<';
	bool quoted = path.at[0] == '"';
	bool closed = path.len > 1 && path.at[path.len - 1] == (quoted ? '"' : '>');
	if ((token->magic || quoted) && !closed)
		complain_at(lexer, DIAG_SYNTAX, begin, end,
			quoted ? "the path of an include lacks its closing '\"'"
			       : "the path of an include lacks its closing '>'",
			NULL);
	token->text = slice_of(
		lexer->text.at + begin + quoted, end - begin - quoted - (quoted && closed));
	return 1;
}

void word_start(struct lexer *lexer, enum context context)
{
	lexer->word = lexer->begin;
	lexer->context = context;
	lexer->braces = lexer->carry;
	lexer->carry = 0;
	lexer->in_class = lexer->comma_seen = false;
	lexer->bad = lexer->braces > 0;
}

/* Returns the start condition to go on with. */
enum context word_end(struct lexer *lexer, struct token *token)
{
	size_t begin = lexer->word, end = lexer->begin;
	give(lexer, token, TOKEN_WORD, begin, end);
	if (!lexer->bad && !lexer->is_literal && (lexer->braces || lexer->in_class))
		complain_at(lexer, DIAG_BAD_GLOB, begin, end,
			lexer->in_class ? "missing ']' in this word" : "missing '}' in this word",
			"put a word with blanks in quotes");
	lexer->carry = lexer->context == CONTEXT_RULE && !lexer->is_literal ? lexer->braces : 0;
	set_word_text(lexer, token, begin, end);
	return lexer->context == CONTEXT_VALUE ? after_value(lexer) : lexer->context;
}

static bool is_permissions(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!text.at[i] || !strchr("rwaklmxpciuRWALKMXPCIU", text.at[i]))
			return false;
	return text.len > 0;
}

/*
 * A comma ends a rule before a blank, a brace or the end; else it is part of the word: /a,b. After
 * permissions it always ends the rule, as in "/a r,/b r,". In a list every comma separates.
 */
bool word_ends_at_comma(struct lexer *lexer)
{
	char next = lexer->next < lexer->text.len ? lexer->text.at[lexer->next] : '\n';
	bool first = !lexer->comma_seen;
	lexer->comma_seen = true;
	bool blank = next == ' ' || next == '\t';
	if (blank && lexer->braces && !lexer->lists)
		return false; /* "{a, b}" is complained about as a whole */
	if (blank || next == '\r' || next == '\n' || lexer->lists)
		return true;
	if (lexer->braces || lexer->in_class)
		return false;
	if (next == '}' && lexer->context != CONTEXT_LINE)
		return true;
	struct slice word = slice_of(lexer->text.at + lexer->word, lexer->begin - lexer->word);
	return first && lexer->context == CONTEXT_RULE && is_permissions(word);
}

static bool is_keyword(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter && c != '_' && !(c >= '0' && c <= '9') && !(i == 0 && c == '$'))
			return false;
	}
	return text.len > 0;
}

/*
 * A brace at the end of a word begins a block and not an alternation. After a keyword, as in
 * `else{`, apparmor_parser takes it; after a name or path it does not.
 */
bool word_ends_at_brace(struct lexer *lexer)
{
	if (lexer->braces || lexer->in_class || lexer->lists || lexer->context == CONTEXT_LINE)
		return false;
	struct slice word = slice_of(lexer->text.at + lexer->word, lexer->begin - lexer->word);
	if (lexer->context != CONTEXT_RULE || !is_keyword(word))
		complain(lexer, "expected a blank before '{'", NULL);
	return true;
}

bool list_opens(struct lexer *lexer)
{
	if (lexer->lists++ < lexer->unit->limits->depth)
		return true;
	complain_at(lexer, DIAG_TOO_LARGE, lexer->begin, lexer->next, "lists are nested too deeply",
		NULL);
	lexer->gave_up = true;
	return false;
}
