#include "tests/unit/audit_support.h"

#include "tests/unit/unit.h"

static struct audited audited(
	const char *text, bool is_command, const struct profile_resolver *resolver)
{
	struct audited made = {0};
	unit_init(&made.unit, NULL, test_out_of_memory);
	made.unit.limits = &audit_limits;
	struct slice copy = arena_copy(&made.unit.arena, slice_str(text));
	made.source = sources_add(&made.unit.sources, SLICE("in"), copy, 1);
	made.read = is_command ? audit_read_command(&made.unit, made.source, &made.first)
			       : audit_read(&made.unit, made.source, &made.first);
	if (made.read == AUDIT_READ)
		audit_check(&made.unit, made.first, resolver, &made.findings);
	return made;
}

struct audited audited_document(const char *text, const struct profile_resolver *resolver)
{
	return audited(text, false, resolver);
}

struct audited audited_command(const char *text)
{
	return audited(text, true, NULL);
}

void audited_free(struct audited *made)
{
	unit_free(&made->unit);
}

const char *audited_control(const struct audited *made, const char *container, const char *control)
{
	static const char *const words[][4] = {
		{"met", "met", "met", "met"},
		{"weak", "weak note", "weak warning", "weak error"},
		{"missing", "missing note", "missing warning", "missing error"},
	};
	const struct finding *worst = NULL;
	for (const struct finding *at = made->findings.first; at; at = at->next)
		if (slice_is(at->subject->name, container) &&
			strcmp(controls[at->control].id, control) == 0 &&
			(!worst || at->severity > worst->severity))
			worst = at;
	return worst ? words[worst->outcome][worst->severity] : "";
}
