/*
 * The walk over all paths at once: subset construction, breadth first, as far as globs of both
 * sides can still match. Where globs of both match, they are a pair. A glob that matches whatever
 * follows, or nearly so, is paired at once with all that still can; going on with it would multiply
 * the states.
 * For the same reason a state keeps no place whose globs need other numbers of slashes until their
 * end than all of the other side: after /x5/y in the name that follows x5/, of
 *
 *     / ** /x5/ *     first side, 0 more      dropped
 *     / ** /y6/ *a    second side, 1 more     nothing is left to pair it with
 *
 *
 * Paths never hold "//", so that a state knows whether the byte before was '/'.
 */

#include "policy/glob/union_private.h"

#include <stdlib.h>

enum {
	GREEDY_MAX = 4,
	PAIRS_MAX = 1 << 19,
	WALK_MAX = 1 << 30, /* steps, whatever the limits are */
	STEP_COST = 8,	    /* of one byte of one state, in places looked at */
};

struct pair_state {
	const uint32_t *places; /* sorted */
	uint32_t count, hash;
	bool after_slash;
};

/* A hash table of pairs + 1. */
struct pair_set {
	uint64_t *at;
	size_t count, size;
};

struct walk {
	struct glob_union *all;
	struct arena *arena; /* scratch */
	const struct limits *limits;
	struct pair_state *states;
	uint32_t count, cap;
	uint32_t *table; /* hash table of state numbers + 1 */
	size_t table_size;
	struct pair_set pairs;	    /* of globs */
	struct pair_set greedy;	    /* of places whose globs are paired: a greedy one and another */
	uint32_t *firsts, *seconds; /* what matches at a state */
	struct front below;	    /* all that follows a place */
	/* By side and place: bit i when i slashes can follow until an end; the last one and more */
	uint64_t *slashes[2];
	uint8_t *ends; /* how many are behind a place, up to GREEDY_MAX + 1 */
	size_t spent;
};

/* Whether the limits allow as much as was spent. */
static bool is_affordable(const struct walk *w)
{
	return w->arena->used <= w->limits->glob_bytes && w->spent <= WALK_MAX &&
	       (!w->limits->work || w->spent <= *w->limits->work);
}

/* Pairs. */

