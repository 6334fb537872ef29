/*
 * Attachments: the automata compared state by state with those that apparmor_parser compiles, the
 * answers with a walk as the kernel does it, with its tables and rings, on the compiled automata.
 */

#include "policy/glob/attachment.h"

#include "base/buf.h"
#include "tests/unit/analysis_compile.h"
#include "tests/unit/unit.h"

static struct arena arena;

static struct attachment read_one(const char *text)
{
	const char *error = "";
	struct attachment attachment = {0};
	CU_ASSERT_TRUE_FATAL(attachment_read(
		&arena, &limits_default, slice_str(text), false, &attachment, &error));
	return attachment;
}

static const char *const order_names[] = {"apart", "first", "second", "neither", "varies"};

/* Random patterns, compiled. */

enum { PATTERNS = 160, ROUNDS = 4, PROGRAMS = 4000 };

static uint32_t random_state;

static uint32_t roll(uint32_t below)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % below;
}

/* Longer than what kernels remember of a walk. */
#define LONG_START "/abababab/babababa/abababab/babababa/ab/"

static const char *random_pattern(void)
{
	static const char *const starts[] = {"/", "/", "/", "/u/", "/{,u/}", "/{,u/}{,s}", "/a/",
		"/ab/ab/ab/", LONG_START, LONG_START};
	static const char *const pieces[] = {"a", "b", "a", "b", "ab", "u", "*", "**", "?",
		"{a,bu}", "{,a}", "{b,ab,abu}", "[ab]", "[^a]", "{,*}", "{*,ab}", "[^b/]", "/"};
	struct buf text = buf_new(&arena);
	buf_add(&text, slice_str(starts[roll(10)]));
	for (uint32_t i = 1 + roll(5); i > 0; i--)
		buf_add(&text, slice_str(pieces[roll(18)]));
	return arena_string(&arena, buf_slice(&text));
}

struct made {
	const char *text;
	struct attachment attachment;
	const struct compiled_profile *compiled;
};

static struct made made[PATTERNS];

static void make_patterns(void)
{
	struct buf text = buf_new(&arena);
	for (int i = 0; i < PATTERNS; i++) {
		made[i].text = random_pattern();
		made[i].attachment = read_one(made[i].text);
		buf_add(&text, arena_printf(&arena, "profile p%d %s { }\n", i, made[i].text));
	}
	const struct compiled_profile *first =
		test_compile(&arena, arena_string(&arena, buf_slice(&text)));
	for (int i = 0; i < PATTERNS; i++) {
		made[i].compiled = compiled_find(first, arena_printf(&arena, "p%d", i));
		CU_ASSERT_PTR_NOT_NULL_FATAL(made[i].compiled);
		CU_ASSERT_PTR_NOT_NULL_FATAL(made[i].compiled->xmatch.dfa);
	}
}

static bool accepts(const struct dfa *dfa, uint32_t state)
{
	return dfa->accept[state] & 1;
}

static bool same_automaton(const struct made *one)
{
	const struct small_automaton *small = one->attachment.automaton;
	const struct dfa *dfa = one->compiled->xmatch.dfa;
	if (!small) /* a literal: one state follows the other */
		return dfa->states == one->attachment.least + 2 &&
		       dfa_walk(dfa, DFA_START, glob_prefix(one->attachment.glob)) ==
			       dfa->states - 1;
	if (!small->numbered || small->states != dfa->states - 1)
		return false;
	for (uint32_t state = 1; state <= small->states; state++) {
		if (small->accepts[state] != accepts(dfa, state))
			return false;
		for (int byte = 0; byte < 256; byte++)
			if (small_step(small, state, (uint8_t)byte) !=
				dfa_step(dfa, state, (uint8_t)byte))
				return false;
	}
	return true;
}

UNIT_TEST(attachment_automata)
{
	random_state = 1;
	for (int round = 0; round < ROUNDS; round++) {
		arena_init(&arena, test_out_of_memory);
		make_patterns();
		for (int i = 0; i < PATTERNS; i++) {
			CU_ASSERT_TRUE(same_automaton(&made[i]));
			CU_ASSERT_TRUE(made[i].compiled->xmatch_len <= made[i].attachment.least);
			if (!same_automaton(&made[i]) ||
				made[i].compiled->xmatch_len > made[i].attachment.least)
				printf("\n%s: %u, %u\n", made[i].text, made[i].compiled->xmatch_len,
					made[i].attachment.least);
		}
		arena_free(&arena);
	}
}

/* The kernel's walk. */

struct kernel {
	unsigned ring;
	bool lower; /* a state of a lower number ends the count */
};

static const struct kernel kernels[] = {{32, false}, {32, true}, {8, true}};

static bool meets(const struct kernel *kernel, const uint32_t *history, unsigned at, unsigned len,
	uint32_t state, unsigned *ret_back)
{
	if (history[at] < state)
		return false;
	unsigned back = 0;
	for (; back < len + kernel->lower; back++, at = (at + kernel->ring - 1) % kernel->ring) {
		if (history[at] != state)
			continue;
		*ret_back = back;
		return true;
	}
	*ret_back = back;
	return kernel->lower;
}

