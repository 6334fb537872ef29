#ifndef LEXER_STATE_H
#define LEXER_STATE_H

/*
 * The lexer's state, and what its patterns do: they make tokens of what was matched and complain.
 * Used by lexer/lexer.l only.
 */

#include "lexer/token.h"

#include <setjmp.h>

/* Where a word stands; the values are those of the start conditions in lexer/lexer.l. */
enum context {
	CONTEXT_RULE,  /* in a rule or before it */
	CONTEXT_VALUE, /* after `key=`, `->`, `profile` */
	CONTEXT_LIST,  /* in parentheses */
	CONTEXT_LINE,  /* values of a variable */
};

struct lexer {
	struct unit *unit;
	struct slice text;
	struct span at;
	bool verbatim;
	void *scanner;
	jmp_buf fatal; /* flex found itself in a state that it calls impossible */
	bool gave_up;
	size_t complaints;
	size_t begin, next; /* offsets of what the last pattern matched */
	size_t given;	    /* offset where the last token ended */
	unsigned lists;	    /* open parentheses */
	unsigned carry;	    /* braces that a word before on this line left open */
	bool is_literal;    /* in an alias, whose paths are no patterns: /usr/bin/[ */
	/* The word or comment that is being read. */
	size_t word;
	enum context context; /* in which it began */
	unsigned braces;      /* open { in it */
	bool in_class;	      /* between [ and ] */
	bool comma_seen;
	bool bad; /* it was complained about, or begins within braces of a word that was */
};

/* Complains about the given bytes, or about what the last pattern matched; help may be NULL. */
void complain_at(struct lexer *lexer, enum diag_id id, size_t begin, size_t end,
	const char *message, const char *help);
void complain(struct lexer *lexer, const char *message, const char *help);

/* Fill the token; all return 1, so that an action can return what they return. */
int give(struct lexer *lexer, struct token *token, enum token_kind kind, size_t begin, size_t end);
int give_key(struct lexer *lexer, struct token *token, struct slice match);
int give_variable(struct lexer *lexer, struct token *token, struct slice match);
int give_include(struct lexer *lexer, struct token *token, struct slice match);
int give_quoted(struct lexer *lexer, struct token *token, size_t begin, size_t end);
int give_quoted_hat(struct lexer *lexer, struct token *token);
int give_comment(struct lexer *lexer, struct token *token);

/* Complains about a quote that is open at the end of its line; returns how many bytes to take. */
size_t open_quote(struct lexer *lexer, struct slice match);

/* A '(': false when there are too many, which is reported. */
bool list_opens(struct lexer *lexer);

/* The context after a value. */
enum context after_value(const struct lexer *lexer);

/* A word begins before, or ends with, what the last pattern matched. */
void word_start(struct lexer *lexer, enum context context);
enum context word_end(struct lexer *lexer, struct token *token);

/* Whether the ',' or the '{' before a blank just matched ends the word. */
bool word_ends_at_comma(struct lexer *lexer);
bool word_ends_at_brace(struct lexer *lexer);

#endif