static size_t slot_of(const struct pair_set *set, uint64_t pair)
{
	size_t at = (pair * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (set->size - 1);
	while (set->at[at] && set->at[at] != pair + 1)
		at = (at + 1) & (set->size - 1);
	return at;
}

/* false when the pair is there already. */
static bool add_pair(struct walk *w, struct pair_set *set, uint32_t first, uint32_t second)
{
	uint64_t pair = (uint64_t)first << 32 | second;
	if (set->count * 2 >= set->size) {
		struct pair_set more = {.size = set->size ? set->size * 2 : 256};
		more.at = arena_array(w->arena, more.size, sizeof(*more.at));
		for (size_t i = 0; i < set->size; i++)
			if (set->at[i])
				more.at[slot_of(&more, set->at[i] - 1)] = set->at[i];
		more.count = set->count;
		*set = more;
	}
	size_t at = slot_of(set, pair);
	if (set->at[at])
		return false;
	set->at[at] = pair + 1;
	set->count++;
	return true;
}

/* Pairs of globs of both sides, whichever is the first. */
static void pair_globs(struct walk *w, uint32_t a, uint32_t b)
{
	const uint8_t *sides = w->all->sides;
	if (globs_apart(w->all->globs[a], w->all->globs[b]))
		return;
	if ((sides[a] & UNION_FIRST) && (sides[b] & UNION_SECOND))
		add_pair(w, &w->pairs, a, b);
	if ((sides[b] & UNION_FIRST) && (sides[a] & UNION_SECOND))
		add_pair(w, &w->pairs, b, a);
}

/*
 * Whether a place takes so much of what can follow that the states are not to remember it: the end
 * of `/etc/` `**`, the stars of a few globs such as `/etc/` `**.conf`. Not those that many share.
 */
static bool is_greedy(const struct walk *w, uint32_t at)
{
	const struct place *place = &w->all->places[at];
	if (place->kind == PLACE_REST)
		return true;
	return place->kind == PLACE_LOOP && place->set == SET_ANY && w->ends[at] <= GREEDY_MAX;
}

/* Pairs the globs whose ends are at the first place or behind it with those of the second. */
static bool pair_places(struct walk *w, uint32_t greedy, uint32_t with)
{
	const struct glob_union *all = w->all;
	uint32_t few[GREEDY_MAX * 2];
	size_t count = 0;
	front_below(w->all, &w->below, greedy);
	for (uint32_t i = 0; i < w->below.count; i++) {
		const struct place *place = &all->places[w->below.places[i]];
		if (place_accepts(place) && count < sizeof(few) / sizeof(*few))
			few[count++] = place->glob;
	}
	w->spent += w->below.looked;
	front_below(w->all, &w->below, with);
	w->spent += w->below.looked;
	for (uint32_t i = 0; i < w->below.count; i++) {
		const struct place *place = &all->places[w->below.places[i]];
		uint32_t glob = place_accepts(place) ? place->glob : NO_GLOB;
		for (; glob != NO_GLOB; glob = all->same[glob])
			for (size_t k = 0; k < count; k++)
				for (uint32_t g = few[k]; g != NO_GLOB; g = all->same[g]) {
					w->spent += STEP_COST;
					pair_globs(w, g, glob);
					if (w->pairs.count > PAIRS_MAX || !is_affordable(w))
						return false;
				}
	}
	return is_affordable(w);
}

/* Takes the greedy places out of a front: their globs are paired with all that is left. */
static bool take_greedy(struct walk *w, struct front *front)
{
	uint32_t count = 0, kept = 0;
	for (uint32_t i = 0; i < front->count; i++)
		count += is_greedy(w, front->places[i]);
	if (count == 0)
		return true;
	for (uint32_t i = 0; i < front->count; i++) {
		uint32_t greedy = front->places[i];
		if (!is_greedy(w, greedy))
			continue;
		w->spent += front->count;
		for (uint32_t k = 0; k < front->count; k++)
			if (add_pair(w, &w->greedy, greedy, front->places[k]) &&
				!pair_places(w, greedy, front->places[k]))
				return false;
	}
	for (uint32_t i = 0; i < front->count; i++)
		if (!is_greedy(w, front->places[i]))
			front->places[kept++] = front->places[i];
	front->count = kept;
	return true;
}

/* States. */

static int by_number(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return a < b ? -1 : a > b;
}

static void sort_places(uint32_t *places, uint32_t count)
{
	enum { FEW = 16 };
	if (count > FEW) {
		qsort(places, count, sizeof(*places), by_number);
		return;
	}
	for (uint32_t i = 1; i < count; i++) {
		uint32_t place = places[i], k = i;
		for (; k > 0 && places[k - 1] > place; k--)
			places[k] = places[k - 1];
		places[k] = place;
	}
}

static uint32_t hash_places(const uint32_t *places, uint32_t count, bool after_slash)
{
	uint32_t hash = after_slash ? 2166136261u : 40503u;
	for (uint32_t i = 0; i < count; i++)
		hash = (hash ^ places[i]) * 16777619u;
	return hash ^ hash >> 15;
}

static void grow_table(struct walk *w)
{
	w->table_size = w->table_size ? w->table_size * 4 : 1024;
	w->table = arena_array(w->arena, w->table_size, sizeof(*w->table));
	for (uint32_t i = 0; i < w->count; i++) {
		size_t at = w->states[i].hash & (w->table_size - 1);
		while (w->table[at])
			at = (at + 1) & (w->table_size - 1);
		w->table[at] = i + 1;
	}
}

static bool is_known(const struct walk *w, const struct pair_state *state)
{
	size_t at = state->hash & (w->table_size - 1);
	for (; w->table[at]; at = (at + 1) & (w->table_size - 1)) {
		const struct pair_state *old = &w->states[w->table[at] - 1];
		if (old->hash == state->hash && old->count == state->count &&
			old->after_slash == state->after_slash &&
			memcmp(old->places, state->places, state->count * sizeof(uint32_t)) == 0)
			return true;
	}
	return false;
}

static uint64_t more_slashes(uint64_t slashes)
{
	return slashes << 1 | (slashes & UINT64_C(1) << 63);
}

static uint64_t any_slashes(uint64_t slashes)
{
	return slashes ? ~((slashes & -slashes) - 1) : 0;
}

/* How many slashes can follow from a place on, when `after` are those behind it. */
static uint64_t slashes_from(const struct walk *w, const struct place *place, uint64_t after)
{
	const struct byte_set *set = &w->all->sets[place->set];
	switch ((enum place_kind)place->kind) {
	case PLACE_BYTE:
		return place->byte == '/' ? more_slashes(after) : after;
	case PLACE_SET:
		if (!set_has(set, '/'))
			return after;
		return set_size(set) > 1 ? after | more_slashes(after) : more_slashes(after);
	case PLACE_LOOP:
		return set_has(set, '/') ? any_slashes(after) : after;
	case PLACE_STEP:
		return after;
	case PLACE_END:
		return 1;
	case PLACE_REST:
		return UINT64_MAX;
	}
	return after;
}

/* Whatever follows a place has a higher number. */
static void count_slashes(struct walk *w, int side)
{
	const struct glob_union *all = w->all;
	uint64_t *slashes = arena_array(w->arena, all->count, sizeof(*slashes));
	for (uint32_t at = all->count; at-- > 0;) {
		const struct place *place = &all->places[at];
		uint64_t after = (place->jump ? slashes[place->jump] : 0) |
				 (place->alt ? slashes[place->alt] : 0);
		for (uint32_t next = place->list; next; next = all->places[next].next)
			after |= slashes[next];
		if (place->sides & (1 << side))
			slashes[at] = slashes_from(w, place, after);
	}
	w->slashes[side] = slashes;
	w->spent += all->count;
}

static void count_ends(struct walk *w)
{
	const struct glob_union *all = w->all;
	w->ends = arena_array(w->arena, all->count, sizeof(*w->ends));
	for (uint32_t at = all->count; at-- > 0;) {
		const struct place *place = &all->places[at];
		unsigned ends = place_accepts(place) + (place->jump ? w->ends[place->jump] : 0u) +
				(place->alt ? w->ends[place->alt] : 0u);
		for (uint32_t next = place->list; next && ends <= GREEDY_MAX;
			next = all->places[next].next)
			ends += w->ends[next];
		w->ends[at] = (uint8_t)(ends <= GREEDY_MAX ? ends : GREEDY_MAX + 1);
	}
}

/* Drops the places that can end with none of the other side. */
static void drop_apart(const struct walk *w, struct front *front)
{
	uint64_t slashes[2] = {0, 0};
	uint32_t kept = 0;
	for (uint32_t i = 0; i < front->count; i++)
		for (int side = 0; side < 2; side++)
			slashes[side] |= w->slashes[side][front->places[i]];
	for (uint32_t i = 0; i < front->count; i++) {
		uint32_t at = front->places[i];
		if ((w->slashes[0][at] & slashes[1]) || (w->slashes[1][at] & slashes[0]))
			front->places[kept++] = at;
	}
	front->count = kept;
}

/* Makes a state of a front, unless it is known or one side cannot match any more. */
static bool add_state(struct walk *w, struct front *front, bool after_slash)
{
	w->spent += front->count * 2 + STEP_COST;
	drop_apart(w, front);
	if (!take_greedy(w, front))
		return false;
	drop_apart(w, front);
	if (front->count == 0)
		return true;
	sort_places(front->places, front->count);
	struct pair_state state = {front->places, front->count,
		hash_places(front->places, front->count, after_slash), after_slash};
	if (w->count * (size_t)2 >= w->table_size)
		grow_table(w);
	if (is_known(w, &state))
		return true;
	size_t bytes = state.count * sizeof(*state.places), at = state.hash & (w->table_size - 1);
	uint32_t *places = arena_bytes(w->arena, bytes);
	memcpy(places, state.places, bytes);
	state.places = places;
	if (w->count == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 256;
		struct pair_state *more = arena_bytes(w->arena, w->cap * sizeof(*more));
		if (w->count > 0)
			memcpy(more, w->states, w->count * sizeof(*more));
		w->states = more;
	}
	while (w->table[at])
		at = (at + 1) & (w->table_size - 1);
	w->states[w->count++] = state;
	w->table[at] = w->count;
	return true;
}

/* The globs that match at a state, those of both sides twice. */
static void find_ends(
	const struct walk *w, const struct pair_state *state, size_t *ret_first, size_t *ret_second)
{
	size_t first = 0, second = 0, room = w->all->glob_count;
	for (uint32_t i = 0; i < state->count; i++) {
		const struct place *place = &w->all->places[state->places[i]];
		uint32_t glob = place_accepts(place) ? place->glob : NO_GLOB;
		for (; glob != NO_GLOB; glob = w->all->same[glob]) {
			if ((w->all->sides[glob] & UNION_FIRST) && first < room)
				w->firsts[first++] = glob;
			if ((w->all->sides[glob] & UNION_SECOND) && second < room)
				w->seconds[second++] = glob;
		}
	}
	*ret_first = first;
	*ret_second = second;
}

static bool collect_pairs(struct walk *w, const struct pair_state *state)
{
	size_t first, second;
	find_ends(w, state, &first, &second);
	for (size_t i = 0; i < first; i++) {
		w->spent += second + 1;
		if (w->pairs.count > PAIRS_MAX || !is_affordable(w))
			return false;
		for (size_t k = 0; k < second; k++)
			add_pair(w, &w->pairs, w->firsts[i], w->seconds[k]);
	}
	return true;
}

/* Bytes. */

/* The bytes that a state's places ask for by themselves, and those that stand for all others. */
static unsigned find_bytes(
	const struct glob_union *all, const struct pair_state *state, uint8_t bytes[static 256])
{
	enum { SETS = 64 };
	bool named[256] = {['/'] = true};
	uint32_t sets[SETS];
	unsigned set_count = 0, count = 0;
	bool many = false;
	for (uint32_t i = 0; i < state->count; i++) {
		const struct place *place = &all->places[state->places[i]];
		if (place->kind == PLACE_BYTE) {
			named[place->byte] = true;
		} else if ((place->kind == PLACE_SET || place->kind == PLACE_LOOP) &&
			   place->set >= SET_FIXED) {
			many |= set_count == SETS;
			sets[many ? 0 : set_count++] = many ? sets[0] : place->set;
		}
	}
	uint64_t kinds[256]; /* of the bytes without a name: in which of the sets they are */
	unsigned kind_count = 0;
	for (unsigned byte = 1; byte < 256; byte++) {
		uint64_t kind = 0;
		bool is_new = true;
		for (unsigned i = 0; i < set_count && !named[byte]; i++)
			kind |= (uint64_t)set_has(&all->sets[sets[i]], (uint8_t)byte) << i;
		for (unsigned i = 0; i < kind_count && !named[byte] && !many; i++)
			is_new &= kinds[i] != kind;
		if (!named[byte] && is_new)
			kinds[kind_count++] = kind;
		if (named[byte] || is_new)
			bytes[count++] = (uint8_t)byte;
	}
	return count;
}

static bool leave_state(struct walk *w, uint32_t number)
{
	struct pair_state state = w->states[number];
	uint8_t bytes[256];
	if (!collect_pairs(w, &state))
		return false;
	unsigned count = find_bytes(w->all, &state, bytes);
	w->spent += 256;
	for (unsigned i = 0; i < count; i++) {
		struct front *front = &w->all->fronts[0];
		if (state.after_slash && bytes[i] == '/')
			continue;
		front_init(front, w->all);
		for (uint32_t k = 0; k < state.count; k++)
			front_step(w->all, front, state.places[k], bytes[i]);
		w->spent += state.count + front->looked;
		if (front->count > 0 && !add_state(w, front, bytes[i] == '/'))
			return false;
		if (!is_affordable(w))
			return false;
	}
	return true;
}

static bool walk_all(struct walk *w)
{
	struct front *front = &w->all->fronts[0];
	front_init(front, w->all);
	count_slashes(w, 0);
	count_slashes(w, 1);
	count_ends(w);
	front_enter(w->all, front, 0);
	if (!add_state(w, front, false))
		return false;
	for (uint32_t i = 0; i < w->count; i++)
		if (!leave_state(w, i))
			return false;
	return true;
}

/* The outcome. */

static int by_pair(const void *left, const void *right)
{
	const struct glob_pair *a = left, *b = right;
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return a->second < b->second ? -1 : a->second > b->second;
}

static void give_pairs(
	const struct walk *w, struct arena *arena, struct glob_pair **ret_pairs, size_t *ret_count)
{
	struct glob_pair *pairs = arena_array(arena, w->pairs.count, sizeof(*pairs));
	size_t count = 0;
	for (size_t i = 0; i < w->pairs.size; i++) {
		uint64_t pair = w->pairs.at[i] - 1;
		if (w->pairs.at[i])
			pairs[count++] = (struct glob_pair){(uint32_t)(pair >> 32), (uint32_t)pair};
	}
	qsort(pairs, count, sizeof(*pairs), by_pair);
	*ret_pairs = pairs;
	*ret_count = count;
}

enum glob_answer glob_union_pairs(struct glob_union *all, struct arena *arena,
	const struct limits *limits, struct glob_pair **ret_pairs, size_t *ret_count)
{
	struct arena scratch;
	arena_init(&scratch, arena->out_of_memory);
	struct walk w = {.all = all, .arena = &scratch, .limits = limits};
	w.firsts = arena_array(&scratch, all->glob_count, sizeof(*w.firsts));
	w.seconds = arena_array(&scratch, all->glob_count, sizeof(*w.seconds));
	/* A literal that spells "//" is taken at its word, which one walk cannot do. */
	bool done = !all->slashes && walk_all(&w);
	if (done)
		give_pairs(&w, arena, ret_pairs, ret_count);
	if (limits->work)
		*limits->work -= w.spent < *limits->work ? w.spent : *limits->work;
	arena_free(&scratch);
	return done ? GLOB_YES : GLOB_TOO_COMPLEX;
}
