#include "analysis/decide.h"
#include "analysis/perms.h"

static const struct decision unmediated = {.allowed = true};

/* How the bits of the kernel and the letters of the language belong together. */
static const struct {
	uint32_t bit;
	enum perm perm;
} letters[] = {
	{KERNEL_READ, PERM_READ},
	{KERNEL_WRITE, PERM_WRITE},
	{KERNEL_APPEND, PERM_APPEND},
	{KERNEL_LINK, PERM_LINK},
	{KERNEL_LOCK, PERM_LOCK},
	{KERNEL_MMAP, PERM_MMAP},
	{KERNEL_EXEC, PERM_EXEC},
};

#define LETTERS (sizeof(letters) / sizeof(letters[0]))

static unsigned letters_of(uint32_t bits)
{
	unsigned perms = 0;
	for (size_t i = 0; i < LETTERS; i++)
		if (bits & letters[i].bit)
			perms |= letters[i].perm;
	return perms;
}

static struct decision decision_of(struct perms perms, uint32_t bit)
{
	return (struct decision){
		.mediated = true,
		.allowed = perms.allow & bit,
		.audited = perms.allow & perms.audit & bit,
		.quiet = ~perms.allow & perms.quiet & bit,
	};
}

static bool is_unconfined(const struct compiled_profile *profile)
{
	return profile->mode == COMPILED_UNCONFINED;
}

static uint32_t class_state(const struct compiled_profile *profile, enum policy_class class)
{
	const struct compiled_db *db = &profile->policy;
	if (!db->dfa || is_unconfined(profile))
		return DFA_NOWHERE;
	const char byte = (char)class;
	return dfa_walk(db->dfa, db->start, slice_of(&byte, 1));
}

bool decide_mediates(const struct compiled_profile *profile, enum policy_class class)
{
	return class_state(profile, class) != DFA_NOWHERE;
}

static uint32_t file_walk(const struct compiled_profile *profile, struct slice path)
{
	const struct compiled_db *db = &profile->file;
	return db->dfa ? dfa_walk(db->dfa, db->file_start, path) : DFA_NOWHERE;
}

static bool starts_with_child(const struct compiled_profile *profile, struct slice target)
{
	struct slice rest = slice_from(target, profile->name.len);
	return slice_starts(target, profile->name) && slice_starts(rest, SLICE("//"));
}

static enum exec_mode named_mode(uint32_t xindex, bool child)
{
	if (xindex & XINDEX_INHERIT)
		return child ? EXEC_CHILD_INHERIT : EXEC_PROFILE_INHERIT;
	if (xindex & XINDEX_UNCONFINED)
		return child ? EXEC_CHILD_UNCONFINED : EXEC_PROFILE_UNCONFINED;
	return child ? EXEC_CHILD : EXEC_PROFILE;
}

/* Without a name there must be inherit or unconfined; a bare x leads nowhere and is refused. */
static enum exec_mode unnamed_mode(uint32_t xindex)
{
	if (xindex & XINDEX_INHERIT)
		return EXEC_INHERIT;
	return xindex & XINDEX_UNCONFINED ? EXEC_UNCONFINED : EXEC_NONE;
}

static struct exec_decision exec_of(const struct compiled_profile *profile, uint32_t xindex)
{
	struct exec_decision exec = {.scrub = !(xindex & XINDEX_UNSAFE)};
	bool child = xindex & XINDEX_CHILD;
	switch (xindex & XINDEX_TYPE) {
	case XINDEX_NAME:
		exec.mode = named_mode(xindex, child);
		break;
	case XINDEX_TABLE:
		exec.target = profile->file.names[xindex & XINDEX_INDEX];
		exec.stack = slice_starts(exec.target, SLICE("&"));
		if (exec.stack)
			exec.target = slice_from(exec.target, 1);
		exec.mode = named_mode(xindex, child || starts_with_child(profile, exec.target));
		break;
	default:
		exec.mode = unnamed_mode(xindex);
		exec.scrub = exec.scrub && exec.mode == EXEC_UNCONFINED;
	}
	return exec;
}

