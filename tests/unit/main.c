#include "tests/unit/unit.h"

#include <CUnit/Basic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct unit_test *const __start_unit_tests[];
extern const struct unit_test *const __stop_unit_tests[];

void test_out_of_memory(void)
{
	fputs("out of memory\n", stderr);
	abort();
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	bool wanted = true;
	for (int i = 1; i < argc; i++)
		if (argv[i][0] != '-')
			wanted = false;
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-')
			wanted |= strstr(name, argv[i]) != NULL;
		else if (strstr(name, argv[i] + 1))
			return false;
	}
	return wanted;
}

static CU_pSuite suite_of(const char *file)
{
	CU_pSuite suite = CU_get_suite(file);
	return suite ? suite : CU_add_suite(file, NULL, NULL);
}

int main(int argc, char **argv)
{
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 3;
	size_t registered = 0;
	for (const struct unit_test *const *test = __start_unit_tests; test < __stop_unit_tests;
		test++) {
		if (!is_wanted((*test)->name, argc, argv))
			continue;
		if (!CU_add_test(suite_of((*test)->file), (*test)->name, (*test)->run))
			return 3;
		registered++;
	}
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	unsigned failed = CU_get_number_of_failures() + CU_get_number_of_tests_failed() +
			  CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed || registered == 0;
}
