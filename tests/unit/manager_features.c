#include "manager/apparmor_parser/features.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <unistd.h>

static const char text_3_0[] = "file {mask {read\n}\n}\npolicy {versions {v8 {yes\n}\n}\n}\n";
static const char text_4_0[] = "policy {versions {v9 {yes\n}\n}\n}\nfile {mask {read\n}\n}\n";

UNIT_TEST(features_follow_the_abi)
{
	struct place place = place_begin();
	struct features features;
	struct error *error = NULL;
	place_put(&place, "abi/3.0", text_3_0);
	place_put(&place, "abi/4.0", text_4_0);
	CU_ASSERT_TRUE(features_choose(NULL, place.path, ABI_3_0, &features, &error));
	CU_ASSERT_STRING_EQUAL(features.path, place_at(&place, "abi/3.0"));
	struct digest want = digest_of(slice_str(text_3_0));
	CU_ASSERT_EQUAL(memcmp(&features.digest, &want, sizeof(want)), 0);
	features_free(&features);
	CU_ASSERT_TRUE(features_choose(NULL, place.path, ABI_NONE, &features, &error));
	CU_ASSERT_STRING_EQUAL(features.path, place_at(&place, "abi/3.0"));
	features_free(&features);
	CU_ASSERT_TRUE(features_choose(NULL, place.path, ABI_4_0, &features, &error));
	CU_ASSERT_STRING_EQUAL(features.path, place_at(&place, "abi/4.0"));
	features_free(&features);
	place_end(&place);
}

UNIT_TEST(features_given)
{
	struct place place = place_begin();
	struct features features;
	struct error *error = NULL;
	CU_ASSERT_TRUE(features_choose(
		place_put(&place, "mine", text_4_0), "/gone", ABI_3_0, &features, &error));
	CU_ASSERT_STRING_EQUAL(features.path, place_at(&place, "mine"));
	features_free(&features);
	CU_ASSERT_TRUE(
		features_choose("/etc/apparmor.d/abi/3.0", "/gone", ABI_3_0, &features, &error));
	features_free(&features);
	place_end(&place);
}

/* The kernel shows its features as a directory: a name is a block, a file its words. */
UNIT_TEST(features_as_a_tree)
{
	struct place place = place_begin();
	struct features features;
	struct error *error = NULL;
	place_put(&place, "features/file/mask", "create read write\n");
	place_put(&place, "features/policy/versions/v8", "yes\n");
	CU_ASSERT_TRUE_FATAL(
		features_choose(place_at(&place, "features"), "/gone", ABI_3_0, &features, &error));
	struct digest before = features.digest;
	features_free(&features);
	place_put(&place, "features/policy/versions/v9", "yes\n");
	CU_ASSERT_TRUE_FATAL(
		features_choose(place_at(&place, "features"), "/gone", ABI_3_0, &features, &error));
	CU_ASSERT_NOT_EQUAL(memcmp(&before, &features.digest, sizeof(before)), 0);
	features_free(&features);
	CU_ASSERT_FALSE(features_choose("/etc", "/gone", ABI_3_0, &features, &error));
	CU_ASSERT_TRUE(error != NULL);
	error_free(error);
	place_end(&place);
}

UNIT_TEST(features_that_cannot_be_used)
{
	struct place place = place_begin();
	struct features features;
	struct error *error = NULL;
	CU_ASSERT_FALSE(features_choose(NULL, place.path, ABI_3_0, &features, &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOENT, "install the Debian package 'apparmor'"));
	CU_ASSERT_FALSE(features_choose(NULL, place.path, ABI_4_0, &features, &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOENT, "--abi 3.0"));
	CU_ASSERT_FALSE(features_choose("/dev/null", place.path, ABI_3_0, &features, &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "is a device, expected a regular file"));
	CU_ASSERT_FALSE(features_choose("/etc/passwd", place.path, ABI_3_0, &features, &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "does not describe features"));
	place_put(&place, "cut", "file {mask {read\n}\n}\npolicy {versions {v8 {yes\n");
	CU_ASSERT_FALSE(
		features_choose(place_at(&place, "cut"), place.path, ABI_3_0, &features, &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "does not describe features"));
	CU_ASSERT_EQUAL(truncate(place_at(&place, "cut"), 1 << 30), 0);
	CU_ASSERT_FALSE(
		features_choose(place_at(&place, "cut"), place.path, ABI_3_0, &features, &error));
	CU_ASSERT_TRUE(error_takes(&error, EFBIG, "larger"));
	place_end(&place);
}
