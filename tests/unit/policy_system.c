#include "tests/unit/policy_support.h"

#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

/*
 * Every profile of the system's /etc/apparmor.d reads without a diagnostic; printed again, with
 * includes and without, it compiles to the same bytes.
 */

static struct slice printed_again(struct unit *unit, struct slice text)
{
	struct policy policy;
	struct print_options options = {0};
	test_read(unit, "printed", text, ORIGIN_TEMPLATE, NULL, &policy);
	return test_print(unit, &policy, &options);
}

static void check_round_trip(struct unit *unit, const struct policy *policy, const char *path)
{
	struct print_options options = {.sources = &unit->sources};
	struct slice text = test_print(unit, policy, &options);
	options.annotate = true;
	struct slice annotated = test_print(unit, policy, &options);
	struct slice again = printed_again(unit, text);
	struct policy back;
	struct slice difference = SLICE("");
	test_read(unit, "printed", text, ORIGIN_TEMPLATE, NULL, &back);
	bool equal = policy_equal(&unit->arena, policy, &back, &difference);
	bool stable = slice_eq(text, again) && slice_eq(text, printed_again(unit, annotated));
	CU_ASSERT_TRUE(equal);
	CU_ASSERT_TRUE(stable);
	if (!equal || !stable)
		printf("\n%s: %s %.*s\n", path, stable ? "" : "is not stable",
			SLICE_FMT(difference));
}

static void check_binary(struct unit *unit, const struct policy *policy, struct slice original,
	bool self_contained, const char *path)
{
	struct print_options options = {.self_contained = self_contained};
	struct slice error, text = test_print(unit, policy, &options);
	struct slice binary = test_binary(&unit->arena, text, &error);
	bool equal = slice_eq(binary, original);
	CU_ASSERT_TRUE(equal);
	if (!equal)
		printf("\n%s%s does not compile to the same bytes: %.*s\n", path,
			self_contained ? ", self-contained," : "", SLICE_FMT(error));
	if (self_contained)
		CU_ASSERT_PTR_NULL(slice_find(text, SLICE("\tinclude ")));
}

static void check_profile(const char *path)
{
	struct unit unit;
	struct test_loader loader;
	struct policy policy;
	struct slice error;
	unit_init(&unit, NULL, test_out_of_memory);
	test_loader_init(&loader, &unit, SYSTEM_POLICY);
	struct slice text = test_file(&unit.arena, path);
	CU_ASSERT_TRUE(test_read(&unit, path, text, ORIGIN_TEMPLATE, &loader.loader, &policy));
	test_no_diagnostics(&unit, path);
	check_round_trip(&unit, &policy, path);
	struct slice original = test_binary(&unit.arena, text, &error);
	if (original.at && text.len < 20000) {
		check_binary(&unit, &policy, original, false, path);
		check_binary(&unit, &policy, original, true, path);
	}
	unit_free(&unit);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

UNIT_TEST(system_profiles_are_printed_as_they_are)
{
	struct dirent **entries;
	int count = scandir(SYSTEM_POLICY, &entries, is_visible, alphasort);
	for (int i = 0; i < count; i++) {
		char path[512];
		struct stat status;
		snprintf(path, sizeof(path), SYSTEM_POLICY "/%s", entries[i]->d_name);
		free(entries[i]);
		if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
			check_profile(path);
	}
	if (count >= 0)
		free(entries);
}

static void check_directory(const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, is_visible, alphasort);
	CU_ASSERT_TRUE(count > 3);
	for (int i = 0; i < count; i++) {
		struct unit unit;
		struct test_loader loader;
		unit_init(&unit, NULL, test_out_of_memory);
		test_loader_init(&loader, &unit, SYSTEM_POLICY);
		struct slice path =
			arena_printf(&unit.arena, "%s/%s", directory, entries[i]->d_name);
		bool missing;
		loader.loader.find(&loader, path, false, &missing);
		test_no_diagnostics(&unit, path.at);
		unit_free(&unit);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

UNIT_TEST(system_abstractions_read_without_a_diagnostic)
{
	check_directory(SYSTEM_POLICY "/abstractions");
	check_directory(SYSTEM_POLICY "/tunables");
}
