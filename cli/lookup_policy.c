#include "cli/image.h"
#include "cli/lookup.h"
#include "manager/kernel/kernel.h"
#include "manager/kernel/probe.h"
#include "manager/disk/scan.h"
#include "manager/system/path.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Words of runtimes that stand in the place of a name. */
static const char *const reserved[] = {
	"unconfined", "runtime/default", "docker/default", "builtin"};

static const struct slice here = {"", 0}; /* the namespace that we see as the root */

static bool is_regular(const char *path)
{
	struct stat at;
	return path_stat(path, &at) == 0 && S_ISREG(at.st_mode);
}

/* lookup is no check: only errors of the file matter. */
static void gather_file(struct lookup *lookup, const char *path)
{
	char *arguments[] = {(char *)path, NULL};
	struct options options = *lookup->options;
	options.arguments = arguments;
	options.argument_count = 1;
	options.quiet = true;
	char *features = kernel_features(&lookup->places, NULL);
	struct gather_options how = {
		.errors_only = true, .looks_at_root = true, .features = features};
	gather(&options, &how, &lookup->gathering);
	free(features);
}

/* The one profile of the file. */
static bool use_file(struct lookup *lookup, const char *path)
{
	lookup->file = arena_copy(&lookup->arena, slice_str(path));
	gather_file(lookup, path);
	const struct gathering *gathering = &lookup->gathering;
	if (gathering->status != STATUS_OK || gathering->count == 0 ||
		!gathering->items[0].member) {
		lookup->status = gathering->status ? gathering->status : STATUS_INPUT;
		return false;
	}
	const struct set_member *member = gathering->items[0].member;
	const struct set_profile *top = set_member_next_top(member, NULL);
	if (gathering->count > 1 || !top || set_member_next_top(member, top)) {
		finding_add(&lookup->findings, FINDING_SEVERAL_PROFILES, "'%s'", path);
		return false;
	}
	lookup->member = member;
	lookup->name = arena_copy(&lookup->arena, top->name);
	return true;
}

static bool use_image(struct lookup *lookup)
{
	struct image_matches matches;
	struct error *error = NULL;
	if (!image_find(&lookup->places, lookup->operand, &lookup->arena, &matches, &error)) {
		lookup_problem(lookup, error, STATUS_SYSTEM);
		return false;
	}
	if (matches.count == 1)
		return use_file(lookup, matches.items[0].path.at);
	if (matches.count == 0 && !image_is_likely(lookup->operand)) {
		lookup->name = lookup->operand; /* a name that is not loaded */
		return true;
	}
	struct slice whole = image_normalise(&lookup->arena, lookup->operand);
	if (matches.count == 0)
		finding_add(&lookup->findings, FINDING_NO_IMAGE, "'%.*s'", SLICE_FMT(whole));
	else
		finding_add(&lookup->findings, FINDING_SEVERAL_IMAGES,
			"'%.*s' and %zu more for '%.*s'", SLICE_FMT(matches.items[0].name),
			matches.count - 1, SLICE_FMT(whole));
	return false;
}

static bool is_reserved(struct lookup *lookup)
{
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (slice_is(lookup->operand, reserved[i])) {
			finding_add(&lookup->findings, FINDING_RESERVED, "'%s'", reserved[i]);
			return true;
		}
	struct slice prefix = SLICE("localhost/");
	struct slice rest = slice_from(lookup->operand, prefix.len);
	if (!slice_starts(lookup->operand, prefix) || !lookup->has_loaded ||
		!loaded_find(&lookup->loaded, here, rest))
		return false;
	finding_add(&lookup->findings, FINDING_PREFIXED, "'%.*s'", SLICE_FMT(rest));
	return true;
}

static bool is_our_text(struct lookup *lookup, struct slice name)
{
	struct installed installed;
	return installed_name_is_fine(&lookup->places, name, NULL) &&
	       installed_read(&lookup->places, name, &lookup->arena, &installed, NULL) &&
	       (installed.owner == OWNER_AAFORGE || installed.owner == OWNER_EDITED);
}

