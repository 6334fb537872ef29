#include "parser/build.h"

#include "parser/comma.h"

static struct diags *diags_of(struct builder *builder)
{
	return &builder->unit->diags;
}

struct statements *build_statements(struct builder *builder)
{
	struct statements *statements = arena_new(&builder->unit->arena, struct statements);
	statements->end = &statements->first;
	return statements;
}

void build_append(struct statements *statements, const struct statements *more)
{
	if (!more->first)
		return;
	*statements->end = more->first;
	statements->end = more->end;
	statements->last = more->last;
}

struct head *build_head(struct builder *builder, struct item *item)
{
	struct head *head = arena_new(&builder->unit->arena, struct head);
	head->end = &head->first;
	if (item)
		build_add(head, item);
	return head;
}

void build_add(struct head *head, struct item *item)
{
	*head->end = item;
	head->end = &item->next;
}

struct item *build_item(struct builder *builder, enum item_kind kind, const struct token *token)
{
	struct item *item = arena_new(&builder->unit->arena, struct item);
	item->kind = kind;
	item->quoted = token->quoted;
	item->new_line = token->new_line;
	item->span = token->span;
	item->text = token->text;
	return item;
}

struct item *build_assign(struct builder *builder, const struct token *key, struct item *value)
{
	struct item *item = build_item(builder, ITEM_ASSIGN, key);
	item->has_in = key->has_in;
	if (!value) {
		diag_add(diags_of(builder), DIAG_SYNTAX, key->span, "'%.*s%s' has no value",
			SLICE_FMT(key->text), key->has_in ? " in" : "=");
		value = build_item(builder, ITEM_WORD, key);
		value->text = slice_of("", 0);
	}
	item->items = value;
	item->span = span_join(item->span, value->span);
	return item;
}

struct item *build_list(struct builder *builder, const struct token *open,
	const struct head *members, const struct token *close)
{
	struct item *item = build_item(builder, ITEM_LIST, open);
	item->items = members->first;
	for (const struct item *member = members->first; member; member = member->next)
		item->span = span_join(item->span, member->span);
	if (close) {
		item->span = span_join(item->span, close->span);
		return item;
	}
	diag_add(diags_of(builder), DIAG_SYNTAX, open->span, "this '(' has no closing ')'");
	builder->open_list = item;
	return item;
}

/* The comment above the token at the span's begin; forgets those within the span. */
static struct slice take_comment(struct builder *builder, struct span span)
{
	struct slice found = slice_of(NULL, 0);
	struct comment **at = &builder->comments;
	while (*at && (*at)->begin >= span.begin) {
		if ((*at)->begin >= span.end && span.end > span.begin) {
			at = &(*at)->older;
			continue;
		}
		if ((*at)->begin == span.begin)
			found = (*at)->text;
		*at = (*at)->older;
	}
	return found;
}

static struct statement *add_statement(struct builder *builder, struct statements *to,
	enum statement_kind kind, struct item *items, struct span span)
{
	struct statement *statement = arena_new(&builder->unit->arena, struct statement);
	statement->kind = kind;
	statement->items = items;
	statement->span = span;
	statement->comment = take_comment(builder, span);
	*to->end = statement;
	to->end = &statement->next;
	to->last = statement;
	return statement;
}

static struct span items_span(const struct item *items)
{
	struct span span = {0};
	for (const struct item *item = items; item; item = item->next)
		span = span_join(span, item->span);
	return span;
}

/* Right behind the last item of a rule. */
static struct span place_after(const struct builder *builder, const struct item *items)
{
	struct span span = items_span(items);
	return builder->single ? span : span_of(span.end, span.end + 1);
}

static void report_missing_comma(struct builder *builder, const struct item *items)
{
	struct span at = place_after(builder, items);
	if (builder->single) {
		diag_add(diags_of(builder), DIAG_RULE_NOT_SINGLE, at,
			"expected one rule, here are two");
		return;
	}
	struct diag *diag = diag_add(
		diags_of(builder), DIAG_SYNTAX, at, "expected ',' at the end of this rule");
	diag_help(diags_of(builder), diag, "every rule ends with ','");
}

/*
 * "/a r" and on the next line "/b w,": the comma that is missing in between is seen by the shape of
 * the items. Each complete rule is cut off, so that the reader looks at all of them. Returns what
 * is left.
 */
