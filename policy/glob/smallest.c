/*
 * Subset construction, refinement of groups that begin with the distance from a match, and a walk
 * that gives the numbers.
 */

#include "policy/glob/smallest.h"

#include "policy/glob/private.h"

enum { FAR = UINT32_MAX / 2, WORK_LIMIT = 4000000 };

struct subset {
	const uint64_t *places;
	uint32_t next_same; /* in its chain of the table, + 1 */
};

struct builder {
	struct arena *arena; /* scratch */
	struct small_automaton *out;
	const struct glob *glob;
	struct op *ops; /* the head's bytes, then the program */
	uint32_t op_count;
	size_t words;
	uint64_t *places; /* work area */
	struct subset *subsets;
	uint32_t count, cap, limit;
	uint32_t *table; /* hash table of subset numbers + 1 */
	uint32_t *rows;	 /* rows[state * classes + class]: a subset + 1, or 0 */
	bool *accepts;
	uint32_t *distance; /* from a match */
	uint32_t *group;
	uint32_t groups;
	bool named[256]; /* bytes that the pattern names */
	size_t work;
};

enum { TABLE_SIZE = 1 << 14 };

/* Classes of bytes, numbered by their lowest byte. */

static void lay_ops(struct builder *b)
{
	const struct glob *glob = b->glob;
	uint32_t head = (uint32_t)glob->head;
	b->op_count = head + glob->op_count;
	b->ops = arena_array(b->arena, b->op_count, sizeof(*b->ops));
	for (uint32_t i = 0; i < head; i++)
		b->ops[i] = (struct op){.kind = OP_BYTE, .byte = (uint8_t)glob->prefix.at[i]};
	for (uint32_t i = 0; i < glob->op_count; i++) {
		b->ops[head + i] = glob->ops[i];
		b->ops[head + i].to += head;
	}
	b->words = b->op_count / 64 + 1;
	b->places = arena_array(b->arena, b->words, sizeof(*b->places));
}

/* A set that is written as what it does not hold has most bytes. */
static bool set_excludes(const struct byte_set *set)
{
	return set_size(set) > 128;
}

/*
 * As op_takes, but for NUL: no path holds it, yet apparmor_parser's automaton knows it. Classes
 * such as [^a] take it there; `*`, `**` and `?` do not.
 */
static bool takes(const struct builder *b, const struct op *op, uint8_t byte)
{
	if (byte != 0)
		return op_takes(op, b->glob->sets, byte);
	return op->kind == OP_SET && op->set >= SET_FIXED && set_excludes(&b->glob->sets[op->set]);
}

static void name_bytes(struct builder *b)
{
	bool used[SET_FIXED] = {false};
	b->named[0] = true;
	for (uint32_t i = 0; i < b->op_count; i++) {
		const struct op *op = &b->ops[i];
		if (op->kind == OP_BYTE)
			b->named[op->byte] = true;
		else if ((op->kind == OP_SET || op->kind == OP_LOOP) && op->set < SET_FIXED)
			used[op->set] = true;
	}
	for (uint32_t s = 0; s < b->glob->set_count; s++) {
		const struct byte_set *set = &b->glob->sets[s];
		unsigned size = set_size(set);
		if (s < SET_FIXED && !used[s])
			continue;
		if (size > 96 && size < 160)
			b->out->numbered = false;
		for (int byte = 0; byte < 256; byte++)
			if (set_has(set, (uint8_t)byte) != set_excludes(set))
				b->named[byte] = true;
	}
}

static bool bytes_alike(const struct builder *b, uint8_t one, uint8_t other)
{
	if (!b->named[one] && !b->named[other])
		return true;
	if (one == 0 || other == 0)
		return one == other;
	for (uint32_t i = 0; i < b->op_count; i++)
		if (b->ops[i].kind == OP_BYTE &&
			(b->ops[i].byte == one) != (b->ops[i].byte == other))
			return false;
	for (uint32_t s = 0; s < b->glob->set_count; s++)
		if (set_has(&b->glob->sets[s], one) != set_has(&b->glob->sets[s], other))
			return false;
	return true;
}

