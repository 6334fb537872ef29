#include "compiler/check/meet.h"

#include "policy/glob/union.h"

enum {
	MISSES_MAX = 64, /* of one row, before all rows are walked together */
	LOOK_COST = 4,	 /* of one pair */
};

struct meet meet_new(
	struct unit *unit, const struct pattern_list *rows, const struct pattern_list *columns)
{
	return (struct meet){.unit = unit, .rows = rows, .columns = columns};
}

void meet_row(struct meet *meet, size_t row, size_t column)
{
	meet->row = row;
	meet->next = column;
	meet->misses = 0;
}

/* false when it becomes too large. */
static bool add_all(struct meet *meet, struct glob_union *all, const struct pattern_list *list,
	uint32_t from, int side)
{
	const struct limits *limits = meet->unit->limits;
	for (size_t i = 0; i < list->count; i++) {
		glob_union_add(all, list->at[i].glob, from + (uint32_t)i, side);
		if (glob_union_bytes(all) > limits->glob_bytes / 2 ||
			!limits_spend(limits, list->at[i].text.len))
			return false;
	}
	return true;
}

/* Half of the work that is left is for the walk, the rest for the pairs. */
static void walk_with(struct meet *meet, struct glob_union *all)
{
	const struct limits *limits = meet->unit->limits;
	uint32_t rows = (uint32_t)meet->rows->count;
	if (!add_all(meet, all, meet->rows, 0, UNION_FIRST) ||
		!add_all(meet, all, meet->columns, rows, UNION_SECOND))
		return;
	size_t half = limits->work ? *limits->work / 2 : SIZE_MAX, left = half;
	struct limits own = *limits;
	own.work = &left;
	struct glob_pair *pairs;
	if (glob_union_pairs(all, &meet->unit->arena, &own, &pairs, &meet->pair_count) ==
		GLOB_YES) {
		for (size_t i = 0; i < meet->pair_count; i++)
			pairs[i].second -= rows;
		meet->pairs = pairs;
		meet->is_known = true;
	}
	limits_spend(limits, half - left);
}

static void walk(struct meet *meet)
{
	struct arena scratch;
	meet->walked = true;
	arena_init(&scratch, meet->unit->arena.out_of_memory);
	walk_with(meet, glob_union_new(&scratch, meet->rows->count + meet->columns->count));
	arena_free(&scratch);
}

static bool next_known(struct meet *meet, size_t *ret_column)
{
	for (; meet->pair_at < meet->pair_count; meet->pair_at++) {
		const struct glob_pair *pair = &meet->pairs[meet->pair_at];
		if (pair->first > meet->row)
			return false;
		if (pair->first < meet->row || pair->second < meet->next)
			continue;
		meet->pair_at++;
		*ret_column = pair->second;
		return limits_spend(meet->unit->limits, LOOK_COST);
	}
	return false;
}

bool meet_next(struct meet *meet, size_t *ret_column)
{
	if (meet->misses > MISSES_MAX && !meet->walked)
		walk(meet);
	if (meet->is_known)
		return next_known(meet, ret_column);
	if (meet->next == meet->columns->count || !limits_spend(meet->unit->limits, LOOK_COST))
		return false;
	*ret_column = meet->next++;
	return true;
}

void meet_missed(struct meet *meet)
{
	meet->misses++;
}