/* Whether something on this machine has that name already. */
static bool is_known_name(struct lookup *lookup)
{
	for (size_t i = 0; lookup->has_loaded && i < lookup->loaded.count; i++)
		if (slice_eq(lookup->loaded.profiles[i].name, lookup->operand))
			return true;
	return is_our_text(lookup, lookup->operand);
}

bool lookup_subject(struct lookup *lookup)
{
	const char *path = lookup->options->arguments[0];
	if (lookup->operand.len == 0 || slice_has(lookup->operand, '\n')) {
		print_problem("'%s' cannot be a profile's name", path);
		lookup->status = STATUS_INPUT;
		return false;
	}
	if (is_reserved(lookup))
		return false;
	if (is_description_name(lookup->operand))
		return use_file(lookup, path);
	if (is_known_name(lookup)) {
		lookup->name = lookup->operand;
		return true;
	}
	return is_regular(path) ? use_file(lookup, path) : use_image(lookup);
}

/* A file of that name whose profile has another one: the usual mistake. */
static bool is_file_name(struct lookup *lookup)
{
	struct arena *arena = &lookup->arena;
	struct scan scan;
	if (scan_file(&lookup->places, lookup->name, arena, &scan) && scan.count > 0) {
		if (slice_eq(scan.items[0].name, lookup->name))
			return false;
		finding_add(&lookup->findings, FINDING_ONLY_FILE,
			"%s/%.*s holds the profile '%.*s'", lookup->places.profiles,
			SLICE_FMT(lookup->name), SLICE_FMT(scan.items[0].name));
		return true;
	}
	const char *directories[] = {".", lookup->places.descriptions};
	for (size_t i = 0; i < 2 && !slice_has(lookup->name, '/'); i++) {
		struct slice path = arena_printf(
			arena, "%s/%.*s.yaml", directories[i], SLICE_FMT(lookup->name));
		struct slice name = is_regular(path.at) ? description_name(arena, path.at) : here;
		if (name.len == 0 || slice_eq(name, lookup->name))
			continue;
		finding_add(&lookup->findings, FINDING_ONLY_FILE,
			"%.*s describes the profile '%.*s'", SLICE_FMT(path), SLICE_FMT(name));
		return true;
	}
	return false;
}

/* The loaded name that was meant, or NULL. */
static const char *nearest_loaded(struct lookup *lookup)
{
	const struct loaded *loaded = &lookup->loaded;
	const char **names = arena_array(&lookup->arena, loaded->count, sizeof(*names));
	size_t count = 0;
	for (size_t i = 0; i < loaded->count; i++)
		if (loaded->profiles[i].namespace.len == 0)
			names[count++] = arena_string(&lookup->arena, loaded->profiles[i].name);
	return slice_nearest(lookup->name, names, count);
}

/* What to load for a name that is installed: its description, else its text. Or nothing. */
static struct slice file_of_name(struct lookup *lookup)
{
	const char *formats[][2] = {
		{lookup->places.descriptions, ".yaml"}, {lookup->places.profiles, ""}};
	for (size_t i = 0; i < 2 && !slice_has(lookup->name, '/'); i++) {
		struct slice path = arena_printf(&lookup->arena, "%s/%.*s%s", formats[i][0],
			SLICE_FMT(lookup->name), formats[i][1]);
		if (is_regular(path.at))
			return path;
	}
	return here;
}

static void tell_missing(struct lookup *lookup)
{
	struct findings *findings = &lookup->findings;
	for (size_t i = 0; i < lookup->loaded.count; i++) {
		const struct loaded_profile *profile = &lookup->loaded.profiles[i];
		if (!slice_eq(profile->name, lookup->name))
			continue;
		finding_add(findings, FINDING_OTHER_NAMESPACE, "'%.*s' in '%.*s'",
			SLICE_FMT(profile->name), SLICE_FMT(profile->namespace));
		return;
	}
	if (lookup->file.len == 0 && is_file_name(lookup))
		return;
	const char *nearest = lookup->file.len ? NULL : nearest_loaded(lookup);
	if (nearest)
		finding_add(findings, FINDING_NOT_LOADED, "'%.*s'; did you mean '%s'?",
			SLICE_FMT(lookup->name), nearest);
	else
		finding_add(findings, FINDING_NOT_LOADED, "'%.*s'", SLICE_FMT(lookup->name));
	struct slice file = lookup->file.len ? lookup->file : file_of_name(lookup);
	if (file.len > 0)
		finding_mend(findings, "aaforge load '%.*s'", SLICE_FMT(file));
}

