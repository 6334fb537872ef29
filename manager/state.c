#include "manager/state.h"

const char *state_name(enum profile_state state)
{
	switch (state) {
	case STATE_CURRENT:
		return "current";
	case STATE_STALE:
		return "stale";
	case STATE_DRIFTED:
		return "drifted";
	case STATE_MISSING:
		return "missing";
	case STATE_FOREIGN:
		return "foreign";
	case STATE_UNKNOWN:
		return "unknown";
	}
	return "";
}

const struct set_profile *member_top(
	const struct set_member *member, struct slice namespace, struct slice name)
{
	const struct set_profile *top = NULL;
	while ((top = set_member_next_top(member, top)))
		if (slice_eq(top->name, name) && slice_eq(top->namespace, namespace))
			return top;
	return NULL;
}

struct slice loaded_top(const struct loaded *loaded, const struct loaded_profile *profile)
{
	struct slice name = profile->name;
	for (size_t i = 1; i + 2 < name.len; i++) {
		struct slice parent = slice_first(name, i);
		if (name.at[i] == '/' && name.at[i + 1] == '/' &&
			loaded_find(loaded, profile->namespace, parent))
			return parent;
	}
	return name;
}

static struct state_answer answer(enum profile_state state, struct slice why)
{
	return (struct state_answer){.state = state, .why = why};
}

static bool same_digest(const struct digest *a, const struct digest *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Whether the kernel holds the wanted profile with its children; `kind` as the kernel exports it.
 */
static bool is_as_wanted(const struct state_question *question, enum hash_kind kind)
{
	struct digest held, wanted;
	const struct set_profile *top =
		member_top(question->wanted, question->namespace, question->name);
	if (!top || !loaded_identity(question->loaded, question->namespace, question->name, &held))
		return false;
	wanted = set_profile_identity(question->wanted, top, kind);
	return same_digest(&held, &wanted);
}

/* Whether the kernel still holds what was recorded. */
static bool is_as_recorded(const struct state_question *question)
{
	struct digest held;
	return loaded_identity(question->loaded, question->namespace, question->name, &held) &&
	       same_digest(&held, &question->record->identity);
}

static const char *mode_of(enum compiled_mode mode)
{
	switch (mode) {
	case COMPILED_ENFORCE:
		return "enforce";
	case COMPILED_COMPLAIN:
		return "complain";
	case COMPILED_KILL:
		return "kill";
	case COMPILED_UNCONFINED:
		return "unconfined";
	case COMPILED_PROMPT:
		return "prompt";
	}
	return "";
}

/* What differs, as far as it can be told: the mode, or the policy. */
static struct slice difference(const struct state_question *question,
	const struct loaded_profile *held, struct arena *arena, const char *otherwise)
{
	const struct set_profile *top =
		question->wanted ? member_top(question->wanted, question->namespace, question->name)
				 : NULL;
	if (top && !slice_is(held->mode, mode_of(top->mode)))
		return arena_printf(arena, "is loaded in mode %.*s, not %s", SLICE_FMT(held->mode),
			mode_of(top->mode));
	return arena_printf(arena, "%s", otherwise);
}

static struct state_answer decide_recorded(const struct state_question *question,
	const struct loaded_profile *held, struct arena *arena)
{
	if (held->kind != question->record->kind)
		return answer(STATE_UNKNOWN, SLICE("the kernel's hash of it cannot be seen"));
	if (question->wanted && is_as_wanted(question, held->kind))
		return answer(STATE_CURRENT, SLICE(""));
	if (!is_as_recorded(question))
		return answer(STATE_DRIFTED,
			difference(question, held, arena, "was replaced by somebody else"));
	if (question->wanted)
		return answer(STATE_STALE,
			difference(question, held, arena,
				"was loaded with another policy than its file describes now"));
	if (question->is_described && !question->wanted)
		return answer(STATE_UNKNOWN, SLICE("its file could not be compiled"));
	return answer(STATE_CURRENT, SLICE(""));
}

/* Installed, but loaded by somebody else: by the distribution at boot, most likely. */
static struct state_answer decide_installed(const struct state_question *question,
	const struct loaded_profile *held, struct arena *arena)
{
	if (!question->wanted)
		return answer(STATE_UNKNOWN, SLICE("its file could not be compiled"));
	if (held->kind == HASH_NONE)
		return answer(STATE_UNKNOWN, SLICE("the kernel's hash of it cannot be seen"));
	if (is_as_wanted(question, held->kind))
		return answer(STATE_CURRENT, SLICE(""));
	return answer(
		STATE_DRIFTED, difference(question, held, arena,
				       "is loaded with another policy than its file describes"));
}

static bool is_ours(const struct state_question *question)
{
	return question->owner == OWNER_AAFORGE || question->owner == OWNER_EDITED;
}

struct state_answer state_decide(const struct state_question *question, struct arena *arena)
{
	const struct loaded_profile *held =
		loaded_find(question->loaded, question->namespace, question->name);
	if (!held)
		return answer(STATE_MISSING, SLICE("is not loaded"));
	if (question->record)
		return decide_recorded(question, held, arena);
	if (is_ours(question))
		return decide_installed(question, held, arena);
	/* Loaded by somebody else, but the very policy of the file that was asked for. */
	if (question->wanted && held->kind != HASH_NONE && is_as_wanted(question, held->kind))
		return answer(STATE_CURRENT, SLICE(""));
	return answer(STATE_FOREIGN, SLICE("was not loaded by aaforge"));
}
