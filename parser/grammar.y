/*
 * AppArmor's language without its rule kinds. Every sequence of tokens is derived by it: what is
 * missing or too much has a production of its own that reports it, so that each mistake gives one
 * diagnostic at its own place and the parser is never lost.
 */

%code requires {
#include "parser/build.h"
}

%define api.pure full
%define api.push-pull push
%define api.prefix {grammar_}
%define parse.error custom
%expect 0
%parse-param {struct builder *builder}

%union {
	const struct token *token;
	struct item *item;
	struct head *head;
	struct statements *statements;
}

%token <token> WORD KEY COMMA OPEN CLOSE LIST_OPEN LIST_CLOSE LIST_COMMA ARROW SUBSET
%token <token> VARIABLE LINE_END INCLUDE

%type <statements> statements policy
%type <head> items members words
%type <item> item value list
%type <token> open close list_end

/* A missing `,` `}` `)` or value is derived only where the text cannot go on otherwise. */
%precedence MISSING
%precedence WORD KEY COMMA OPEN CLOSE LIST_OPEN LIST_CLOSE LIST_COMMA ARROW SUBSET
%precedence VARIABLE INCLUDE

%code {
static void yyerror(struct builder *builder, const char *message);

/* The stack is part of the parser's state and never grows; the state lives in the arena. */
#define YYINITDEPTH BUILD_STACK
#define YYMAXDEPTH BUILD_STACK
#define YYMALLOC(size) NULL
#define YYFREE(pointer) ((void)(pointer))
}

%%

policy:
	statements		{ builder->result = $1; }
|	policy CLOSE statements	{
		build_stray_close(builder, $2);
		build_append($1, $3);
		$$ = $1;
	}
;

statements:
	%empty			{ $$ = build_statements(builder); }
|	statements items COMMA	{ build_rule(builder, $1, $2); $$ = $1; }
|	statements items %prec MISSING
				{ build_rule_open(builder, $1, $2); $$ = $1; }
|	statements items open statements close
				{ build_block(builder, $1, $2, $3, $4, $5); $$ = $1; }
|	statements open statements close
				{ build_block(builder, $1, NULL, $2, $3, $4); $$ = $1; }
|	statements COMMA	{ build_stray_comma(builder, $1, $2); $$ = $1; }
|	statements VARIABLE words LINE_END
				{ build_variable(builder, $1, $2, $3); $$ = $1; }
|	statements INCLUDE	{ build_include(builder, $1, $2); $$ = $1; }
;

open:
	OPEN			{ if (!build_descend(builder, $1)) YYABORT; $$ = $1; }
;

close:
	CLOSE			{ builder->depth--; $$ = $1; }
|	%empty %prec MISSING	{ builder->depth--; $$ = NULL; }
;

items:
	item			{ $$ = build_head(builder, $1); }
|	items item		{ build_add($1, $2); $$ = $1; }
|	LIST_CLOSE		{
		build_stray_list_close(builder, $1);
		$$ = build_head(builder, NULL);
	}
|	items LIST_CLOSE	{ build_stray_list_close(builder, $2); $$ = $1; }
;

item:
	WORD			{ $$ = build_item(builder, ITEM_WORD, $1); }
|	ARROW			{ $$ = build_item(builder, ITEM_ARROW, $1); }
|	SUBSET			{ $$ = build_item(builder, ITEM_SUBSET, $1); }
|	list
|	KEY value		{ $$ = build_assign(builder, $1, $2); }
|	KEY %prec MISSING	{ $$ = build_assign(builder, $1, NULL); }
;

value:
	WORD			{ $$ = build_item(builder, ITEM_WORD, $1); }
|	list
;

list:
	LIST_OPEN members list_end
				{ $$ = build_list(builder, $1, $2, $3); }
;

list_end:
	LIST_CLOSE
|	%empty %prec MISSING	{ $$ = NULL; }
;

members:
	%empty			{ $$ = build_head(builder, NULL); }
|	members item		{ build_add($1, $2); $$ = $1; }
|	members LIST_COMMA
;

words:
	%empty			{ $$ = build_head(builder, NULL); }
|	words WORD		{ build_add($1, build_item(builder, ITEM_WORD, $2)); $$ = $1; }
;

%%

/* Every sequence of tokens is derived, so this is not reached; it keeps the parser honest. */
static int yyreport_syntax_error(const yypcontext_t *context, struct builder *builder)
{
	(void)context;
	build_unexpected(builder);
	return 0;
}

static void yyerror(struct builder *builder, const char *message)
{
	(void)message; /* "memory exhausted": the stack is full */
	build_too_deep(builder);
}

static const int codes[] = {
	[TOKEN_END] = GRAMMAR_EOF,
	[TOKEN_WORD] = WORD,
	[TOKEN_KEY] = KEY,
	[TOKEN_COMMA] = COMMA,
	[TOKEN_OPEN] = OPEN,
	[TOKEN_CLOSE] = CLOSE,
	[TOKEN_LIST_OPEN] = LIST_OPEN,
	[TOKEN_LIST_CLOSE] = LIST_CLOSE,
	[TOKEN_LIST_COMMA] = LIST_COMMA,
	[TOKEN_ARROW] = ARROW,
	[TOKEN_SUBSET] = SUBSET,
	[TOKEN_VARIABLE] = VARIABLE,
	[TOKEN_LINE_END] = LINE_END,
	[TOKEN_INCLUDE] = INCLUDE,
};

struct grammar_pstate *build_grammar(struct arena *arena)
{
	struct grammar_pstate *state = arena_new(arena, struct grammar_pstate);
	state->yystacksize = YYINITDEPTH;
	state->yyss = state->yyssa;
	state->yyvs = state->yyvsa;
	yypstate_clear(state);
	return state;
}

enum build_push build_push(struct builder *builder, const struct token *token)
{
	GRAMMAR_STYPE value = {.token = token};
	int status = grammar_push_parse(builder->grammar, codes[token->kind], &value, builder);
	return status == YYPUSH_MORE ? BUILD_MORE : status == 0 ? BUILD_DONE : BUILD_FAILED;
}