static struct file_decision everything(void)
{
	unsigned all = letters_of(UINT32_MAX);
	return (struct file_decision){.allowed = all, .exec = {.mode = EXEC_INHERIT}};
}

struct file_decision decide_file(
	const struct compiled_profile *profile, struct slice path, bool owner)
{
	struct file_decision decision = {.mediated = true};
	if (is_unconfined(profile))
		return everything();
	if (slice_has(path, '\0'))
		return decision;
	struct perms perms = perms_of_file(profile, file_walk(profile, path), owner);
	if (perms.allow & KERNEL_EXEC) {
		decision.exec = exec_of(profile, perms.xindex);
		if (decision.exec.mode == EXEC_NONE)
			perms.allow &= ~(uint32_t)KERNEL_EXEC;
	}
	decision.allowed = letters_of(perms.allow);
	decision.audited = letters_of(perms.allow & perms.audit);
	decision.quiet = letters_of(~perms.allow & perms.quiet);
	return decision;
}

/* Permissions that a link must not have beyond those of its target. */
static bool is_subset(struct perms link, struct perms target)
{
	uint32_t bits = 0;
	for (size_t i = 0; i < LETTERS; i++)
		if (letters[i].bit != KERNEL_LINK)
			bits |= letters[i].bit;
	if (link.allow & ~target.allow & bits)
		return false;
	if (!(link.allow & KERNEL_EXEC))
		return true;
	bool same = (link.xindex & ~XINDEX_UNSAFE) == (target.xindex & ~XINDEX_UNSAFE);
	return same && (!(link.xindex & XINDEX_UNSAFE) || (target.xindex & XINDEX_UNSAFE));
}

struct decision decide_link(
	const struct compiled_profile *profile, struct slice link, struct slice target, bool owner)
{
	const struct dfa *dfa = profile->file.dfa;
	struct decision refused = {.mediated = true};
	if (is_unconfined(profile))
		return unmediated;
	if (!dfa || slice_has(link, '\0') || slice_has(target, '\0'))
		return refused;
	uint32_t state = file_walk(profile, link);
	struct perms link_perms = perms_of_file(profile, state, owner);
	if (!(link_perms.allow & KERNEL_LINK))
		return refused;
	/* The pair stands in the automaton as link, NUL, target. */
	state = dfa_walk(dfa, dfa_step(dfa, state, '\0'), target);
	struct perms pair = perms_of_file(profile, state, owner);
	struct decision decision = decision_of(pair, KERNEL_LINK);
	if (!decision.allowed || !(pair.allow & KERNEL_LOCK))
		return decision;
	struct perms target_perms = perms_of_file(profile, file_walk(profile, target), owner);
	return is_subset(link_perms, target_perms) ? decision : refused;
}

/* States still to look at, each once. */
struct search {
	const struct dfa *dfa;
	bool *seen;
	uint32_t *states;
	uint32_t count;
	unsigned classes;
};

static void search_add(struct search *search, uint32_t state)
{
	if (search->seen[state])
		return;
	search->seen[state] = true;
	search->states[search->count++] = state;
}

/* As dfa_walk does it: a walk that starts nowhere ends there. */
static void search_follow(struct search *search, uint32_t i)
{
	uint32_t state = search->states[i];
	if (i == 0 && state == DFA_NOWHERE)
		return;
	uint8_t nul = dfa_class(search->dfa, '\0');
	for (unsigned class = 0; class < search->classes; class ++)
		if (class != nul)
			search_add(search, dfa_step_class(search->dfa, state, (uint8_t) class));
}

