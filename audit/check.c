/* What the controls share: their table, and how findings are made. */
#include "audit/check.h"

#include <stdarg.h>
#include <stdio.h>

enum { BRIEF = 80 };

const struct control controls[CONTROL_COUNT] = {
#define CONTROL(symbol, id, severity, when, title, why)                                            \
	[CONTROL_##symbol] = {id, SEVERITY_##severity, when, title, why},
#include "audit/controls.def"
#undef CONTROL
};

_Static_assert(sizeof(controls) / sizeof(controls[0]) == CONTROL_COUNT, "one entry per control");

enum control_id control_find(struct slice id)
{
	for (unsigned i = 0; i < CONTROL_COUNT; i++)
		if (slice_is(id, controls[i].id))
			return (enum control_id)i;
	return CONTROL_COUNT;
}

const char *outcome_name(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_MET:
		return "met";
	case OUTCOME_WEAK:
		return "weak";
	case OUTCOME_MISSING:
		return "missing";
	}
	return "";
}

struct slice brief(struct check *check, struct slice text)
{
	if (text.len <= BRIEF)
		return text;
	size_t len = BRIEF;
	while (len > 0 && ((unsigned char)text.at[len] & 0xc0) == 0x80)
		len--;
	return arena_printf(&check->unit->arena, "%.*s…", (int)len, text.at);
}

static struct finding *add(
	struct check *check, enum control_id control, enum outcome outcome, struct span at)
{
	struct finding *finding = arena_new(&check->unit->arena, struct finding);
	finding->subject = check->subject;
	finding->control = control;
	finding->outcome = outcome;
	finding->at = span_none(at) ? check->subject->at : at;
	*check->findings->end = finding;
	check->findings->end = &finding->next;
	check->findings->count[outcome]++;
	return finding;
}

struct finding *not_met(struct check *check, enum control_id control, enum outcome outcome,
	enum severity severity, struct span at, const char *format, ...)
{
	struct finding *finding = add(check, control, outcome, at);
	char text[1024];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	size_t kept = len < 0 ? 0 : (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1;
	finding->message = arena_copy(&check->unit->arena, slice_of(text, kept));
	finding->severity = severity;
	check->findings->severities[severity]++;
	return finding;
}

void finding_help(struct check *check, struct finding *finding, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	size_t kept = len < 0 ? 0 : (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1;
	finding->help = arena_copy(&check->unit->arena, slice_of(text, kept));
}

bool is_found(const struct check *check, enum control_id control)
{
	for (const struct finding *finding = check->findings->first; finding;
		finding = finding->next)
		if (finding->subject == check->subject && finding->control == control)
			return true;
	return false;
}

void met_unless_found(struct check *check, enum control_id control, struct span at)
{
	if (!is_found(check, control))
		add(check, control, OUTCOME_MET, at);
}
