/*
 * Matching, overlap, inclusion. Literals and trees are answered by comparing bytes; what is left
 * goes through the automaton, breadth first, so that a witness is as short as can be.
 */

#include "policy/glob/private.h"

/* Matching. */

enum { PLACE_WORDS = ((1 << 16) * 2 + 8) / 64 + 1 };

/* One byte further. Sets *first and *last to the words in use; false when nothing is left. */
static bool places_step(const struct glob *glob, uint64_t *now, uint64_t *next, size_t *first,
	size_t *last, uint8_t byte)
{
	size_t low = SIZE_MAX, high = 0;
	for (size_t word = *first; word <= *last; word++) {
		for (uint64_t left = now[word]; left; left &= left - 1) {
			uint32_t at = (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(left);
			const struct op *op = &glob->ops[at];
			if (!op_takes(op, glob->sets, byte))
				continue;
			uint32_t to = at + (op->kind == OP_BYTE || op->kind == OP_SET);
			next[to / 64] |= (uint64_t)1 << (to % 64);
			low = to / 64 < low ? to / 64 : low;
			high = to / 64 > high ? to / 64 : high;
		}
		now[word] = 0;
	}
	if (low == SIZE_MAX)
		return false;
	places_close(glob->ops, next, low, &high);
	*first = low;
	*last = high;
	return true;
}

static bool match_program(const struct glob *glob, struct slice rest)
{
	uint64_t bits[2][PLACE_WORDS];
	size_t words = (glob->op_count + 63) / 64, first = 0, last = 0, turn = 0;
	memset(bits[0], 0, words * sizeof(bits[0][0]));
	memset(bits[1], 0, words * sizeof(bits[1][0]));
	bits[0][0] = 1;
	places_close(glob->ops, bits[0], first, &last);
	for (size_t i = 0; i < rest.len; i++, turn ^= 1)
		if (!places_step(
			    glob, bits[turn], bits[turn ^ 1], &first, &last, (uint8_t)rest.at[i]))
			return false;
	for (uint32_t at = (uint32_t)(first * 64); at < glob->op_count && at / 64 <= last; at++)
		if ((bits[turn][at / 64] >> (at % 64) & 1) &&
			(glob->ops[at].kind == OP_MATCH || glob->ops[at].kind == OP_REST))
			return true;
	return false;
}

bool glob_match(const struct glob *glob, struct slice path)
{
	if (!slice_starts(path, glob->prefix))
		return false;
	switch (glob->shape) {
	case GLOB_LITERAL:
		return path.len == glob->prefix.len;
	case GLOB_TREE:
		return path.len > glob->head && path.at[glob->head] != '/';
	case GLOB_GENERAL:
		break;
	}
	return slice_ends(path, glob->suffix) && match_program(glob, slice_from(path, glob->head));
}

enum glob_answer glob_asked(const struct limits *limits, const struct glob *glob, struct slice path)
{
	struct slice prefix = glob->prefix;
	/* Of very many globs nearly all are elsewhere: their last byte tells most of them. */
	bool is_apart = prefix.len && (path.len < prefix.len ||
					      path.at[prefix.len - 1] != prefix.at[prefix.len - 1]);
	bool simple = is_apart || glob->shape != GLOB_GENERAL || !slice_starts(path, prefix);
	size_t cost = simple ? 1 : path.len * (glob->op_count / 32 + 4);
	if (!limits_spend(limits, cost))
		return GLOB_TOO_COMPLEX;
	if (is_apart)
		return GLOB_NO;
	return glob_match(glob, path) ? GLOB_YES : GLOB_NO;
}

bool glob_is_apart(const struct glob *a, const struct glob *b)
{
	return globs_apart(a, b);
}

/* Any path of a glob, without an automaton. */

enum { PATH_OPS = 1024, AFTER_OTHER = 1, AFTER_SLASH = 2 };

/* What a byte of the set can do: AFTER_OTHER and AFTER_SLASH say which kinds it holds. */
static unsigned set_kinds(const struct byte_set *set)
{
	struct byte_set slash = {0};
	set_add(&slash, '/');
	bool other = false;
	for (int i = 0; i < 4; i++)
		other |= (set->bits[i] & ~slash.bits[i]) != 0;
	return (other ? AFTER_OTHER : 0) | (set_has(set, '/') ? AFTER_SLASH : 0);
}

/* After which bytes a byte of these kinds can come, if what follows it is `next`. */
static uint8_t before_byte(unsigned kinds, uint8_t next)
{
	uint8_t before = 0;
	if (kinds & next & AFTER_OTHER)
		before = AFTER_OTHER | AFTER_SLASH;
	if (kinds & next & AFTER_SLASH)
		before |= AFTER_OTHER;
	return before;
}

static unsigned op_kinds(const struct glob *glob, const struct op *op)
{
	if (op->kind == OP_SET || op->kind == OP_LOOP)
		return set_kinds(&glob->sets[op->set]);
	return op->byte == '\0' ? 0 : op->byte == '/' ? AFTER_SLASH : AFTER_OTHER;
}

/* From the end: after which bytes each op can reach the end without two slashes that meet. */
static void find_ways(const struct glob *glob, uint8_t *ways)
{
	for (uint32_t at = glob->op_count; at-- > 0;) {
		const struct op *op = &glob->ops[at];
		switch ((enum op_kind)op->kind) {
		case OP_MATCH:
		case OP_REST:
			ways[at] = AFTER_OTHER | AFTER_SLASH;
			break;
		case OP_JUMP:
			ways[at] = ways[op->to];
			break;
		case OP_ALT:
			ways[at] = ways[at + 1] | ways[op->to];
			break;
		case OP_LOOP:
			ways[at] = ways[at + 1] | before_byte(op_kinds(glob, op), ways[at + 1]);
			break;
		case OP_BYTE:
		case OP_SET:
			ways[at] = before_byte(op_kinds(glob, op), ways[at + 1]);
			break;
		}
	}
}

/* A byte of the set but '/', the most pleasant one, or the least. */
static uint8_t pick_byte(const struct glob *glob, const struct op *op, bool slash, bool odd)
{
	if (op->kind == OP_BYTE)
		return op->byte;
	if (slash)
		return '/';
	int rank = odd ? 254 : 0, on = odd ? -1 : 1;
	while (pleasant_byte(rank) == '/' || !set_has(&glob->sets[op->set], pleasant_byte(rank)))
		rank += on;
	return pleasant_byte(rank);
}

static void walk_ways(
	const struct glob *glob, const uint8_t *ways, uint8_t after, bool odd, struct buf *out)
{
	for (uint32_t at = 0;;) {
		const struct op *op = &glob->ops[at];
		if (op->kind == OP_MATCH || op->kind == OP_REST)
			return;
		if (op->kind == OP_JUMP || (op->kind == OP_ALT && !(ways[at + 1] & after))) {
			at = op->to;
			continue;
		}
		at++;
		if (op->kind == OP_ALT || (op->kind == OP_LOOP && (ways[at] & after)))
			continue;
		bool other = op_kinds(glob, op) & ways[at] & AFTER_OTHER;
		uint8_t byte = pick_byte(glob, op, !other, odd);
		buf_add_char(out, (char)byte);
		after = byte == '/' ? AFTER_SLASH : AFTER_OTHER;
	}
}

/* A path that the glob matches; false when none was found by simple means. */
static bool find_path(
	struct arena *arena, const struct glob *glob, bool odd, struct slice *ret_path)
{
	uint8_t ways[PATH_OPS];
	if (glob->op_count > PATH_OPS)
		return false;
	bool slash = glob->head > 0 && glob->prefix.at[glob->head - 1] == '/';
	uint8_t after = slash ? AFTER_SLASH : AFTER_OTHER;
	find_ways(glob, ways);
	if (!(ways[0] & after))
		return false;
	if (!ret_path)
		return true;
	struct buf out = buf_new(arena);
	buf_add(&out, slice_first(glob->prefix, glob->head));
	walk_ways(glob, ways, after, odd, &out);
	*ret_path = buf_slice(&out);
	return true;
}

static bool some_path(struct arena *arena, const struct glob *glob, struct slice *ret_path)
{
	return find_path(arena, glob, false, ret_path);
}

bool glob_odd_path(struct arena *arena, const struct glob *glob, struct slice *ret_path)
{
	if (glob->shape == GLOB_LITERAL) {
		*ret_path = glob->prefix;
		return true;
	}
	return find_path(arena, glob, true, ret_path);
}

/* Overlap. */

static void give(struct slice *ret_witness, struct slice witness)
{
	if (ret_witness)
		*ret_witness = witness;
}

/* A path of a tree: its directory and one more byte. */
static struct slice tree_path(struct arena *arena, const struct glob *tree)
{
	return arena_printf(arena, "%.*sa", SLICE_FMT(tree->prefix));
}

/* Whether all matches of `a`, whose prefix it starts with, lie below the tree. */
static bool below_tree(const struct glob *a, const struct glob *tree)
{
	if (a->prefix.len > tree->head)
		return a->prefix.at[tree->head] != '/';
	return a->prefix.len == tree->head && a->shape == GLOB_TREE;
}

static enum glob_answer literal_overlap(struct arena *arena, const struct limits *limits,
	const struct glob *literal, const struct glob *other, struct slice *ret_witness)
{
	enum glob_answer match = glob_asked(limits, other, literal->prefix);
	if (match != GLOB_YES)
		return match;
	give(ret_witness, ret_witness ? arena_copy(arena, literal->prefix) : literal->prefix);
	return GLOB_YES;
}

/* Two trees whose prefixes agree: the longer one lies in the other. */
static enum glob_answer tree_overlap(
	struct arena *arena, const struct glob *a, const struct glob *b, struct slice *ret_witness)
{
	const struct glob *inner = a->head > b->head ? a : b, *outer = inner == a ? b : a;
	if (inner->head > outer->head && inner->prefix.at[outer->head] == '/')
		return GLOB_NO;
	if (ret_witness)
		*ret_witness = tree_path(arena, inner);
	return GLOB_YES;
}

enum verdict { GO_ON, DEAD_END, FOUND };

/*
 * Looks at all states breadth first until `judge` finds what it wants; writes its path. NO: there
 * is none.
 */
static enum glob_answer search(struct machine *machine, struct arena *arena,
	enum verdict (*judge)(const struct machine *, uint32_t state), struct slice *ret_witness)
{
	if (machine->state_count == 0)
		return GLOB_TOO_COMPLEX; /* not even the start */
	for (uint32_t from = 0; from < machine->state_count; from++) {
		enum verdict verdict = judge(machine, from);
		if (verdict == FOUND) {
			if (ret_witness)
				*ret_witness = machine_path(machine, from, arena);
			return GLOB_YES;
		}
		for (uint16_t class = 0; verdict == GO_ON && class < machine->class_count;
			class ++) {
			uint32_t to;
			if (!machine_step(machine, from, class, &to))
				return GLOB_TOO_COMPLEX;
		}
	}
	return GLOB_NO;
}

static enum verdict judge_overlap(const struct machine *machine, uint32_t state)
{
	struct standing a, b = machine_standings(machine, state, &a);
	if (a.accepts && b.accepts)
		return FOUND;
	return a.alive && b.alive ? GO_ON : DEAD_END;
}

static enum glob_answer search_overlap(struct arena *arena, const struct limits *limits,
	const struct glob *a, const struct glob *b, struct slice *ret_witness)
{
	struct arena scratch;
	struct machine machine;
	const struct glob *globs[] = {a, b};
	arena_init(&scratch, arena->out_of_memory);
	machine_init(&machine, &scratch, limits, globs, 2);
	enum glob_answer answer = search(&machine, arena, judge_overlap, ret_witness);
	limits_spend(limits, machine.work);
	arena_free(&scratch);
	return answer;
}

enum glob_answer glob_overlap(struct arena *arena, const struct limits *limits,
	const struct glob *a, const struct glob *b, struct slice *ret_witness)
{
	if (globs_apart(a, b))
		return GLOB_NO;
	if (a->shape == GLOB_LITERAL)
		return literal_overlap(arena, limits, a, b, ret_witness);
	if (b->shape == GLOB_LITERAL)
		return literal_overlap(arena, limits, b, a, ret_witness);
	if (a->shape == GLOB_TREE && b->shape == GLOB_TREE)
		return tree_overlap(arena, a, b, ret_witness);
	if (!ret_witness && a->shape == GLOB_TREE && below_tree(b, a) && some_path(arena, b, NULL))
		return GLOB_YES;
	if (!ret_witness && b->shape == GLOB_TREE && below_tree(a, b) && some_path(arena, a, NULL))
		return GLOB_YES;
	if (!limits_spend(limits, 1))
		return GLOB_TOO_COMPLEX;
	return search_overlap(arena, limits, a, b, ret_witness);
}

/* Inclusion. */

static enum verdict judge_covered(const struct machine *machine, uint32_t state)
{
	struct standing a, by = machine_standings(machine, state, &a);
	if (!a.alive || by.rest)
		return DEAD_END;
	return a.accepts && !by.accepts ? FOUND : GO_ON;
}

/* globs[0] is in question, the others may cover it. */
static enum glob_answer search_covered(struct arena *arena, const struct limits *limits,
	const struct glob *const *globs, size_t count, struct arena *scratch,
	struct slice *ret_witness)
{
	struct machine machine;
	machine_init(&machine, scratch, limits, globs, count);
	enum glob_answer found = search(&machine, arena, judge_covered, ret_witness);
	limits_spend(limits, machine.work);
	switch (found) {
	case GLOB_YES:
		return GLOB_NO;
	case GLOB_NO:
		return GLOB_YES;
	case GLOB_TOO_COMPLEX:
		break;
	}
	return GLOB_TOO_COMPLEX;
}

static enum glob_answer literal_covered(struct arena *arena, const struct limits *limits,
	const struct glob *literal, const struct glob *const *by, size_t count,
	struct slice *ret_witness)
{
	for (size_t i = 0; i < count; i++) {
		enum glob_answer match = glob_asked(limits, by[i], literal->prefix);
		if (match != GLOB_NO)
			return match;
	}
	if (ret_witness)
		*ret_witness = arena_copy(arena, literal->prefix);
	return GLOB_NO;
}

/*
 * Most questions are decided by one path: none of the others matches it, or one that does holds all
 * of `a`. GLOB_TOO_COMPLEX: not decided.
 */
static enum glob_answer quick_covered(struct arena *scratch, const struct limits *limits,
	const struct glob *const *globs, size_t count)
{
	enum { TRIED = 4 };
	struct slice path;
	unsigned tried = 0;
	bool is_matched = false;
	if (!glob_odd_path(scratch, globs[0], &path))
		return GLOB_TOO_COMPLEX;
	for (size_t i = 1; i < count && tried < TRIED; i++) {
		enum glob_answer match = glob_asked(limits, globs[i], path);
		if (match == GLOB_TOO_COMPLEX)
			return match;
		if (match == GLOB_NO)
			continue;
		const struct glob *pair[] = {globs[0], globs[i]};
		struct arena own;
		arena_init(&own, scratch->out_of_memory);
		enum glob_answer answer = search_covered(scratch, limits, pair, 2, &own, NULL);
		arena_free(&own);
		if (answer == GLOB_YES)
			return GLOB_YES;
		is_matched = true;
		tried++;
	}
	return is_matched ? GLOB_TOO_COMPLEX : GLOB_NO;
}

enum glob_answer glob_covered(struct arena *arena, const struct limits *limits,
	const struct glob *a, const struct glob *const *by, size_t count, struct slice *ret_witness)
{
	if (a->shape == GLOB_LITERAL)
		return literal_covered(arena, limits, a, by, count, ret_witness);
	if (!limits_spend(limits, count))
		return GLOB_TOO_COMPLEX;
	size_t near = 0;
	for (size_t i = 0; i < count; i++) {
		if (globs_apart(a, by[i]))
			continue;
		if (by[i]->shape == GLOB_TREE && below_tree(a, by[i]))
			return GLOB_YES;
		near++;
	}
	if (near == 0 && some_path(arena, a, ret_witness))
		return GLOB_NO;
	struct arena scratch;
	arena_init(&scratch, arena->out_of_memory);
	const struct glob **globs = arena_array(&scratch, near + 1, sizeof(*globs));
	globs[0] = a;
	near = 1;
	for (size_t i = 0; i < count; i++)
		if (!globs_apart(a, by[i]))
			globs[near++] = by[i];
	enum glob_answer answer = GLOB_TOO_COMPLEX;
	if (near > 2 && !ret_witness)
		answer = quick_covered(&scratch, limits, globs, near);
	if (answer == GLOB_TOO_COMPLEX && limits_spend(limits, 1))
		answer = search_covered(arena, limits, globs, near, &scratch, ret_witness);
	arena_free(&scratch);
	return answer;
}
