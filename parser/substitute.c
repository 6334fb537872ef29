#include "parser/substitute.h"

/*
 * A statement is copied once for each combination of values of the variables it uses, as
 * apparmor_parser does: each occurrence of a variable counts by itself. The combination is held as
 * one index per occurrence, counted like the digits of a number.
 */

enum { OCCURRENCES_MAX = 16 };

struct substitution {
	struct unit *unit;
	struct binding *bindings;
	size_t binding_count;
	size_t made; /* statements, against limits->nodes */
	bool failed; /* a limit was exceeded and reported */
	/* Of the present statement. */
	struct binding *used[OCCURRENCES_MAX];
	size_t index[OCCURRENCES_MAX];
	size_t used_count;
	size_t at; /* occurrence that the copy has come to */
};

static struct statement *copy_all(struct substitution *s, const struct statement *first);

static struct binding *binding_of(struct substitution *s, struct slice name)
{
	for (size_t i = 0; i < s->binding_count; i++)
		if (slice_eq(s->bindings[i].name, name))
			return &s->bindings[i];
	return NULL;
}

/*
 * The first use of a bound variable in an AARE: its offset, and what follows the '}' in *ret_rest.
 * NULL when there is none. An escaped "\@{" is no use.
 */
static struct binding *find_use(
	struct substitution *s, struct slice text, size_t *ret_offset, struct slice *ret_rest)
{
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (text.at[i] == '\\') {
			i++;
			continue;
		}
		if (text.at[i] != '@' || text.at[i + 1] != '{')
			continue;
		struct slice name = slice_from(text, i + 2);
		const char *end = name.len ? memchr(name.at, '}', name.len) : NULL;
		if (!end)
			return NULL;
		name.len = (size_t)(end - name.at);
		struct binding *binding = binding_of(s, name);
		if (!binding)
			continue;
		*ret_offset = i;
		*ret_rest = slice_from(text, i + 3 + name.len);
		return binding;
	}
	return NULL;
}

static void report_too_many(struct substitution *s, struct span at, const char *what)
{
	if (!s->failed)
		diag_add(&s->unit->diags, DIAG_TOO_LARGE, at, "%s", what);
	s->failed = true;
}

static void note_uses_of_word(struct substitution *s, const struct item *item)
{
	struct slice rest = item->text;
	struct binding *binding;
	size_t offset;
	while ((binding = find_use(s, rest, &offset, &rest))) {
		if (s->used_count == OCCURRENCES_MAX) {
			report_too_many(s, item->span, "a rule uses too many variables");
			return;
		}
		binding->used = true;
		s->index[s->used_count] = 0;
		s->used[s->used_count++] = binding;
	}
}

static void note_uses(struct substitution *s, const struct item *items, unsigned depth)
{
	for (const struct item *item = items; item; item = item->next) {
		if (item->kind == ITEM_WORD)
			note_uses_of_word(s, item);
		else if (item->items && depth < s->unit->limits->depth + 1)
			note_uses(s, item->items, depth + 1);
	}
}

/* "/srv/" put before "/x" gives "/srv/x": a join makes no second slash. */
static void add_joined(struct buf *out, struct slice text)
{
	bool twice = out->len > 0 && out->at[out->len - 1] == '/' &&
		     slice_starts(text, SLICE("/")) &&
		     (out->len < 2 || out->at[out->len - 2] != '\\');
	buf_add(out, twice ? slice_from(text, 1) : text);
}

static struct slice copy_word(struct substitution *s, struct slice text, struct span *cause)
{
	size_t offset;
	struct slice rest;
	struct buf out = buf_new(&s->unit->arena);
	bool any = false;
	while (find_use(s, text, &offset, &rest)) {
		const struct binding *binding = s->used[s->at];
		const struct binding_value *value = &binding->values[s->index[s->at++]];
		if (any)
			add_joined(&out, slice_first(text, offset));
		else
			buf_add(&out, slice_first(text, offset));
		add_joined(&out, value->text);
		if (span_none(*cause))
			*cause = value->cause;
		text = rest;
		any = true;
	}
	if (!any)
		return text;
	add_joined(&out, text);
	return buf_slice(&out);
}

static struct item *copy_items(
	struct substitution *s, const struct item *items, struct span *cause, unsigned depth)
{
	struct item *first = NULL, **end = &first;
	for (; items; items = items->next) {
		struct item *item = arena_new(&s->unit->arena, struct item);
		*item = *items;
		item->next = NULL;
		if (item->kind == ITEM_WORD)
			item->text = copy_word(s, item->text, cause);
		else if (item->items && depth < s->unit->limits->depth + 1)
			item->items = copy_items(s, items->items, cause, depth + 1);
		*end = item;
		end = &item->next;
	}
	return first;
}

