/*
 * Building the automaton, and walking along one path. The walk over all paths is in
 * union_pairs.c.
 */

#include "policy/glob/union_private.h"

#include <stdlib.h>

struct glob_union *glob_union_new(struct arena *arena, size_t count)
{
	struct glob_union *all = arena_new(arena, struct glob_union);
	all->arena = arena;
	all->glob_count = count;
	all->same = arena_array(arena, count, sizeof(*all->same));
	all->sides = arena_array(arena, count, sizeof(*all->sides));
	all->globs = arena_array(arena, count, sizeof(*all->globs));
	all->set_cap = 16;
	all->sets = arena_array(arena, all->set_cap, sizeof(*all->sets));
	memcpy(all->sets, glob_fixed_sets, sizeof(glob_fixed_sets));
	all->set_count = SET_FIXED;
	union_place(all, (struct place){.kind = PLACE_STEP});
	return all;
}

uint32_t union_place(struct glob_union *all, struct place place)
{
	if (all->count == all->cap) {
		uint32_t cap = all->cap ? all->cap * 2 : 64;
		struct place *more = arena_bytes(all->arena, cap * sizeof(*more));
		if (all->count > 0)
			memcpy(more, all->places, all->count * sizeof(*more));
		all->places = more;
		all->cap = cap;
	}
	all->places[all->count] = place;
	return all->count++;
}

static uint32_t set_number(struct glob_union *all, const struct byte_set *set)
{
	enum { COMMON = 32 }; /* sets that are looked for; a second copy does no harm */
	uint32_t from = all->set_count > COMMON ? all->set_count - COMMON : 0;
	for (uint32_t i = 0; i < SET_FIXED; i++)
		if (set_eq(&all->sets[i], set))
			return i;
	for (uint32_t i = from; i < all->set_count; i++)
		if (set_eq(&all->sets[i], set))
			return i;
	if (all->set_count == all->set_cap) {
		struct byte_set *more =
			arena_bytes(all->arena, (size_t)all->set_cap * 2 * sizeof(*more));
		memcpy(more, all->sets, all->set_count * sizeof(*more));
		all->sets = more;
		all->set_cap *= 2;
	}
	all->sets[all->set_count] = *set;
	return all->set_count++;
}

/* What an op of a glob waits for; what follows it is not known yet. */
static struct place place_of(struct glob_union *all, const struct glob *glob, const struct op *op)
{
	switch ((enum op_kind)op->kind) {
	case OP_BYTE:
		return (struct place){.kind = PLACE_BYTE, .byte = op->byte};
	case OP_SET:
		return (struct place){
			.kind = PLACE_SET, .set = set_number(all, &glob->sets[op->set])};
	case OP_LOOP:
		return (struct place){
			.kind = PLACE_LOOP, .set = set_number(all, &glob->sets[op->set])};
	case OP_MATCH:
		return (struct place){.kind = PLACE_END};
	case OP_REST:
		return (struct place){.kind = PLACE_REST};
	case OP_ALT:
	case OP_JUMP:
		break;
	}
	return (struct place){.kind = PLACE_STEP};
}

/* The place like this one behind another, which is made if need be. */
static uint32_t child(struct glob_union *all, uint32_t of, struct place place, int sides)
{
	enum { LOOKED_AT = 300 }; /* more than there are bytes */
	uint32_t at = all->places[of].list;
	for (unsigned i = 0; at && i < LOOKED_AT; i++, at = all->places[at].next) {
		struct place *old = &all->places[at];
		if (old->kind != place.kind || old->byte != place.byte || old->set != place.set)
			continue;
		old->sides |= (uint8_t)sides;
		return at;
	}
	place.sides = (uint8_t)sides;
	place.next = all->places[of].list;
	place.glob = NO_GLOB;
	at = union_place(all, place);
	all->places[of].list = at;
	return at;
}

/* The op behind the alternation that starts at an op: nothing inside leads further than there. */
static uint32_t group_end(const struct glob *glob, uint32_t from)
{
	uint32_t end = from + 1;
	for (uint32_t i = from; i < end; i++) {
		const struct op *op = &glob->ops[i];
		if ((op->kind == OP_ALT || op->kind == OP_JUMP) && op->to > end)
			end = op->to;
	}
	return end;
}

