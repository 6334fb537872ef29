#include "parser/parser.h"

#include "lexer/token.h"
#include "parser/build.h"

/* limits->nodes is made for YAML; a node's rule has a few words and signs. */
enum { TOKENS_PER_NODE = 4 };

/* Comment lines that may turn out to stand right above a statement. */
struct pending {
	struct buf text;
	bool any;
	size_t end; /* offset where the last line of them ended */
};

static size_t newlines_between(struct slice text, size_t begin, size_t end)
{
	size_t count = 0;
	for (size_t i = begin; i < end; i++)
		count += text.at[i] == '\n';
	return count;
}

/* A comment behind a rule on its line belongs to no statement. */
static void note_comment(struct pending *pending, struct arena *arena, struct slice text,
	const struct token *comment)
{
	bool goes_on = pending->any && newlines_between(text, pending->end, comment->begin) == 1;
	if (!goes_on)
		pending->text = buf_new(arena);
	else
		buf_add_char(&pending->text, '\n');
	pending->any = comment->new_line;
	pending->end = comment->end;
	if (pending->any)
		buf_add(&pending->text, comment->text);
}

static void keep_comment(struct builder *builder, struct pending *pending, struct slice text,
	const struct token *token)
{
	if (pending->any && newlines_between(text, pending->end, token->begin) == 1) {
		struct comment *comment = arena_new(&builder->unit->arena, struct comment);
		comment->older = builder->comments;
		comment->begin = token->span.begin;
		comment->text = buf_slice(&pending->text);
		builder->comments = comment;
	}
	pending->any = false;
}

/* A text of the largest size made of one-byte words would fill the memory. */
static bool too_many_tokens(struct builder *builder, const struct token *token)
{
	size_t most = builder->unit->limits->nodes * TOKENS_PER_NODE;
	if (++builder->tokens <= most)
		return false;
	diag_add(&builder->unit->diags, DIAG_TOO_LARGE, token->span,
		"the text has more than %zu words and signs", most);
	return true;
}

static enum build_push push(struct builder *builder, const struct token *token)
{
	if (too_many_tokens(builder, token))
		return BUILD_FAILED;
	struct token *kept = arena_new(&builder->unit->arena, struct token);
	*kept = *token;
	builder->last = builder->current;
	builder->current = token->span;
	return build_push(builder, kept);
}

/* The grammar's stacks are large: `scratch` frees them after the text. */
static struct builder builder_of(
	struct unit *unit, struct arena *scratch, const struct lexer *lexer, bool single)
{
	return (struct builder){
		.unit = unit,
		.lexer = lexer,
		.grammar = build_grammar(scratch),
		.single = single,
	};
}

/* NUL bytes and a byte order mark are told here, so that the lexer need not know them. */
static bool is_text(struct unit *unit, struct slice text, struct span at, bool verbatim)
{
	const char *nul = text.len ? memchr(text.at, '\0', text.len) : NULL;
	uint32_t offset = nul ? (uint32_t)(nul - text.at) : 0;
	struct span place = verbatim ? span_of(at.begin + offset, at.begin + offset + 1) : at;
	if (text.len > unit->limits->policy_bytes)
		diag_add(&unit->diags, DIAG_TOO_LARGE, place,
			"the text has %zu bytes, at most %zu are read", text.len,
			unit->limits->policy_bytes);
	else if (nul)
		diag_add(&unit->diags, DIAG_ENCODING, place, "the text holds a NUL byte");
	else if (slice_starts(text, SLICE("\xef\xbb\xbf")))
		diag_add(&unit->diags, DIAG_ENCODING, place,
			"the text starts with a byte order mark, which apparmor_parser refuses");
	else
		return true;
	return false;
}

