#include "manager/system/file.h"
#include "manager/system/bounds.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether a description in own/ may name it. */
static bool is_inside(struct place *place, const struct bounds *bounds, const char *name)
{
	char own[4096], path[8192];
	struct error *error = NULL;
	bool is_outside;
	strcpy(own, place_at(place, "own/"));
	snprintf(path, sizeof(path), "%s%s", name[0] == '/' ? "" : own, name);
	int looked = bounds_look(bounds, own, name, path, &is_outside, &error);
	CU_ASSERT_TRUE((looked >= 0) + is_outside + (error != NULL) == 1);
	error_free(error);
	if (looked >= 0)
		close(looked);
	return !is_outside;
}

UNIT_TEST(bounds_judge_by_the_resolved_path)
{
	struct place place = place_begin();
	struct bounds bounds = {0};
	place_put(&place, "own/sub/a", "x");
	place_put(&place, "owner/a", "x");
	place_put(&place, "common/a", "x");
	CU_ASSERT_EQUAL(symlink("sub/a", place_at(&place, "own/in")), 0);
	CU_ASSERT_EQUAL(symlink("../common/a", place_at(&place, "own/out")), 0);
	CU_ASSERT_EQUAL(symlink("../common", place_at(&place, "own/folder")), 0);
	CU_ASSERT_TRUE(is_inside(&place, &bounds, "sub/a"));
	CU_ASSERT_TRUE(is_inside(&place, &bounds, "./sub/../sub/a"));
	CU_ASSERT_TRUE(is_inside(&place, &bounds, "in"));
	CU_ASSERT_TRUE(is_inside(&place, &bounds, place_at(&place, "own/sub/a")));
	CU_ASSERT_TRUE(is_inside(&place, &bounds, "missing"));
	const char *outside[] = {"out", "folder/a", "../common/a", "../owner/a", "/etc/passwd",
		"/proc/self/environ", "/etc/missing", "../missing", "sub/../../missing"};
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		CU_ASSERT_FALSE(is_inside(&place, &bounds, outside[i]));
	CU_ASSERT_TRUE(bounds_add(&bounds, place_at(&place, "own/folder"), NULL));
	CU_ASSERT_TRUE(is_inside(&place, &bounds, "out"));
	CU_ASSERT_TRUE(is_inside(&place, &bounds, "folder/a"));
	CU_ASSERT_FALSE(is_inside(&place, &bounds, "../owner/a"));
	struct error *error = NULL;
	CU_ASSERT_FALSE(bounds_add(&bounds, place_at(&place, "gone"), &error));
	error_free(error);
	bounds.is_open = true;
	CU_ASSERT_TRUE(is_inside(&place, &bounds, "/etc/passwd"));
	bounds_free(&bounds);
	place_end(&place);
}
