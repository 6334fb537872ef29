#include "analysis/xmatch.h"

#define MAY_EXEC   1u
#define PATH_BYTES 4096
#define STEPS_MOST 4000000u /* of one enumeration */

static bool accepts(const struct compiled_db *xmatch, uint32_t state)
{
	uint32_t accept = xmatch->dfa->accept[state];
	if (!xmatch->perms)
		return accept & MAY_EXEC;
	return accept < xmatch->perm_count && (xmatch->perms[accept].allow & MAY_EXEC);
}

/*
 * Bytes that no state tells from each other are of one class: those that a state has a transition
 * for are told from all others. Returns how many classes there are.
 */
static unsigned find_classes(const struct dfa *dfa, uint16_t class_of[static 256])
{
	bool is_told[256] = {false};
	uint16_t group_of[256];
	unsigned told = 0;
	for (uint32_t state = 1; state < dfa->states; state++) {
		const uint32_t *check = dfa_checks(dfa, state);
		for (unsigned i = 0; i < 256; i++)
			is_told[i] |= check[i] == state;
	}
	for (unsigned i = 0; i < 256; i++)
		told += is_told[i];
	unsigned rest = told < 256, next = rest;
	for (unsigned i = 0; i < 256; i++)
		group_of[i] = is_told[i] ? (uint16_t)next++ : 0;
	for (unsigned byte = 0; byte < 256; byte++)
		class_of[byte] = group_of[dfa_class(dfa, (uint8_t)byte)];
	return told + rest;
}

/* The words of an automaton, the deepest first: a path of states, and the next byte of each. */
struct walk {
	const struct compiled_db *xmatch;
	struct arena *arena;
	struct slice *words;
	size_t count, depth, steps;
	uint32_t states[PATH_BYTES];
	uint16_t next[PATH_BYTES]; /* index into `bytes` */
	char text[PATH_BYTES];
	uint8_t bytes[256]; /* sorted by their classes … */
	uint16_t end[256];  /* … and where the class of each of them ends */
	bool is_path[];	    /* per state: on the path */
};

/* The bytes of a class lead to the same state: where one leads nowhere, none is tried. */
static void sort_bytes(struct walk *walk)
{
	uint16_t ends[256] = {0}, next[256];
	uint16_t class_of[256];
	find_classes(walk->xmatch->dfa, class_of);
	for (unsigned byte = 0; byte < 256; byte++)
		ends[class_of[byte]]++;
	for (unsigned class = 1; class < 256; class ++)
		ends[class] = (uint16_t)(ends[class] + ends[class - 1]);
	for (unsigned class = 0; class < 256; class ++)
		next[class] = class ? ends[class - 1] : 0;
	for (unsigned byte = 0; byte < 256; byte++) {
		uint16_t class = class_of[byte];
		walk->end[next[class]] = ends[class];
		walk->bytes[next[class]++] = (uint8_t)byte;
	}
}

static bool enter(struct walk *walk, uint32_t state)
{
	if (walk->depth + 1 >= PATH_BYTES || walk->is_path[state])
		return false;
	walk->states[walk->depth] = state;
	walk->next[walk->depth] = 0;
	walk->is_path[state] = true;
	if (!accepts(walk->xmatch, state))
		return true;
	if (walk->count == XMATCH_WORDS)
		return false;
	walk->words[walk->count++] = arena_copy(walk->arena, slice_of(walk->text, walk->depth));
	return true;
}

/* Where the next byte of the top leads; DFA_NOWHERE when there is none left. */
static uint32_t advance(struct walk *walk)
{
	while (walk->next[walk->depth] < 256 && walk->steps++ < STEPS_MOST) {
		uint16_t *next = &walk->next[walk->depth], at = (*next)++;
		uint8_t byte = walk->bytes[at];
		uint32_t to = dfa_step(walk->xmatch->dfa, walk->states[walk->depth], byte);
		if (to == DFA_NOWHERE) {
			*next = walk->end[at];
		} else if (byte != 0) { /* no path holds a NUL */
			walk->text[walk->depth] = (char)byte;
			return to;
		}
	}
	return DFA_NOWHERE;
}

static bool run(struct walk *walk)
{
	if (!enter(walk, walk->xmatch->file_start))
		return false;
	for (;;) {
		uint32_t to = advance(walk);
		if (walk->steps >= STEPS_MOST)
			return false;
		if (to != DFA_NOWHERE) {
			walk->depth++;
			if (!enter(walk, to))
				return false;
			continue;
		}
		walk->is_path[walk->states[walk->depth]] = false;
		if (walk->depth == 0)
			return true;
		walk->depth--;
	}
}