bool parse_policy(struct unit *unit, const struct source *source, struct statement **ret_first)
{
	size_t errors = unit->diags.errors;
	struct slice text = source->text;
	struct span at = span_of(source->begin, source->begin + (uint32_t)text.len);
	if (!is_text(unit, text, at, true))
		return false;
	struct lexer *lexer = lexer_new(unit, text, at, true);
	struct arena scratch;
	arena_init(&scratch, unit->arena.out_of_memory);
	struct builder builder = builder_of(unit, &scratch, lexer, false);
	struct pending pending = {0};
	enum build_push status = BUILD_MORE;
	while (status == BUILD_MORE && unit->diags.errors - errors < unit->limits->errors) {
		struct token token;
		lexer_next(lexer, &token);
		if (lexer_gave_up(lexer))
			break;
		if (token.kind == TOKEN_COMMENT) {
			note_comment(&pending, &unit->arena, text, &token);
			continue;
		}
		keep_comment(&builder, &pending, text, &token);
		status = push(&builder, &token);
	}
	arena_free(&scratch);
	if (builder.result)
		*ret_first = builder.result->first;
	return status == BUILD_DONE && unit->diags.errors == errors;
}

/* Why a token cannot be part of a single rule, or NULL. */
static const char *not_single(enum token_kind kind)
{
	switch (kind) {
	case TOKEN_COMMA:
		return "expected one rule without ','";
	case TOKEN_OPEN:
		return "expected a rule, not a block";
	case TOKEN_CLOSE:
		return "expected a rule, a '}' cannot stand in it";
	case TOKEN_VARIABLE:
	case TOKEN_LINE_END:
		return "expected a rule, not a variable";
	case TOKEN_INCLUDE:
		return "expected a rule, not an include";
	case TOKEN_COMMENT:
		return "expected a rule without comment";
	case TOKEN_END:
	case TOKEN_WORD:
	case TOKEN_KEY:
	case TOKEN_LIST_OPEN:
	case TOKEN_LIST_CLOSE:
	case TOKEN_LIST_COMMA:
	case TOKEN_ARROW:
	case TOKEN_SUBSET:
		return NULL;
	}
	return NULL;
}

static void report_not_single(struct unit *unit, struct lexer *lexer, const struct token *token)
{
	struct diag *diag = diag_add(
		&unit->diags, DIAG_RULE_NOT_SINGLE, token->span, "%s", not_single(token->kind));
	if (token->kind != TOKEN_COMMA)
		return;
	struct token next;
	lexer_next(lexer, &next);
	diag_help(&unit->diags, diag,
		next.kind == TOKEN_END ? "leave the final ',' out"
				       : "write each rule as a string of its own");
}

/* Feeds the tokens of a single rule; false after a diagnostic. */
static bool push_rule(struct builder *builder, struct lexer *lexer, struct span at)
{
	struct token token;
	for (size_t count = 0;; count++) {
		lexer_next(lexer, &token);
		if (lexer_gave_up(lexer))
			return false;
		if (token.kind == TOKEN_END && count == 0) {
			diag_add(&builder->unit->diags, DIAG_RULE_NOT_SINGLE, at,
				"expected a rule, the text is empty");
			return false;
		}
		if (not_single(token.kind)) {
			report_not_single(builder->unit, lexer, &token);
			return false;
		}
		if (token.kind == TOKEN_END)
			break;
		if (push(builder, &token) != BUILD_MORE)
			return false;
	}
	struct token comma = token;
	comma.kind = TOKEN_COMMA;
	return push(builder, &comma) == BUILD_MORE && push(builder, &token) == BUILD_DONE;
}

bool parse_rule(struct unit *unit, struct slice text, struct span at, bool verbatim,
	struct statement **ret_rule)
{
	size_t errors = unit->diags.errors;
	if (!is_text(unit, text, at, verbatim))
		return false;
	struct lexer *lexer = lexer_new(unit, text, at, verbatim);
	struct arena scratch;
	arena_init(&scratch, unit->arena.out_of_memory);
	struct builder builder = builder_of(unit, &scratch, lexer, true);
	bool is_pushed = push_rule(&builder, lexer, at);
	arena_free(&scratch);
	if (!is_pushed || unit->diags.errors != errors)
		return false;
	struct statement *first = builder.result->first;
	if (!first || first->next || first->kind != STATEMENT_RULE) {
		diag_add(&unit->diags, DIAG_RULE_NOT_SINGLE, at, "expected exactly one rule");
		return false;
	}
	*ret_rule = first;
	return true;
}
