#include "manager/host/contest.h"

#include "analysis/xmatch.h"
#include "policy/escape.h"

#include <stdlib.h>

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

/* One program of a contender. */
struct indexed {
	struct slice program;
	uint32_t contender;
};

struct contest_index {
	struct indexed *programs; /* by their bytes */
	uint32_t *wide;		  /* contenders whose programs cannot be counted */
	size_t program_count, wide_count;
};

static int by_program(const void *a, const void *b)
{
	return slice_cmp(
		((const struct indexed *)a)->program, ((const struct indexed *)b)->program);
}

void attachments_index(struct attachments *attachments)
{
	struct arena *arena = attachments->arena;
	struct contest_index *index = arena_new(arena, struct contest_index);
	size_t room = 0;
	index->wide = arena_array(arena, attachments->count, sizeof(*index->wide));
	for (size_t i = 0; i < attachments->count; i++) {
		struct slice *programs;
		size_t count;
		if (!contender_programs(arena, &attachments->contenders[i], &programs, &count)) {
			index->wide[index->wide_count++] = (uint32_t)i;
			continue;
		}
		if (index->program_count + count > room) {
			struct indexed *old = index->programs;
			room = 2 * room + count + 64;
			index->programs = arena_array(arena, room, sizeof(*old));
			if (index->program_count > 0)
				memcpy(index->programs, old, index->program_count * sizeof(*old));
		}
		for (size_t k = 0; k < count; k++)
			index->programs[index->program_count++] =
				(struct indexed){programs[k], (uint32_t)i};
	}
	if (index->program_count > 0)
		qsort(index->programs, index->program_count, sizeof(*index->programs), by_program);
	attachments->index = index;
}

