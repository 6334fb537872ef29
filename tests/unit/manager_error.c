#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>

static bool prints(const struct error *error, const char *want)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	struct buf text = buf_new(&arena);
	error_print(error, &text);
	bool is_so = slice_is(buf_slice(&text), want);
	arena_free(&arena);
	return is_so;
}

UNIT_TEST(error_names_message_and_errno)
{
	struct error *error = NULL;
	CU_ASSERT_FALSE(error_make(&error, ENOSPC, "cannot write '%s'", "x"));
	CU_ASSERT_TRUE(prints(error, "cannot write 'x': No space left on device"));
	CU_ASSERT_EQUAL(error_number(error), ENOSPC);
	error_free(error);
}

UNIT_TEST(error_wrapped_reads_from_the_outside_in)
{
	struct error *error = NULL;
	error_make(&error, ENOENT, "cannot open 'b'");
	CU_ASSERT_FALSE(error_wrap(&error, "cannot read the include '%s'", "a"));
	CU_ASSERT_TRUE(prints(
		error, "cannot read the include 'a': cannot open 'b': No such file or directory"));
	CU_ASSERT_EQUAL(error_number(error), ENOENT);
	error_free(error);
}

UNIT_TEST(error_said_needs_no_errno_text)
{
	struct error *error = NULL;
	error_say(&error, EISDIR, "'x' is a directory");
	CU_ASSERT_TRUE(prints(error, "'x' is a directory"));
	CU_ASSERT_EQUAL(error_number(error), EISDIR);
	error_free(error);
}

UNIT_TEST(error_does_not_drive_the_terminal)
{
	struct error *error = NULL;
	error_make(&error, 0, "cannot open '%s'", "a\033[2Jb\n");
	CU_ASSERT_TRUE(prints(error, "cannot open 'a\\x1b[2Jb\\x0a'"));
	error_free(error);
}

UNIT_TEST(error_nobody_wants_is_no_harm)
{
	CU_ASSERT_FALSE(error_make(NULL, 1, "x"));
	CU_ASSERT_FALSE(error_wrap(NULL, "x"));
	struct error *none = NULL;
	CU_ASSERT_FALSE(error_wrap(&none, "x"));
	CU_ASSERT_PTR_NULL(none);
	error_free(NULL);
}
