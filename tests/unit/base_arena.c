#include "base/buf.h"
#include "tests/unit/unit.h"

UNIT_TEST(arena_hands_out_zeroed_aligned_memory)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	for (size_t size = 0; size < 300; size++) {
		unsigned char *at = arena_alloc(&arena, size);
		CU_ASSERT_EQUAL((uintptr_t)at % 16, 0);
		for (size_t i = 0; i < size; i++)
			CU_ASSERT_EQUAL(at[i], 0);
		memset(at, 0xff, size);
	}
	unsigned char *huge = arena_alloc(&arena, 1 << 20);
	CU_ASSERT_EQUAL(huge[(1 << 20) - 1], 0);
	arena_free(&arena);
	CU_ASSERT_EQUAL(arena.used, 0);
}

UNIT_TEST(arena_reset_keeps_one_block)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	void *first = arena_alloc(&arena, 100);
	arena_reset(&arena);
	CU_ASSERT_PTR_EQUAL(arena_alloc(&arena, 100), first);
	for (int i = 0; i < 100; i++)
		arena_alloc(&arena, 5000);
	arena_reset(&arena);
	CU_ASSERT_EQUAL(arena.used, 0);
	unsigned char *again = arena_alloc(&arena, 64);
	for (size_t i = 0; i < 64; i++)
		CU_ASSERT_EQUAL(again[i], 0);
	arena_free(&arena);
}

UNIT_TEST(buffer_grows_and_formats)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	struct buf buf = buf_new(&arena);
	CU_ASSERT_EQUAL(buf_slice(&buf).len, 0);
	for (int i = 0; i < 1000; i++)
		buf_printf(&buf, "%03d,", i);
	CU_ASSERT_EQUAL(buf.len, 4000);
	CU_ASSERT(slice_eq(slice_from(buf_slice(&buf), 3996), SLICE("999,")));
	buf_add(&buf, SLICE(""));
	buf_add_char(&buf, 'x');
	CU_ASSERT_EQUAL(buf.at[4000], 'x');
	CU_ASSERT(slice_is(arena_printf(&arena, "%s-%d", "a", 7), "a-7"));
	arena_free(&arena);
}
