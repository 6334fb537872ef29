#include "audit/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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

static void check_subject(struct check *check)
{
	control_apparmor(check);
	control_kernel(check);
	control_user(check);
	control_files(check);
	control_capabilities(check);
	control_shares(check);
	control_resources(check);
}

static int compare(const void *a, const void *b)
{
	const struct finding *x = *(const struct finding *const *)a;
	const struct finding *y = *(const struct finding *const *)b;
	if (x->at.begin != y->at.begin)
		return x->at.begin < y->at.begin ? -1 : 1;
	if (x->control != y->control)
		return x->control < y->control ? -1 : 1;
	return slice_cmp(x->message, y->message);
}

/* Containers stay in the order of the file; the findings of each are sorted. */
static void sort(struct findings *findings, struct finding **first, struct finding **end)
{
	size_t count = 0, i = 0;
	for (struct finding *at = *first; at; at = at->next)
		count++;
	if (count == 0)
		return;
	struct finding **list =
		arena_array(&findings->unit->arena, count, sizeof(struct finding *));
	for (struct finding *at = *first; at; at = at->next)
		list[i++] = at;
	qsort(list, count, sizeof(struct finding *), compare);
	for (i = 0; i < count; i++) {
		*first = list[i];
		first = &list[i]->next;
	}
	*first = NULL;
	*end = list[count - 1];
}

static void join(struct findings *all, struct findings *part)
{
	if (!part->first)
		return;
	struct finding *last = NULL;
	sort(part, &part->first, &last);
	*all->end = part->first;
	all->end = &last->next;
	for (size_t i = 0; i <= OUTCOME_MISSING; i++)
		all->count[i] += part->count[i];
	for (size_t i = 0; i <= SEVERITY_ERROR; i++)
		all->severities[i] += part->severities[i];
}

void audit_check(struct unit *unit, const struct workload *first,
	const struct profile_resolver *resolver, struct findings *ret_findings)
{
	*ret_findings = (struct findings){.unit = unit};
	ret_findings->end = &ret_findings->first;
	for (const struct workload *workload = first; workload; workload = workload->next) {
		for (const struct subject *subject = workload->first; subject;
			subject = subject->next) {
			struct findings part = {.unit = unit};
			part.end = &part.first;
			struct check check = {.unit = unit,
				.findings = &part,
				.resolver = resolver,
				.subject = subject};
			check_subject(&check);
			join(ret_findings, &part);
		}
	}
}
