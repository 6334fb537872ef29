#include "policy/flags.h"
#include "policy/reader.h"

#include "policy/rule/items.h"

#include <stdlib.h>

static void fail(struct reader *reader, struct span at, const char *message, const char *help)
{
	struct diag *diag = diag_add(&reader->unit->diags, DIAG_BAD_PROFILE, at, "%s", message);
	if (help)
		diag_help(&reader->unit->diags, diag, "%s", help);
	reader->ok = false;
}

/* What stands before the name; the item that holds it. */
static const struct item *keyword_read(const struct item *item, struct profile *profile)
{
	profile->has_keyword = item_is(item, "profile");
	profile->is_hat = item_is(item, "hat");
	return profile->has_keyword || profile->is_hat ? item->next : item;
}

static bool name_read(struct reader *reader, const struct item *item, struct profile *profile)
{
	struct slice name = item_word(item);
	if (!profile->has_keyword && !profile->is_hat && slice_starts(name, SLICE("^"))) {
		profile->is_hat = true;
		name = slice_from(name, 1);
	}
	bool is_plain = slice_starts(name, SLICE("/")) || slice_starts(name, SLICE(":")) ||
			slice_starts(name, SLICE("@{"));
	const char *message = NULL, *help = NULL;
	if (name.len == 0)
		message = "the name of a profile is empty";
	else if (slice_starts(name, SLICE("&")))
		message = "the name of a profile does not start with '&'";
	else if (!profile->has_keyword && !profile->is_hat && (!is_plain || reader->in_profile))
		message = reader->in_profile
				  ? "expected a rule, or a child with 'profile' before its name"
				  : "a profile whose name is no path needs 'profile' before it",
		help = "write 'profile NAME { … }'";
	profile->name = name;
	if (message)
		fail(reader, item->span, message, help);
	return !message;
}

static const struct item *attachment_read(
	struct reader *reader, const struct item *item, struct profile *profile)
{
	if (!item || item->kind != ITEM_WORD)
		return item;
	if (!item_is_path(item))
		fail(reader, item->span,
			"the attachment of a profile starts with '/' or a variable",
			"a name with blanks needs quotes");
	profile->attachment = item_word(item);
	return item->next;
}

/* "user.a=b", or "user.a" alone: the attribute must be there, with any value. */
static bool xattr_read(const struct item *member, struct buf *text)
{
	const struct item *value = member->kind == ITEM_ASSIGN ? member->items : NULL;
	if (value && value->kind == ITEM_LIST)
		value = value->items;
	bool is_alone = member->kind == ITEM_WORD && !member->quoted;
	if (!is_alone && (!value || value->kind != ITEM_WORD || value->next))
		return false;
	if (text->len)
		buf_add_char(text, ' ');
	buf_add(text, member->text);
	if (is_alone)
		return true;
	buf_add_char(text, '=');
	print_list_word(value->text, text);
	return true;
}

/* xattrs=(user.a=b user.c="d e" user.e), kept as text in canonical form. */
static const struct item *xattrs_read(
	struct reader *reader, const struct item *item, struct profile *profile)
{
	if (!item || item->kind != ITEM_ASSIGN || !slice_is(item->text, "xattrs"))
		return item;
	const struct item *list = item->items;
	if (!list || list->kind != ITEM_LIST) {
		fail(reader, item->span, "expected xattrs=(NAME …) or xattrs=(NAME=VALUE …)", NULL);
		return item->next;
	}
	struct buf text = buf_new(&reader->unit->arena);
	for (const struct item *member = list->items; member; member = member->next) {
		if (!xattr_read(member, &text))
			fail(reader, member->span, "expected NAME or NAME=VALUE in xattrs", NULL);
	}
	profile->xattrs = buf_slice(&text);
	return item->next;
}

static const struct item *flags_of(
	struct reader *reader, const struct item *item, struct profile *profile)
{
	const struct item *list = item;
	if (!item || (item->kind != ITEM_LIST && item->kind != ITEM_ASSIGN))
		return item;
	if (item->kind == ITEM_ASSIGN && !slice_is(item->text, "flags"))
		return item;
	if (item->kind == ITEM_ASSIGN)
		list = item->items;
	if (!list || list->kind != ITEM_LIST || !list->items) {
		fail(reader, item->span, "expected flags=(FLAG …)", NULL);
		return item->next;
	}
	if (!flags_read(reader->unit, list->items, profile))
		reader->ok = false;
	return item->next;
}

static bool header_read(
	struct reader *reader, const struct statement *statement, struct profile *profile)
{
	const struct item *item = keyword_read(statement->items, profile);
	if (!item || item->kind != ITEM_WORD) {
		fail(reader, item ? item->span : statement->span, "expected the name of a profile",
			NULL);
		return false;
	}
	bool ok = name_read(reader, item, profile);
	item = attachment_read(reader, item->next, profile);
	item = xattrs_read(reader, item, profile);
	item = flags_of(reader, item, profile);
	if (item && item->kind == ITEM_ASSIGN && slice_is(item->text, "xattrs"))
		fail(reader, item->span, "xattrs= stands before flags=", NULL);
	else if (item)
		fail(reader, item->span, "expected '{' after the head of the profile",
			"its order is: profile NAME ATTACHMENT xattrs=(…) flags=(…) {");
	return ok;
}

struct profile *profile_read(struct reader *reader, const struct statement *statement)
{
	struct profile *profile = arena_new(&reader->unit->arena, struct profile);
	bool outer = reader->in_profile;
	bool named = header_read(reader, statement, profile);
	profile->span = statement->span;
	profile->cause = statement->cause;
	profile->comment = statement->comment;
	reader->in_profile = true;
	if (reader_enter(reader, statement->span)) {
		body_read(reader, statement->children, NULL, &profile->body);
		profiles_check_names(reader, profile->body.children);
	}
	reader->depth--;
	reader->in_profile = outer;
	return named ? profile : NULL;
}

static int by_name(const void *a, const void *b)
{
	const struct profile *x = *(const struct profile *const *)a;
	const struct profile *y = *(const struct profile *const *)b;
	int order = slice_cmp(x->name, y->name);
	if (order)
		return order;
	return x->span.begin < y->span.begin ? -1 : x->span.begin > y->span.begin;
}

void profiles_check_names(struct reader *reader, const struct profile *first)
{
	size_t count = 0, i = 0;
	for (const struct profile *p = first; p; p = p->next)
		count++;
	if (count < 2)
		return;
	const struct profile **all =
		arena_array(&reader->unit->arena, count, sizeof(const struct profile *));
	for (const struct profile *p = first; p; p = p->next)
		all[i++] = p;
	qsort(all, count, sizeof(*all), by_name);
	for (i = 1; i < count; i++) {
		if (!slice_eq(all[i]->name, all[i - 1]->name))
			continue;
		struct diag *diag = diag_add(&reader->unit->diags, DIAG_BAD_PROFILE, all[i]->span,
			"the profile '%.*s' stands twice", SLICE_FMT(all[i]->name));
		diag_second(&reader->unit->diags, diag, all[i - 1]->span, "the first is here");
		reader->ok = false;
	}
}
