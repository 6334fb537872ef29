#include "manager/system/links.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The steps of a walk as text: "L dir/name, E dir/name", with the place left out. */
struct steps {
	const struct place *place;
	char text[4096];
};

static void note(void *context, enum links_step step, const char *directory, const char *name)
{
	static const char letters[] = {
		[LINKS_LINK] = 'L', [LINKS_MISSING] = 'M', [LINKS_END] = 'E'};
	struct steps *steps = context;
	size_t len = strlen(steps->text), top = strlen(steps->place->path);
	bool is_below = strncmp(directory, steps->place->path, top) == 0;
	snprintf(steps->text + len, sizeof(steps->text) - len, "%s%c %s/%s", len ? ", " : "",
		letters[step], is_below ? directory + top : directory, name);
}

static bool goes(const struct place *place, const char *path, const char *wanted)
{
	struct steps steps = {.place = place};
	bool is_walked = links_walk(path, note, &steps);
	if (strcmp(steps.text, wanted) != 0)
		printf("%s: %s\n", path, steps.text);
	return is_walked && strcmp(steps.text, wanted) == 0;
}

static void lead(const struct place *place, const char *target, const char *name)
{
	CU_ASSERT_EQUAL(symlink(target, place_at(place, name)), 0);
}

UNIT_TEST(links_are_walked_as_the_kernel_does)
{
	struct place place = place_begin();
	char here[256];
	place_put(&place, "a/b/file", "");
	lead(&place, "a", "one");
	lead(&place, "../one/b", "a/two");
	lead(&place, place_at(&place, "a/two/file"), "three");
	lead(&place, "nowhere/else", "four");
	CU_ASSERT_TRUE(goes(&place, place_at(&place, "a/b/file"), "E /a/b/file"));
	CU_ASSERT_TRUE(goes(&place, place_at(&place, "a//./b/../b/"), "E /a/b"));
	CU_ASSERT_TRUE(goes(&place, place_at(&place, "one/b/file"), "L /one, E /a/b/file"));
	CU_ASSERT_TRUE(
		goes(&place, place_at(&place, "three"), "L /three, L /a/two, L /one, E /a/b/file"));
	CU_ASSERT_TRUE(goes(&place, place_at(&place, "one/two/.."), "L /one, L /a/two, L /one"));
	CU_ASSERT_TRUE(goes(&place, place_at(&place, "four/x"), "L /four, M /nowhere"));
	CU_ASSERT_TRUE(goes(&place, place_at(&place, "a/b/file/x"), "M /a/b/file/x"));
	CU_ASSERT_TRUE(goes(&place, "/", ""));
	CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(here, sizeof(here)));
	CU_ASSERT_EQUAL(chdir(place.path), 0);
	CU_ASSERT_TRUE(goes(&place, "one/b", "L /one, E /a/b"));
	CU_ASSERT_EQUAL(chdir(here), 0);
	place_end(&place);
}

UNIT_TEST(links_without_an_end)
{
	struct place place = place_begin();
	struct steps steps = {.place = &place};
	lead(&place, "b", "a");
	lead(&place, "a", "b");
	CU_ASSERT_FALSE(links_walk(place_at(&place, "a"), note, &steps));
	CU_ASSERT_EQUAL(errno, ELOOP);
	char *longest = calloc(1, 10000);
	memset(longest, '/', 9000);
	CU_ASSERT_FALSE(links_walk(longest, note, &steps));
	CU_ASSERT_EQUAL(errno, ENAMETOOLONG);
	free(longest);
	place_end(&place);
}