/* Whether the description itself wants the mode that it is in. */
static bool is_wanted_mode(const struct lookup *lookup, struct slice mode)
{
	const struct set_profile *top =
		lookup->member ? member_top(lookup->member, here, lookup->name) : NULL;
	return top && ((top->mode == COMPILED_COMPLAIN && slice_is(mode, "complain")) ||
			      (top->mode == COMPILED_UNCONFINED && slice_is(mode, "unconfined")));
}

/* false when it does not confine. */
static bool check_mode(struct lookup *lookup, struct slice mode)
{
	if (slice_is(mode, "enforce") || slice_is(mode, "kill"))
		return true;
	enum finding_id id = slice_is(mode, "complain")	    ? FINDING_MODE_COMPLAIN
			     : slice_is(mode, "unconfined") ? FINDING_MODE_UNCONFINED
							    : FINDING_MODE_OTHER;
	finding_add(&lookup->findings, id, "'%.*s'%s%.*s", SLICE_FMT(lookup->name),
		id == FINDING_MODE_OTHER ? " is in mode " : "",
		SLICE_FMT(id == FINDING_MODE_OTHER ? mode : here));
	if (is_wanted_mode(lookup, mode))
		finding_mend(&lookup->findings, "take 'mode: %.*s' out of '%.*s', and load it",
			SLICE_FMT(mode), SLICE_FMT(lookup->file));
	else if (lookup->file.len > 0)
		finding_mend(&lookup->findings, "aaforge load '%.*s'", SLICE_FMT(lookup->file));
	return false;
}

/* A program may go on in a child; one in another mode is told. */
static void check_children(struct lookup *lookup, const struct loaded_profile *profile)
{
	for (size_t i = 0; i < lookup->loaded.count; i++) {
		const struct loaded_profile *child = &lookup->loaded.profiles[i];
		if (child != profile && child->namespace.len == 0 &&
			name_is_below(child->name, profile->name) &&
			!slice_eq(child->mode, profile->mode))
			finding_add(&lookup->findings, FINDING_CHILD_MODE, "'%.*s' is in mode %.*s",
				SLICE_FMT(child->name), SLICE_FMT(child->mode));
	}
}

/* What was asked for by its name and is not what aaforge installed or loaded. */
static void refuse_name(struct lookup *lookup, enum finding_id id, struct slice words)
{
	if (lookup->options->any)
		id = FINDING_ANY;
	finding_add(
		&lookup->findings, id, "'%.*s': %.*s", SLICE_FMT(lookup->name), SLICE_FMT(words));
	struct slice file = file_of_name(lookup);
	if (id != FINDING_ANY && id != FINDING_POLICY_NOT_SEEN && file.len > 0)
		finding_mend(&lookup->findings,
			"aaforge load '%.*s', or --any for the name of whatever is loaded",
			SLICE_FMT(file));
}

static void note(struct lookup *lookup, enum finding_id id, struct slice words)
{
	finding_add(
		&lookup->findings, id, "'%.*s': %.*s", SLICE_FMT(lookup->name), SLICE_FMT(words));
}

