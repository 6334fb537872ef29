/* Every policy text of the system this runs on is parsed without a diagnostic. */

#include "tests/unit/parser_dump.h"
#include "tests/unit/unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned files, refused;

static struct slice read_file(struct arena *arena, const char *path, off_t size)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return slice_of(NULL, 0);
	char *text = arena_alloc(arena, (size_t)size + 1);
	size_t len = fread(text, 1, (size_t)size, file);
	fclose(file);
	return slice_of(text, len);
}

static bool is_policy(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	return !strstr(path, "/abi/") && strcmp(name, "README") != 0 && name[0] != '.' &&
	       !strchr(name, '~') && !strstr(name, ".dpkg-");
}

static int parse_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)place;
	if (kind != FTW_F || !is_policy(path))
		return 0;
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct slice diags;
	parse_and_dump(&unit, read_file(&unit.arena, path, status->st_size), &diags);
	files++;
	if (diags.len > 0) {
		fprintf(stderr, "\n%s: %.*s\n", path, SLICE_FMT(diags));
		refused++;
	}
	unit_free(&unit);
	return 0;
}

UNIT_TEST(system_policy)
{
	static const char *const roots[] = {
		"/etc/apparmor.d", "/usr/share/apparmor/extra-profiles"};
	files = refused = 0;
	for (size_t i = 0; i < 2; i++)
		nftw(roots[i], parse_one, 16, FTW_PHYS);
	if (files == 0)
		fprintf(stderr, "\nSKIPPED: there is no policy in %s\n", roots[0]);
	CU_ASSERT(refused == 0);
}