static bool op_eq(
	const struct glob *a, uint32_t a_from, const struct glob *b, uint32_t b_from, uint32_t i)
{
	const struct op *x = &a->ops[a_from + i], *y = &b->ops[b_from + i];
	if (x->kind != y->kind)
		return false;
	switch ((enum op_kind)x->kind) {
	case OP_BYTE:
		return x->byte == y->byte;
	case OP_SET:
	case OP_LOOP:
		return set_eq(&a->sets[x->set], &b->sets[y->set]);
	case OP_ALT:
	case OP_JUMP:
		return x->to - a_from == y->to - b_from;
	case OP_MATCH:
	case OP_REST:
		break;
	}
	return true;
}

static bool is_group(
	const struct group_of *group, const struct glob *glob, uint32_t from, uint32_t len)
{
	if (group->len != len)
		return false;
	for (uint32_t i = 0; i < len; i++)
		if (!op_eq(group->glob, group->from, glob, from, i))
			return false;
	return true;
}

/* A group that stands behind a place already, or NULL. */
static const struct group_of *find_group(const struct glob_union *all, uint32_t behind,
	const struct glob *glob, uint32_t from, uint32_t len)
{
	enum { LOOKED_AT = 16 };
	uint32_t at = all->places[behind].list;
	for (unsigned i = 0; at && i < LOOKED_AT; i++, at = all->places[at].next) {
		const struct group_of *group = all->places[at].kind == PLACE_STEP
						       ? &all->groups[all->places[at].set]
						       : NULL;
		if (group && is_group(group, glob, from, len))
			return group;
	}
	return NULL;
}

static uint32_t group_new(struct glob_union *all, struct group_of group)
{
	if (all->group_count == all->group_cap) {
		uint32_t cap = all->group_cap ? all->group_cap * 2 : 16;
		struct group_of *more = arena_bytes(all->arena, cap * sizeof(*more));
		if (all->group_count > 0)
			memcpy(more, all->groups, all->group_count * sizeof(*more));
		all->groups = more;
		all->group_cap = cap;
	}
	all->groups[all->group_count] = group;
	return all->group_count++;
}

/* The places of an alternation, between one that leads into it and one that leads out. */
static uint32_t lay_group(struct glob_union *all, uint32_t behind, const struct glob *glob,
	uint32_t from, uint32_t len, int sides)
{
	uint32_t base = all->count + 1, exit = base + len;
	struct group_of group = {.glob = glob, .from = from, .len = len, .exit = exit};
	struct place entry = {.kind = PLACE_STEP, .sides = (uint8_t)sides, .glob = NO_GLOB};
	entry.set = group_new(all, group);
	entry.jump = base;
	entry.next = all->places[behind].list;
	union_place(all, entry);
	all->places[behind].list = base - 1;
	for (uint32_t i = 0; i < len; i++) {
		const struct op *op = &glob->ops[from + i];
		struct place place = place_of(all, glob, op);
		/* What follows the alternation knows whose end it is. */
		if (op->kind == OP_REST)
			place = (struct place){.kind = PLACE_LOOP, .set = SET_ANY};
		place.sides = (uint8_t)sides;
		place.glob = NO_GLOB;
		place.jump = op->kind == OP_JUMP ? base + op->to - from : base + i + 1;
		if (op->kind == OP_ALT)
			place.alt = base + op->to - from;
		union_place(all, place);
	}
	return union_place(
		all, (struct place){.kind = PLACE_STEP, .sides = (uint8_t)sides, .glob = NO_GLOB});
}

static uint32_t enter_group(struct glob_union *all, uint32_t behind, const struct glob *glob,
	uint32_t from, uint32_t len, int sides)
{
	const struct group_of *group = find_group(all, behind, glob, from, len);
	if (!group)
		return lay_group(all, behind, glob, from, len, sides);
	for (uint32_t at = group->exit - len - 1; at <= group->exit; at++)
		all->places[at].sides |= (uint8_t)sides;
	return group->exit;
}

void glob_union_add(struct glob_union *all, const struct glob *glob, uint32_t number, int sides)
{
	uint32_t at = 0, i = 0;
	all->places[0].sides |= (uint8_t)sides;
	all->sides[number] = (uint8_t)sides;
	all->globs[number] = glob;
	for (size_t k = 0; k < glob->head; k++) {
		uint8_t byte = (uint8_t)glob->prefix.at[k];
		all->slashes |= byte == '/' && k > 0 && glob->prefix.at[k - 1] == '/';
		at = child(all, at, (struct place){.kind = PLACE_BYTE, .byte = byte}, sides);
	}
	for (;;) {
		const struct op *op = &glob->ops[i];
		if (op->kind == OP_ALT || op->kind == OP_JUMP) {
			uint32_t end = group_end(glob, i);
			at = enter_group(all, at, glob, i, end - i, sides);
			i = end;
			continue;
		}
		at = child(all, at, place_of(all, glob, op), sides);
		if (op->kind == OP_MATCH || op->kind == OP_REST)
			break;
		i++;
	}
	all->same[number] = all->places[at].glob;
	all->places[at].glob = number;
}