struct decision decide_links(
	struct arena *arena, const struct compiled_profile *profile, struct slice link, bool owner)
{
	const struct dfa *dfa = profile->file.dfa;
	struct decision refused = {.mediated = true};
	if (is_unconfined(profile))
		return unmediated;
	if (!dfa || slice_has(link, '\0'))
		return refused;
	uint32_t state = file_walk(profile, link);
	if (!(perms_of_file(profile, state, owner).allow & KERNEL_LINK))
		return refused;
	struct search search = {
		.dfa = dfa,
		.seen = arena_array(arena, dfa->states, sizeof(bool)),
		.states = arena_array(arena, dfa->states, sizeof(uint32_t)),
		.classes = dfa_class_count(dfa),
	};
	search_add(&search, dfa_step(dfa, state, '\0'));
	for (uint32_t i = 0; i < search.count; i++) {
		struct decision decision =
			decision_of(perms_of_file(profile, search.states[i], owner), KERNEL_LINK);
		refused.quiet |= decision.quiet;
		if (decision.allowed)
			return decision;
		search_follow(&search, i);
	}
	return refused;
}

static struct decision old_capability(
	const struct compiled_capabilities *masks, bool audits_all, uint64_t bit)
{
	struct decision decision = {.mediated = true};
	decision.allowed = masks->allow & ~masks->deny & bit;
	decision.audited = decision.allowed && (audits_all || (masks->audit & bit));
	decision.quiet = !decision.allowed && !audits_all && (masks->quiet & bit);
	return decision;
}

struct decision decide_capability(const struct compiled_profile *profile, int capability)
{
	if (is_unconfined(profile))
		return unmediated;
	if (capability < 0 || capability > 63)
		return (struct decision){.mediated = true};
	uint32_t state = class_state(profile, CLASS_CAPABILITY);
	if (state == DFA_NOWHERE)
		return old_capability(
			&profile->capabilities, profile->audits_all, (uint64_t)1 << capability);
	/* Newer policies keep them in the automaton, 32 to a state. */
	state = dfa_step(profile->policy.dfa, state, (uint8_t)(capability / 32));
	return decision_of(perms_of_policy(profile, state), (uint32_t)1 << capability % 32);
}

/* 1 to 31 are the same everywhere but on a few architectures; see include/sig_names.h. */
static uint8_t signal_byte(unsigned number)
{
	if (number == 0)
		return 35;
	return (uint8_t)(number < 32 ? number : number - 32 + 128);
}

struct decision decide_signal(
	const struct compiled_profile *profile, bool send, unsigned number, struct slice peer)
{
	uint32_t state = class_state(profile, CLASS_SIGNAL);
	if (state == DFA_NOWHERE)
		return unmediated;
	if (number > 64)
		return (struct decision){.mediated = true};
	const struct dfa *dfa = profile->policy.dfa;
	state = dfa_walk(dfa, dfa_step(dfa, state, signal_byte(number)), peer);
	return decision_of(perms_of_policy(profile, state), send ? KERNEL_WRITE : KERNEL_READ);
}

struct decision decide_ptrace(
	const struct compiled_profile *profile, enum ptrace_access access, struct slice peer)
{
	static const uint32_t bits[] = {
		[PTRACE_TRACE] = KERNEL_WRITE,
		[PTRACE_READ] = KERNEL_READ,
		[PTRACE_TRACED_BY] = KERNEL_APPEND,
		[PTRACE_READ_BY] = KERNEL_CREATE,
	};
	if (!decide_mediates(profile, CLASS_PTRACE))
		return unmediated;
	const struct dfa *dfa = profile->policy.dfa;
	uint32_t state = dfa_step(dfa, class_state(profile, CLASS_LABEL), CLASS_PTRACE);
	state = dfa_walk(dfa, state, peer);
	return decision_of(perms_of_policy(profile, state), bits[access]);
}

struct decision decide_userns(const struct compiled_profile *profile)
{
	uint32_t state = class_state(profile, CLASS_NAMESPACE);
	if (state == DFA_NOWHERE)
		return unmediated;
	return decision_of(perms_of_policy(profile, state), KERNEL_APPEND);
}

bool decide_attaches(const struct compiled_profile *profile, struct slice path)
{
	const struct compiled_db *db = &profile->xmatch;
	if (!db->dfa)
		return slice_eq(profile->name, path);
	uint32_t accept = db->dfa->accept[dfa_walk(db->dfa, db->file_start, path)];
	return (db->perms ? db->perms[accept].allow : accept) & KERNEL_EXEC;
}
