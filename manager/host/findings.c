#include "manager/host/findings.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const struct finding_kind finding_kinds[FINDING_COUNT] = {
#define FINDING(symbol, id, severity, what, mend)                                                  \
	[FINDING_##symbol] = {id, SEVERITY_##severity, what, mend},
#include "manager/host/findings.def"
#undef FINDING
};

_Static_assert(
	sizeof(finding_kinds) / sizeof(finding_kinds[0]) == FINDING_COUNT, "one kind for each id");

void findings_init(struct arena *arena, struct findings *ret_findings)
{
	*ret_findings = (struct findings){.arena = arena};
}

static void grow(struct findings *findings)
{
	size_t capacity = findings->capacity ? 2 * findings->capacity : 16;
	struct finding *items = arena_array(findings->arena, capacity, sizeof(*items));
	if (findings->count > 0)
		memcpy(items, findings->items, findings->count * sizeof(*items));
	findings->items = items;
	findings->capacity = capacity;
}

static struct slice format_text(struct arena *arena, const char *format, va_list arguments)
{
	va_list again;
	va_copy(again, arguments);
	int len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		return slice_of(NULL, 0);
	char *text = arena_bytes(arena, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, format, arguments);
	return slice_of(text, (size_t)len);
}

void finding_add(struct findings *findings, enum finding_id id, const char *format, ...)
{
	if (findings->count == findings->capacity)
		grow(findings);
	va_list arguments;
	va_start(arguments, format);
	struct slice detail = format_text(findings->arena, format, arguments);
	va_end(arguments);
	findings->items[findings->count++] = (struct finding){
		.id = id, .detail = detail, .mend = slice_str(finding_kinds[id].mend)};
	findings->errors += finding_kinds[id].severity == SEVERITY_ERROR;
}

void finding_mend(struct findings *findings, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	findings->items[findings->count - 1].mend = format_text(findings->arena, format, arguments);
	va_end(arguments);
}

void findings_drop(struct findings *findings, enum finding_id id)
{
	size_t kept = 0;
	for (size_t i = 0; i < findings->count; i++) {
		if (findings->items[i].id != id)
			findings->items[kept++] = findings->items[i];
		else
			findings->errors -= finding_kinds[id].severity == SEVERITY_ERROR;
	}
	findings->count = kept;
}

void findings_sort(struct findings *findings)
{
	struct finding *sorted =
		arena_array(findings->arena, findings->count, sizeof(*findings->items));
	size_t count = 0;
	for (int severity = SEVERITY_ERROR; severity >= SEVERITY_OFF; severity--)
		for (size_t i = 0; i < findings->count; i++)
			if (finding_kinds[findings->items[i].id].severity ==
				(enum severity)severity)
				sorted[count++] = findings->items[i];
	findings->items = sorted;
	findings->capacity = count;
}

const char *finding_word(enum severity severity)
{
	return severity == SEVERITY_OFF ? "ok" : severity_name(severity);
}

static void add_visible(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c < ' ' || c == 0x7f)
			buf_printf(out, "\\x%02x", c);
		else
			buf_add_char(out, (char)c);
	}
}

struct slice finding_text(const struct findings *findings, const struct finding *finding)
{
	struct buf text = buf_new(findings->arena);
	buf_add_str(&text, finding_kinds[finding->id].what);
	if (finding->detail.len > 0)
		buf_add_str(&text, ": ");
	add_visible(&text, finding->detail);
	return buf_slice(&text);
}
