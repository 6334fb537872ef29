#include "manager/disk/records.h"

#include "manager/kernel/label.h"
#include "manager/system/path.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* "%3Atenant%3Aweb" to ":tenant:web"; false for a name that no record has. */
static bool decode(const char *file, struct arena *arena, struct slice *ret_text)
{
	size_t size = strlen(file), len = 0;
	char *text = arena_bytes(arena, size + 1);
	for (size_t i = 0; i < size; i++) {
		unsigned byte = (unsigned char)file[i];
		if (byte == '%') {
			if (i + 2 >= size || sscanf(file + i + 1, "%2x", &byte) != 1)
				return false;
			i += 2;
		}
		text[len++] = (char)byte;
	}
	text[len] = '\0';
	*ret_text = slice_of(text, len);
	return len > 0;
}

static void add(struct record_list *list, struct arena *arena, struct recorded entry)
{
	if ((list->count & (list->count - 1)) == 0) {
		size_t room = list->count ? 2 * list->count : 1;
		struct recorded *entries = arena_array(arena, room, sizeof(*entries));
		if (list->count > 0)
			memcpy(entries, list->entries, list->count * sizeof(*entries));
		list->entries = entries;
	}
	list->entries[list->count++] = entry;
}

static int by_name(const void *a, const void *b)
{
	const struct recorded *left = a, *right = b;
	int order = slice_cmp(left->namespace, right->namespace);
	return order ? order : slice_cmp(left->name, right->name);
}

/* What a file of STATE/loaded is the record of. false for others. */
static bool name_of(
	const char *file, struct arena *arena, struct recorded *ret_recorded, bool *ret_is_prepared)
{
	struct recorded recorded = {.namespace = SLICE("")};
	struct slice text = slice_str(file);
	bool is_prepared = slice_ends(text, SLICE(RECORD_PREPARED));
	if (is_prepared)
		text = slice_first(text, text.len - strlen(RECORD_PREPARED));
	if (slice_starts(text, SLICE(".")) ||
		!decode(arena_string(arena, text), arena, &recorded.name))
		return false;
	label_split_namespace(&recorded.name, &recorded.namespace);
	*ret_recorded = recorded;
	*ret_is_prepared = is_prepared;
	return true;
}

/* Whether there is no other record than the prepared one. */
static bool stands_alone(const struct places *places, const char *file, struct arena *arena)
{
	return path_access(arena_printf(arena, "%s/loaded/%.*s", places->state,
				   (int)(strlen(file) - strlen(RECORD_PREPARED)), file)
				   .at,
		       F_OK) < 0;
}

static void settle(const struct places *places, const struct loaded *loaded,
	const struct recorded *recorded, struct arena *arena)
{
	struct record record;
	struct digest identity;
	const struct loaded_profile *there =
		loaded_find(loaded, recorded->namespace, recorded->name);
	if (there &&
		record_read_prepared(places, recorded->namespace, recorded->name, arena, &record) &&
		there->kind == record.kind &&
		loaded_identity(loaded, recorded->namespace, recorded->name, &identity) &&
		memcmp(&identity, &record.identity, sizeof(identity)) == 0)
		record_settle(places, recorded->namespace, recorded->name, &record, arena);
	record_drop(places, recorded->namespace, recorded->name);
}

void records_settle(const struct places *places, const struct loaded *loaded, struct arena *arena)
{
	DIR *directory = path_opendir(arena_printf(arena, "%s/loaded", places->state).at);
	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		struct recorded recorded;
		bool is_prepared;
		if (slice_ends(slice_str(entry->d_name), SLICE(RECORD_PREPARED)) &&
			name_of(entry->d_name, arena, &recorded, &is_prepared))
			settle(places, loaded, &recorded, arena);
	}
	if (directory)
		closedir(directory);
}

void record_list_read(
	const struct places *places, struct arena *arena, struct record_list *ret_list)
{
	struct record_list list = {0};
	DIR *directory = path_opendir(arena_printf(arena, "%s/loaded", places->state).at);
	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		struct recorded recorded;
		bool is_prepared;
		if (!name_of(entry->d_name, arena, &recorded, &is_prepared))
			continue;
		/* Says whether it is one: it holds the name, too. */
		if (record_read(
			    places, recorded.namespace, recorded.name, arena, &recorded.record) &&
			(!is_prepared || stands_alone(places, entry->d_name, arena)))
			add(&list, arena, recorded);
	}
	if (directory)
		closedir(directory);
	if (list.count > 0)
		qsort(list.entries, list.count, sizeof(*list.entries), by_name);
	*ret_list = list;
}
