/*
 * The automaton of a question: subset construction, only as far as the question asks, bounded in
 * states and in work.
 */

#include "policy/glob/private.h"

/* Of a byte of a state, and of a machine, in places looked at. */
enum { STEP_COST = 8, START_COST = 1000 };

void places_close(const struct op *ops, uint64_t *places, size_t first, size_t *last)
{
	for (size_t word = first; word <= *last; word++) {
		/* An op may add to its own word, but only further up. */
		uint64_t done = 0, left;
		while ((left = places[word] & ~done)) {
			uint64_t bit = left & -left;
			done |= bit;
			uint32_t at = (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(left);
			const struct op *op = &ops[at];
			if (op->kind == OP_ALT || op->kind == OP_LOOP) {
				places[(at + 1) / 64] |= (uint64_t)1 << ((at + 1) % 64);
				if ((at + 1) / 64 > *last)
					*last = (at + 1) / 64;
			}
			if (op->kind == OP_ALT || op->kind == OP_JUMP) {
				places[op->to / 64] |= (uint64_t)1 << (op->to % 64);
				if (op->to / 64 > *last)
					*last = op->to / 64;
			}
		}
	}
}

/* Programs side by side. */

static uint32_t count_ops(const struct machine *machine)
{
	uint32_t count = 0;
	for (size_t g = 0; g < machine->glob_count; g++) {
		const struct glob *glob = machine->globs[g];
		count += glob->op_count + (uint32_t)(glob->head - machine->skip);
	}
	return count;
}

static uint32_t count_sets(const struct machine *machine)
{
	uint32_t count = 0;
	for (size_t g = 0; g < machine->glob_count; g++)
		count += machine->globs[g]->set_count;
	return count;
}

/*
 * Sets of the whole machine have 32 bits of number, so they are kept by `to` for the ops that read
 * sets: those jump nowhere.
 */
static void lay_program(struct machine *machine, size_t g, uint32_t *at, uint32_t sets)
{
	const struct glob *glob = machine->globs[g];
	machine->first[g] = *at;
	for (size_t i = machine->skip; i < glob->head; i++)
		machine->ops[(*at)++] =
			(struct op){.kind = OP_BYTE, .byte = (uint8_t)glob->prefix.at[i]};
	uint32_t base = *at;
	for (uint32_t i = 0; i < glob->op_count; i++) {
		struct op op = glob->ops[i];
		if (op.kind == OP_SET || op.kind == OP_LOOP)
			op.to = sets + op.set;
		else
			op.to += base;
		machine->ops[(*at)++] = op;
	}
	for (uint32_t i = machine->first[g]; i < *at; i++)
		machine->owner[i] = (uint32_t)g;
}

static void lay_programs(struct machine *machine)
{
	uint32_t count = count_ops(machine), at = 0, sets = 0;
	machine->ops = arena_array(machine->arena, count, sizeof(*machine->ops));
	machine->owner = arena_array(machine->arena, count, sizeof(*machine->owner));
	machine->first =
		arena_array(machine->arena, machine->glob_count + 1, sizeof(*machine->first));
	machine->sets = arena_array(machine->arena, count_sets(machine), sizeof(*machine->sets));
	for (size_t g = 0; g < machine->glob_count; g++) {
		const struct glob *glob = machine->globs[g];
		memcpy(machine->sets + sets, glob->sets, glob->set_count * sizeof(*glob->sets));
		lay_program(machine, g, &at, sets);
		sets += glob->set_count;
	}
	machine->first[machine->glob_count] = at;
	machine->words = (at + 63) / 64;
	machine->places = arena_array(machine->arena, machine->words, sizeof(*machine->places));
}

/* Classes of bytes. */

/* Splits each class in the part inside of the set and the part outside. */
static void split_classes(struct machine *machine, const struct byte_set *set)
{
	uint16_t inside[256] = {0}; /* the new class of the old one's part in the set, or 0 */
	bool outside[256] = {false};
	for (int byte = 1; byte < 256; byte++)
		if (!set_has(set, (uint8_t)byte))
			outside[machine->class_of[byte]] = true;
	for (int byte = 1; byte < 256; byte++) {
		uint16_t *class = &machine->class_of[byte];
		if (!set_has(set, (uint8_t)byte) || !outside[*class])
			continue;
		if (inside[*class] == 0)
			inside[*class] = machine->class_count++;
		*class = inside[*class];
	}
}

static bool set_is_common(const struct byte_set *sets, uint32_t number)
{
	for (uint32_t i = 0; i < number && i < 64; i++)
		if (set_eq(&sets[i], &sets[number]))
			return true;
	return false;
}

uint8_t pleasant_byte(int rank)
{
	static const char order[] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "_-./,:+=@%~^!#$&'()*;<>?[]{|}\"`\\ ";
	enum { ORDERED = sizeof(order) - 1 };
	if (rank < ORDERED)
		return (uint8_t)order[rank];
	rank -= ORDERED;
	return (uint8_t)(rank < 129 ? 127 + rank : rank - 129 + 1); /* 127 to 255, 1 to 31 */
}

/* Numbers the classes by their most pleasant byte. */
static void order_classes(struct machine *machine)
{
	uint16_t number[256], count = 0;
	bool seen[256] = {false};
	for (int rank = 0; rank < 255; rank++) {
		uint8_t byte = pleasant_byte(rank);
		uint16_t class = machine->class_of[byte];
		if (seen[class])
			continue;
		seen[class] = true;
		machine->sample[count] = byte;
		number[class] = count++;
	}
	for (int byte = 1; byte < 256; byte++)
		machine->class_of[byte] = number[machine->class_of[byte]];
	machine->class_count = count;
}

static void find_classes(struct machine *machine)
{
	bool single[256] = {['/'] = true};
	uint32_t sets = count_sets(machine), count = machine->first[machine->glob_count];
	machine->class_count = 1;
	for (uint32_t i = 0; i < sets; i++)
		if (!set_is_common(machine->sets, i))
			split_classes(machine, &machine->sets[i]);
	for (uint32_t i = 0; i < count; i++)
		if (machine->ops[i].kind == OP_BYTE)
			single[machine->ops[i].byte] = true;
	for (int byte = 1; byte < 256; byte++) {
		struct byte_set set = {0};
		set_add(&set, (uint8_t)byte);
		if (single[byte])
			split_classes(machine, &set);
	}
	order_classes(machine);
}

/* States. */

static uint32_t hash_state(const uint32_t *places, uint32_t count, bool after_slash)
{
	uint32_t hash = after_slash ? 2166136261u : 40503u;
	for (uint32_t i = 0; i < count; i++)
		hash = (hash ^ places[i]) * 16777619u;
	return hash ^ hash >> 15;
}

static void grow_table(struct machine *machine)
{
	machine->table_size = machine->table_size ? machine->table_size * 4 : 256;
	machine->table = arena_array(machine->arena, machine->table_size, sizeof(*machine->table));
	for (uint32_t i = 0; i < machine->state_count; i++) {
		size_t at = machine->states[i].hash & (machine->table_size - 1);
		while (machine->table[at])
			at = (at + 1) & (machine->table_size - 1);
		machine->table[at] = i + 1;
	}
}

static bool state_is(const struct state *state, const struct state *other)
{
	return state->hash == other->hash && state->count == other->count &&
	       state->after_slash == other->after_slash &&
	       memcmp(state->places, other->places, state->count * sizeof(*state->places)) == 0;
}

/* The number of a state like this, which is added if need be; its places are copied then. */
static bool find_state(struct machine *machine, struct state state, uint32_t *ret_number)
{
	if (machine->state_count * 2 >= machine->table_size)
		grow_table(machine);
	size_t at = state.hash & (machine->table_size - 1);
	for (; machine->table[at]; at = (at + 1) & (machine->table_size - 1)) {
		if (!state_is(&machine->states[machine->table[at] - 1], &state))
			continue;
		*ret_number = machine->table[at] - 1;
		return true;
	}
	if (machine->state_count >= machine->state_limit ||
		machine->arena->used > machine->byte_limit)
		return false;
	if (machine->state_count == machine->state_cap) {
		machine->state_cap = machine->state_cap ? machine->state_cap * 2 : 64;
		struct state *more = arena_array(machine->arena, machine->state_cap, sizeof(*more));
		if (machine->states)
			memcpy(more, machine->states, machine->state_count * sizeof(*more));
		machine->states = more;
	}
	uint32_t *places = arena_array(machine->arena, state.count, sizeof(*places));
	if (state.count > 0)
		memcpy(places, state.places, state.count * sizeof(*places));
	state.places = places;
	machine->states[machine->state_count] = state;
	*ret_number = machine->state_count++;
	machine->table[at] = machine->state_count;
	return true;
}

/* The places of words first to last that wait for a byte or match, sorted; clears the words. */
static uint32_t take_places(struct machine *machine, size_t first, size_t last, uint32_t *out)
{
	uint32_t count = 0;
	for (size_t word = first; word <= last; word++) {
		for (uint64_t left = machine->places[word]; left; left &= left - 1) {
			uint32_t at = (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(left);
			if (machine->ops[at].kind != OP_ALT && machine->ops[at].kind != OP_JUMP)
				out[count++] = at;
		}
		machine->places[word] = 0;
	}
	return count;
}

/* A glob that matches whatever follows has only one state, however it came there. */
static uint32_t tidy_places(const struct machine *machine, uint32_t *places, uint32_t count)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < count;) {
		uint32_t glob = machine->owner[places[i]], start = kept;
		bool rest = false;
		for (; i < count && machine->owner[places[i]] == glob; i++) {
			rest |= machine->ops[places[i]].kind == OP_REST;
			places[kept++] = places[i];
		}
		if (rest) {
			kept = start;
			places[kept++] = machine->first[glob + 1] - 1;
		}
	}
	return kept;
}

