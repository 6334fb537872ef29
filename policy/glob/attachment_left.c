/*
 * What others leave to an attachment: a walk, breadth first, through its automaton and those of the
 * others side by side, to a program that it alone accepts. A path counts as the automaton of its
 * bytes.
 */

#include "policy/glob/attachment_private.h"

#include "policy/glob/private.h"

/* Others that are followed; those beyond them are asked about what was found. */
enum { FOLLOWED_MOST = 64 };

struct spot {
	uint32_t parent, next_same; /* next_same: + 1 */
	uint32_t states[1 + FOLLOWED_MOST];
	uint8_t byte;
	bool after_slash;
};

enum { TABLE_SIZE = 1 << 12 };

struct walk {
	struct arena *arena; /* scratch */
	const struct attachment *sides[1 + FOLLOWED_MOST];
	size_t side_count;
	const struct attachment *const *by;
	size_t by_count;
	struct spot *spots;
	size_t count, cap, limit;
	uint32_t *table;
	uint8_t bytes[255];
	unsigned byte_count;
};

static struct slice literal_of(const struct attachment *attachment)
{
	return attachment->is_name ? attachment->text : attachment->glob->prefix;
}

/* The states of a literal: 1 + the bytes so far. 0 is nowhere, for good. */
static uint32_t step_side(const struct attachment *side, uint32_t state, uint8_t byte)
{
	if (state == 0)
		return 0;
	if (!attachment_is_literal(side))
		return small_step(side->automaton, state, byte);
	struct slice text = literal_of(side);
	return state <= text.len && (uint8_t)text.at[state - 1] == byte ? state + 1 : 0;
}

static bool is_accepted(const struct attachment *side, uint32_t state)
{
	if (!attachment_is_literal(side))
		return state && side->automaton->accepts[state];
	return state == literal_of(side).len + 1;
}

static bool treats_alike(const struct attachment *side, uint8_t a, uint8_t b)
{
	if (!attachment_is_literal(side))
		return side->automaton->class_of[a] == side->automaton->class_of[b];
	return !slice_has(literal_of(side), (char)a) && !slice_has(literal_of(side), (char)b);
}

static bool all_treat_alike(const struct walk *walk, uint8_t a, uint8_t b)
{
	for (size_t i = 0; i < walk->side_count; i++)
		if (!treats_alike(walk->sides[i], a, b))
			return false;
	return a != '/' && b != '/';
}

/* One byte of each kind, those that read well first. */
static void find_bytes(struct walk *walk)
{
	for (int rank = 0; rank < 255; rank++) {
		uint8_t byte = pleasant_byte(rank);
		unsigned at = 0;
		while (at < walk->byte_count && !all_treat_alike(walk, walk->bytes[at], byte))
			at++;
		if (at == walk->byte_count)
			walk->bytes[walk->byte_count++] = byte;
	}
}

static size_t hash_of(const struct walk *walk, const struct spot *spot)
{
	uint32_t hash = spot->after_slash;
	for (size_t i = 0; i < walk->side_count; i++)
		hash = hash * 2654435761u + spot->states[i];
	return (hash ^ hash >> 15) % TABLE_SIZE;
}

static bool is_same(const struct walk *walk, const struct spot *a, const struct spot *b)
{
	return a->after_slash == b->after_slash &&
	       memcmp(a->states, b->states, walk->side_count * sizeof(a->states[0])) == 0;
}

/* false when there are too many. */
static bool add_spot(struct walk *walk, struct spot spot)
{
	uint32_t *slot = &walk->table[hash_of(walk, &spot)];
	for (uint32_t at = *slot; at; at = walk->spots[at - 1].next_same)
		if (is_same(walk, &walk->spots[at - 1], &spot))
			return true;
	if (walk->count >= walk->limit)
		return false;
	if (walk->count == walk->cap) {
		size_t cap = walk->cap ? walk->cap * 2 : 64;
		struct spot *spots = arena_array(walk->arena, cap, sizeof(*spots));
		if (walk->count > 0)
			memcpy(spots, walk->spots, walk->count * sizeof(*spots));
		walk->spots = spots;
		walk->cap = cap;
	}
	spot.next_same = *slot;
	walk->spots[walk->count++] = spot;
	*slot = (uint32_t)walk->count;
	return true;
}

static bool step(struct walk *walk, size_t from, uint8_t byte)
{
	struct spot spot = walk->spots[from];
	if (spot.after_slash && byte == '/')
		return true;
	for (size_t i = 0; i < walk->side_count; i++)
		spot.states[i] = step_side(walk->sides[i], spot.states[i], byte);
	spot.parent = (uint32_t)from;
	spot.byte = byte;
	spot.after_slash = byte == '/';
	return spot.states[0] == 0 || add_spot(walk, spot);
}

static struct slice path_to(const struct walk *walk, size_t at, struct arena *arena)
{
	size_t len = 0;
	for (size_t i = at; i != 0; i = walk->spots[i].parent)
		len++;
	char *path = arena_alloc(arena, len + 1), *to = path + len;
	*to = '\0';
	for (; at != 0; at = walk->spots[at].parent)
		*--to = (char)walk->spots[at].byte;
	return slice_of(path, len);
}

/* Whether the first side alone accepts what leads here. */
static bool is_left(
	const struct walk *walk, size_t at, struct arena *arena, struct slice *ret_program)
{
	const struct spot *spot = &walk->spots[at];
	if (spot->after_slash || !is_accepted(walk->sides[0], spot->states[0]))
		return false;
	for (size_t i = 1; i < walk->side_count; i++)
		if (is_accepted(walk->sides[i], spot->states[i]))
			return false;
	struct slice program = path_to(walk, at, arena);
	for (size_t i = 0; i < walk->by_count; i++)
		if (attachment_matches(walk->by[i], program))
			return false;
	*ret_program = program;
	return true;
}

static bool search(struct walk *walk, struct arena *arena, struct slice *ret_program)
{
	struct spot start = {0};
	for (size_t i = 0; i < walk->side_count; i++)
		start.states[i] = 1;
	find_bytes(walk);
	walk->table = arena_array(walk->arena, TABLE_SIZE, sizeof(*walk->table));
	add_spot(walk, start);
	for (size_t at = 0; at < walk->count; at++) {
		if (is_left(walk, at, arena, ret_program))
			return true;
		for (unsigned i = 0; i < walk->byte_count; i++)
			if (!step(walk, at, walk->bytes[i]))
				return false;
	}
	return false;
}

static bool can_be_followed(const struct attachment *attachment)
{
	return attachment_is_literal(attachment) || attachment->automaton;
}

bool attachment_leaves(struct arena *arena, const struct limits *limits, const struct attachment *a,
	const struct attachment *const *by, size_t count, struct slice *ret_program)
{
	struct arena scratch;
	struct walk walk = {.arena = &scratch,
		.sides = {a},
		.side_count = 1,
		.by = by,
		.by_count = count,
		.limit = limits->glob_states};
	for (size_t i = 0; i < count && walk.side_count <= FOLLOWED_MOST; i++)
		if (can_be_followed(by[i]))
			walk.sides[walk.side_count++] = by[i];
	if (!can_be_followed(a))
		return false;
	arena_init(&scratch, arena->out_of_memory);
	bool leaves = search(&walk, arena, ret_program);
	arena_free(&scratch);
	return leaves;
}
