#include "audit/check.h"

enum { OWN_USERS = 10000, NOBODY = 65534 };

/* A number in decimal; false for a name. */
static bool read_number(struct slice text, unsigned long *ret_number)
{
	unsigned long number = 0;
	if (text.len == 0 || text.len > 10)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		number = number * 10 + (unsigned long)(text.at[i] - '0');
	}
	*ret_number = number;
	return true;
}

static void refuse(struct check *check, enum outcome outcome, enum severity severity,
	struct span at, const char *message)
{
	struct finding *finding =
		not_met(check, CONTROL_USER, outcome, severity, at, "%s", message);
	mend(check, finding, slice_of(NULL, 0), span_of(0, 0));
}

static void check_unsaid(struct check *check)
{
	const struct subject *subject = check->subject;
	if (subject->non_root.truth == SAID_TRUE)
		return; /* the kubelet refuses to start root */
	if (subject->user_is_whole)
		refuse(check, OUTCOME_MISSING, SEVERITY_ERROR, span_of(0, 0), "runs as root");
	else
		refuse(check, OUTCOME_MISSING, SEVERITY_WARNING, span_of(0, 0),
			"the image decides who it runs as, and most images say root");
}

static void check_number(struct check *check, const struct text *user, unsigned long number)
{
	const struct text *group = check->subject->group;
	unsigned long gid = 1;
	if (number == 0)
		refuse(check, OUTCOME_MISSING, SEVERITY_ERROR, user->span, "runs as root");
	else if (number == NOBODY)
		refuse(check, OUTCOME_WEAK, SEVERITY_WARNING, user->span,
			"65534 is nobody, whose files many services and user namespaces share");
	else if (group && read_number(group->text, &gid) && gid == 0)
		refuse(check, OUTCOME_WEAK, SEVERITY_WARNING, group->span, "the group is root's");
	else if (number < OWN_USERS)
		refuse(check, OUTCOME_WEAK, SEVERITY_NOTE, user->span,
			"a number below 10000 may be a user of the host, too");
}

/* Groups whose members reach what only root should. */
static bool is_group_of_root(struct slice group)
{
	static const char *const names[] = {"root", "docker", "disk", "kmem", "shadow", "sudo"};
	unsigned long gid;
	if (read_number(group, &gid))
		return gid == 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_is(group, names[i]))
			return true;
	return false;
}

/* A user who is root already gains nothing by a group. */
static void check_groups(struct check *check, size_t errors)
{
	if (check->findings->severities[SEVERITY_ERROR] > errors)
		return;
	for (const struct text *group = check->subject->groups.first; group; group = group->next) {
		if (!is_group_of_root(group->text))
			continue;
		struct finding *finding = not_met(check, CONTROL_USER, OUTCOME_WEAK,
			SEVERITY_WARNING, group->span, "is also in the group '%.*s'",
			SLICE_FMT(brief(check, group->text)));
		finding_help(check, finding, "leave it out, or give a group of its own");
	}
}

void control_user(struct check *check)
{
	const struct text *user = check->subject->user;
	size_t errors = check->findings->severities[SEVERITY_ERROR];
	unsigned long number;
	if (!user)
		check_unsaid(check);
	else if (read_number(user->text, &number))
		check_number(check, user, number);
	else if (slice_is(user->text, "root"))
		refuse(check, OUTCOME_MISSING, SEVERITY_ERROR, user->span, "runs as root");
	else if (slice_has(user->text, '$'))
		not_met(check, CONTROL_USER, OUTCOME_WEAK, SEVERITY_NOTE, user->span,
			"the user depends on a variable");
	else
		not_met(check, CONTROL_USER, OUTCOME_WEAK, SEVERITY_NOTE, user->span,
			"a name: the image decides which number '%.*s' is",
			SLICE_FMT(brief(check, user->text)));
	check_groups(check, errors);
	met_unless_found(check, CONTROL_USER, user ? user->span : check->subject->non_root.at);
}
