#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

/*
 * UNIT_TEST(name) { … } defines a CUnit test that registers itself through a linker section: there
 * is no list to forget it in. The test's suite is its file. With arguments the program runs only
 * the tests whose name holds one of them; those whose name holds NAME are left out with -NAME.
 */

#include <CUnit/CUnit.h>

struct unit_test {
	const char *file, *name;
	void (*run)(void);
};

#define UNIT_TEST(test)                                                                            \
	static void test(void);                                                                    \
	static const struct unit_test unit_test_##test = {__FILE__, #test, test};                  \
	static const struct unit_test *const unit_entry_##test                                     \
		__attribute__((used, section("unit_tests"))) = &unit_test_##test;                  \
	static void test(void)

/* For arena_init and unit_init in tests: prints and aborts. */
void test_out_of_memory(void);

#endif