/* sample[] holds the lowest byte of each class while classes are found. */
static void find_classes(struct builder *b)
{
	struct small_automaton *out = b->out;
	for (int byte = 0; byte < 256; byte++) {
		uint16_t class = 0;
		while (class < out->classes && !bytes_alike(b, (uint8_t)byte, out->sample[class]))
			class ++;
		if (class == out->classes)
			out->sample[out->classes++] = (uint8_t)byte;
		out->class_of[byte] = class;
	}
	for (int rank = 254; rank >= 0; rank--) /* all bytes but NUL */
		out->sample[out->class_of[pleasant_byte(rank)]] = pleasant_byte(rank);
}

/* The subsets of places. */

static uint32_t hash_places(const struct builder *b)
{
	uint64_t hash = 1469598103934665603u;
	for (size_t i = 0; i < b->words; i++)
		hash = (hash ^ b->places[i]) * 1099511628211u;
	return (uint32_t)(hash ^ hash >> 29);
}

static bool grow(struct builder *b)
{
	if (b->count >= b->limit)
		return false;
	if (b->count < b->cap)
		return true;
	uint32_t cap = b->cap ? b->cap * 2 : 64;
	size_t row = b->out->classes * sizeof(*b->rows);
	struct subset *subsets = arena_array(b->arena, cap, sizeof(*subsets));
	uint32_t *rows = arena_array(b->arena, cap, row);
	if (b->count > 0) {
		memcpy(subsets, b->subsets, b->count * sizeof(*subsets));
		memcpy(rows, b->rows, b->count * row);
	}
	b->subsets = subsets;
	b->rows = rows;
	b->cap = cap;
	return true;
}

/* The number of the subset that stands in b->places, closed; clears them. */
static bool take_subset(struct builder *b, uint32_t *ret_number)
{
	size_t bytes = b->words * sizeof(*b->places), last = b->words - 1;
	places_close(b->ops, b->places, 0, &last);
	uint32_t *slot = &b->table[hash_places(b) % TABLE_SIZE];
	for (uint32_t at = *slot; at; at = b->subsets[at - 1].next_same) {
		b->work += b->words;
		if (memcmp(b->subsets[at - 1].places, b->places, bytes) != 0)
			continue;
		memset(b->places, 0, bytes);
		*ret_number = at - 1;
		return true;
	}
	if (!grow(b))
		return false;
	uint64_t *places = arena_bytes(b->arena, bytes);
	memcpy(places, b->places, bytes);
	memset(b->places, 0, bytes);
	b->subsets[b->count] = (struct subset){places, *slot};
	*ret_number = b->count++;
	*slot = b->count;
	return true;
}