size_t glob_union_bytes(const struct glob_union *all)
{
	return all->arena->used;
}

/* Sets of places. */

void front_init(struct front *front, struct glob_union *all)
{
	if (front->cap < all->count) {
		front->cap = all->count;
		front->seen = arena_array(all->arena, front->cap, sizeof(*front->seen));
		front->places = arena_array(all->arena, front->cap, sizeof(*front->places));
		front->stack = arena_array(all->arena, front->cap, sizeof(*front->stack));
		front->turn = 0;
	}
	front->count = front->looked = 0;
	if (++front->turn == 0) { /* the numbers of turns are used up */
		memset(front->seen, 0, front->cap * sizeof(*front->seen));
		front->turn = 1;
	}
}

static void see(struct front *front, uint32_t *height, uint32_t at)
{
	front->looked++;
	if (front->seen[at] == front->turn)
		return;
	front->seen[at] = front->turn;
	front->stack[(*height)++] = at;
}

static void see_following(
	const struct glob_union *all, struct front *front, uint32_t *height, uint32_t of)
{
	const struct place *place = &all->places[of];
	if (place->jump)
		see(front, height, place->jump);
	if (place->alt)
		see(front, height, place->alt);
	for (uint32_t at = place->list; at; at = all->places[at].next)
		see(front, height, at);
}

void front_enter(const struct glob_union *all, struct front *front, uint32_t behind)
{
	uint32_t height = 0;
	see_following(all, front, &height, behind);
	while (height > 0) {
		uint32_t at = front->stack[--height];
		const struct place *place = &all->places[at];
		if (place->kind != PLACE_STEP)
			front->places[front->count++] = at;
		if (place->kind == PLACE_STEP || place->kind == PLACE_LOOP)
			see_following(all, front, &height, at);
	}
}

void front_stay(const struct glob_union *all, struct front *front, uint32_t at)
{
	if (front->seen[at] != front->turn) {
		front->seen[at] = front->turn;
		front->places[front->count++] = at;
	}
	if (all->places[at].kind == PLACE_LOOP)
		front_enter(all, front, at);
}

void front_below(struct glob_union *all, struct front *front, uint32_t at)
{
	uint32_t height = 0;
	front_init(front, all);
	see(front, &height, at);
	while (height > 0) {
		at = front->stack[--height];
		front->places[front->count++] = at;
		see_following(all, front, &height, at);
	}
}

/* Matching one path. */

static int by_number(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return a < b ? -1 : a > b;
}

static void add_ends(struct glob_union *all, uint32_t at, size_t *count)
{
	for (uint32_t glob = all->places[at].glob; glob != NO_GLOB; glob = all->same[glob])
		if (!all->found_seen[glob]) {
			all->found_seen[glob] = true;
			all->found[(*count)++] = glob;
		}
}

bool glob_union_match(struct glob_union *all, const struct limits *limits, struct slice path,
	const uint32_t **ret_numbers, size_t *ret_count)
{
	struct front *now = &all->fronts[0], *next = &all->fronts[1];
	size_t count = 0;
	if (!all->found) {
		all->found = arena_array(all->arena, all->glob_count, sizeof(*all->found));
		all->found_seen = arena_array(all->arena, all->glob_count, sizeof(bool));
	}
	front_init(now, all);
	front_enter(all, now, 0);
	for (size_t i = 0; i < path.len && now->count > 0; i++) {
		front_init(next, all);
		for (uint32_t k = 0; k < now->count; k++)
			front_step(all, next, now->places[k], (uint8_t)path.at[i]);
		struct front *swap = now;
		if (!limits_spend(limits, now->count + next->looked))
			return false;
		now = next;
		next = swap;
	}
	for (uint32_t k = 0; k < now->count; k++)
		if (place_accepts(&all->places[now->places[k]]))
			add_ends(all, now->places[k], &count);
	for (size_t i = 0; i < count; i++)
		all->found_seen[all->found[i]] = false;
	qsort(all->found, count, sizeof(*all->found), by_number);
	*ret_numbers = all->found;
	*ret_count = count;
	return true;
}
