#include "tests/unit/manager_place.h"

#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct place place_begin(void)
{
	struct place place = {"/tmp/aaforge-unit.XXXXXX"};
	if (!mkdtemp(place.path))
		abort();
	return place;
}

static int remove_one(const char *path, const struct stat *stat, int flag, struct FTW *where)
{
	(void)stat, (void)flag, (void)where;
	return remove(path);
}

void place_end(const struct place *place)
{
	nftw(place->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *place_at(const struct place *place, const char *name)
{
	static char paths[8][512];
	static unsigned turn;
	char *path = paths[turn++ % 8];
	snprintf(path, sizeof(paths[0]), "%s/%s", place->path, name);
	return path;
}

static void make_parents(const struct place *place, const char *name)
{
	char part[256];
	for (const char *slash = name; (slash = strchr(slash, '/')); slash++) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - name), name);
		mkdir(place_at(place, part), 0755);
	}
}

const char *place_put(const struct place *place, const char *name, const char *text)
{
	make_parents(place, name);
	const char *path = place_at(place, name);
	FILE *file = fopen(path, "we");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
	return path;
}

const char *place_script(const struct place *place, const char *name, const char *text)
{
	const char *path = place_put(place, name, text);
	if (chmod(path, 0755) < 0)
		abort();
	return path;
}

bool place_holds(const struct place *place, const char *name, const char *text)
{
	FILE *file = fopen(place_at(place, name), "re");
	if (!file)
		return false;
	char *held = calloc(1, strlen(text) + 2);
	size_t len = fread(held, 1, strlen(text) + 1, file);
	fclose(file);
	bool is_equal = len == strlen(text) && memcmp(held, text, len) == 0;
	free(held);
	return is_equal;
}

int place_count(const struct place *place, const char *name)
{
	DIR *entries = opendir(place_at(place, name));
	if (!entries)
		return -1;
	int count = -2; /* "." and ".." */
	while (readdir(entries))
		count++;
	closedir(entries);
	return count;
}

bool error_takes(struct error **error, int number, const char *part)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	struct buf text = buf_new(&arena);
	error_print(*error, &text);
	buf_add_char(&text, '\0');
	bool is_so = *error && error_number(*error) == number && strstr(text.at, part);
	if (!is_so)
		printf("    error is: %s (%d)\n", *error ? text.at : "none", error_number(*error));
	error_free(*error);
	*error = NULL;
	arena_free(&arena);
	return is_so;
}
