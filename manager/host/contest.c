#include "manager/host/contest.h"

#include "analysis/xmatch.h"
#include "policy/escape.h"

bool contender_matches(const struct contender *contender, struct slice program)
{
	if (!contender->is_known)
		return false;
	if (contender->is_name)
		return slice_eq(contender->name, program);
	return contender->glob ? glob_match(contender->glob, program)
			       : attachment_matches(contender->attachment, program);
}

bool contender_programs(struct arena *arena, const struct contender *contender,
	struct slice **ret_programs, size_t *ret_count)
{
	struct buf text = buf_new(arena);
	if (contender->is_known && contender->xmatch.dfa)
		return xmatch_words(arena, &contender->xmatch, ret_programs, ret_count);
	if (contender->is_name)
		buf_add(&text, contender->name);
	else if (!contender->is_known || !escape_to_literal(contender->text, &text))
		return false;
	*ret_programs = arena_new(arena, struct slice);
	**ret_programs = buf_slice(&text);
	*ret_count = 1;
	return true;
}

/* A profile of a set, as if it were loaded. */
static bool contender_of(struct arena *arena, const struct set_member *member,
	const struct set_profile *profile, struct contender *ret_contender)
{
	struct compiled_profile *first;
	const char *why;
	struct contender contender = {.name = profile->name};
	if (!compiled_read(arena, member->binary, &first, &why))
		return false;
	/* In the order of the binary, as the profiles of the member are. */
	for (const struct set_profile *at = member->profiles; at != profile; at++)
		first = first->next;
	contender_read(arena, first, &contender);
	*ret_contender = contender;
	return true;
}

static bool tell(const struct contender *other, enum dispute_kind kind, struct slice program,
	struct arena *arena, struct dispute *ret_dispute)
{
	*ret_dispute = (struct dispute){other, kind, arena_copy(arena, program)};
	return true;
}

static bool might_match(const struct set_profile *profile, const struct contender *other)
{
	for (size_t i = 0; i < profile->program_count; i++)
		if (contender_matches(other, profile->programs[i]))
			return true;
	return profile->attaches == SET_ATTACHES_PATTERN;
}

/* false when what all that the other matches begins with is not for us. */
static bool begins_alike(const struct contender *ours, const struct contender *other)
{
	uint32_t state = 1;
	if (!ours->is_known || !other->glob)
		return true;
	struct slice prefix = glob_prefix(other->glob);
	for (size_t i = 0; state && i < prefix.len; i++)
		state = small_step(ours->attachment->automaton, state, (uint8_t)prefix.at[i]);
	return state != 0;
}

static bool disputes(const struct attachments *attachments, const struct set_member *member,
	const struct set_profile *profile, const struct contender *other,
	struct dispute *ret_dispute)
{
	struct arena *arena = attachments->arena;
	const struct attachment *theirs;
	struct contender ours;
	struct slice program;
	if (!might_match(profile, other) || !contender_of(arena, member, profile, &ours) ||
		!begins_alike(&ours, other))
		return false;
	if (!ours.is_known || !(theirs = contender_attachment(attachments, other)))
		return tell(other, DISPUTE_MAYBE, SLICE(""), arena, ret_dispute);
	switch (attachment_compare(arena, &limits_default, ours.attachment, theirs, &program)) {
	case ATTACHMENT_APART:
	case ATTACHMENT_FIRST:
		break;
	case ATTACHMENT_SECOND:
		return tell(other, DISPUTE_OTHER, program, arena, ret_dispute);
	case ATTACHMENT_NEITHER:
		return tell(other, DISPUTE_NEITHER, program, arena, ret_dispute);
	case ATTACHMENT_VARIES:
		return tell(other, DISPUTE_MAYBE, program, arena, ret_dispute);
	}
	return false;
}

bool attachments_next_dispute(const struct attachments *attachments,
	const struct set_member *member, const struct set_profile *profile, size_t *at,
	struct dispute *ret_dispute)
{
	/* The kernel takes a name at once, whatever else matches. */
	if (profile->attaches == SET_ATTACHES_NEVER || profile->attaches == SET_ATTACHES_NAME)
		return false;
	while (*at < attachments->count) {
		const struct contender *other = &attachments->contenders[(*at)++];
		if (other->is_known && !slice_eq(other->name, profile->name) &&
			disputes(attachments, member, profile, other, ret_dispute))
			return true;
	}
	return false;
}

/* 0 also when it cannot be told. */
static int order(const struct attachments *attachments, const struct contender *a,
	const struct contender *b, struct slice program)
{
	const struct attachment *one = contender_attachment(attachments, a);
	const struct attachment *other = contender_attachment(attachments, b);
	return one && other ? attachment_compare_for(one, other, program) : 0;
}

/* Another that matches and is not worse than the best one. */
static const struct contender *find_tied(
	const struct attachments *attachments, const struct contender *best, struct slice program)
{
	for (size_t i = 0; i < attachments->loaded_count; i++) {
		const struct contender *at = &attachments->contenders[i];
		if (at != best && contender_matches(at, program) &&
			order(attachments, best, at, program) >= 0)
			return at;
	}
	return NULL;
}

struct start attachments_start(
	const struct attachments *attachments, struct slice program, struct slice name)
{
	struct start start = {.kind = START_UNMATCHED};
	const struct contender *best = NULL;
	for (size_t i = 0; i < attachments->loaded_count; i++) {
		const struct contender *at = &attachments->contenders[i];
		if (!at->is_known)
			start.unknown = at;
		else if (contender_matches(at, program) &&
			 (!best || order(attachments, best, at, program) > 0))
			best = at;
	}
	if (!best)
		return start;
	const struct contender *tied = find_tied(attachments, best, program);
	bool is_best = slice_eq(best->name, name);
	start.kind = tied ? START_NOBODY : is_best ? START_ATTACHED : START_OTHER;
	start.other = is_best ? tied : best;
	return start;
}