static struct item *cut_rules(
	struct builder *builder, struct statements *to, struct item *items, bool is_block)
{
	struct item *last;
	while (builder->cuts < builder->unit->limits->errors &&
		(last = missing_comma(items, is_block))) {
		builder->cuts++;
		struct item *rest = last->next;
		last->next = NULL;
		report_missing_comma(builder, items);
		add_statement(builder, to, STATEMENT_RULE, items, items_span(items));
		items = rest;
	}
	return items;
}

void build_rule(struct builder *builder, struct statements *to, struct head *head)
{
	if (!head->first) /* nothing but a stray ')' */
		return;
	struct item *items = cut_rules(builder, to, head->first, false);
	add_statement(builder, to, STATEMENT_RULE, items, items_span(items));
}

static const struct item *last_of(const struct item *items)
{
	while (items->next)
		items = items->next;
	return items;
}

void build_rule_open(struct builder *builder, struct statements *to, struct head *head)
{
	if (!head->first)
		return;
	build_rule(builder, to, head);
	const struct item *last = last_of(to->last->items);
	bool list_is_open = builder->open_list &&
			    (last == builder->open_list || last->items == builder->open_list);
	if (!list_is_open)
		report_missing_comma(builder, to->last->items);
}

void build_block(struct builder *builder, struct statements *to, struct head *head,
	const struct token *open, const struct statements *children, const struct token *close)
{
	if (!close)
		diag_add(diags_of(builder), DIAG_SYNTAX, open->span, "this '{' has no closing '}'");
	if (!head || !head->first) {
		struct diag *diag = diag_add(
			diags_of(builder), DIAG_SYNTAX, open->span, "this block has no name");
		diag_help(diags_of(builder), diag, "expected 'profile NAME {' or the like");
		return;
	}
	struct item *items = cut_rules(builder, to, head->first, true);
	struct span span = span_join(items_span(items), close ? close->span : builder->last);
	struct statement *block = add_statement(builder, to, STATEMENT_BLOCK, items, span);
	block->children = children->first;
}

void build_variable(struct builder *builder, struct statements *to, const struct token *name,
	const struct head *values)
{
	struct item *items = build_item(builder, ITEM_WORD, name);
	items->new_line = false;
	items->next = values->first;
	if (!values->first)
		diag_add(diags_of(builder), DIAG_SYNTAX, name->span,
			"'%.*s' is given no value on its line", SLICE_FMT(name->text));
	struct statement *statement =
		add_statement(builder, to, STATEMENT_VARIABLE, items, items_span(items));
	statement->append = name->append;
}

void build_include(struct builder *builder, struct statements *to, const struct token *include)
{
	struct item *path = build_item(builder, ITEM_WORD, include);
	path->new_line = false;
	struct statement *statement =
		add_statement(builder, to, STATEMENT_INCLUDE, path, include->span);
	statement->optional = include->optional;
	statement->magic = include->magic;
}

bool build_descend(struct builder *builder, const struct token *open)
{
	if (builder->depth++ < builder->unit->limits->depth)
		return true;
	diag_add(diags_of(builder), DIAG_TOO_LARGE, open->span,
		"more than %u blocks are nested here", builder->unit->limits->depth);
	return false;
}

void build_stray_comma(
	struct builder *builder, const struct statements *before, const struct token *comma)
{
	bool after_include =
		before->last && before->last->kind == STATEMENT_INCLUDE && !comma->new_line;
	diag_add(diags_of(builder), DIAG_SYNTAX, comma->span,
		after_include ? "an include takes no ','" : "this ',' ends no rule");
}

void build_stray_close(struct builder *builder, const struct token *close)
{
	diag_add(diags_of(builder), DIAG_SYNTAX, close->span, "this '}' closes no block");
}

void build_stray_list_close(struct builder *builder, const struct token *close)
{
	diag_add(diags_of(builder), DIAG_SYNTAX, close->span, "this ')' closes no '('");
}

void build_unexpected(struct builder *builder)
{
	diag_add(diags_of(builder), DIAG_SYNTAX, builder->current, "unexpected text here");
}

void build_too_deep(struct builder *builder)
{
	diag_add(diags_of(builder), DIAG_TOO_LARGE, builder->current,
		"blocks and lists are nested too deeply");
}
