/* Which part of a region others take away together. */
#include "policy/rule/region.h"

/* More denies than this about one rule are left out of a question: then less is claimed. */
enum { DENIES_MAX = 512 };

/* For so many patterns that overlap without covering, every combination is tried. */
enum { COMBINED_MAX = 5 };

/* Of so many denies the ones that are not needed are left out of the message. */
enum { NEEDED_MAX = 12 };

struct question {
	struct unit *unit;
	const struct region *allow;
	size_t *work;
};

/* Whether a pattern is a text that stands for itself. */
static bool is_literal(const struct region_pattern *pattern)
{
	for (size_t i = 0; i < pattern->text.len; i++)
		if (strchr("*?[]{}\\", pattern->text.at[i]))
			return false;
	return pattern->is_given;
}

static enum cover globs_cover(struct question *q, const struct glob *deny, const struct glob *allow)
{
	struct unit *unit = q->unit;
	if (*q->work == 0)
		return COVER_NONE;
	--*q->work;
	if (glob_covered(&unit->arena, unit->limits, allow, &deny, 1, NULL) == GLOB_YES)
		return COVER_WHOLLY;
	return glob_overlap(&unit->arena, unit->limits, deny, allow, NULL) == GLOB_YES
		       ? COVER_PARTLY
		       : COVER_NONE;
}

/* Whatever the field may hold. */
static const struct glob *any_text(struct question *q, size_t index)
{
	struct unit *unit = q->unit;
	bool never_empty = q->allow->kind->patterns[index].never_empty;
	const char *error;
	size_t offset;
	return glob_read(&unit->arena, unit->limits,
		never_empty ? SLICE("{?,/}**") : SLICE("{,**}"), &error, &offset);
}

/* How much of an allow's field a deny's holds. */
static enum cover pattern_cover(struct question *q, const struct region *deny, size_t index)
{
	const struct region_pattern *taken = &deny->patterns[index];
	const struct region_pattern *given = &q->allow->patterns[index];
	if (!taken->is_given)
		return COVER_WHOLLY;
	if (given->is_given && slice_eq(taken->text, given->text))
		return COVER_WHOLLY;
	if (!taken->glob || (given->is_given && !given->glob))
		return COVER_NONE;
	/* Most patterns are no such thing. */
	if (is_literal(given))
		return glob_match(taken->glob, given->matched) ? COVER_WHOLLY : COVER_NONE;
	if (is_literal(taken) && given->is_given && !glob_match(given->glob, taken->matched))
		return COVER_NONE;
	return globs_cover(q, taken->glob, given->is_given ? given->glob : any_text(q, index));
}

/* How much one deny alone takes. */
static enum cover alone(struct question *q, const struct region *deny)
{
	const struct region *allow = q->allow;
	enum cover cover = COVER_WHOLLY;
	if (deny->kind != allow->kind)
		return COVER_NONE;
	for (size_t i = 0; i < allow->kind->set_count; i++) {
		if (!(deny->sets[i] & allow->sets[i]))
			return COVER_NONE;
		if (allow->sets[i] & ~deny->sets[i])
			cover = COVER_PARTLY;
	}
	for (size_t i = 0; i < allow->kind->pattern_count && cover != COVER_NONE; i++) {
		enum cover field = pattern_cover(q, deny, i);
		cover = field < cover ? field : cover;
	}
	return cover;
}

/* Denies that are about what is left of the question. */
struct denies {
	const struct region *at[DENIES_MAX];
	size_t count;
};

static bool patterns_covered(struct question *q, size_t index, const struct denies *by);

static const struct glob *glob_at(struct question *q, size_t index)
{
	const struct region_pattern *given = &q->allow->patterns[index];
	return given->is_given ? given->glob : any_text(q, index);
}

/* Whether the denies' patterns in this field together hold the allow's. */
static bool globs_hold(struct question *q, size_t index, const struct denies *by)
{
	const struct glob *globs[DENIES_MAX];
	const struct glob *allow = glob_at(q, index);
	for (size_t i = 0; i < by->count; i++)
		globs[i] = by->at[i]->patterns[index].glob;
	if (!allow || by->count == 0 || *q->work == 0)
		return false;
	--*q->work;
	return glob_covered(&q->unit->arena, q->unit->limits, allow, globs, by->count, NULL) ==
	       GLOB_YES;
}

/* Whether those of `whole` and the chosen ones of `part` (bits) hold all fields from index on. */
static bool chosen_cover(struct question *q, size_t index, const struct denies *whole,
	const struct denies *part, unsigned chosen)
{
	struct denies both = *whole;
	for (size_t i = 0; i < part->count; i++)
		if (chosen & (1U << i) && both.count < DENIES_MAX)
			both.at[both.count++] = part->at[i];
	return patterns_covered(q, index, &both);
}

/*
 * A text of this field is met by some of the partial denies. Whatever selection meets it must hold
 * the other fields; those selections that do not must not be all that some text meets.
 */
