#ifndef PARSER_BUILD_H
#define PARSER_BUILD_H

/*
 * What the grammar's productions do: they build the tree and report what is missing or too much.
 * Used by parser/grammar.y and parser/parser.c only.
 */

#include "lexer/token.h"
#include "parser/syntax.h"

/* Deepest stack of the grammar: three symbols for each open brace or list, and some to spare. */
enum { BUILD_STACK = 600 };

/* The items of a statement or list under construction. Not moved while it grows. */
struct head {
	struct item *first, **end;
};

/* The statements of a text or block under construction. Not moved while it grows. */
struct statements {
	struct statement *first, **end;
	const struct statement *last;
};

/* A comment that stands right above the token at `begin`. */
struct comment {
	struct comment *older;
	uint32_t begin;
	struct slice text;
};

struct grammar_pstate;

struct builder {
	struct unit *unit;
	const struct lexer *lexer;
	struct grammar_pstate *grammar;
	bool single;		      /* exactly one rule is wanted: a missing comma means two */
	unsigned depth;		      /* open blocks */
	size_t tokens;		      /* pushed so far */
	size_t cuts;		      /* forgotten commas so far */
	struct span last;	      /* the token pushed before the present one */
	struct span current;	      /* the token pushed last */
	const struct item *open_list; /* the last list without ')': it ate the commas after it */
	struct comment *comments;     /* of statements that are not finished; newest first */
	const struct statements *result;
};

enum build_push { BUILD_MORE, BUILD_DONE, BUILD_FAILED };

/* A parser in its first state, in the arena. */
struct grammar_pstate *build_grammar(struct arena *arena);

/* Feeds one token, which must live as long as the arena. BUILD_DONE after TOKEN_END. */
enum build_push build_push(struct builder *builder, const struct token *token);

struct statements *build_statements(struct builder *builder);
void build_append(struct statements *statements, const struct statements *more);

/* A list of items that starts with `item`, or empty when it is NULL. */
struct head *build_head(struct builder *builder, struct item *item);
void build_add(struct head *head, struct item *item);

struct item *build_item(struct builder *builder, enum item_kind kind, const struct token *token);
struct item *build_assign(struct builder *builder, const struct token *key, struct item *value);
struct item *build_list(struct builder *builder, const struct token *open,
	const struct head *members, const struct token *close);

/* Items and their `,`; or without it, which is reported. */
void build_rule(struct builder *builder, struct statements *to, struct head *head);
void build_rule_open(struct builder *builder, struct statements *to, struct head *head);

/* Items and a block. head NULL or close NULL: missing, which is reported. */
void build_block(struct builder *builder, struct statements *to, struct head *head,
	const struct token *open, const struct statements *children, const struct token *close);

void build_variable(struct builder *builder, struct statements *to, const struct token *name,
	const struct head *values);
void build_include(struct builder *builder, struct statements *to, const struct token *include);

/* Counts an open block; false when there are too many, which is reported. */
bool build_descend(struct builder *builder, const struct token *open);

void build_stray_comma(
	struct builder *builder, const struct statements *before, const struct token *comma);
void build_stray_close(struct builder *builder, const struct token *close);
void build_stray_list_close(struct builder *builder, const struct token *close);
void build_unexpected(struct builder *builder);
void build_too_deep(struct builder *builder);

#endif
