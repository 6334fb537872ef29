#include "audit/check.h"
#include "audit/intake.h"
#include "policy/names/names.h"

/* What Docker gives where nothing is said; podman and containerd give parts of it. */
#define DEFAULT_SET                                                                                \
	(1u << 0 | 1u << 1 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7 | 1u << 8 |           \
		1u << 10 | 1u << 13 | 1u << 18 | 1u << 27 | 1u << 29 | 1u << 31)

struct dangerous {
	const char *name;
	enum severity severity;
	const char *why;
};

static const struct dangerous dangerous[] = {
#define DANGEROUS(name, severity, why) {name, SEVERITY_##severity, why},
#include "audit/dangerous_capabilities.def"
#undef DANGEROUS
};

static const struct dangerous *find_dangerous(int capability)
{
	for (size_t i = 0; i < sizeof(dangerous) / sizeof(dangerous[0]); i++)
		if (capability_number(slice_str(dangerous[i].name)) == capability)
			return &dangerous[i];
	return NULL;
}

uint64_t bounding_set(const struct check *check)
{
	const struct subject *subject = check->subject;
	if (subject->privileged.truth == SAID_TRUE || subject->privileged.truth == SAID_UNKNOWN ||
		subject->unknown)
		return UINT64_MAX;
	if (subject->caps_known)
		return subject->caps;
	uint64_t set = DEFAULT_SET, added = capability_bits(subject->cap_add.first);
	/* ALL is dropped first, whatever else is said; a name that is dropped wins over ALL. */
	uint64_t dropped = capability_bits(subject->cap_drop.first);
	if (dropped == UINT64_MAX)
		return added;
	return added == UINT64_MAX ? ~dropped : (set & ~dropped) | added;
}

static bool drops_all(const struct subject *subject)
{
	return capability_bits(subject->cap_drop.first) == UINT64_MAX;
}

static void check_dropped(struct check *check)
{
	const struct subject *subject = check->subject;
	struct span at = subject->cap_drop.first ? subject->cap_drop.first->span : span_of(0, 0);
	bool is_privileged = subject->privileged.truth == SAID_TRUE;
	if (is_input(check, INPUT_OCI) || subject->caps_known) {
		/* The set is all there is: what was added is in it. */
		bool is_more =
			subject->caps & DEFAULT_SET & ~capability_bits(subject->cap_add.first);
		if (is_more || is_privileged) {
			struct finding *finding = not_met(check, CONTROL_CAP_DROP, OUTCOME_MISSING,
				SEVERITY_WARNING, subject->caps_at,
				"the set is that of a runtime's defaults, not of what is needed");
			mend(check, finding, slice_of(NULL, 0), span_of(0, 0));
			finding_help(check, finding, "keep only what the service is seen to need");
		}
		met_unless_found(check, CONTROL_CAP_DROP, subject->caps_at);
		return;
	}
	if (!drops_all(subject)) {
		struct finding *finding = not_met(check, CONTROL_CAP_DROP,
			subject->cap_drop.first ? OUTCOME_WEAK : OUTCOME_MISSING, SEVERITY_WARNING,
			at,
			subject->cap_drop.first ? "some capabilities are dropped, not all"
						: "it has the runtime's default capabilities");
		mend(check, finding, slice_of(NULL, 0), span_of(0, 0));
	}
	met_unless_found(check, CONTROL_CAP_DROP, at);
}

static void check_name(struct check *check, const struct text *name)
{
	int number = capability_number(name->text);
	struct slice shown = brief(check, name->text);
	if (slice_eq_nocase(name->text, SLICE("ALL")) ||
		slice_eq_nocase(name->text, SLICE("CAP_ALL"))) {
		struct finding *finding = not_met(check, CONTROL_CAP_ADD, OUTCOME_MISSING,
			SEVERITY_ERROR, name->span, "all capabilities are added: root on the host");
		finding_help(check, finding,
			"leave it out; add the few that the service is seen to need");
		return;
	}
	const struct dangerous *found = number >= 0 ? find_dangerous(number) : NULL;
	if (number < 0)
		not_met(check, CONTROL_CAP_ADD, OUTCOME_WEAK, SEVERITY_NOTE, name->span,
			"'%.*s' is no capability that is known here", SLICE_FMT(shown));
	else if (found) {
		struct finding *finding = not_met(check, CONTROL_CAP_ADD,
			found->severity == SEVERITY_ERROR ? OUTCOME_MISSING : OUTCOME_WEAK,
			found->severity, name->span, "adds capability %s: %s", found->name,
			found->why);
		finding_help(check, finding, "leave it out unless the service is seen to need it");
	}
}

static void check_set(struct check *check)
{
	const struct subject *subject = check->subject;
	for (int i = 0; i < 64; i++) {
		const struct dangerous *found =
			subject->caps & UINT64_C(1) << i & ~(uint64_t)DEFAULT_SET
				? find_dangerous(i)
				: NULL;
		if (found)
			not_met(check, CONTROL_CAP_ADD,
				found->severity == SEVERITY_ERROR ? OUTCOME_MISSING : OUTCOME_WEAK,
				found->severity, subject->caps_at, "has capability %s: %s",
				found->name, found->why);
	}
}

void control_capabilities(struct check *check)
{
	const struct subject *subject = check->subject;
	check_dropped(check);
	if (subject->privileged.truth == SAID_TRUE)
		not_met(check, CONTROL_CAP_ADD, OUTCOME_MISSING, SEVERITY_ERROR,
			subject->privileged.at,
			"a privileged container has all capabilities, whatever is dropped");
	if (!subject->caps_known)
		for (const struct text *name = subject->cap_add.first; name; name = name->next)
			check_name(check, name);
	else if (subject->privileged.truth != SAID_TRUE)
		check_set(check);
	met_unless_found(check, CONTROL_CAP_ADD,
		subject->cap_add.first ? subject->cap_add.first->span : span_of(0, 0));
}
