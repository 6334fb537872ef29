/*
 * What a profile allows although the container can never use it. Only what both sides prove: a
 * capability that is not in the container's bounding set, sockets where there is no network, writes
 * where the root is read-only and nothing writable is mounted.
 */
#include "audit/check.h"
#include "policy/glob/glob.h"
#include "policy/names/names.h"

/* With more mounts than that nothing is said of writes. */
enum { GRANTS_SHOWN = 20, MOUNTS_MAX = 100 };

static void found(struct check *check, const struct profile_facts *facts, const char *format,
	struct slice what, const char *reason)
{
	struct slice grant = arena_printf(&check->unit->arena, format, SLICE_FMT(what));
	struct finding *finding =
		not_met(check, CONTROL_APPARMOR_GRANTS, OUTCOME_WEAK, SEVERITY_WARNING,
			check->subject->apparmor->span, "the profile '%.*s' allows %.*s, %s",
			SLICE_FMT(brief(check, facts->name)), SLICE_FMT(grant), reason);
	finding_help(check, finding, "take it out of %.*s", SLICE_FMT(facts->where));
}

static void check_caps(struct check *check, const struct profile_facts *facts)
{
	uint64_t unused = facts->capabilities & ~bounding_set(check);
	if (facts->capabilities == UINT64_MAX && unused) {
		found(check, facts, "%.*s", SLICE("every capability"),
			"most of which the container does not have");
		return;
	}
	for (int i = 0; i < 64; i++) {
		const struct name *name = name_of(&names_capabilities, i);
		if (name && unused & UINT64_C(1) << i)
			found(check, facts, "capability %.*s", slice_str(name->name),
				"which the container does not have");
	}
}

static bool always_writable(struct slice path)
{
	return slice_starts(path, SLICE("/dev/")) || slice_starts(path, SLICE("/proc/")) ||
	       slice_starts(path, SLICE("/sys/"));
}

/* "/data" and all below it, as a glob; the characters that mean something are escaped. */
static struct glob *tree_of(struct check *check, struct slice target)
{
	struct buf pattern = buf_new(&check->unit->arena);
	while (target.len > 1 && target.at[target.len - 1] == '/')
		target.len--;
	for (size_t i = 0; i < target.len; i++) {
		if (strchr("*?[]{},^\\\"@", target.at[i]))
			buf_add_char(&pattern, '\\');
		buf_add_char(&pattern, target.at[i]);
	}
	buf_add_str(&pattern, slice_is(target, "/") ? "**" : "{,/,/**}");
	const char *error;
	size_t offset;
	return glob_read(
		&check->unit->arena, check->unit->limits, buf_slice(&pattern), &error, &offset);
}

/* Whether some writable mount, or the kernel's own file systems, can hold a path of the pattern. */
static bool can_be_used(struct check *check, const struct glob *grant)
{
	struct arena *arena = &check->unit->arena;
	static const char *const kernel[] = {"/dev", "/proc", "/sys"};
	for (size_t i = 0; i < 3; i++) {
		const struct glob *tree = tree_of(check, slice_str(kernel[i]));
		if (!tree || glob_overlap(arena, check->unit->limits, grant, tree, NULL) != GLOB_NO)
			return true;
	}
	size_t count = 0;
	for (const struct subject_mount *mount = check->subject->mounts; mount;
		mount = mount->next) {
		if (++count > MOUNTS_MAX)
			return true;
		if (mount->read_only)
			continue;
		const struct glob *tree = tree_of(check, mount->target);
		if (!tree || glob_overlap(arena, check->unit->limits, grant, tree, NULL) != GLOB_NO)
			return true;
	}
	return false;
}

static void check_writes(struct check *check, const struct profile_facts *facts)
{
	const struct subject *subject = check->subject;
	if (subject->read_only.truth != SAID_TRUE || subject->unknown)
		return;
	size_t shown = 0;
	for (size_t i = 0; i < facts->writable_count && shown < GRANTS_SHOWN; i++) {
		const char *error;
		size_t offset;
		struct glob *grant = glob_read(&check->unit->arena, check->unit->limits,
			facts->writable[i], &error, &offset);
		if (!grant || always_writable(facts->writable[i]) || can_be_used(check, grant))
			continue;
		shown++;
		found(check, facts, "writing to '%.*s'", brief(check, facts->writable[i]),
			"where the container has nothing writable");
	}
}

void control_grants(struct check *check, const struct profile_facts *facts)
{
	const struct text *network = check->subject->share[SHARE_NETWORK];
	if (!facts->has_rules)
		return;
	check_caps(check, facts);
	if (facts->inet && network && slice_is(network->text, "none"))
		found(check, facts, "%.*s", SLICE("internet sockets"),
			"but the container has no network");
	check_writes(check, facts);
	met_unless_found(check, CONTROL_APPARMOR_GRANTS, check->subject->apparmor->span);
}
