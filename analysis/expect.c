#include "analysis/expect_report.h"
#include "policy/names/names.h"

/* What an assertion about a whole family asks about. */
static const char *const every_type[] = {"stream", "dgram", "seqpacket", "rdm", "raw", "packet"};

#define EVERY_TYPE (sizeof(every_type) / sizeof(every_type[0]))

static const enum perm letters[] = {
	PERM_READ, PERM_WRITE, PERM_APPEND, PERM_LINK, PERM_LOCK, PERM_MMAP, PERM_EXEC};

#define LETTERS (sizeof(letters) / sizeof(letters[0]))

/* One side of a question about a file: its owner, or everybody else. */
static bool asks(const struct expectation *expectation, bool owner)
{
	return owner ? !expectation->only_other : !expectation->only_owner;
}

static void check_agreement(struct run *run, const struct expectation *expectation,
	const struct attribution *attribution, struct decision decision, struct slice what)
{
	if (!run->book || attribution->uncertain || !decision.mediated)
		return;
	if (attribution->allowed == decision.allowed)
		return;
	run->disagreed = true;
	report_disagreement(run, expectation, attribution, what);
}

static unsigned allowed_perms(struct run *run, const struct expectation *expectation, bool owner)
{
	struct slice path = expectation->path;
	unsigned allowed = decide_file(run->profile, path, owner).allowed;
	if (!(expectation->perms & PERM_LINK))
		return allowed;
	/* The first half of a pair says little: `deny l` takes away the second halves. */
	if (!decide_links(&run->unit->arena, run->profile, path, owner).allowed)
		allowed &= ~(unsigned)PERM_LINK;
	return allowed;
}

static void compare_file(
	struct run *run, const struct expectation *expectation, bool owner, unsigned allowed)
{
	for (size_t i = 0; run->book && i < LETTERS; i++) {
		if (!(expectation->perms & letters[i]))
			continue;
		struct attribution attribution = attribute_file(
			&run->unit->arena, run->book, expectation->path, owner, letters[i]);
		struct decision decision = {
			.mediated = run->profile->mode != COMPILED_UNCONFINED,
			.allowed = allowed & letters[i],
		};
		check_agreement(run, expectation, &attribution, decision, expectation->path);
	}
}

static bool run_file(struct run *run, const struct expectation *expectation)
{
	struct file_failure failure = {0};
	for (int side = 0; side < 2; side++) {
		bool owner = side == 0;
		unsigned allowed = allowed_perms(run, expectation, owner);
		failure.allowed[side] = allowed;
		if (!asks(expectation, owner))
			continue;
		failure.wrong[side] =
			expectation->perms & (expectation->allow ? ~allowed : allowed);
		compare_file(run, expectation, owner, allowed);
	}
	if (!failure.wrong[0] && !failure.wrong[1])
		return true;
	report_file(run, expectation, &failure);
	return false;
}

/* The compiled policy names a child in full: "web//worker". */
static bool names_child(
	const struct compiled_profile *profile, struct slice target, struct slice child)
{
	struct slice rest = slice_from(target, profile->name.len);
	return slice_starts(target, profile->name) && slice_starts(rest, SLICE("//")) &&
	       slice_eq(slice_from(rest, 2), child);
}

/* The transition, as far as it does not fall back to another. */
static bool leads(const struct compiled_profile *profile, struct exec_decision exec,
	const struct expectation *expectation)
{
	switch (expectation->as) {
	case EXEC_AS_INHERIT:
		return exec.mode == EXEC_INHERIT;
	case EXEC_AS_UNCONFINED:
		return exec.mode == EXEC_UNCONFINED;
	case EXEC_AS_CHILD:
		return !exec.stack && names_child(profile, exec.target, expectation->as_name);
	case EXEC_AS_PROFILE:
		return !exec.stack && exec.target.len > 0 &&
		       slice_eq(exec.target, expectation->as_name);
	}
	return false;
}

static bool inherits_else(enum exec_mode mode)
{
	return mode == EXEC_PROFILE_INHERIT || mode == EXEC_CHILD_INHERIT;
}

static bool unconfined_else(enum exec_mode mode)
{
	return mode == EXEC_PROFILE_UNCONFINED || mode == EXEC_CHILD_UNCONFINED;
}

static bool may_lead(const struct compiled_profile *profile, struct exec_decision exec,
	const struct expectation *expectation)
{
	if (expectation->as == EXEC_AS_INHERIT && inherits_else(exec.mode))
		return true;
	if (expectation->as == EXEC_AS_UNCONFINED && unconfined_else(exec.mode))
		return true;
	return leads(profile, exec, expectation);
}

static bool exec_is_right(const struct compiled_profile *profile, struct exec_decision exec,
	const struct expectation *expectation)
{
	bool starts = exec.mode != EXEC_NONE;
	if (!expectation->has_as)
		return starts == expectation->allow;
	if (!expectation->allow)
		return !starts || !may_lead(profile, exec, expectation);
	bool falls_back = inherits_else(exec.mode) || unconfined_else(exec.mode);
	return starts && !falls_back && leads(profile, exec, expectation);
}

