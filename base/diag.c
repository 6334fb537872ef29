#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>

const struct diag_kind diag_kinds[DIAG_COUNT] = {
#define DIAGNOSTIC(symbol, id, level, change, text)                                                \
	[DIAG_##symbol] = {.name = id, .severity = level, .may_change = change, .summary = text},
#include "base/diagnostics.def"
#undef DIAGNOSTIC
};

_Static_assert(sizeof(diag_kinds) / sizeof(diag_kinds[0]) == DIAG_COUNT, "one entry per id");

const char *severity_name(enum severity severity)
{
	switch (severity) {
	case SEVERITY_OFF:
		return "off";
	case SEVERITY_NOTE:
		return "note";
	case SEVERITY_WARNING:
		return "warning";
	case SEVERITY_ERROR:
		return "error";
	}
	return "";
}

void diags_init(struct diags *diags, struct arena *arena)
{
	*diags = (struct diags){.arena = arena};
	for (size_t i = 0; i < DIAG_COUNT; i++)
		diags->severities[i] = diag_kinds[i].severity;
}

void diags_reset(struct diags *diags)
{
	diags->first = diags->last = NULL;
	diags->errors = diags->warnings = diags->notes = 0;
}

enum diag_id diag_find(struct slice name)
{
	for (size_t i = 0; i < DIAG_COUNT; i++)
		if (slice_is(name, diag_kinds[i].name))
			return (enum diag_id)i;
	return DIAG_COUNT;
}

static struct slice format_text(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	char *text = arena_alloc(arena, len > 0 ? (size_t)len + 1 : 1);
	if (len > 0)
		vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return slice_of(text, len > 0 ? (size_t)len : 0);
}

static size_t *counter(struct diags *diags, enum severity severity)
{
	switch (severity) {
	case SEVERITY_OFF:
		break;
	case SEVERITY_NOTE:
		return &diags->notes;
	case SEVERITY_WARNING:
		return &diags->warnings;
	case SEVERITY_ERROR:
		return &diags->errors;
	}
	return NULL;
}

static void count(struct diags *diags, enum severity severity)
{
	size_t *number = counter(diags, severity);
	if (number)
		++*number;
}

struct diag *diag_add(struct diags *diags, enum diag_id id, struct span at, const char *format, ...)
{
	enum severity severity = diags->severities[id];
	if (severity == SEVERITY_OFF)
		return NULL;
	struct diag *diag = arena_new(diags->arena, struct diag);
	diag->id = id;
	diag->severity = severity;
	diag->at = at;
	va_list args;
	va_start(args, format);
	diag->message = format_text(diags->arena, format, args);
	va_end(args);
	count(diags, severity);
	if (diags->last)
		diags->last->next = diag;
	else
		diags->first = diag;
	diags->last = diag;
	return diag;
}

static bool is_at(const struct diag *diag, enum diag_id id, struct span at)
{
	return diag->id == id && diag->at.begin == at.begin && diag->at.end == at.end;
}

static struct diag *find(const struct diags *diags, enum diag_id id, struct span at)
{
	struct diag *diag = diags->last;
	if (!diag || !is_at(diag, id, at))
		for (diag = diags->first; diag && !is_at(diag, id, at);)
			diag = diag->next;
	return diag;
}

bool diag_is_there(const struct diags *diags, enum diag_id id, struct span at)
{
	return find(diags, id, at) != NULL;
}

bool diag_again(struct diags *diags, enum diag_id id, struct span at)
{
	struct diag *diag = find(diags, id, at);
	if (diag)
		diag->more++;
	return diag != NULL;
}

void diag_forget(struct diags *diags, enum diag_id id, struct span at)
{
	struct diag *last = NULL;
	for (struct diag **next = &diags->first; *next;) {
		struct diag *diag = *next;
		if (!is_at(diag, id, at)) {
			last = diag;
			next = &diag->next;
			continue;
		}
		*next = diag->next;
		--*counter(diags, diag->severity);
	}
	diags->last = last;
}

struct slice diag_message(struct arena *arena, const struct diag *diag)
{
	if (diag->more == 0)
		return diag->message;
	return arena_printf(
		arena, "%.*s, and %zu more like it", SLICE_FMT(diag->message), diag->more);
}

void diag_soften(struct diags *diags, struct diag *diag)
{
	if (!diag || diag->severity != SEVERITY_WARNING ||
		diag->severity != diag_kinds[diag->id].severity)
		return;
	diag->severity = SEVERITY_NOTE;
	diags->warnings--;
	diags->notes++;
}

void diag_second(struct diags *diags, struct diag *diag, struct span at, const char *format, ...)
{
	if (!diag)
		return;
	va_list args;
	va_start(args, format);
	diag->second = at;
	diag->second_message = format_text(diags->arena, format, args);
	va_end(args);
}

void diag_help(struct diags *diags, struct diag *diag, const char *format, ...)
{
	if (!diag)
		return;
	va_list args;
	va_start(args, format);
	diag->help = format_text(diags->arena, format, args);
	va_end(args);
}

static bool comes_before(const struct diag *a, const struct diag *b)
{
	if (span_none(a->at) || span_none(b->at))
		return !span_none(a->at) && span_none(b->at);
	return a->at.begin < b->at.begin;
}

/* Merge sort of a linked list: stable, and no array is needed. */
static struct diag *sort_list(struct diag *list)
{
	if (!list || !list->next)
		return list;
	struct diag *slow = list;
	for (struct diag *fast = list->next; fast && fast->next; fast = fast->next->next)
		slow = slow->next;
	struct diag *right = sort_list(slow->next);
	slow->next = NULL;
	struct diag *left = sort_list(list);
	struct diag *sorted = NULL, **end = &sorted;
	while (left && right) {
		struct diag **take = comes_before(right, left) ? &right : &left;
		*end = *take;
		end = &(*take)->next;
		*take = (*take)->next;
	}
	*end = left ? left : right;
	return sorted;
}

void diags_sort(struct diags *diags)
{
	diags->first = sort_list(diags->first);
	diags->last = diags->first;
	while (diags->last && diags->last->next)
		diags->last = diags->last->next;
}
