#include "manager/change/replaced.h"

#include "manager/system/file.h"
#include "manager/host/host.h"
#include "manager/system/path.h"

#include <stdlib.h>
#include <unistd.h>

#define ENDING	    ".files"
#define RECORD_MOST ((size_t)64 * 1024)

static const char *directory_of(const struct places *places, struct arena *arena)
{
	return arena_printf(arena, "%s/" REPLACED_DIRECTORY, places->descriptions).at;
}

struct slice replaced_path(const struct places *places, struct arena *arena, struct slice name)
{
	return arena_printf(arena, "%s/%.*s" ENDING, directory_of(places, arena), SLICE_FMT(name));
}

struct slice replaced_text(struct arena *arena, const struct slice *files, size_t count)
{
	struct buf text = buf_new(arena);
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%.*s\n", SLICE_FMT(files[i]));
	return buf_slice(&text);
}

static bool is_file_name(struct slice name)
{
	return name.len > 0 && name.len <= 255 && name.at[0] != '.' && !slice_has(name, '/') &&
	       !slice_has(name, '\0');
}

static void read_lines(struct slice text, struct arena *arena, struct replaced *replaced)
{
	size_t lines = 1;
	for (size_t i = 0; i < text.len; i++)
		lines += text.at[i] == '\n';
	replaced->files = arena_array(arena, lines, sizeof(*replaced->files));
	while (text.len > 0) {
		const char *newline = memchr(text.at, '\n', text.len);
		size_t len = newline ? (size_t)(newline - text.at) : text.len;
		struct slice line = slice_first(text, len);
		if (is_file_name(line))
			replaced->files[replaced->count++] = arena_copy(arena, line);
		text = slice_from(text, len + 1);
	}
}

void replaced_read(const struct places *places, struct slice name, struct arena *arena,
	struct replaced *ret_replaced)
{
	struct bytes text = {0};
	struct replaced replaced = {.name = name};
	if (is_file_name(name) &&
		regular_read(replaced_path(places, arena, name).at, RECORD_MOST, &text) == 0)
		read_lines(bytes_slice(&text), arena, &replaced);
	bytes_free(&text);
	*ret_replaced = replaced;
}

static bool is_record(const char *name)
{
	return name[0] != '.' && slice_ends(slice_str(name), SLICE(ENDING));
}

void replaced_list_read(
	const struct places *places, struct arena *arena, struct replaced_list *ret_list)
{
	struct file_list files = {0};
	struct replaced_list list = {0};
	if (file_list_read_if(directory_of(places, arena), is_record, &files, NULL)) {
		list.entries = arena_array(arena, files.count, sizeof(*list.entries));
		for (size_t i = 0; i < files.count; i++) {
			struct slice name = slice_str(files.text + files.names[i]);
			name = arena_copy(arena, slice_first(name, name.len - strlen(ENDING)));
			replaced_read(places, name, arena, &list.entries[list.count++]);
		}
		file_list_free(&files);
	}
	*ret_list = list;
}

struct slice replaced_link(const struct places *places, struct arena *arena, struct slice file)
{
	return arena_printf(arena, "%s/disable/%.*s", places->profiles, SLICE_FMT(file));
}

struct slice replaced_target(struct arena *arena, struct slice file)
{
	return arena_printf(arena, "../%.*s", SLICE_FMT(file));
}

bool replaced_is_aside(const struct places *places, struct arena *arena, struct slice file)
{
	struct slice target = replaced_target(arena, file);
	char *found = arena_bytes(arena, target.len + 1);
	ssize_t len = path_readlink(replaced_link(places, arena, file).at, found, target.len + 1);
	return len >= 0 && slice_eq(slice_of(found, (size_t)len), target);
}