/* Closes what stands in machine->places and makes a state of it. */
static bool take_state(
	struct machine *machine, size_t first, size_t last, struct state state, uint32_t *ret_state)
{
	uint32_t small[128];
	places_close(machine->ops, machine->places, first, &last);
	machine->work += last - first + 1;
	uint32_t *places = small;
	if ((last - first + 1) * 64 > sizeof(small) / sizeof(*small)) {
		size_t count = 0;
		for (size_t word = first; word <= last; word++)
			count += (size_t)__builtin_popcountll(machine->places[word]);
		if (count > sizeof(small) / sizeof(*small))
			places = arena_array(machine->arena, count, sizeof(*places));
		machine->work += count;
	}
	state.places = places;
	state.count = take_places(machine, first, last, places);
	state.count = tidy_places(machine, places, state.count);
	state.hash = hash_state(places, state.count, state.after_slash);
	machine->work += state.count;
	return machine->work <= machine->work_limit && find_state(machine, state, ret_state);
}

bool machine_step(struct machine *machine, uint32_t from, uint16_t class, uint32_t *ret_state)
{
	struct state state = machine->states[from];
	uint8_t byte = machine->sample[class];
	size_t first = SIZE_MAX, last = 0;
	machine->work += state.count + STEP_COST;
	if (machine->work > machine->work_limit)
		return false;
	*ret_state = NO_STATE;
	if (state.after_slash && byte == '/')
		return true;
	for (uint32_t i = 0; i < state.count; i++) {
		const struct op *op = &machine->ops[state.places[i]];
		bool takes = op->kind == OP_BYTE    ? op->byte == byte
			     : op->kind == OP_REST  ? true
			     : op->kind == OP_MATCH ? false
						    : set_has(&machine->sets[op->to], byte);
		if (!takes)
			continue;
		uint32_t to = state.places[i] + (op->kind == OP_BYTE || op->kind == OP_SET);
		machine->places[to / 64] |= (uint64_t)1 << (to % 64);
		if (to / 64 < first)
			first = to / 64;
		if (to / 64 > last)
			last = to / 64;
	}
	if (first == SIZE_MAX)
		return true;
	return take_state(machine, first, last,
		(struct state){.parent = from, .byte = byte, .after_slash = byte == '/'},
		ret_state);
}