/* The first of a program in the index, or where it would be. */
static size_t first_of(const struct contest_index *index, struct slice program)
{
	size_t low = 0, high = index->program_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (slice_cmp(index->programs[middle].program, program) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct contender *attachments_next_for(
	const struct attachments *attachments, struct slice program, size_t *at)
{
	const struct contest_index *index = attachments->index;
	if (!index)
		return *at < attachments->count ? &attachments->contenders[(*at)++] : NULL;
	/* First the wide ones, then those of the program. */
	if (*at < index->wide_count)
		return &attachments->contenders[index->wide[(*at)++]];
	size_t found = first_of(index, program) + *at - index->wide_count;
	if (found >= index->program_count || !slice_eq(index->programs[found].program, program))
		return NULL;
	++*at;
	return &attachments->contenders[index->programs[found].contender];
}

static struct contender of_set(struct arena *arena, const struct set_member *member,
	const struct set_profile *profile, const struct compiled_profile *compiled)
{
	struct contender contender = {
		.name = profile->name, .source = member->source, .is_loaded = true};
	if (profile->attaches == SET_ATTACHES_NAME)
		contender_set_name(arena, &contender);
	else
		contender_read(arena, compiled, &contender);
	return contender;
}

bool contender_of_set(struct arena *arena, const struct set_member *member,
	const struct set_profile *profile, struct contender *ret_contender)
{
	struct compiled_profile *first;
	const char *why;
	if (!compiled_read(arena, member->binary, &first, &why))
		return false;
	/* In the order of the binary, as the profiles of the member are. */
	for (const struct set_profile *at = member->profiles; at != profile; at++)
		first = first->next;
	*ret_contender = of_set(arena, member, profile, first);
	return true;
}

bool contender_keeps(const struct attachments *attachments, const struct contender *contender,
	const struct contender *const *others, size_t count, struct slice *ret_program)
{
	const struct attachment *own = contender_attachment(attachments, contender);
	const struct attachment **by = arena_array(attachments->arena, count, sizeof(*by));
	for (size_t i = 0; i < count; i++)
		if (!(by[i] = contender_attachment(attachments, others[i])))
			return false;
	return own &&
	       attachment_leaves(attachments->arena, &limits_default, own, by, count, ret_program);
}

static void add_member(
	struct attachments *attachments, const struct set_member *member, struct slice namespace)
{
	struct compiled_profile *compiled;
	const char *why;
	if (!compiled_read(attachments->arena, member->binary, &compiled, &why))
		return;
	for (size_t i = 0; i < member->profile_count; i++, compiled = compiled->next)
		if (member->profiles[i].attaches != SET_ATTACHES_NEVER &&
			slice_eq(member->profiles[i].namespace, namespace))
			attachments->contenders[attachments->count++] =
				of_set(attachments->arena, member, &member->profiles[i], compiled);
}

void attachments_of_set(struct arena *arena, const struct set_member *const *members, size_t count,
	struct slice namespace, struct attachments *ret_attachments)
{
	struct attachments attachments = {.arena = arena};
	size_t room = 0;
	for (size_t i = 0; i < count; i++)
		room += members[i]->profile_count;
	attachments.contenders = arena_array(arena, room, sizeof(*attachments.contenders));
	for (size_t i = 0; i < count; i++)
		add_member(&attachments, members[i], namespace);
	*ret_attachments = attachments;
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

static bool begin_alike(const struct contender *ours, const struct contender *other)
{
	return slice_starts(ours->prefix, other->prefix) ||
	       slice_starts(other->prefix, ours->prefix);
}

/* A contender of the profile, made when it is needed. */
static bool make_own(struct arena *arena, const struct set_member *member,
	const struct set_profile *profile, struct contender *own)
{
	return own->name.len > 0 || contender_of_set(arena, member, profile, own);
}

static bool disputes(const struct attachments *attachments, const struct set_member *member,
	const struct set_profile *profile, struct contender *ours, const struct contender *other,
	struct dispute *ret_dispute)
{
	struct arena *arena = attachments->arena;
	const struct attachment *own, *theirs;
	struct slice program;
	if (!might_match(profile, other) || !make_own(arena, member, profile, ours) ||
		!begin_alike(ours, other))
		return false;
	if (!(own = contender_attachment(attachments, ours)) ||
		!(theirs = contender_attachment(attachments, other)))
		return tell(other, DISPUTE_MAYBE, SLICE(""), arena, ret_dispute);
	switch (attachment_compare(arena, &limits_default, own, theirs, &program)) {
	case ATTACHMENT_APART:
		break;
	case ATTACHMENT_FIRST:
		return tell(other, DISPUTE_TAKEN, program, arena, ret_dispute);
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
	const struct set_member *member, const struct set_profile *profile, struct contender *own,
	size_t *at, struct dispute *ret_dispute)
{
	if (profile->attaches == SET_ATTACHES_NEVER)
		return false;
	while (*at < attachments->count) {
		const struct contender *other = &attachments->contenders[(*at)++];
		if (other->is_known && !slice_eq(other->name, profile->name) &&
			disputes(attachments, member, profile, own, other, ret_dispute))
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
	const struct contender *other;
	for (size_t at = 0; (other = attachments_next_for(attachments, program, &at));)
		if (other->is_loaded && other != best && contender_matches(other, program) &&
			order(attachments, best, other, program) >= 0)
			return other;
	return NULL;
}

struct start attachments_start(
	const struct attachments *attachments, struct slice program, struct slice name)
{
	struct start start = {.kind = START_UNMATCHED};
	const struct contender *best = NULL;
	const struct contender *other;
	for (size_t at = 0; (other = attachments_next_for(attachments, program, &at));) {
		if (!other->is_loaded)
			continue;
		if (!other->is_known)
			start.unknown = other;
		else if (contender_matches(other, program) &&
			 (!best || order(attachments, best, other, program) > 0))
			best = other;
	}
	if (!best)
		return start;
	const struct contender *tied = find_tied(attachments, best, program);
	bool is_best = slice_eq(best->name, name);
	start.kind = tied ? START_NOBODY : is_best ? START_ATTACHED : START_OTHER;
	start.other = is_best ? tied : best;
	return start;
}
