#ifndef PARSER_SYNTAX_H
#define PARSER_SYNTAX_H

/*
 * The syntax tree of AppArmor's language: statements made of items, with no knowledge of rule
 * kinds. Meaning is given to it by policy/read.h. All nodes live in an arena.
 *
 *     owner /tmp/a rw,             statement RULE,    items: word 'owner', word '/tmp/a', word 'rw'
 *     signal set=(hup int) peer=x, statement RULE,    items: word 'signal', assign set (list),
 * assign peer /a -> /b,                    items: word, arrow, word profile a flags=(x) { … }
 * statement BLOCK,   items before the brace, then children
 *     @{X} += /a "/b c"            statement VARIABLE, items: word '@{X}', words /a and '/b c'
 *     include if exists <a/b>      statement INCLUDE, items: word '<a/b>'
 */

#include "base/unit.h"

enum item_kind {
	ITEM_WORD,   /* text */
	ITEM_ASSIGN, /* text is the key; one word, or a list */
	ITEM_LIST,   /* ( … ) */
	ITEM_ARROW,  /* -> */
	ITEM_SUBSET, /* <= */
};

struct item {
	struct item *next;
	enum item_kind kind;
	bool quoted;   /* ITEM_WORD: stood in double quotes */
	bool has_in;   /* ITEM_ASSIGN: written `key in (…)` instead of `key=(…)` */
	bool new_line; /* the first on its line, and not the statement's first */
	struct span span;
	struct slice text; /* ITEM_WORD: the canonical AARE: quotes removed, \" \t \NNN \xNN …
			      resolved, escapes of what means something in a glob (\* \{ \\ \, …)
			      kept; see lexer/unescape.h */
	struct item
		*items; /* ITEM_LIST: its members; ITEM_ASSIGN: the value (one word or one list) */
};

enum statement_kind {
	STATEMENT_RULE,	    /* items `,` */
	STATEMENT_BLOCK,    /* items `{ children }`: profile, hat, if, else, or qualifiers */
	STATEMENT_VARIABLE, /* @{X} = values, @{X} += values, $b = true */
	STATEMENT_INCLUDE,  /* include, #include; `if exists` sets optional */
};

struct statement {
	struct statement *next;
	enum statement_kind kind;
	struct span span;  /* without the leading comment */
	struct span cause; /* set by substitution: the description's value put in; else no place */
	struct slice comment; /* the comment lines right above it, without '#', newline between; or
				 empty */
	struct item *items;
	bool append;		    /* STATEMENT_VARIABLE: += */
	bool optional;		    /* STATEMENT_INCLUDE: if exists */
	bool magic;		    /* STATEMENT_INCLUDE: <…>, not "…" or bare */
	struct statement *children; /* STATEMENT_BLOCK */
};

#endif
