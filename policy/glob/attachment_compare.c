/*
 * All programs that two attachments match: a walk through both automata side by side, breadth
 * first, once for each kind of kernel. While both count, they count the same; so a step is
 * described by its two states and, as long as one still counts, by the number of bytes.
 */

#include "policy/glob/attachment_private.h"

#include "policy/glob/private.h"

/* One side: it counts until it stops. */
struct side {
	uint32_t state;
	bool stopped;
	struct count count; /* when stopped */
};

/* Both stopped: the states and the verdict are all that matters. */
struct place {
	struct side a, b;
	uint32_t index; /* bytes so far; 0 when both stopped */
	enum verdict verdict;
	bool after_slash;
};

struct spot {
	struct place place;
	uint32_t parent, next_same; /* next_same: + 1 */
	uint8_t byte;
};

struct pair {
	struct arena *arena; /* scratch */
	const struct attachment *a, *b;
	enum kernel_kind kind;
	struct spot *spots;
	uint32_t count, cap, limit;
	uint32_t *table;
	uint8_t bytes[255]; /* one byte for all that both automata treat alike */
	unsigned byte_count;
};

/* What was found, of all kinds of kernels together. */
struct findings {
	bool seen[4]; /* by verdict */
	struct slice witness[4];
	bool gave_up;
};

enum { TABLE_SIZE = 1 << 14 };

static void side_step(const struct small_automaton *automaton, enum kernel_kind kind,
	struct side *side, uint32_t index, uint32_t to)
{
	uint32_t from = side->state, least = automaton->depth[to];
	side->state = to;
	if (side->stopped || edge_ascends(automaton, from, to))
		return;
	if (to == from) {
		side->stopped = true;
		side->count = (struct count){index, index};
		return;
	}
	uint32_t missed = count_missed(kind, index);
	if (!automaton->numbered) {
		side->count = (struct count){0, UINT32_MAX};
	} else if (automaton->cyclic[from] && automaton->cyclic[to]) {
		/* Perhaps it was here before, after no fewer bytes than it takes. */
		if (kind != KERNEL_FIXED && missed < least)
			least = missed;
		side->count = (struct count){least, UINT32_MAX};
	} else if (kind == KERNEL_FIXED) {
		return;
	} else {
		side->count = (struct count){missed, missed};
	}
	side->stopped = true;
}

static struct count side_count(const struct side *side, uint32_t index)
{
	return side->stopped ? side->count : (struct count){index, index};
}

static enum verdict place_verdict(const struct pair *pair, const struct place *place)
{
	if (place->a.stopped && place->b.stopped)
		return place->verdict;
	return count_judge(side_count(&place->a, place->index), pair->a->least,
		side_count(&place->b, place->index), pair->b->least);
}

/* Forgets what no longer matters. */
static void settle(const struct pair *pair, struct place *place)
{
	if (!place->a.stopped || !place->b.stopped)
		return;
	if (place->index > 0)
		place->verdict =
			count_judge(place->a.count, pair->a->least, place->b.count, pair->b->least);
	place->a.count = place->b.count = (struct count){0, 0};
	place->index = 0;
}

static bool side_eq(const struct side *a, const struct side *b)
{
	return a->state == b->state && a->stopped == b->stopped && a->count.low == b->count.low &&
	       a->count.high == b->count.high;
}

static bool place_eq(const struct place *a, const struct place *b)
{
	return side_eq(&a->a, &b->a) && side_eq(&a->b, &b->b) && a->index == b->index &&
	       a->verdict == b->verdict && a->after_slash == b->after_slash;
}

static uint32_t place_hash(const struct place *place)
{
	uint32_t hash = place->a.state * 2654435761u + place->b.state;
	hash = hash * 2654435761u + place->index * 4 + (uint32_t)place->verdict;
	hash = hash * 2654435761u + place->a.count.low * 31 + place->b.count.low;
	return (hash ^ hash >> 15) % TABLE_SIZE;
}

/* false when there are too many. */
static bool add_place(struct pair *pair, struct place place, uint32_t parent, uint8_t byte)
{
	uint32_t *slot = &pair->table[place_hash(&place)];
	for (uint32_t at = *slot; at; at = pair->spots[at - 1].next_same)
		if (place_eq(&pair->spots[at - 1].place, &place))
			return true;
	if (pair->count >= pair->limit)
		return false;
	if (pair->count == pair->cap) {
		uint32_t cap = pair->cap ? pair->cap * 2 : 256;
		struct spot *spots = arena_array(pair->arena, cap, sizeof(*spots));
		if (pair->count > 0)
			memcpy(spots, pair->spots, pair->count * sizeof(*spots));
		pair->spots = spots;
		pair->cap = cap;
	}
	pair->spots[pair->count++] = (struct spot){place, parent, *slot, byte};
	*slot = pair->count;
	return true;
}

static struct slice path_to(const struct pair *pair, uint32_t at, struct arena *arena)
{
	size_t len = 0;
	for (uint32_t i = at; i != 0; i = pair->spots[i].parent)
		len++;
	char *path = arena_alloc(arena, len + 1), *to = path + len;
	for (; at != 0; at = pair->spots[at].parent)
		*--to = (char)pair->spots[at].byte;
	return slice_of(path, len);
}

/* One byte of each kind, those that read well first. */
static void find_bytes(struct pair *pair)
{
	const struct small_automaton *a = pair->a->automaton, *b = pair->b->automaton;
	bool *seen = arena_array(pair->arena, (size_t)a->classes * b->classes, sizeof(*seen));
	for (int rank = 0; rank < 255; rank++) {
		uint8_t byte = pleasant_byte(rank);
		size_t at = (size_t)a->class_of[byte] * b->classes + b->class_of[byte];
		if (seen[at] && byte != '/')
			continue;
		seen[at] |= byte != '/';
		pair->bytes[pair->byte_count++] = byte;
	}
}

