#include "manager/scan.h"

#include "manager/file.h"
#include "manager/host.h"
#include "manager/library.h"
#include "parser/parser.h"

#include <errno.h>
#include <stdlib.h>

/* Grows by doubling: the items of a power of two are full. */
static void add(struct scan *scan, struct arena *arena, struct scanned item)
{
	if ((scan->count & (scan->count - 1)) == 0) {
		size_t room = scan->count ? 2 * scan->count : 1;
		struct scanned *items = arena_array(arena, room, sizeof(*items));
		if (scan->count > 0)
			memcpy(items, scan->items, scan->count * sizeof(*items));
		scan->items = items;
	}
	scan->items[scan->count++] = item;
}

/* `profile NAME …`, or a name that stands for itself: `/usr/sbin/nscd … {`. */
static struct slice name_of(const struct statement *statement)
{
	const struct item *item = statement->items;
	if (statement->kind != STATEMENT_BLOCK || !item || item->kind != ITEM_WORD)
		return slice_of(NULL, 0);
	if (slice_is(item->text, "profile") && !item->quoted)
		item = item->next;
	else if (!slice_starts(item->text, SLICE("/")) && !slice_starts(item->text, SLICE("@{")))
		return slice_of(NULL, 0);
	return item && item->kind == ITEM_WORD ? item->text : slice_of(NULL, 0);
}

void scan_text(struct slice text, struct slice file, struct arena *arena, struct scan *scan)
{
	struct unit unit;
	struct statement *first = NULL;
	unit_init(&unit, NULL, arena->out_of_memory);
	const struct source *source = sources_add(&unit.sources, file, text, 1);
	if (source)
		parse_policy(&unit, source, &first);
	for (const struct statement *at = first; at; at = at->next) {
		struct slice name = name_of(at);
		if (name.len > 0)
			add(scan, arena, (struct scanned){arena_copy(arena, name), file});
	}
	unit_free(&unit);
}

static int by_name(const void *a, const void *b)
{
	const struct scanned *left = a, *right = b;
	int order = slice_cmp(left->name, right->name);
	return order ? order : slice_cmp(left->file, right->file);
}

/* false when it is not there. */
static bool read_one(const char *path, struct slice file, struct arena *arena, struct bytes *text,
	struct scan *scan)
{
	int number = regular_read(path, SCAN_BYTES, text);
	bool is_read = number == 0;
	if (is_read)
		scan_text(bytes_slice(text), arena_copy(arena, file), arena, scan);
	else if (number == EACCES || number == EPERM)
		scan->is_partial = true;
	return is_read || (number != ENOENT && number != EINVAL);
}

void scan_read(const struct places *places, struct arena *arena, struct scan *ret_scan)
{
	struct scan scan = {0};
	struct file_list files = {0};
	struct bytes path = {0}, text = {0};
	struct error *error = NULL;
	if (!file_list_read_if(places->profiles, library_takes_name, &files, &error)) {
		int number = error_number(error);
		scan.is_missing = number == ENOENT || number == ENOTDIR;
		scan.is_partial = !scan.is_missing;
		error_free(error);
		*ret_scan = scan;
		return;
	}
	for (size_t i = 0; i < files.count && i < SCAN_FILES; i++)
		if (file_list_path(&files, i, &path))
			read_one(path.at, slice_str(files.text + files.names[i]), arena, &text,
				&scan);
	bytes_free(&path);
	bytes_free(&text);
	file_list_free(&files);
	if (scan.count > 0)
		qsort(scan.items, scan.count, sizeof(*scan.items), by_name);
	*ret_scan = scan;
}

bool scan_file(
	const struct places *places, struct slice file, struct arena *arena, struct scan *ret_scan)
{
	struct scan scan = {0};
	struct bytes text = {0};
	if (file.len == 0 || file.at[0] == '.' || slice_has(file, '/') || slice_has(file, '\0'))
		return false;
	const char *path = arena_printf(arena, "%s/%.*s", places->profiles, SLICE_FMT(file)).at;
	bool is_there = read_one(path, file, arena, &text, &scan);
	bytes_free(&text);
	*ret_scan = scan;
	return is_there;
}