/* Puts the places after a byte into b->places; false when there are none. */
static bool step_places(struct builder *b, uint32_t from, uint8_t byte)
{
	bool any = false;
	const uint64_t *now = b->subsets[from].places;
	for (size_t word = 0; word < b->words; word++) {
		for (uint64_t left = now[word]; left; left &= left - 1) {
			uint32_t at = (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(left);
			const struct op *op = &b->ops[at];
			b->work++;
			if (!takes(b, op, byte))
				continue;
			uint32_t to = at + (op->kind == OP_BYTE || op->kind == OP_SET);
			b->places[to / 64] |= (uint64_t)1 << (to % 64);
			any = true;
		}
	}
	b->work += b->words;
	return any;
}

static bool find_subsets(struct builder *b)
{
	uint32_t classes = b->out->classes, to;
	b->table = arena_array(b->arena, TABLE_SIZE, sizeof(*b->table));
	b->places[0] = 1;
	if (!take_subset(b, &to))
		return false;
	for (uint32_t from = 0; from < b->count; from++) {
		for (uint32_t class = 0; class < classes; class ++) {
			if (!step_places(b, from, b->out->sample[class]))
				continue;
			if (b->work > WORK_LIMIT || !take_subset(b, &to))
				return false;
			b->rows[from * classes + class] = to + 1;
		}
	}
	return true;
}

/* Groups of subsets that match the same. */

static void find_matches(struct builder *b)
{
	b->distance = arena_array(b->arena, b->count, sizeof(*b->distance));
	for (uint32_t i = 0; i < b->count; i++) {
		b->distance[i] = FAR;
		for (uint32_t at = 0; at < b->op_count; at++)
			if ((b->subsets[i].places[at / 64] >> (at % 64) & 1) &&
				(b->ops[at].kind == OP_MATCH || b->ops[at].kind == OP_REST))
				b->distance[i] = 0;
	}
}

static void find_distances(struct builder *b)
{
	uint32_t classes = b->out->classes;
	find_matches(b);
	for (bool changed = true; changed && b->work <= WORK_LIMIT;) {
		changed = false;
		for (uint32_t i = b->count; i-- > 0;) {
			for (uint32_t class = 0; class < classes; class ++) {
				uint32_t to = b->rows[i * classes + class];
				if (!to || b->distance[to - 1] + 1 >= b->distance[i])
					continue;
				b->distance[i] = b->distance[to - 1] + 1;
				changed = true;
			}
			b->work += classes;
		}
	}
}

/* 0 is the group of what matches nothing any more, that of no edge. */
static uint32_t group_after(const struct builder *b, uint32_t state, uint32_t class)
{
	uint32_t to = b->rows[state * b->out->classes + class];
	return to ? b->group[to - 1] : 0;
}

static bool same_group(const struct builder *b, uint32_t one, uint32_t other)
{
	if (b->group[one] != b->group[other])
		return false;
	for (uint32_t class = 0; class < b->out->classes; class ++)
		if (group_after(b, one, class) != group_after(b, other, class))
			return false;
	return true;
}

/* Splits each group by where its members go; writes the new groups' numbers. */
static uint32_t split_groups(struct builder *b, uint32_t *chain, uint32_t *ret_group)
{
	uint32_t groups = 1;
	memset(b->table, 0, TABLE_SIZE * sizeof(*b->table));
	for (uint32_t i = 0; i < b->count; i++) {
		ret_group[i] = 0;
		if (b->group[i] == 0)
			continue;
		uint64_t hash = b->group[i];
		for (uint32_t class = 0; class < b->out->classes; class ++)
			hash = (hash ^ group_after(b, i, class)) * 1099511628211u;
		uint32_t *slot = &b->table[(hash ^ hash >> 29) % TABLE_SIZE], at = *slot;
		for (; at && !same_group(b, at - 1, i); at = chain[at - 1])
			b->work += b->out->classes;
		b->work += b->out->classes;
		if (at) {
			ret_group[i] = ret_group[at - 1];
			continue;
		}
		ret_group[i] = groups++;
		chain[i] = *slot;
		*slot = i + 1;
	}
	return groups;
}

static bool find_groups(struct builder *b)
{
	uint32_t *chain = arena_array(b->arena, b->count, sizeof(*chain));
	uint32_t *group = arena_array(b->arena, b->count, sizeof(*group));
	b->group = arena_array(b->arena, b->count, sizeof(*b->group));
	find_distances(b);
	for (uint32_t i = 0; i < b->count; i++)
		b->group[i] = b->distance[i] == FAR ? 0 : b->distance[i] + 1;
	for (uint32_t before = 0; b->work <= WORK_LIMIT;) {
		b->groups = split_groups(b, chain, group);
		uint32_t *swap = b->group;
		b->group = group;
		group = swap;
		if (b->groups == before)
			return true;
		before = b->groups;
	}
	return false;
}

/* Numbers. */

struct walk {
	uint32_t *number; /* of each group */
	uint32_t *member; /* a subset of each number */
	uint32_t *depth;
	uint32_t count;
};

static void visit(struct walk *walk, uint32_t from, uint32_t group, uint32_t member)
{
	if (group == 0 || walk->number[group])
		return;
	walk->number[group] = ++walk->count;
	walk->member[walk->count] = member;
	walk->depth[walk->count] = from ? walk->depth[from] + 1 : 0;
}

/* The class of the bytes that are not named; out->classes when all are. */
static uint32_t other_class(const struct builder *b)
{
	for (int byte = 0; byte < 256; byte++)
		if (!b->named[byte])
			return b->out->class_of[byte];
	return b->out->classes;
}

static void visit_class(struct builder *b, struct walk *walk, uint32_t from, uint32_t class)
{
	uint32_t member = walk->member[from];
	uint32_t to = b->rows[member * b->out->classes + class];
	if (to)
		visit(walk, from, b->group[to - 1], to - 1);
}

static void number_states(struct builder *b, struct arena *arena, struct walk *walk)
{
	uint32_t other = other_class(b);
	walk->number = arena_array(b->arena, b->groups, sizeof(*walk->number));
	walk->member = arena_array(b->arena, b->groups + 1, sizeof(*walk->member));
	walk->depth = arena_array(arena, b->groups + 1, sizeof(*walk->depth));
	if (other == b->out->classes)
		b->out->numbered = false;
	visit(walk, 0, b->group[0], 0);
	for (uint32_t at = 1; at <= walk->count; at++) {
		if (other < b->out->classes)
			visit_class(b, walk, at, other);
		for (uint32_t class = 0; class < b->out->classes; class ++)
			visit_class(b, walk, at, class);
	}
}

/* Takes away what no other state of the rest leads to, or leads to none; true when there was any.
 */
static bool peel(const struct small_automaton *out, bool *cyclic, bool *entered)
{
	bool changed = false;
	memset(entered, 0, (out->states + 1) * sizeof(*entered));
	for (uint32_t at = out->states; at > 0; at--) {
		bool left = false;
		for (uint32_t class = 0; cyclic[at] && class < out->classes; class ++) {
			uint32_t to = out->next[at * out->classes + class];
			if (to == at || !cyclic[to])
				continue;
			left = true;
			entered[to] = true;
		}
		changed |= cyclic[at] && !left;
		cyclic[at] = left;
	}
	for (uint32_t at = 1; at <= out->states; at++) {
		changed |= cyclic[at] && !entered[at];
		cyclic[at] = cyclic[at] && entered[at];
	}
	return changed;
}

static void find_cycles(struct builder *b, bool *cyclic)
{
	bool *entered = arena_array(b->arena, b->out->states + 1, sizeof(*entered));
	for (uint32_t at = 1; at <= b->out->states; at++)
		cyclic[at] = true;
	while (peel(b->out, cyclic, entered))
		;
}

static void write_out(struct builder *b, struct arena *arena, const struct walk *walk)
{
	struct small_automaton *out = b->out;
	uint32_t *next =
		arena_array(arena, (walk->count + 1) * (size_t)out->classes, sizeof(*next));
	bool *accepts = arena_array(arena, walk->count + 1, sizeof(*accepts));
	bool *cyclic = arena_array(arena, walk->count + 1, sizeof(*cyclic));
	for (uint32_t at = 1; at <= walk->count; at++) {
		accepts[at] = b->distance[walk->member[at]] == 0;
		for (uint32_t class = 0; class < out->classes; class ++)
			next[at * out->classes + class] =
				walk->number[group_after(b, walk->member[at], class)];
	}
	out->states = walk->count;
	out->next = next;
	out->depth = walk->depth;
	out->accepts = accepts;
	find_cycles(b, cyclic);
	out->cyclic = cyclic;
}

const struct small_automaton *glob_smallest(
	struct arena *arena, const struct limits *limits, const struct glob *glob)
{
	struct arena scratch;
	struct walk walk = {0};
	arena_init(&scratch, arena->out_of_memory);
	struct small_automaton *out = arena_new(arena, struct small_automaton);
	struct builder b = {.arena = &scratch, .out = out, .glob = glob};
	b.limit = limits->glob_states < FAR ? (uint32_t)limits->glob_states : FAR;
	out->numbered = true;
	lay_ops(&b);
	name_bytes(&b);
	find_classes(&b);
	/* That class is kept as `?`, which takes no NUL. */
	bool odd = slice_find(glob->text, SLICE("[^/]"));
	bool done = !odd && find_subsets(&b) && find_groups(&b) && b.groups > 1;
	if (done) {
		number_states(&b, arena, &walk);
		write_out(&b, arena, &walk);
	}
	arena_free(&scratch);
	return done ? out : NULL;
}
