#include "manager/system/trust.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STRANGER = 65534 };

/* Below the place alone, so that it does not matter who runs the tests and where. */
static bool is_file_fine(struct place *place, const char *name, const char *words)
{
	struct trust trust;
	struct error *error = NULL;
	trust_init(&trust, place->path, geteuid());
	bool is_fine = trust_file(&trust, place_at(place, name), &error);
	bool is_told = is_fine ? !error : error_takes(&error, EPERM, words);
	CU_ASSERT_TRUE(is_told);
	return is_fine;
}

static bool is_directory_fine(struct place *place, const char *name)
{
	struct trust trust;
	struct error *error = NULL;
	trust_init(&trust, place->path, geteuid());
	bool is_fine = trust_directory(&trust, place_at(place, name), &error);
	error_free(error);
	return is_fine;
}

UNIT_TEST(trust_of_modes)
{
	struct place place = place_begin();
	place_put(&place, "d/a", "x");
	CU_ASSERT_TRUE(is_file_fine(&place, "d/a", ""));
	CU_ASSERT_TRUE(is_file_fine(&place, "d/./../d//a", ""));
	CU_ASSERT_TRUE(is_file_fine(&place, "d/gone/further", ""));
	CU_ASSERT_TRUE(is_directory_fine(&place, "d"));
	CU_ASSERT_EQUAL(chmod(place_at(&place, "d/a"), 0664), 0);
	CU_ASSERT_FALSE(is_file_fine(&place, "d/a", "d/a' (owner"));
	CU_ASSERT_EQUAL(chmod(place_at(&place, "d/a"), 0646), 0);
	CU_ASSERT_FALSE(is_file_fine(&place, "d/a", "mode 0646) may be written by others"));
	CU_ASSERT_EQUAL(chmod(place_at(&place, "d/a"), 0644), 0);
	CU_ASSERT_EQUAL(chmod(place_at(&place, "d"), 0775), 0);
	CU_ASSERT_FALSE(is_file_fine(&place, "d/a", "chmod go-w '"));
	CU_ASSERT_FALSE(is_file_fine(&place, "d/gone", "chmod go-w '"));
	CU_ASSERT_FALSE(is_directory_fine(&place, "d"));
	place_end(&place);
}

/* As /tmp: a step on the way, but nothing to take all files of. */
UNIT_TEST(trust_of_sticky_directories)
{
	struct place place = place_begin();
	place_put(&place, "tmp/a", "x");
	place_put(&place, "d/b", "x");
	CU_ASSERT_EQUAL(mkdir(place_at(&place, "tmp/mine"), 0755), 0);
	CU_ASSERT_EQUAL(chmod(place_at(&place, "tmp"), 01777), 0);
	CU_ASSERT_EQUAL(symlink("tmp", place_at(&place, "link")), 0);
	CU_ASSERT_TRUE(is_file_fine(&place, "tmp/a", ""));
	CU_ASSERT_TRUE(is_directory_fine(&place, "tmp/mine"));
	const char *all[] = {"tmp", "tmp/", "tmp/.", "tmp/mine/..", "link", "d/../link/mine/.."};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		CU_ASSERT_FALSE(is_directory_fine(&place, all[i]));
	if (geteuid() == 0) {
		CU_ASSERT_EQUAL(chown(place_at(&place, "tmp/a"), STRANGER, 0), 0);
		CU_ASSERT_FALSE(is_file_fine(&place, "tmp/a", "belongs to user 65534 (mode 0644)"));
	}
	place_end(&place);
}

UNIT_TEST(trust_of_links)
{
	struct place place = place_begin();
	place_put(&place, "good/a", "x");
	place_put(&place, "bad/a", "x");
	CU_ASSERT_EQUAL(symlink("../good/a", place_at(&place, "bad/out")), 0);
	CU_ASSERT_EQUAL(symlink("../bad/a", place_at(&place, "good/out")), 0);
	CU_ASSERT_EQUAL(symlink("/good", place_at(&place, "folder")), 0); /* below the top */
	CU_ASSERT_EQUAL(symlink("loop", place_at(&place, "loop")), 0);
	CU_ASSERT_EQUAL(chmod(place_at(&place, "bad"), 0777), 0);
	CU_ASSERT_TRUE(is_file_fine(&place, "folder/a", ""));
	CU_ASSERT_FALSE(is_file_fine(&place, "bad/out", "/bad' (owner"));
	CU_ASSERT_FALSE(is_file_fine(&place, "good/out", "/bad' (owner"));
	CU_ASSERT_FALSE(is_file_fine(&place, "folder/out", "/bad' (owner"));
	struct trust trust;
	struct error *error = NULL;
	trust_init(&trust, place.path, geteuid());
	CU_ASSERT_FALSE(trust_file(&trust, place_at(&place, "loop"), &error));
	CU_ASSERT_TRUE(error_takes(&error, ELOOP, "loop"));
	if (geteuid() == 0) {
		CU_ASSERT_EQUAL(lchown(place_at(&place, "folder"), STRANGER, STRANGER), 0);
		CU_ASSERT_FALSE(is_file_fine(&place, "folder/a", "chown -h root: '"));
	}
	place_end(&place);
}

UNIT_TEST(trust_of_others_is_not_kept)
{
	struct place place = place_begin();
	struct trust trust;
	struct error *error = NULL;
	place_put(&place, "good/a", "x");
	place_put(&place, "bad/a", "x");
	CU_ASSERT_EQUAL(chmod(place_at(&place, "bad"), 0777), 0);
	trust_init(&trust, place.path, geteuid());
	CU_ASSERT_TRUE(trust_file(&trust, place_at(&place, "good/a"), &error));
	CU_ASSERT_FALSE(trust_file(&trust, place_at(&place, "bad/a"), &error));
	CU_ASSERT_TRUE(error_takes(&error, EPERM, "bad"));
	CU_ASSERT_FALSE(trust_file(&trust, place_at(&place, "bad/b"), &error));
	CU_ASSERT_TRUE(error_takes(&error, EPERM, "bad"));
	CU_ASSERT_TRUE(trust_file(&trust, place_at(&place, "good/a"), &error));
	place_end(&place);
}
