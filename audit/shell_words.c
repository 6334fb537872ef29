#include "audit/shell_words.h"

#include "base/buf.h"

struct splitter {
	struct arena *arena;
	const struct source *source;
	size_t at;
	const char *error;
	size_t error_at;
};

static bool has(const struct splitter *splitter)
{
	return splitter->at < splitter->source->text.len;
}

static char peek(const struct splitter *splitter)
{
	return has(splitter) ? splitter->source->text.at[splitter->at] : '\0';
}

static char peek_next(const struct splitter *splitter)
{
	const struct slice *text = &splitter->source->text;
	return splitter->at + 1 < text->len ? text->at[splitter->at + 1] : '\0';
}

/* A backslash before a newline is nothing at all. */
static bool skip_continuation(struct splitter *splitter)
{
	if (peek(splitter) != '\\' || splitter->at + 1 >= splitter->source->text.len)
		return false;
	size_t len = peek_next(splitter) == '\n' ? 2 : 0;
	if (peek_next(splitter) == '\r' && splitter->at + 2 < splitter->source->text.len &&
		splitter->source->text.at[splitter->at + 2] == '\n')
		len = 3;
	splitter->at += len;
	return len > 0;
}

static void skip_blanks(struct splitter *splitter)
{
	for (;;) {
		char c = peek(splitter);
		if (has(splitter) && (c == ' ' || c == '\t' || c == '\r'))
			splitter->at++;
		else if (!skip_continuation(splitter))
			break;
	}
	if (has(splitter) && peek(splitter) == '#')
		while (has(splitter) && peek(splitter) != '\n')
			splitter->at++;
}

/*
 * "$(id -u)" and "`pwd`" are one piece of a word and stay as they are, whatever is in them. false
 * where none begins.
 */
static bool take_substitution(struct splitter *splitter, struct buf *word)
{
	const struct slice *text = &splitter->source->text;
	size_t begin = splitter->at, depth = 0;
	bool is_old = peek(splitter) == '`';
	char quote = '\0';
	if (!is_old && !(peek(splitter) == '$' && peek_next(splitter) == '('))
		return false;
	if (!is_old)
		buf_add_char(word, text->at[splitter->at++]);
	do {
		char c = peek(splitter);
		if (c == '\\' && quote != '\'' && splitter->at + 1 < text->len)
			buf_add_char(word, text->at[splitter->at++]);
		else if (is_old)
			depth = c != '`' ? depth : 1 - depth;
		else if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '\'' || c == '"')
			quote = c;
		else if (c == '(')
			depth++;
		else if (c == ')')
			depth--;
		buf_add_char(word, text->at[splitter->at++]);
	} while (has(splitter) && depth > 0);
	if (depth > 0) {
		splitter->error = "a command substitution is not closed";
		splitter->error_at = begin;
	}
	return true;
}

static void take_single(struct splitter *splitter, struct buf *word)
{
	size_t begin = splitter->at++;
	while (has(splitter) && peek(splitter) != '\'')
		buf_add_char(word, splitter->source->text.at[splitter->at++]);
	if (!has(splitter)) {
		splitter->error = "a quote ' is not closed";
		splitter->error_at = begin;
	}
	splitter->at++;
}

static void take_double(struct splitter *splitter, struct buf *word)
{
	size_t begin = splitter->at++;
	while (has(splitter) && peek(splitter) != '"') {
		if (skip_continuation(splitter) || take_substitution(splitter, word))
			continue;
		if (peek(splitter) == '\\' && peek_next(splitter) &&
			strchr("$`\"\\", peek_next(splitter)))
			splitter->at++;
		if (has(splitter))
			buf_add_char(word, splitter->source->text.at[splitter->at++]);
	}
	if (!has(splitter) && !splitter->error) {
		splitter->error = "a quote \" is not closed";
		splitter->error_at = begin;
	}
	splitter->at++;
}

static bool ends_word(const struct splitter *splitter)
{
	char c = peek(splitter);
	return !has(splitter) || (c != '\0' && strchr(" \t\r\n;&|<>()", c));
}

static struct slice take_word(struct splitter *splitter)
{
	struct buf word = buf_new(splitter->arena);
	while (!splitter->error && !ends_word(splitter)) {
		char c = peek(splitter);
		if (c == '\'') {
			take_single(splitter, &word);
		} else if (c == '"') {
			take_double(splitter, &word);
		} else if (!skip_continuation(splitter) && !take_substitution(splitter, &word)) {
			if (c == '\\' && splitter->at + 1 < splitter->source->text.len)
				splitter->at++;
			buf_add_char(&word, splitter->source->text.at[splitter->at++]);
		}
	}
	struct slice text = buf_slice(&word);
	return text.at ? text : slice_of("", 0);
}

const struct text *shell_words(struct arena *arena, const struct source *source, size_t *position,
	const char **ret_error, struct span *ret_at)
{
	struct splitter splitter = {.arena = arena, .source = source, .at = *position};
	struct text *first = NULL, **end = &first;
	/* Blank lines and comments may come before the command. */
	while (has(&splitter) && (skip_blanks(&splitter), peek(&splitter) == '\n'))
		splitter.at++;
	for (skip_blanks(&splitter); !ends_word(&splitter); skip_blanks(&splitter)) {
		uint32_t begin = source->begin + (uint32_t)splitter.at;
		struct slice word = take_word(&splitter);
		if (splitter.error)
			break;
		*end = arena_new(arena, struct text);
		(*end)->text = word;
		(*end)->span = span_of(begin, source->begin + (uint32_t)splitter.at);
		end = &(*end)->next;
	}
	*ret_error = splitter.error;
	*position = splitter.at;
	if (splitter.error) {
		uint32_t at = source->begin + (uint32_t)splitter.error_at;
		*ret_at = span_of(at, at + 1);
		return NULL;
	}
	return first;
}