/* The next combination of values; false after the last one. */
static bool advance(struct substitution *s)
{
	for (size_t i = s->used_count; i-- > 0;) {
		if (++s->index[i] < s->used[i]->count)
			return true;
		s->index[i] = 0;
	}
	return false;
}

static bool has_values(const struct substitution *s)
{
	for (size_t i = 0; i < s->used_count; i++)
		if (s->used[i]->count == 0)
			return false;
	return true;
}

static bool count_one(struct substitution *s, struct span at)
{
	if (s->made++ < s->unit->limits->nodes)
		return true;
	report_too_many(s, at, "the values of a rule's variables make too many rules");
	return false;
}

static struct statement *copy_head(struct substitution *s, const struct statement *statement)
{
	struct statement *copy = arena_new(&s->unit->arena, struct statement);
	*copy = *statement;
	copy->next = NULL;
	copy->children = NULL;
	return copy;
}

/* Appends the copies of a rule, include or block; returns the new end of the list. */
static struct statement **copy_statement(
	struct substitution *s, const struct statement *statement, struct statement **end)
{
	s->used_count = 0;
	note_uses(s, statement->items, 0);
	if (!has_values(s))
		return end;
	bool first = true;
	do {
		if (s->failed || !count_one(s, statement->span))
			break;
		struct statement *copy = copy_head(s, statement);
		s->at = 0;
		copy->items = copy_items(s, statement->items, &copy->cause, 0);
		if (!first)
			copy->comment = slice_of(NULL, 0); /* above the first it speaks for all */
		first = false;
		*end = copy;
		end = &copy->next;
	} while (advance(s));
	return end;
}

/* One item by itself: a word per value. Returns the new end of the list. */
static struct item **copy_item_values(
	struct substitution *s, const struct item *item, struct span *cause, struct item **end)
{
	struct item alone = *item;
	alone.next = NULL;
	s->used_count = 0;
	note_uses(s, &alone, 0);
	if (!has_values(s))
		return end;
	do {
		if (s->failed || !count_one(s, item->span))
			break;
		s->at = 0;
		*end = copy_items(s, &alone, cause, 0);
		end = &(*end)->next;
	} while (advance(s));
	return end;
}

/* `@{X} = a @{name} b`: the values of a variable are a list, so that the statement stays one. */
static struct statement **copy_variable(
	struct substitution *s, const struct statement *statement, struct statement **end)
{
	struct statement *copy = copy_head(s, statement);
	copy->items = arena_new(&s->unit->arena, struct item);
	*copy->items = *statement->items;
	copy->items->next = NULL;
	struct item **items_end = &copy->items->next;
	for (const struct item *item = statement->items->next; item; item = item->next)
		items_end = copy_item_values(s, item, &copy->cause, items_end);
	if (!copy->items->next)
		return end;
	*end = copy;
	return &copy->next;
}

/*
 * A block stays when a word of its head has no value, as @{attachment} in a container's profile:
 * the word is left out. The children are copied for each copy of the head.
 */
static struct statement **copy_block(
	struct substitution *s, const struct statement *statement, struct statement **end)
{
	struct statement head = *statement;
	head.items = NULL;
	struct item **items_end = &head.items;
	for (const struct item *item = statement->items; item; item = item->next) {
		struct item alone = *item;
		alone.next = NULL;
		s->used_count = 0;
		note_uses(s, &alone, 0);
		if (!has_values(s))
			continue;
		struct item *kept = arena_new(&s->unit->arena, struct item);
		*kept = alone;
		*items_end = kept;
		items_end = &kept->next;
	}
	struct statement **copies = end;
	end = copy_statement(s, &head, end);
	for (struct statement *copy = *copies; copy && !s->failed; copy = copy->next)
		copy->children = copy_all(s, statement->children);
	return end;
}

static struct statement *copy_all(struct substitution *s, const struct statement *first)
{
	struct statement *result = NULL, **end = &result;
	for (const struct statement *at = first; at && !s->failed; at = at->next) {
		switch (at->kind) {
		case STATEMENT_RULE:
		case STATEMENT_INCLUDE:
			end = copy_statement(s, at, end);
			break;
		case STATEMENT_VARIABLE:
			end = copy_variable(s, at, end);
			break;
		case STATEMENT_BLOCK:
			end = copy_block(s, at, end);
			break;
		}
	}
	return result;
}

struct statement *substitute(
	struct unit *unit, const struct statement *first, struct binding *bindings, size_t count)
{
	struct substitution s = {.unit = unit, .bindings = bindings, .binding_count = count};
	return copy_all(&s, first);
}
