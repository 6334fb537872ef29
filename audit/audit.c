/* All controls, over all containers of a file. */
#include "audit/audit.h"

#include "audit/check.h"

#include <stdlib.h>

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