static bool combined(
	struct question *q, size_t index, const struct denies *whole, const struct denies *part)
{
	for (unsigned met = 0; met < 1U << part->count; met++) {
		if (chosen_cover(q, index + 1, whole, part, met))
			continue;
		struct denies others = {.count = 0};
		for (size_t i = 0; i < part->count; i++)
			if (!(met & (1U << i)))
				others.at[others.count++] = part->at[i];
		if (!globs_hold(q, index, &others))
			return false;
	}
	return true;
}

/* Of many partial denies those count that each hold the other fields. */
static bool each_alone(
	struct question *q, size_t index, const struct denies *whole, const struct denies *part)
{
	struct denies strong = {.count = 0};
	for (size_t i = 0; i < part->count; i++) {
		struct denies one = {.at = {part->at[i]}, .count = 1};
		if (chosen_cover(q, index + 1, whole, &one, 1))
			strong.at[strong.count++] = part->at[i];
	}
	return globs_hold(q, index, &strong);
}

static bool patterns_covered(struct question *q, size_t index, const struct denies *by)
{
	if (by->count == 0)
		return false;
	if (index == q->allow->kind->pattern_count)
		return true;
	struct denies whole = {.count = 0}, part = {.count = 0};
	for (size_t i = 0; i < by->count; i++) {
		enum cover cover = pattern_cover(q, by->at[i], index);
		if (cover == COVER_WHOLLY)
			whole.at[whole.count++] = by->at[i];
		else if (cover == COVER_PARTLY)
			part.at[part.count++] = by->at[i];
	}
	if (patterns_covered(q, index + 1, &whole))
		return true;
	if (part.count == 0)
		return false;
	return part.count <= COMBINED_MAX ? combined(q, index, &whole, &part)
					  : each_alone(q, index, &whole, &part);
}

/* Splits the allow's set into parts in which the same denies meet every member. */
static bool sets_covered(struct question *q, size_t index, const struct denies *by)
{
	if (by->count == 0)
		return false;
	if (index == q->allow->kind->set_count)
		return patterns_covered(q, 0, by);
	region_bits left = q->allow->sets[index];
	while (left) {
		region_bits bit = left & -left, alike = left;
		struct denies meet = {.count = 0};
		for (size_t i = 0; i < by->count; i++) {
			region_bits set = by->at[i]->sets[index];
			alike &= set & bit ? set : ~set;
			if (set & bit)
				meet.at[meet.count++] = by->at[i];
		}
		if (!sets_covered(q, index + 1, &meet))
			return false;
		left &= ~alike;
	}
	return true;
}

/* The first of the denies without which the others would not do. */
static const struct region *needed(struct question *q, struct denies *all)
{
	if (all->count > NEEDED_MAX)
		return all->at[0];
	for (size_t i = 0; i < all->count;) {
		struct denies others = {.count = 0};
		for (size_t j = 0; j < all->count; j++)
			if (j != i)
				others.at[others.count++] = all->at[j];
		if (sets_covered(q, 0, &others))
			*all = others;
		else
			i++;
	}
	return all->at[0];
}

/* One region of an allow; adds what takes something to the answer. */
static enum cover region_cover(struct question *q, const struct region *const *denies, size_t count,
	struct region_answer *answer, const struct region **ret_by)
{
	struct denies some = {.count = 0};
	for (size_t i = 0; i < count; i++) {
		enum cover cover = alone(q, denies[i]);
		if (cover == COVER_NONE)
			continue;
		if (some.count == DENIES_MAX) {
			answer->unsure = true;
			break;
		}
		some.at[some.count++] = denies[i];
		if (some.count == 1 || cover == COVER_WHOLLY)
			*ret_by = denies[i];
		if (cover == COVER_WHOLLY)
			return COVER_WHOLLY;
	}
	if (some.count < 2 || !sets_covered(q, 0, &some))
		return some.count ? COVER_PARTLY : COVER_NONE;
	answer->together = true;
	*ret_by = needed(q, &some);
	return COVER_WHOLLY;
}

struct region_answer region_question(struct unit *unit, const struct region_list *allow,
	const struct region *const *denies, size_t count, size_t *work)
{
	struct region_answer answer = {.cover = COVER_NONE};
	const struct region *first_by = NULL, *first_of = NULL;
	bool is_whole = true;
	for (size_t i = 0; i < allow->count; i++) {
		struct question q = {unit, &allow->at[i], work};
		const struct region *by = NULL;
		enum cover cover = region_cover(&q, denies, count, &answer, &by);
		is_whole = is_whole && (cover == COVER_WHOLLY || allow->at[i].is_extra);
		if (cover == COVER_NONE)
			continue;
		answer.together = answer.together || (first_by && first_by->rule != by->rule);
		if (!first_by) {
			first_by = by;
			first_of = &allow->at[i];
		}
	}
	if (!first_by)
		return answer;
	answer.cover = is_whole ? COVER_WHOLLY : COVER_PARTLY;
	answer.by = first_by->rule;
	if (!is_whole)
		answer.witness = region_common_text(unit, first_by, first_of);
	return answer;
}
