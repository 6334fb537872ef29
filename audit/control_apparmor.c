#include "audit/check.h"
#include "compiler/service/keys.h"

/* What runtimes and kubelets call their own profile. */
static bool is_runtime_default(struct slice name)
{
	return slice_is(name, "runtime/default") || name_is_of_runtime(name);
}

/* The name that a profile for this container would have: its own, if a profile can have it. */
static struct slice likely_name(const struct check *check)
{
	struct slice name = check->subject->name;
	bool is_good = name.len > 0 && name.len <= 200;
	for (size_t i = 0; i < name.len && is_good; i++) {
		char c = name.at[i];
		bool is_alnum =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		is_good = is_alnum || (i > 0 && (c == '.' || c == '_' || c == '-'));
	}
	return is_good ? name : SLICE("NAME");
}

static bool find_profile(
	const struct check *check, struct slice name, const struct profile_facts **ret_facts)
{
	return check->resolver && check->resolver->find(check->resolver->context, name, ret_facts);
}

/* The mend names a profile that exists, or says how to make one. */
static void mend_profile(struct check *check, struct finding *finding, struct span old)
{
	struct slice name = likely_name(check);
	const struct profile_facts *facts;
	bool exists = find_profile(check, name, &facts);
	mend(check, finding, name, old);
	if (exists) {
		finding_help(check, finding, "'%.*s' is described in %.*s", SLICE_FMT(name),
			SLICE_FMT(facts->where));
		return;
	}
	/* A name that no profile has would keep the container from starting. */
	finding->changes = NULL;
	bool is_inspect = check->subject->workload->config != NULL;
	finding_help(check, finding,
		is_inspect ? "'aaforge import' makes a description of this container"
			   : "describe the service and load its profile first");
}

static void check_mode(struct check *check, const struct profile_facts *facts)
{
	struct slice mode = facts->mode;
	struct slice name = brief(check, facts->name);
	struct span at = check->subject->apparmor->span;
	if (slice_is(mode, "enforce") || slice_is(mode, "kill") || mode.len == 0)
		return;
	bool is_off = slice_is(mode, "unconfined");
	struct finding *finding = not_met(check, CONTROL_APPARMOR, OUTCOME_WEAK,
		is_off ? SEVERITY_ERROR : SEVERITY_WARNING, at,
		"the profile '%.*s' of %.*s is in mode %.*s: it %s", SLICE_FMT(name),
		SLICE_FMT(facts->where), SLICE_FMT(mode),
		is_off ? "confines nothing" : "only logs what it would refuse");
	finding_help(check, finding, "give it the mode enforce");
}

static void check_named(struct check *check, const struct text *named)
{
	const struct profile_facts *facts = NULL;
	struct slice name = brief(check, named->text);
	if (!check->resolver)
		return;
	if (slice_has(named->text, '$')) {
		not_met(check, CONTROL_APPARMOR, OUTCOME_WEAK, SEVERITY_NOTE, named->span,
			"the profile depends on a variable: '%.*s'", SLICE_FMT(name));
		return;
	}
	if (find_profile(check, named->text, &facts)) {
		check_mode(check, facts);
		control_grants(check, facts);
		return;
	}
	struct finding *finding =
		not_met(check, CONTROL_APPARMOR, OUTCOME_MISSING, SEVERITY_ERROR, named->span,
			"there is no profile '%.*s' %s", SLICE_FMT(name), check->resolver->asked);
	finding_help(check, finding,
		"load it before the container starts, or the container does not start");
}

static void check_unnamed(struct check *check)
{
	struct finding *finding;
	struct span none = span_of(0, 0);
	bool is_inspected = is_input(check, INPUT_DOCKER) || is_input(check, INPUT_PODMAN);
	if (is_input(check, INPUT_OCI) || is_inspected)
		finding = not_met(check, CONTROL_APPARMOR, OUTCOME_MISSING, SEVERITY_ERROR, none,
			"no AppArmor profile: the kernel confines nothing");
	else
		finding = not_met(check, CONTROL_APPARMOR, OUTCOME_WEAK, SEVERITY_WARNING, none,
			"no profile of its own: at best the runtime's default, which allows every "
			"file and program");
	mend_profile(check, finding, none);
}

void control_apparmor(struct check *check)
{
	const struct subject *subject = check->subject;
	const struct text *named = subject->apparmor;
	if (subject->privileged.truth == SAID_TRUE && !named) {
		struct finding *finding = not_met(check, CONTROL_APPARMOR, OUTCOME_MISSING,
			SEVERITY_ERROR, subject->privileged.at,
			"a privileged container is not confined by the runtime's profile");
		mend_profile(check, finding, span_of(0, 0));
	} else if (!named) {
		check_unnamed(check);
	} else if (named->text.len == 0 || slice_is(named->text, "unconfined")) {
		struct finding *finding = not_met(check, CONTROL_APPARMOR, OUTCOME_MISSING,
			SEVERITY_ERROR, named->span, "AppArmor is switched off: unconfined");
		mend_profile(check, finding, named->span);
	} else if (is_runtime_default(named->text)) {
		struct finding *finding = not_met(check, CONTROL_APPARMOR, OUTCOME_WEAK,
			SEVERITY_WARNING, named->span,
			"the runtime's default profile, which allows every file and program");
		mend_profile(check, finding, named->span);
	} else {
		check_named(check, named);
	}
	met_unless_found(check, CONTROL_APPARMOR, named ? named->span : span_of(0, 0));
}
