/* seccomp, no-new-privileges, privileged, masked paths. */
#include "audit/check.h"

static void check_seccomp(struct check *check)
{
	const struct subject *subject = check->subject;
	const struct text *filter = subject->seccomp;
	struct span none = span_of(0, 0);
	struct finding *finding = NULL;
	if (filter && (slice_is(filter->text, "unconfined") || filter->text.len == 0)) {
		finding = not_met(check, CONTROL_SECCOMP, OUTCOME_MISSING, SEVERITY_ERROR,
			filter->span, "the filter of system calls is switched off");
		mend(check, finding, slice_of(NULL, 0), filter->span);
	} else if (filter && slice_is(filter->text, "allow") && is_input(check, INPUT_OCI)) {
		finding = not_met(check, CONTROL_SECCOMP, OUTCOME_WEAK, SEVERITY_WARNING,
			filter->span, "the filter allows what it does not name");
		finding_help(check, finding, "name what is allowed; refuse the rest");
	} else if ((!filter || is_input(check, INPUT_KUBERNETES)) &&
		   subject->privileged.truth == SAID_TRUE) {
		finding = not_met(check, CONTROL_SECCOMP, OUTCOME_MISSING, SEVERITY_ERROR,
			subject->privileged.at,
			"a privileged container has no filter of system calls");
		finding_help(check, finding, "run it without privileged");
	} else if (!filter && is_input(check, INPUT_OCI)) {
		finding = not_met(check, CONTROL_SECCOMP, OUTCOME_MISSING, SEVERITY_ERROR, none,
			"no filter of system calls");
		finding_help(check, finding, "'aaforge compile --to seccomp' makes one");
	} else if (!filter && is_input(check, INPUT_KUBERNETES)) {
		finding = not_met(check, CONTROL_SECCOMP, OUTCOME_MISSING, SEVERITY_WARNING, none,
			"no filter of system calls, unless the kubelet adds its default");
		mend(check, finding, slice_of(NULL, 0), none);
	}
	met_unless_found(check, CONTROL_SECCOMP, filter ? filter->span : none);
}

/* Kubernetes refuses a pod that says allowPrivilegeEscalation: false beside this very word. */
static bool adds_cap_sys_admin(const struct check *check)
{
	if (!is_input(check, INPUT_KUBERNETES))
		return false;
	for (const struct text *name = check->subject->cap_add.first; name; name = name->next)
		if (slice_is(name->text, "CAP_SYS_ADMIN"))
			return true;
	return false;
}

static void check_no_new_privileges(struct check *check)
{
	const struct flag *flag = &check->subject->no_new_privileges;
	if (flag->truth == SAID_TRUE) {
		met_unless_found(check, CONTROL_NO_NEW_PRIVILEGES, flag->at);
		return;
	}
	struct finding *finding;
	if (flag->truth == SAID_UNKNOWN)
		finding = not_met(check, CONTROL_NO_NEW_PRIVILEGES, OUTCOME_WEAK, SEVERITY_NOTE,
			flag->at, "it depends on a variable whether programs gain privileges");
	else
		finding = not_met(check, CONTROL_NO_NEW_PRIVILEGES, OUTCOME_MISSING,
			SEVERITY_WARNING, flag->at,
			"setuid programs and file capabilities may give it privileges");
	mend(check, finding, slice_of(NULL, 0),
		flag->truth == SAID_FALSE ? flag->at : span_of(0, 0));
	if (adds_cap_sys_admin(check)) {
		finding->changes = NULL;
		finding_help(check, finding, "leave out CAP_SYS_ADMIN, which forbids this");
	}
}

static void check_privileged(struct check *check)
{
	const struct flag *flag = &check->subject->privileged;
	if (flag->truth == SAID_TRUE) {
		struct finding *finding = not_met(check, CONTROL_PRIVILEGED, OUTCOME_MISSING,
			SEVERITY_ERROR, flag->at,
			"privileged: every device, every capability, no confinement");
		mend(check, finding, slice_of(NULL, 0), flag->at);
	} else if (flag->truth == SAID_UNKNOWN) {
		not_met(check, CONTROL_PRIVILEGED, OUTCOME_WEAK, SEVERITY_WARNING, flag->at,
			"it depends on a variable whether it is privileged");
	}
	met_unless_found(check, CONTROL_PRIVILEGED, flag->at);
}

static void check_masked(struct check *check)
{
	const struct flag *flag = &check->subject->unmasked;
	if (check->subject->privileged.truth == SAID_TRUE) {
		not_met(check, CONTROL_MASKED, OUTCOME_MISSING, SEVERITY_ERROR,
			check->subject->privileged.at,
			"a privileged container has no masked paths");
	} else if (flag->truth == SAID_TRUE) {
		struct finding *finding =
			not_met(check, CONTROL_MASKED, OUTCOME_MISSING, SEVERITY_ERROR, flag->at,
				"paths such as /proc/kcore and /proc/sysrq-trigger are not masked");
		finding_help(check, finding,
			"leave the runtime's masked and read-only paths as they are");
	}
	met_unless_found(check, CONTROL_MASKED, span_of(0, 0));
}

void control_kernel(struct check *check)
{
	check_seccomp(check);
	check_no_new_privileges(check);
	check_privileged(check);
	check_masked(check);
}