bool xmatch_words(struct arena *arena, const struct compiled_db *xmatch, struct slice **ret_words,
	size_t *ret_count)
{
	struct arena work;
	if (!xmatch->dfa || xmatch->file_start == DFA_NOWHERE) {
		*ret_words = NULL;
		*ret_count = 0;
		return true;
	}
	arena_init(&work, arena->out_of_memory);
	struct walk *walk =
		arena_alloc(&work, sizeof(*walk) + xmatch->dfa->states * sizeof(walk->is_path[0]));
	walk->xmatch = xmatch;
	walk->arena = arena;
	sort_bytes(walk);
	walk->words = arena_array(&work, XMATCH_WORDS, sizeof(*walk->words));
	bool is_finite = run(walk);
	if (is_finite) {
		*ret_words = arena_array(arena, walk->count, sizeof(**ret_words));
		memcpy(*ret_words, walk->words, walk->count * sizeof(**ret_words));
		*ret_count = walk->count;
	}
	arena_free(&work);
	return is_finite;
}

static void copy_edges(
	struct arena *arena, const struct dfa *dfa, struct small_automaton *automaton)
{
	size_t count = (size_t)dfa->states * automaton->classes;
	uint32_t *next = arena_array(arena, count, sizeof(*next));
	for (uint32_t state = 1; state < dfa->states; state++)
		for (unsigned class = 0; class < automaton->classes; class ++)
			if (automaton->sample[class] != 0) /* no path holds a NUL */
				next[state * automaton->classes + class] =
					dfa_step(dfa, state, automaton->sample[class]);
	automaton->next = next;
}

/* Breadth first. What no text leads to has a depth, too, which nobody asks for. */
static void measure(struct arena *arena, struct small_automaton *automaton)
{
	uint32_t *depth = arena_array(arena, automaton->states + 1, sizeof(*depth));
	uint32_t *queue = arena_array(arena, automaton->states + 1, sizeof(*queue));
	bool *is_seen = arena_array(arena, automaton->states + 1, sizeof(*is_seen));
	size_t count = 0;
	queue[count++] = DFA_START;
	is_seen[DFA_START] = true;
	for (size_t at = 0; at < count; at++)
		for (unsigned class = 0; class < automaton->classes; class ++) {
			uint32_t to = automaton->next[queue[at] * automaton->classes + class];
			if (to == DFA_NOWHERE || is_seen[to])
				continue;
			is_seen[to] = true;
			depth[to] = depth[queue[at]] + 1;
			queue[count++] = to;
		}
	automaton->depth = depth;
}

/* A state that no other leads to, or that leads to no other, is on no loop of several. */
static bool peel(const struct small_automaton *automaton, bool *cyclic, bool *entered)
{
	bool changed = false;
	memset(entered, 0, automaton->states + 1);
	for (uint32_t at = 1; at <= automaton->states; at++) {
		bool leaves = false;
		for (unsigned class = 0; cyclic[at] && class < automaton->classes; class ++) {
			uint32_t to = automaton->next[at * automaton->classes + class];
			if (to == at || !cyclic[to])
				continue;
			leaves = entered[to] = true;
		}
		changed |= cyclic[at] && !leaves;
		cyclic[at] = leaves;
	}
	for (uint32_t at = 1; at <= automaton->states; at++) {
		changed |= cyclic[at] && !entered[at];
		cyclic[at] = cyclic[at] && entered[at];
	}
	return changed;
}

static void find_cycles(struct arena *arena, struct small_automaton *automaton)
{
	bool *cyclic = arena_array(arena, automaton->states + 1, sizeof(*cyclic));
	bool *entered = arena_array(arena, automaton->states + 1, sizeof(*entered));
	for (uint32_t at = 1; at <= automaton->states; at++)
		cyclic[at] = true;
	while (peel(automaton, cyclic, entered))
		;
	automaton->cyclic = cyclic;
}

const struct small_automaton *xmatch_automaton(
	struct arena *arena, const struct compiled_db *xmatch, uint32_t most)
{
	const struct dfa *dfa = xmatch->dfa;
	if (!dfa || dfa->states > most || xmatch->file_start != DFA_START)
		return NULL;
	struct small_automaton *automaton = arena_new(arena, struct small_automaton);
	bool *accepts_at = arena_array(arena, dfa->states, sizeof(*accepts_at));
	automaton->states = dfa->states - 1;
	automaton->classes = (uint16_t)find_classes(dfa, automaton->class_of);
	for (unsigned byte = 0; byte < 256; byte++)
		automaton->sample[automaton->class_of[byte]] = (uint8_t)byte;
	for (unsigned byte = 'z'; byte >= 'a'; byte--)
		automaton->sample[automaton->class_of[byte]] = (uint8_t)byte;
	for (uint32_t state = 1; state < dfa->states; state++)
		accepts_at[state] = accepts(xmatch, state);
	automaton->accepts = accepts_at;
	automaton->numbered = true;
	copy_edges(arena, dfa, automaton);
	measure(arena, automaton);
	find_cycles(arena, automaton);
	return automaton;
}
