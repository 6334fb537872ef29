#include "tests/unit/analysis_compile.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#define DIFFERENCE 0x80000000u

/* Accepts "a" in state 2 and "ab" in state 3; 4 is a difference to 2. */
static struct small_dfa example(void)
{
	struct small_dfa dfa = {.states = 5, .accept = {0, 0, 1, 2, 3}};
	dfa.next[1]['a'] = 2;
	dfa.next[2]['b'] = 3;
	dfa.next[2]['c'] = 3;
	return dfa;
}

static const char *refusal(const struct small_dfa *small)
{
	static char text[128];
	struct arena arena;
	const struct dfa *dfa;
	const char *error = "";
	arena_init(&arena, test_out_of_memory);
	if (dfa_read(&arena, small_dfa_bytes(&arena, small), true, &dfa, &error))
		error = "accepted";
	snprintf(text, sizeof(text), "%s", error);
	arena_free(&arena);
	return text;
}

UNIT_TEST(dfa_walks)
{
	struct arena arena;
	const struct dfa *dfa;
	const char *error;
	arena_init(&arena, test_out_of_memory);
	for (int wide = 0; wide < 2; wide++) {
		struct small_dfa small = example();
		small.wide = wide;
		CU_ASSERT_TRUE_FATAL(
			dfa_read(&arena, small_dfa_bytes(&arena, &small), true, &dfa, &error));
		CU_ASSERT_EQUAL(dfa->states, 5);
		CU_ASSERT_EQUAL(dfa_walk(dfa, DFA_START, SLICE("a")), 2);
		CU_ASSERT_EQUAL(dfa_walk(dfa, DFA_START, SLICE("ab")), 3);
		CU_ASSERT_EQUAL(dfa_walk(dfa, DFA_START, SLICE("b")), DFA_NOWHERE);
		CU_ASSERT_EQUAL(dfa_walk(dfa, DFA_NOWHERE, SLICE("a")), DFA_NOWHERE);
		CU_ASSERT_EQUAL(dfa_walk(dfa, DFA_START, SLICE("")), DFA_START);
		CU_ASSERT_EQUAL(dfa_class_count(dfa), 256);
	}
	arena_free(&arena);
}

UNIT_TEST(dfa_differences_are_tried_in_the_default_state)
{
	struct arena arena;
	const struct dfa *dfa;
	const char *error;
	arena_init(&arena, test_out_of_memory);
	struct small_dfa small = example();
	small.flags = 1;
	small.base_flags[4] = DIFFERENCE;
	small.fallback[4] = 2;
	small.next[4]['b'] = 1;
	CU_ASSERT_TRUE_FATAL(dfa_read(&arena, small_dfa_bytes(&arena, &small), true, &dfa, &error));
	CU_ASSERT_EQUAL(dfa_step(dfa, 4, 'b'), 1);	     /* its own */
	CU_ASSERT_EQUAL(dfa_step(dfa, 4, 'c'), 3);	     /* that of state 2 */
	CU_ASSERT_EQUAL(dfa_step(dfa, 4, 'd'), DFA_NOWHERE); /* the default of state 2 */
	arena_free(&arena);
}

UNIT_TEST(dfa_classes)
{
	struct arena arena;
	const struct dfa *dfa;
	const char *error;
	uint8_t classes[256] = {['a'] = 1, ['A'] = 1, ['b'] = 2};
	struct small_dfa small = {.states = 3, .classes = classes};
	arena_init(&arena, test_out_of_memory);
	small.next[1][1] = 2;
	CU_ASSERT_TRUE_FATAL(dfa_read(&arena, small_dfa_bytes(&arena, &small), true, &dfa, &error));
	CU_ASSERT_EQUAL(dfa_class_count(dfa), 3);
	CU_ASSERT_EQUAL(dfa_class(dfa, 'A'), 1);
	CU_ASSERT_EQUAL(dfa_step(dfa, 1, 'A'), 2);
	CU_ASSERT_EQUAL(dfa_step(dfa, 1, 'a'), 2);
	CU_ASSERT_EQUAL(dfa_step(dfa, 1, 'b'), DFA_NOWHERE);
	CU_ASSERT_EQUAL(dfa_step_class(dfa, 1, 1), 2);
	arena_free(&arena);
}

UNIT_TEST(dfa_refuses_loops_of_differences)
{
	struct small_dfa dfa = example();
	dfa.flags = 1;
	dfa.base_flags[3] = dfa.base_flags[4] = DIFFERENCE;
	dfa.fallback[3] = 4;
	dfa.fallback[4] = 2;
	CU_ASSERT_STRING_EQUAL(refusal(&dfa), "accepted");
	dfa.fallback[4] = 3;
	CU_ASSERT_STRING_EQUAL(refusal(&dfa), "has default states that lead in a circle");
	dfa.fallback[4] = 4;
	CU_ASSERT_STRING_EQUAL(refusal(&dfa), "has default states that lead in a circle");
}

UNIT_TEST(dfa_refuses_what_is_out_of_range)
{
	struct small_dfa dfa = example();
	CU_ASSERT_STRING_EQUAL(refusal(&dfa), "accepted");
	dfa.next[1]['z'] = 5;
	CU_ASSERT_STRING_EQUAL(refusal(&dfa), "has a transition to or from a state out of range");
	dfa = example();
	dfa.fallback[1] = 5;
	CU_ASSERT_STRING_EQUAL(refusal(&dfa), "has a default state out of range");
	dfa = example();
	dfa.base_flags[4] = 1;
	CU_ASSERT_STRING_EQUAL(refusal(&dfa), "has a state whose transitions are out of range");
	dfa = example();
	dfa.base_flags[4] = DIFFERENCE;
	CU_ASSERT_STRING_EQUAL(refusal(&dfa), "encodes differences without saying so");
	dfa = example();
	dfa.base_flags[2] = 0x40000000;
	CU_ASSERT_STRING_EQUAL(refusal(&dfa), "has a state with unknown flags");
	dfa = example();
	dfa.flags = 8;
	CU_ASSERT_STRING_EQUAL(refusal(&dfa), "has unknown flags");
	dfa = example();
	dfa.no_accept2 = true;
	CU_ASSERT_STRING_EQUAL(refusal(&dfa), "lacks its second accept table");
	dfa = example();
	dfa.states = 1;
	CU_ASSERT_STRING_EQUAL(refusal(&dfa), "has fewer than two states");
}

UNIT_TEST(dfa_refuses_every_truncation)
{
	struct arena arena;
	const struct dfa *dfa;
	const char *error;
	arena_init(&arena, test_out_of_memory);
	struct small_dfa small = example();
	struct slice bytes = small_dfa_bytes(&arena, &small);
	for (size_t len = 0; len < bytes.len; len++) {
		CU_ASSERT_FALSE(dfa_read(&arena, slice_first(bytes, len), true, &dfa, &error));
		arena.used = 0;
	}
	arena_free(&arena);
}
