/* Blocks that are no profile: `audit { … }`, `if … { … } else { … }`. */

#include "policy/reader.h"

#include "policy/includes.h"
#include "policy/rule/items.h"

bool block_is_known(const struct statement *statement)
{
	static const char *const words[] = {
		"if", "else", "audit", "allow", "deny", "owner", "other", "prompt"};
	const struct item *item = statement->items;
	if (statement->kind != STATEMENT_BLOCK)
		return false;
	if (item && item->kind == ITEM_ASSIGN && slice_is(item->text, "priority"))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (item_is(item, words[i]))
			return true;
	return !item; /* `{ … }`: a block without qualifiers */
}

static bool fail(struct reader *reader, struct span at, const char *message)
{
	diag_add(&reader->unit->diags, DIAG_SYNTAX, at, "%s", message);
	reader->ok = false;
	return false;
}

static const struct variable *find_in(
	const struct preamble *preamble, struct slice name, struct include_set *seen)
{
	for (const struct variable *v = preamble->variables; v; v = v->next)
		if (slice_eq(v->name, name))
			return v;
	for (const struct include *i = preamble->includes; i; i = i->next)
		for (const struct include_file *f = i->files; f; f = f->next) {
			const struct variable *v = NULL;
			if (include_set_add(seen, f))
				v = find_in(f->preamble, name, seen);
			if (v)
				return v;
		}
	return NULL;
}

static const struct variable *variable_of(struct reader *reader, const struct item *item)
{
	struct slice name = slice_from(item->text, 1);
	if (slice_starts(name, SLICE("{")) && slice_ends(name, SLICE("}")))
		name = slice_of(name.at + 1, name.len - 2);
	if (slice_starts(item->text, SLICE("$")))
		name = arena_printf(&reader->unit->arena, "$%.*s", SLICE_FMT(name));
	struct include_set seen = include_set_new(&reader->unit->arena);
	return find_in(reader->preamble, name, &seen);
}

static bool undeclared(struct reader *reader, const struct item *item)
{
	if (reader->origin == ORIGIN_INCLUDE)
		return false;
	diag_add(&reader->unit->diags, DIAG_UNDECLARED_VARIABLE, item->span,
		"the variable '%.*s' is never set", SLICE_FMT(item->text));
	reader->ok = false;
	return false;
}

/* [not] defined @{X} | [not] defined $b | [not] $b; false after a diagnostic. */
static bool condition_holds(struct reader *reader, const struct item *item, struct span at)
{
	bool negated = item_is(item, "not");
	if (negated)
		item = item->next;
	bool defined = item_is(item, "defined");
	if (defined)
		item = item->next;
	bool is_variable = item && item->kind == ITEM_WORD && item->text.len > 1 &&
			   (item->text.at[0] == '$' || (defined && item->text.at[0] == '@'));
	if (!is_variable || item->next)
		return fail(reader, item ? item->span : at,
			"expected 'if [not] $flag' or 'if [not] defined @{variable}'");
	const struct variable *variable = variable_of(reader, item);
	if (defined)
		return (variable != NULL) != negated;
	if (!variable)
		return undeclared(reader, item);
	bool value = variable->count == 1 && slice_eq_nocase(variable->values[0], SLICE("true"));
	return value != negated;
}

static void if_read(struct reader *reader, const struct statement *statement,
	const struct block *outer, struct if_chain *chain, struct body *body)
{
	const struct item *item = statement->items;
	bool is_else = item_is(item, "else");
	if (is_else && !chain->open) {
		fail(reader, item->span, "'else' without 'if' before it");
		return;
	}
	if (!is_else)
		chain->taken = false;
	else
		item = item->next;
	chain->open = item != NULL; /* after a plain else nothing can follow */
	bool holds = !item;
	if (item && !item_is(item, "if"))
		fail(reader, item->span, "expected 'else {' or 'else if'");
	else if (item)
		holds = condition_holds(reader, item->next, item->span);
	struct block block = {.is_if = true};
	if (outer)
		block.qualifiers = outer->qualifiers;
	struct body other = {0}; /* what does not hold is still read, for its mistakes */
	body_read(reader, statement->children, &block, holds && !chain->taken ? body : &other);
	chain->taken = chain->taken || holds;
}

static bool is_conflict(const struct qualifiers *outer, const struct qualifiers *inner)
{
	bool outer_decided = outer->allow || outer->deny || outer->prompt;
	bool inner_decided = inner->allow || inner->deny || inner->prompt;
	return (outer_decided && inner_decided) || (outer->owner && inner->owner);
}

static void qualifiers_block(struct reader *reader, const struct statement *statement,
	const struct block *outer, struct body *body)
{
	struct block block = {.is_if = false};
	const struct item *rest;
	struct unit *unit = reader->unit;
	if (!qualifiers_read(unit, statement->items, &block.qualifiers, &rest)) {
		reader->ok = false;
		return;
	}
	if (rest) {
		fail(reader, rest->span, "expected '{' after the qualifiers of a block");
		return;
	}
	if (reader->origin != ORIGIN_INCLUDE && block.qualifiers.deny)
		fail(reader, statement->items->span,
			"apparmor_parser refuses a block of denies, write deny before each rule");
	if (outer && is_conflict(&outer->qualifiers, &block.qualifiers))
		fail(reader, statement->items->span,
			"the qualifiers of this block conflict with those of the block around it");
	if (outer) {
		block.qualifiers.audit |= outer->qualifiers.audit;
		block.qualifiers.deny |= outer->qualifiers.deny;
		block.qualifiers.allow |= outer->qualifiers.allow;
		block.qualifiers.prompt |= outer->qualifiers.prompt;
		if (block.qualifiers.owner == OWNER_ANY)
			block.qualifiers.owner = outer->qualifiers.owner;
	}
	body_read(reader, statement->children, &block, body);
}

void block_read(struct reader *reader, const struct statement *statement, const struct block *outer,
	struct if_chain *chain, struct body *body)
{
	if (!reader_enter(reader, statement->span)) {
		reader->depth--;
		return;
	}
	if (item_is(statement->items, "if") || item_is(statement->items, "else")) {
		if_read(reader, statement, outer, chain, body);
	} else {
		*chain = (struct if_chain){false, false};
		qualifiers_block(reader, statement, outer, body);
	}
	reader->depth--;
}
