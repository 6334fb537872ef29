/* Limits, restart, the image's name. */
#include "audit/check.h"

/* Nothing, -1, and nought however it is written: "0", "0.0", "0m". */
static bool is_unlimited(const struct text *limit)
{
	if (!limit || limit->text.len == 0 || limit->text.at[0] == '-')
		return true;
	struct slice text = limit->text;
	size_t i = 0;
	while (i < text.len && (text.at[i] == '0' || text.at[i] == '.'))
		i++;
	/* "0-3" is a list of processors. */
	return i > 0 && !(i < text.len && strchr("123456789-,", text.at[i]));
}

static void check_limit(
	struct check *check, enum control_id control, const struct text *limit, const char *what)
{
	struct span at = limit ? limit->span : span_of(0, 0);
	if (is_unlimited(limit)) {
		struct finding *finding = not_met(check, control, OUTCOME_MISSING,
			controls[control].severity, at, "no limit of %s", what);
		mend(check, finding, slice_of(NULL, 0), span_of(0, 0));
	}
	met_unless_found(check, control, at);
}

/* A pod's restart policy is its workload's business. */
static void check_restart(struct check *check)
{
	const struct text *restart = check->subject->restart;
	if (!has_runtime_defaults(check))
		return;
	bool is_one_shot = restart && slice_is(restart->text, "--rm");
	bool is_never = !restart || slice_is(restart->text, "no") ||
			slice_is(restart->text, "never") || slice_is(restart->text, "none");
	if (is_never && !is_one_shot) {
		struct finding *finding = not_met(check, CONTROL_RESTART, OUTCOME_MISSING,
			SEVERITY_NOTE, restart ? restart->span : span_of(0, 0),
			"it stays down after a failure");
		mend(check, finding, slice_of(NULL, 0), span_of(0, 0));
	}
	met_unless_found(check, CONTROL_RESTART, restart ? restart->span : span_of(0, 0));
}

/* The tag of "registry:5000/web:1.2", or an empty slice. */
static struct slice tag_of(struct slice image)
{
	for (size_t i = image.len; i > 0 && image.at[i - 1] != '/'; i--)
		if (image.at[i - 1] == ':')
			return slice_from(image, i);
	return slice_of(NULL, 0);
}

static void check_image(struct check *check)
{
	const struct text *image = check->subject->image;
	if (!image)
		return; /* built from source, or unpacked already */
	struct slice name = brief(check, image->text);
	bool has_digest = slice_find(image->text, SLICE("@sha256:")) != NULL;
	struct slice tag = tag_of(image->text);
	struct finding *finding = NULL;
	if (!has_digest && slice_has(image->text, '$'))
		finding = not_met(check, CONTROL_IMAGE, OUTCOME_WEAK, SEVERITY_NOTE, image->span,
			"which image it is depends on a variable: '%.*s'", SLICE_FMT(name));
	else if (!has_digest && (tag.len == 0 || slice_is(tag, "latest")))
		finding = not_met(check, CONTROL_IMAGE, OUTCOME_MISSING, SEVERITY_WARNING,
			image->span, "'%.*s' is whatever was built last", SLICE_FMT(name));
	else if (!has_digest)
		finding = not_met(check, CONTROL_IMAGE, OUTCOME_WEAK, SEVERITY_NOTE, image->span,
			"the tag of '%.*s' may move", SLICE_FMT(name));
	if (finding)
		finding_help(check, finding, "name it by digest: IMAGE@sha256:…");
	met_unless_found(check, CONTROL_IMAGE, image->span);
}

void control_resources(struct check *check)
{
	const struct subject *subject = check->subject;
	/* Containers that run to their end before the others are bounded by time. */
	check_limit(check, CONTROL_MEMORY, subject->memory, "memory");
	check_limit(check, CONTROL_CPUS, subject->cpus, "processors");
	/* A kubelet limits the processes of a pod: its podPidsLimit is not in any manifest. */
	if (!is_input(check, INPUT_KUBERNETES))
		check_limit(check, CONTROL_PIDS, subject->pids, "processes");
	check_restart(check);
	check_image(check);
}