static bool run_exec(struct run *run, const struct expectation *expectation)
{
	for (int side = 0; side < 2; side++) {
		bool owner = side == 0;
		struct exec_decision exec =
			decide_file(run->profile, expectation->path, owner).exec;
		struct attribution attribution = {.uncertain = true};
		if (run->book)
			attribution = attribute_file(
				&run->unit->arena, run->book, expectation->path, owner, PERM_EXEC);
		struct decision decision = {
			.mediated = run->profile->mode != COMPILED_UNCONFINED,
			.allowed = exec.mode != EXEC_NONE,
		};
		check_agreement(run, expectation, &attribution, decision, expectation->path);
		if (!exec_is_right(run->profile, exec, expectation)) {
			report_exec(run, expectation, exec, &attribution);
			return false;
		}
	}
	return true;
}

static struct decision decide_names(
	const struct compiled_profile *profile, const char *family, const char *type)
{
	const struct name *af = name_find(&names_families, slice_str(family));
	const struct name *sock = name_find(&names_types, slice_str(type));
	if (!af || !sock)
		return (struct decision){.mediated = true};
	return decide_network(profile, (unsigned)af->number, (unsigned)sock->number, 0);
}

static bool run_type(struct run *run, const struct expectation *expectation, const char *type)
{
	const char *family = expectation->family;
	struct decision decision = decide_names(run->profile, family, type);
	struct attribution attribution = {.uncertain = true};
	if (run->book)
		attribution = attribute_network(&run->unit->arena, run->book, family, type);
	struct slice what = arena_printf(&run->unit->arena, "network %s %s", family, type);
	check_agreement(run, expectation, &attribution, decision, what);
	if (decision.allowed == expectation->allow)
		return true;
	report_decision(run, expectation, decision, &attribution, what);
	return false;
}

static bool run_network(struct run *run, const struct expectation *expectation)
{
	if (expectation->type)
		return run_type(run, expectation, expectation->type);
	for (size_t i = 0; i < EVERY_TYPE; i++)
		if (!run_type(run, expectation, every_type[i]))
			return false;
	return true;
}

/*
 * Features that do not know checkpoint_restore make apparmor_parser compile sys_admin for it: then
 * rules and policy differ about both, and neither reading is wrong.
 */
static bool is_renamed(struct run *run, int capability)
{
	enum { SYS_ADMIN = 21, CHECKPOINT_RESTORE = 40 };
	if (!run->book || (capability != SYS_ADMIN && capability != CHECKPOINT_RESTORE))
		return false;
	struct attribution newer =
		attribute_capability(&run->unit->arena, run->book, CHECKPOINT_RESTORE);
	return attribution_decides(&newer) &&
	       !decide_capability(run->profile, CHECKPOINT_RESTORE).allowed;
}

static bool run_capability(struct run *run, const struct expectation *expectation)
{
	int capability = expectation->capability;
	struct decision decision = decide_capability(run->profile, capability);
	struct attribution attribution = {.uncertain = true};
	if (run->book)
		attribution = attribute_capability(&run->unit->arena, run->book, capability);
	attribution.uncertain |= is_renamed(run, capability);
	const struct name *name = name_of(&names_capabilities, capability);
	struct slice what =
		arena_printf(&run->unit->arena, "capability %s", name ? name->name : "?");
	check_agreement(run, expectation, &attribution, decision, what);
	if (decision.allowed == expectation->allow)
		return true;
	report_decision(run, expectation, decision, &attribution, what);
	return false;
}

static bool run_one(struct run *run, const struct expectation *expectation)
{
	switch (expectation->kind) {
	case EXPECT_FILE:
		return run_file(run, expectation);
	case EXPECT_EXEC:
		return run_exec(run, expectation);
	case EXPECT_NETWORK:
		return run_network(run, expectation);
	case EXPECT_CAPABILITY:
		return run_capability(run, expectation);
	}
	return false;
}

bool expect_run(struct unit *unit, const struct compiled_profile *profile,
	const struct rulebook *book, const struct expectation *first,
	const struct expect_result **ret_results, size_t *ret_count)
{
	struct run run = {.unit = unit, .profile = profile, .book = book};
	size_t count = 0;
	bool passed = true;
	for (const struct expectation *at = first; at; at = at->next)
		count++;
	struct expect_result *results = arena_array(&unit->arena, count, sizeof(*results));
	count = 0;
	for (const struct expectation *at = first; at; at = at->next) {
		results[count] = (struct expect_result){at, run_one(&run, at)};
		passed &= results[count++].passed;
	}
	*ret_results = results;
	*ret_count = count;
	return passed && !run.disagreed;
}