static bool step(struct pair *pair, uint32_t from, uint8_t byte)
{
	struct place place = pair->spots[from].place;
	if (place.after_slash && byte == '/')
		return true;
	uint32_t a = small_step(pair->a->automaton, place.a.state, byte);
	uint32_t b = small_step(pair->b->automaton, place.b.state, byte);
	if (!a || !b)
		return true;
	side_step(pair->a->automaton, pair->kind, &place.a, place.index, a);
	side_step(pair->b->automaton, pair->kind, &place.b, place.index, b);
	if (!pair->spots[from].place.a.stopped || !pair->spots[from].place.b.stopped) {
		place.index++;
		settle(pair, &place);
	}
	place.after_slash = byte == '/';
	return add_place(pair, place, from, byte);
}

static void note(struct pair *pair, uint32_t at, struct arena *arena, struct findings *findings)
{
	const struct place *place = &pair->spots[at].place;
	if (place->after_slash || !pair->a->automaton->accepts[place->a.state] ||
		!pair->b->automaton->accepts[place->b.state])
		return;
	enum verdict verdict = place_verdict(pair, place);
	if (findings->seen[verdict])
		return;
	findings->seen[verdict] = true;
	findings->witness[verdict] = path_to(pair, at, arena);
}

static void search(struct pair *pair, struct arena *arena, struct findings *findings)
{
	struct side start = {.state = 1};
	find_bytes(pair);
	pair->table = arena_array(pair->arena, TABLE_SIZE, sizeof(*pair->table));
	add_place(pair, (struct place){.a = start, .b = start}, 0, 0);
	for (uint32_t at = 0; at < pair->count && !findings->seen[VERDICT_NEITHER]; at++) {
		note(pair, at, arena, findings);
		for (unsigned i = 0; i < pair->byte_count; i++) {
			if (step(pair, at, pair->bytes[i]))
				continue;
			findings->gave_up = true;
			return;
		}
	}
}

static enum attachment_order conclude(const struct findings *findings, struct slice *ret_witness)
{
	static const enum verdict by_weight[] = {
		VERDICT_NEITHER, VERDICT_UNSURE, VERDICT_SECOND, VERDICT_FIRST};
	const bool *seen = findings->seen;
	for (int i = 3; i >= 0; i--)
		if (seen[by_weight[i]])
			*ret_witness = findings->witness[by_weight[i]];
	if (seen[VERDICT_NEITHER])
		return ATTACHMENT_NEITHER;
	if (findings->gave_up || seen[VERDICT_UNSURE])
		return ATTACHMENT_VARIES;
	if (seen[VERDICT_FIRST])
		return seen[VERDICT_SECOND] ? ATTACHMENT_VARIES : ATTACHMENT_FIRST;
	return seen[VERDICT_SECOND] ? ATTACHMENT_SECOND : ATTACHMENT_APART;
}

static enum attachment_order compare_patterns(struct arena *arena, const struct limits *limits,
	const struct attachment *a, const struct attachment *b, struct slice *ret_witness)
{
	struct findings findings = {0};
	if (!a->automaton || !b->automaton) {
		if (a->glob && b->glob)
			glob_overlap(arena, limits, a->glob, b->glob, ret_witness);
		return ATTACHMENT_VARIES;
	}
	for (int kind = 0; kind < KERNEL_KINDS; kind++) {
		struct arena scratch;
		arena_init(&scratch, arena->out_of_memory);
		struct pair pair = {.arena = &scratch, .a = a, .b = b, .kind = kind};
		pair.limit = limits->glob_states < NO_STATE - 1 ? (uint32_t)limits->glob_states
								: NO_STATE - 1;
		search(&pair, arena, &findings);
		arena_free(&scratch);
		if (findings.seen[VERDICT_NEITHER] || findings.gave_up)
			break;
	}
	return conclude(&findings, ret_witness);
}

/* A literal matches one program only, and none when it ends in a slash. */
static enum attachment_order compare_literal(struct arena *arena, const struct attachment *a,
	const struct attachment *b, struct slice *ret_witness)
{
	const struct attachment *literal = attachment_is_literal(a) ? a : b;
	struct slice program = literal->is_name ? literal->text : literal->glob->prefix;
	if (slice_ends(program, SLICE("/")) || !attachment_matches(literal == a ? b : a, program))
		return ATTACHMENT_APART;
	*ret_witness = arena_copy(arena, program);
	switch (attachment_judge(a, b, program)) {
	case VERDICT_FIRST:
		return ATTACHMENT_FIRST;
	case VERDICT_SECOND:
		return ATTACHMENT_SECOND;
	case VERDICT_NEITHER:
		return ATTACHMENT_NEITHER;
	case VERDICT_UNSURE:
		break;
	}
	return ATTACHMENT_VARIES;
}

enum attachment_order attachment_compare(struct arena *arena, const struct limits *limits,
	const struct attachment *a, const struct attachment *b, struct slice *ret_witness)
{
	*ret_witness = (struct slice){0};
	if (attachment_is_literal(a) || attachment_is_literal(b))
		return compare_literal(arena, a, b, ret_witness);
	if (a->glob && b->glob && glob_overlap(arena, limits, a->glob, b->glob, NULL) == GLOB_NO)
		return ATTACHMENT_APART;
	return compare_patterns(arena, limits, a, b, ret_witness);
}