/* A reason that stands against the name by itself, whatever a file says. */
static void weigh_for_name(
	struct lookup *lookup, const struct judgment *judgment, const struct reason *reason)
{
	bool is_unseen = judgment->holds == HOLDS_UNSEEN;
	switch (reason->id) {
	case REASON_REPLACED:
		refuse_name(lookup, FINDING_DRIFTED, reason->words);
		break;
	case REASON_UNSEEN:
	case REASON_BROKEN:
		if (is_unseen)
			refuse_name(lookup, FINDING_POLICY_NOT_SEEN, reason->words);
		break;
	case REASON_CHANGED:
		note(lookup, FINDING_NAME_STALE, reason->words);
		break;
	case REASON_NOT_LOADED:
	case REASON_MODE:
	case REASON_KERNEL:
	case REASON_DISPUTED:
	case REASON_ATTACHMENT_UNSEEN:
	case REASON_BOOT_DISPUTED:
	case REASON_LOOSE:
	case REASON_BOOT_TWICE:
	case REASON_OVERLAPPED:
	case REASON_OUTSIDE:
	case REASON_EDITED:
	case REASON_FOREIGN:
	case REASON_DISABLED:
	case REASON_FORCED_COMPLAIN:
	case REASON_ONLY_LOGS:
	case REASON_CHILD_LEFT:
	case REASON_SOURCE_GONE:
	case REASON_COUNT:
		break;
	}
}

static void weigh_for_file(struct lookup *lookup, const struct judgment *judgment)
{
	if (judgment->holds == HOLDS_UNSEEN) {
		finding_add(&lookup->findings, FINDING_POLICY_NOT_SEEN, "'%.*s'",
			SLICE_FMT(lookup->name));
	} else if (judgment->holds != HOLDS_WANTED) {
		note(lookup, FINDING_NOT_AS_DESCRIBED, judgment->why);
		finding_mend(&lookup->findings, "aaforge load '%.*s'", SLICE_FMT(lookup->file));
	}
}

static void weigh(struct lookup *lookup, const struct judgment *judgment)
{
	for (size_t i = 0; i < judgment->reason_count; i++) {
		const struct reason *reason = &judgment->reasons[i];
		if (reason->id == REASON_DISPUTED)
			note(lookup, FINDING_NOT_ATTACHED, reason->words);
		else if (reason->id == REASON_ATTACHMENT_UNSEEN)
			note(lookup, FINDING_ATTACHMENT_NOT_SEEN, reason->words);
		else if (reason->id == REASON_BOOT_DISPUTED)
			note(lookup, FINDING_NOT_ATTACHED_AT_BOOT, reason->words);
		else if (reason->id == REASON_BOOT_TWICE)
			note(lookup, FINDING_DUPLICATE, reason->words);
		else if (reason->id == REASON_OVERLAPPED)
			note(lookup, FINDING_OVERLAPPED, reason->words);
		else if (reason->id == REASON_OUTSIDE)
			note(lookup, FINDING_NAME_OUTSIDE, reason->words);
		else if (reason->id == REASON_LOOSE)
			note(lookup, FINDING_NAME_LOOSE, reason->words);
		else if (reason->id == REASON_EDITED)
			note(lookup, FINDING_NAME_EDITED, reason->words);
		else if (!lookup->member)
			weigh_for_name(lookup, judgment, reason);
	}
	if (lookup->member)
		weigh_for_file(lookup, judgment);
}

/* The judgment that every command reports; the file that was asked about says how it should be. */
static void check_judgment(struct lookup *lookup)
{
	struct review review;
	review_begin(lookup->options, &lookup->places, &lookup->loaded,
		lookup->member ? REVIEW_ALL : REVIEW_NAME, &lookup->arena, &review);
	struct review_row *row = review_add(&review, here, lookup->name);
	if (lookup->member) {
		row->file = lookup->file;
		row->is_from_operand = true;
		row->wanted = lookup->member;
	}
	review_judge(&review);
	weigh(lookup, &review.rows[0].judgment);
	if (review.hides_processes)
		finding_add(&lookup->findings, FINDING_PROCESSES_HIDDEN, "%.*s",
			SLICE_FMT(review.hidden_processes));
	if (review.status > lookup->status)
		lookup->status = review.status;
	review_end(&review);
}