static uint32_t kernel_count(const struct kernel *kernel, const struct dfa *dfa, struct slice path)
{
	uint32_t history[32] = {0}, state = DFA_START, count = 0;
	unsigned at = 0, len = 0, back;
	for (size_t i = 0; i < path.len; i++) {
		history[at] = state;
		state = dfa_step(dfa, state, (uint8_t)path.at[i]);
		if (meets(kernel, history, at, len, state, &back))
			return count - back;
		at = (at + 1) % kernel->ring;
		len = kernel->lower ? (len + 1) % kernel->ring : len < 32 ? len + 1 : 32;
		count++;
	}
	return count;
}

/* The second of two that match is met after the first: -1 the first stays, 1 it is replaced. */
static int kernel_takes(uint32_t first, uint32_t first_len, uint32_t second)
{
	uint32_t length = first > first_len ? first : first_len;
	return second < length ? -1 : second > length;
}

static int kernel_chooses(
	const struct kernel *kernel, const struct made *a, const struct made *b, struct slice path)
{
	uint32_t in_a = kernel_count(kernel, a->compiled->xmatch.dfa, path);
	uint32_t in_b = kernel_count(kernel, b->compiled->xmatch.dfa, path);
	int forth = kernel_takes(in_a, a->compiled->xmatch_len, in_b);
	int back = -kernel_takes(in_b, b->compiled->xmatch_len, in_a);
	return forth == back ? forth : 0;
}

static struct slice random_program(void)
{
	static const char bytes[] = "aaabbbu/s";
	static const char *const starts[] = {"/", "/", "/u/", "/ab/ab/ab/", LONG_START};
	struct buf path = buf_new(&arena);
	buf_add(&path, slice_str(starts[roll(5)]));
	for (uint32_t i = roll(roll(8) == 0 ? 80 : 9); i > 0; i--) {
		char byte = bytes[roll(9)];
		if (byte != '/' || path.at[path.len - 1] != '/')
			buf_add_char(&path, byte);
	}
	if (path.at[path.len - 1] == '/')
		buf_add_char(&path, 'a');
	return buf_slice(&path);
}

static bool both_match(const struct made *a, const struct made *b, struct slice path)
{
	bool match = attachment_matches(&a->attachment, path);
	const struct dfa *dfa = a->compiled->xmatch.dfa;
	CU_ASSERT_EQUAL(match, accepts(dfa, dfa_walk(dfa, DFA_START, path)));
	return match && attachment_matches(&b->attachment, path);
}

/* What is claimed of a pair must be what every kernel does with the program. */
static bool holds(enum attachment_order order, int claimed, const struct made *a,
	const struct made *b, struct slice path)
{
	for (size_t i = 0; i < sizeof(kernels) / sizeof(*kernels); i++) {
		int winner = kernel_chooses(&kernels[i], a, b, path);
		if ((order == ATTACHMENT_FIRST && winner != -1) ||
			(order == ATTACHMENT_SECOND && winner != 1) || order == ATTACHMENT_APART ||
			(claimed != 0 && winner != claimed))
			return false;
	}
	return true;
}

/* Neither is said where some kernel attaches neither, or the order of loading decides. */
static bool some_attaches_none(const struct made *a, const struct made *b, struct slice path)
{
	for (size_t i = 0; i < sizeof(kernels) / sizeof(*kernels); i++)
		if (kernel_chooses(&kernels[i], a, b, path) == 0)
			return true;
	return false;
}

static void try_pair(const struct made *a, const struct made *b, const struct slice *programs,
	unsigned *ret_orders)
{
	struct slice witness;
	enum attachment_order order = attachment_compare(
		&arena, &limits_default, &a->attachment, &b->attachment, &witness);
	ret_orders[order]++;
	for (int i = 0; i <= PROGRAMS / 10; i++) {
		struct slice path = i == 0 ? witness : programs[roll(PROGRAMS)];
		if (path.len == 0 || !both_match(a, b, path))
			continue;
		int claimed = attachment_compare_for(&a->attachment, &b->attachment, path);
		bool right = holds(order, claimed, a, b, path);
		if (i == 0 && order == ATTACHMENT_NEITHER)
			right &= some_attaches_none(a, b, path);
		CU_ASSERT_TRUE(right);
		if (!right)
			printf("\n%s %s: %s, %d for %.*s\n", a->text, b->text, order_names[order],
				claimed, SLICE_FMT(path));
	}
}

UNIT_TEST(attachment_kernel)
{
	unsigned orders[5] = {0};
	random_state = 2;
	for (int round = 0; round < ROUNDS; round++) {
		arena_init(&arena, test_out_of_memory);
		make_patterns();
		struct slice *programs = arena_array(&arena, PROGRAMS, sizeof(*programs));
		for (int i = 0; i < PROGRAMS; i++)
			programs[i] = random_program();
		for (int i = 0; i < 3000; i++)
			try_pair(&made[roll(PATTERNS)], &made[roll(PATTERNS)], programs, orders);
		arena_free(&arena);
	}
	for (int i = 0; i < 5; i++)
		CU_ASSERT_TRUE(orders[i] > 100);
}
