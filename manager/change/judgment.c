#include "manager/change/judgment.h"

#include "base/buf.h"

const struct reason_kind reason_kinds[REASON_COUNT] = {
#define REASON(symbol, state, finding) [REASON_##symbol] = {STATE_##state, FINDING_##finding},
#include "manager/change/reasons.def"
#undef REASON
};

_Static_assert(sizeof(reason_kinds) / sizeof(reason_kinds[0]) == REASON_COUNT, "a kind for each");

const char *state_name(enum profile_state state)
{
	switch (state) {
	case STATE_CURRENT:
		return "current";
	case STATE_UNKNOWN:
		return "unknown";
	case STATE_STALE:
		return "stale";
	case STATE_EDITED:
		return "edited";
	case STATE_DRIFTED:
		return "drifted";
	case STATE_UNATTACHED:
		return "unattached";
	case STATE_NOT_IN_FORCE:
		return "not in force";
	case STATE_MISSING:
		return "missing";
	case STATE_FOREIGN:
		return "foreign";
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

static bool same_digest(const struct digest *a, const struct digest *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool loaded_is_as_recorded(const struct loaded *loaded, struct slice namespace, struct slice name,
	const struct record *record)
{
	struct digest identity;
	const struct loaded_profile *held = loaded_find(loaded, namespace, name);
	return held && held->kind == record->kind &&
	       loaded_identity_without(loaded, namespace, name, &record->left, &identity, NULL) &&
	       same_digest(&identity, &record->identity);
}

struct judging {
	const struct judgment_question *question;
	const struct loaded_profile *held; /* or NULL */
	const struct set_profile *top;	   /* of question->wanted, or NULL */
	struct arena *arena;
	struct judgment judgment;
};

static void add(struct judging *judging, enum reason_id id, struct slice words)
{
	struct judgment *judgment = &judging->judgment;
	judgment->reasons[judgment->reason_count++] = (struct reason){id, words};
}

static bool is_as_wanted(const struct judging *judging)
{
	const struct judgment_question *question = judging->question;
	const struct left_list none = {0};
	struct digest held, wanted;
	if (!judging->top ||
		!loaded_identity_without(question->loaded, question->namespace, question->name,
			question->record ? &question->record->left : &none, &held, NULL))
		return false;
	wanted = set_profile_identity(question->wanted, judging->top, judging->held->kind);
	return same_digest(&held, &wanted);
}

/* Without hashes names and modes are all that can be compared, and may show a difference. */
static enum held_policy compare_without_hash(const struct judging *judging)
{
	const struct judgment_question *question = judging->question;
	bool is_other =
		judging->top ? !is_as_wanted(judging)
			     : question->record && question->record->kind == HASH_NONE &&
				       !loaded_is_as_recorded(question->loaded, question->namespace,
					       question->name, question->record);
	return is_other ? HOLDS_OTHER : HOLDS_UNSEEN;
}

static enum held_policy compare(const struct judging *judging)
{
	const struct judgment_question *question = judging->question;
	const struct record *record = question->record;
	if (!judging->held)
		return HOLDS_NOTHING;
	if (judging->held->kind == HASH_NONE)
		return compare_without_hash(judging);
	if (is_as_wanted(judging))
		return HOLDS_WANTED;
	if (record && loaded_is_as_recorded(
			      question->loaded, question->namespace, question->name, record))
		return HOLDS_RECORDED;
	bool is_comparable = judging->top || (record && record->kind == judging->held->kind);
	return is_comparable ? HOLDS_OTHER : HOLDS_UNSEEN;
}

/* A mode that does not confine, unless the description wants it so. */
static bool judge_mode(struct judging *judging)
{
	const struct loaded_profile *held = judging->held;
	if (mode_confines(held->mode))
		return false;
	if (judging->top && mode_is(held->mode, judging->top->mode)) {
		add(judging, REASON_ONLY_LOGS,
			arena_printf(judging->arena, "is in mode %.*s, as its file says",
				SLICE_FMT(held->mode)));
		return false;
	}
	if (judging->top)
		add(judging, REASON_MODE,
			arena_printf(judging->arena, "is loaded in mode %.*s, not %s",
				SLICE_FMT(held->mode), mode_word(judging->top->mode)));
	else
		add(judging, REASON_MODE,
			arena_printf(
				judging->arena, "is loaded in mode %.*s", SLICE_FMT(held->mode)));
	return true;
}

static struct slice words_of_sight(const struct judging *judging)
{
	const struct judgment_question *question = judging->question;
	struct buf words = buf_new(judging->arena);
	buf_add_str(&words, "which profile its program is started under cannot be seen");
	if (question->unseen.len > 0)
		buf_printf(&words, ", as it is not known what '%.*s' attaches to",
			SLICE_FMT(question->unseen));
	buf_printf(&words, "%s%.*s", question->sight_mend.len > 0 ? ": " : "",
		SLICE_FMT(question->sight_mend));
	return buf_slice(&words);
}

static void judge_application(struct judging *judging)
{
	const struct judgment_question *question = judging->question;
	const struct judgment_outside *outside = &question->outside;
	if (question->kernel_enforces == KNOWN_NO)
		add(judging, REASON_KERNEL, SLICE("the kernel enforces no profile"));
	if (question->dispute.len > 0)
		add(judging, REASON_DISPUTED, question->dispute);
	else if (question->is_attachment_hidden)
		add(judging, REASON_ATTACHMENT_UNSEEN, words_of_sight(judging));
	if (question->boot_dispute.len > 0)
		add(judging, REASON_BOOT_DISPUTED, question->boot_dispute);
	if (question->loose.count > 0)
		add(judging, REASON_LOOSE,
			arena_printf(judging->arena,
				"%zu process%s under its name %s not confined: %.*s",
				question->loose.count, question->loose.count == 1 ? "" : "es",
				question->loose.count == 1 ? "is" : "are",
				SLICE_FMT(question->loose.words)));
	if (question->boot_twice.len > 0)
		add(judging, REASON_BOOT_TWICE, question->boot_twice);
	if (question->overlap.len > 0)
		add(judging, REASON_OVERLAPPED, question->overlap);
	if (outside->count > 0)
		add(judging, REASON_OUTSIDE,
			arena_printf(judging->arena, "%zu process%s outside of it: %.*s",
				outside->count, outside->count == 1 ? " runs" : "es run",
				SLICE_FMT(outside->words)));
}

static struct slice words_of_difference(const struct judging *judging, const char *otherwise)
{
	if (judging->top && !mode_is(judging->held->mode, judging->top->mode))
		return arena_printf(judging->arena, "is loaded in mode %.*s, not %s",
			SLICE_FMT(judging->held->mode), mode_word(judging->top->mode));
	return slice_str(otherwise);
}

static void judge_policy(struct judging *judging, bool has_other_mode)
{
	const struct judgment_question *question = judging->question;
	enum held_policy holds = judging->judgment.holds;
	if (holds == HOLDS_OTHER && !has_other_mode)
		add(judging, REASON_REPLACED,
			words_of_difference(judging,
				question->record
					? "was replaced by somebody else"
					: "is loaded with another policy than its file describes"));
}

static bool is_edited(const struct judgment_question *question)
{
	return question->installed && question->installed->owner == OWNER_EDITED;
}

static void judge_description(struct judging *judging, bool has_other_mode)
{
	const struct judgment_question *question = judging->question;
	enum held_policy holds = judging->judgment.holds;
	if (is_edited(question))
		add(judging, REASON_EDITED, SLICE("its installed text was edited"));
	if (holds == HOLDS_RECORDED && judging->top && !has_other_mode)
		add(judging, REASON_CHANGED,
			words_of_difference(judging, "was loaded with another policy than its file "
						     "describes now"));
	else if (question->is_description_changed)
		add(judging, REASON_CHANGED,
			SLICE("its description was changed since it was installed"));
	else if (question->changed_template.len > 0)
		add(judging, REASON_CHANGED,
			arena_printf(judging->arena,
				"its template '%.*s' was changed since it was installed",
				SLICE_FMT(question->changed_template)));
}

/* What nobody can tell from here. */
static void judge_sight(struct judging *judging)
{
	const struct judgment_question *question = judging->question;
	struct judgment *judgment = &judging->judgment;
	if (question->is_text_hidden)
		add(judging, REASON_UNSEEN,
			SLICE("its installed text cannot be read: run it as root"));
	else if (judgment->holds == HOLDS_UNSEEN && judging->held->kind == HASH_NONE)
		add(judging, REASON_UNSEEN, SLICE("the kernel's hash of it cannot be seen"));
	else if (question->described == DESCRIBED_HIDDEN)
		add(judging, REASON_UNSEEN, SLICE("its file cannot be read: run it as root"));
	else if (judgment->holds == HOLDS_UNSEEN && question->described != DESCRIBED_BROKEN)
		add(judging, REASON_UNSEEN, SLICE("there is nothing to compare it with"));
	if (question->described == DESCRIBED_BROKEN)
		add(judging, REASON_BROKEN, SLICE("its file could not be compiled"));
}

/* Whether a child stays loaded that was left for its tasks. */
static void remark_left(struct judging *judging)
{
	const struct judgment_question *question = judging->question;
	struct digest identity;
	size_t left = 0;
	if (question->record && question->record->left.count > 0)
		loaded_identity_without(question->loaded, question->namespace, question->name,
			&question->record->left, &identity, &left);
	if (left > 0)
		add(judging, REASON_CHILD_LEFT,
			arena_printf(judging->arena,
				"'%.*s'%s, which it does not have any more, %s left loaded for the "
				"tasks under %s",
				SLICE_FMT(question->record->left.items[0].name),
				left > 1 ? " and others" : "", left > 1 ? "were" : "was",
				left > 1 ? "them" : "it"));
}

static void add_remarks(struct judging *judging)
{
	const struct judgment_question *question = judging->question;
	const struct installed *installed = question->installed;
	if (installed && installed->is_disabled)
		add(judging, REASON_DISABLED, SLICE("disabled at boot by a link in disable/"));
	else if (installed && installed->is_forced_complain)
		add(judging, REASON_FORCED_COMPLAIN,
			SLICE("set to complain at boot by a link in force-complain/"));
	remark_left(judging);
	if (question->described == DESCRIBED_GONE)
		add(judging, REASON_SOURCE_GONE, SLICE("its file cannot be read any more"));
}

static bool has(const struct judging *judging, enum reason_id id)
{
	return judgment_reason(&judging->judgment, id) != NULL;
}

static enum known decide_confines(const struct judging *judging)
{
	const struct judgment *judgment = &judging->judgment;
	if (!judging->held || !mode_confines(judging->held->mode) || has(judging, REASON_KERNEL) ||
		has(judging, REASON_DISPUTED) || judgment->holds == HOLDS_OTHER ||
		has(judging, REASON_CHANGED))
		return KNOWN_NO;
	return judgment->holds == HOLDS_UNSEEN || judging->question->kernel_enforces == KNOWN_NOT ||
			       has(judging, REASON_UNSEEN) || has(judging, REASON_BROKEN) ||
			       has(judging, REASON_ATTACHMENT_UNSEEN)
		       ? KNOWN_NOT
		       : KNOWN_YES;
}

/* The distribution's own start of the texts. A mode that only logs confines nothing. */
static enum known decide_after_boot(const struct judging *judging)
{
	const struct judgment_question *question = judging->question;
	const struct installed *installed = question->installed;
	if (question->is_text_hidden)
		return KNOWN_NOT;
	if (!installed || installed->owner != OWNER_AAFORGE || installed->is_disabled ||
		installed->is_forced_complain || has(judging, REASON_CHANGED) ||
		has(judging, REASON_DISPUTED) || has(judging, REASON_BOOT_DISPUTED) ||
		question->boot_twice.len > 0 || has(judging, REASON_ONLY_LOGS))
		return KNOWN_NO;
	if (judging->top && judging->top->mode != COMPILED_ENFORCE &&
		judging->top->mode != COMPILED_KILL)
		return KNOWN_NO;
	return question->described == DESCRIBED_BROKEN ? KNOWN_NO : KNOWN_YES;
}

/* The words of what weighs, then the remarks. */
static void conclude(struct judging *judging)
{
	struct judgment *judgment = &judging->judgment;
	struct buf why = buf_new(judging->arena);
	for (size_t i = 0; i < judgment->reason_count; i++) {
		const struct reason *reason = &judgment->reasons[i];
		enum profile_state state = reason_kinds[reason->id].state;
		if (state > judgment->state)
			judgment->state = state;
		buf_printf(&why, "%s%.*s", why.len ? "; " : "", SLICE_FMT(reason->words));
	}
	judgment->why = buf_slice(&why);
	judgment->confines = decide_confines(judging);
	judgment->confines_after_boot = decide_after_boot(judging);
}

static void judge_held(struct judging *judging)
{
	bool has_other_mode = judge_mode(judging);
	judge_application(judging);
	judge_policy(judging, has_other_mode);
	judge_description(judging, has_other_mode);
	judge_sight(judging);
}

static void judge_missing(struct judging *judging)
{
	add(judging, REASON_NOT_LOADED, SLICE("is not loaded"));
	if (judging->question->outside.count > 0)
		judge_application(judging);
	judge_description(judging, false);
}

void judgment_decide(const struct judgment_question *question, struct arena *arena,
	struct judgment *ret_judgment)
{
	struct judging judging = {.question = question, .arena = arena};
	struct judgment *judgment = &judging.judgment;
	enum ownership owner = question->installed ? question->installed->owner : OWNER_NOBODY;
	judging.held = loaded_find(question->loaded, question->namespace, question->name);
	judging.top = question->wanted
			      ? member_top(question->wanted, question->namespace, question->name)
			      : NULL;
	judgment->is_ours = question->record || owner == OWNER_AAFORGE || owner == OWNER_EDITED;
	judgment->holds = compare(&judging);
	if (!judging.held)
		judge_missing(&judging);
	else if (judgment->is_ours || judgment->holds == HOLDS_WANTED || question->is_text_hidden)
		judge_held(&judging);
	else
		add(&judging, REASON_FOREIGN, SLICE("was not loaded by aaforge"));
	if (judgment->is_ours)
		add_remarks(&judging);
	conclude(&judging);
	*ret_judgment = judging.judgment;
}

const struct reason *judgment_reason(const struct judgment *judgment, enum reason_id id)
{
	for (size_t i = 0; i < judgment->reason_count; i++)
		if (judgment->reasons[i].id == id)
			return &judgment->reasons[i];
	return NULL;
}