/* Whether aaforge has installed or loaded a profile of that name. */
static bool is_our_name(struct lookup *lookup)
{
	struct record record;
	return record_read(&lookup->places, here, lookup->name, &lookup->arena, &record) ||
	       is_our_text(lookup, lookup->name);
}

/* The kernel's list is not for us: a child of ours tries the profile on. */
static void probe(struct lookup *lookup)
{
	struct task task;
	switch (probe_profile(&lookup->places, lookup->name, &lookup->arena, &task)) {
	case PROBE_NOT_LOADED:
		tell_missing(lookup);
		return;
	case PROBE_NO_ANSWER:
		finding_add(&lookup->findings, FINDING_MODE_NOT_SEEN, "'%.*s': %.*s",
			SLICE_FMT(lookup->name), SLICE_FMT(lookup->why_not_loaded));
		return;
	case PROBE_LOADED:
		break;
	}
	check_mode(lookup, task.mode);
	if (lookup->member)
		finding_add(&lookup->findings, FINDING_POLICY_NOT_SEEN, "'%.*s'",
			SLICE_FMT(lookup->name));
	else if (is_our_name(lookup))
		refuse_name(lookup, FINDING_POLICY_NOT_SEEN, SLICE("cannot be compared"));
}

/* A normal user cannot read the mode of the kernel as a whole: a child of ours tries the profile
 * on. */
static void check_enforcement(struct lookup *lookup)
{
	struct findings *findings = &lookup->findings;
	findings_drop(findings, FINDING_MODE_HIDDEN);
	if (lookup->host.mode.state != FACT_HIDDEN || findings->errors > 0)
		return;
	switch (probe_enforcement(&lookup->places, lookup->name, &lookup->arena)) {
	case ENFORCEMENT_PROVEN:
		return;
	case ENFORCEMENT_DISPROVEN:
		finding_add(findings, FINDING_MODE_NOT_ENFORCE,
			"a process under '%.*s' was not kept from what it forbids",
			SLICE_FMT(lookup->name));
		return;
	case ENFORCEMENT_UNKNOWN:
		finding_add(findings, FINDING_MODE_UNSURE, "%s", "");
		return;
	}
}

static void check_loaded(struct lookup *lookup, const struct loaded_profile *profile)
{
	if (!check_mode(lookup, profile->mode))
		return;
	check_children(lookup, profile);
	check_judgment(lookup);
}

void lookup_policy(struct lookup *lookup)
{
	const struct loaded_profile *profile =
		lookup->has_loaded ? loaded_find(&lookup->loaded, here, lookup->name) : NULL;
	if (profile)
		check_loaded(lookup, profile);
	else if (lookup->has_loaded)
		tell_missing(lookup);
	else
		probe(lookup);
	check_enforcement(lookup);
}

void lookup_task(struct lookup *lookup)
{
	struct task task;
	struct error *error = NULL;
	int pid = (int)lookup->options->pid;
	if (lookup->name.len == 0)
		return;
	if (!task_read(&lookup->places, pid, &lookup->arena, &task, &error)) {
		bool is_gone = error_number(error) == ESRCH;
		lookup_problem(lookup, error, is_gone ? STATUS_INPUT : STATUS_SYSTEM);
		return;
	}
	if (!label_holds(task.label, here, lookup->name)) {
		bool is_free = slice_is(task.label, "unconfined");
		finding_add(&lookup->findings,
			is_free ? FINDING_TASK_UNCONFINED : FINDING_TASK_OTHER, "%d (%.*s)%s%.*s",
			pid, SLICE_FMT(task.command), is_free ? "" : " by ",
			SLICE_FMT(is_free ? here : task.label));
		return;
	}
	/* Of a stack in several modes the profile's own counts, which lookup_policy has checked. */
	if (!slice_is(task.mode, "enforce") && !slice_is(task.mode, "kill") &&
		!slice_is(task.mode, "mixed"))
		finding_add(&lookup->findings, FINDING_TASK_MODE, "%d (%.*s) is in mode %.*s", pid,
			SLICE_FMT(task.command), SLICE_FMT(task.mode));
}
