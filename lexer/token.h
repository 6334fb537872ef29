#ifndef LEXER_TOKEN_H
#define LEXER_TOKEN_H

/*
 * Bytes to tokens. The lexer knows words, quotes, brackets and line ends, but no rule kinds. It
 * reports what is no token at all (an open quote, a stray backslash) to the unit's diagnostics and
 * goes on with the nearest token, so that one mistake gives one diagnostic.
 *
 *     owner "/a b" rw,        WORD QUOTED WORD COMMA
 *     set=(hup, int)          KEY LIST_OPEN WORD LIST_COMMA WORD LIST_CLOSE
 *     profile x /a{b,c} {     WORD WORD WORD OPEN
 *     @{X} += /a /b           VARIABLE WORD WORD LINE_END
 */

#include "base/unit.h"

enum token_kind {
	TOKEN_END,	  /* end of the text, for ever */
	TOKEN_WORD,	  /* text is the canonical AARE (lexer/unescape.h) */
	TOKEN_KEY,	  /* `key=` or `key in`; text is the key */
	TOKEN_COMMA,	  /* ends a rule */
	TOKEN_OPEN,	  /* { */
	TOKEN_CLOSE,	  /* } */
	TOKEN_LIST_OPEN,  /* ( */
	TOKEN_LIST_CLOSE, /* ) */
	TOKEN_LIST_COMMA, /* separates the members of a list */
	TOKEN_ARROW,	  /* -> */
	TOKEN_SUBSET,	  /* <= */
	TOKEN_VARIABLE,	  /* `@{X} =`, `@X +=`, `$b =`; text is "@{X}" or "$b" */
	TOKEN_LINE_END,	  /* ends the values of a variable */
	TOKEN_INCLUDE,	  /* the whole of an include; text is "<path>", or the path alone */
	TOKEN_COMMENT,	  /* text is what follows the '#', less one blank */
};

struct token {
	enum token_kind kind;
	bool new_line;	   /* the first on its line */
	bool quoted;	   /* WORD: stood in double quotes */
	bool has_in;	   /* KEY: `key in` */
	bool append;	   /* VARIABLE: += */
	bool optional;	   /* INCLUDE: if exists */
	bool magic;	   /* INCLUDE: <…> */
	size_t begin, end; /* offsets in the text */
	struct span span;
	struct slice text; /* in the text given, or in the arena */
};

struct lexer;

/*
 * A lexer for `text`, which must outlive the tokens, hold no NUL byte and be shorter than 2 GiB.
 * `at` is the span that stands for it; `verbatim` tells that the bytes at `at` are exactly `text`:
 * otherwise every token's span is `at`. Lives in the unit's arena.
 */
struct lexer *lexer_new(struct unit *unit, struct slice text, struct span at, bool verbatim);

/* The next token. After TOKEN_END, or when limits->depth is exceeded, always TOKEN_END. */
void lexer_next(struct lexer *lexer, struct token *ret_token);

/* The span of the bytes from offset `begin` up to `end`. */
struct span lexer_span(const struct lexer *lexer, size_t begin, size_t end);

/* A limit was exceeded and reported: what follows was not read. */
bool lexer_gave_up(const struct lexer *lexer);

#endif