void machine_init(struct machine *machine, struct arena *scratch, const struct limits *limits,
	const struct glob *const *globs, size_t count)
{
	*machine = (struct machine){.arena = scratch,
		.globs = globs,
		.glob_count = count,
		.skip = globs[0]->head,
		.state_limit = limits->glob_states < NO_STATE - 1 ? (uint32_t)limits->glob_states
								  : NO_STATE - 1,
		.byte_limit = limits->glob_bytes,
		.work_limit = SIZE_MAX};
	for (size_t g = 1; g < count; g++)
		if (globs[g]->head < machine->skip)
			machine->skip = globs[g]->head;
	lay_programs(machine);
	find_classes(machine);
	for (size_t g = 0; g < count; g++)
		machine->places[machine->first[g] / 64] |= (uint64_t)1 << (machine->first[g] % 64);
	bool slash = machine->skip > 0 && globs[0]->prefix.at[machine->skip - 1] == '/';
	uint32_t start;
	take_state(machine, 0, machine->words - 1, (struct state){.after_slash = slash}, &start);
	/* A state may cost this much on average, in words and places looked at. */
	machine->work = machine->first[count] + START_COST;
	machine->work_limit = (size_t)machine->state_limit * 4096;
	if (limits->work && *limits->work < machine->work_limit)
		machine->work_limit = *limits->work;
}

struct standing machine_standings(
	const struct machine *machine, uint32_t number, struct standing *ret_first)
{
	const struct state *state = &machine->states[number];
	struct standing standings[2] = {{false, false, false}, {false, false, false}};
	for (uint32_t i = 0; i < state->count; i++) {
		uint32_t at = state->places[i];
		struct standing *standing = &standings[at >= machine->first[1]];
		bool rest = machine->ops[at].kind == OP_REST;
		standing->alive = true;
		standing->rest |= rest;
		standing->accepts |= machine->ops[at].kind == OP_MATCH || rest;
	}
	*ret_first = standings[0];
	return standings[1];
}

struct slice machine_path(const struct machine *machine, uint32_t state, struct arena *arena)
{
	size_t len = machine->skip;
	for (uint32_t at = state; at != 0; at = machine->states[at].parent)
		len++;
	char *path = arena_alloc(arena, len + 1);
	memcpy(path, machine->globs[0]->prefix.at, machine->skip);
	size_t end = len;
	for (uint32_t at = state; at != 0; at = machine->states[at].parent)
		path[--end] = (char)machine->states[at].byte;
	return slice_of(path, len);
}
