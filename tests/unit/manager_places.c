#include "manager/places.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void expect_this_machine(const char *root)
{
	struct places places;
	struct error *error = NULL;
	CU_ASSERT_TRUE_FATAL(places_find(root, &places, &error));
	CU_ASSERT_STRING_EQUAL(places.root, "");
	CU_ASSERT_STRING_EQUAL(places.profiles, "/etc/apparmor.d");
	CU_ASSERT_STRING_EQUAL(places.descriptions, "/etc/aaforge");
	CU_ASSERT_STRING_EQUAL(places.state, "/run/aaforge");
	CU_ASSERT_STRING_EQUAL(places.proc, "/proc");
	CU_ASSERT_STRING_EQUAL(places.parameters, "/sys/module/apparmor/parameters");
	CU_ASSERT_TRUE(!places.apparmorfs || strstr(places.apparmorfs, "/apparmor"));
	char *path = places_path(&places, "/sbin/apparmor_parser");
	CU_ASSERT_STRING_EQUAL(path, "/sbin/apparmor_parser");
	free(path);
	places_free(&places);
	CU_ASSERT_PTR_NULL(places.root);
}

UNIT_TEST(places_of_this_machine)
{
	expect_this_machine(NULL);
	expect_this_machine("/");
	expect_this_machine("//./");
}

static void expect_root(const char *given, const char *root, bool has_apparmorfs)
{
	struct places places;
	struct error *error = NULL;
	char want[512];
	CU_ASSERT_TRUE_FATAL(places_find(given, &places, &error));
	CU_ASSERT_STRING_EQUAL(places.root, root);
	snprintf(want, sizeof(want), "%s/etc/apparmor.d", root);
	CU_ASSERT_STRING_EQUAL(places.profiles, want);
	snprintf(want, sizeof(want), "%s/run/aaforge", root);
	CU_ASSERT_STRING_EQUAL(places.state, want);
	snprintf(want, sizeof(want), "%s/proc", root);
	CU_ASSERT_STRING_EQUAL(places.proc, want);
	snprintf(want, sizeof(want), "%s/sys/kernel/security/apparmor", root);
	CU_ASSERT_EQUAL(places.apparmorfs != NULL, has_apparmorfs);
	if (places.apparmorfs)
		CU_ASSERT_STRING_EQUAL(places.apparmorfs, want);
	places_free(&places);
}

UNIT_TEST(places_below_another_root)
{
	struct place place = place_begin();
	place_put(&place, "with/sys/kernel/security/apparmor/profiles", "");
	place_put(&place, "file/sys/kernel/security/apparmor", "");
	expect_root(place.path, place.path, false);
	expect_root(place_at(&place, "with"), place_at(&place, "with"), true);
	expect_root(place_at(&place, "with///"), place_at(&place, "with"), true);
	expect_root(place_at(&place, "file/../with/."), place_at(&place, "with"), true);
	expect_root(place_at(&place, "file"), place_at(&place, "file"), false);
	CU_ASSERT_EQUAL(symlink("with", place_at(&place, "link")), 0);
	expect_root(place_at(&place, "link"), place_at(&place, "with"), true);
	place_end(&place);
}

UNIT_TEST(places_below_a_relative_root)
{
	struct place place = place_begin();
	int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT_EQUAL_FATAL(chdir(place.path), 0);
	expect_root(".", place.path, false);
	CU_ASSERT_EQUAL(fchdir(before), 0);
	close(before);
	place_end(&place);
}

UNIT_TEST(places_refuse_what_is_no_root)
{
	struct place place = place_begin();
	struct places places = {0};
	struct error *error = NULL;
	CU_ASSERT_FALSE(places_find(place_at(&place, "gone"), &places, &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOENT, "gone' as the root"));
	CU_ASSERT_FALSE(places_find(place_put(&place, "file", "x"), &places, &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOTDIR, "it is no directory"));
	CU_ASSERT_FALSE(places_find("", &places, &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOENT, "''"));
	CU_ASSERT_FALSE(places_find("/dev/null", &places, NULL));
	CU_ASSERT_PTR_NULL(places.root);
	place_end(&place);
}
