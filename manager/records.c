#include "manager/records.h"

#include "manager/label.h"
#include "manager/system/path.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

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

void record_list_read(
	const struct places *places, struct arena *arena, struct record_list *ret_list)
{
	struct record_list list = {0};
	DIR *directory = path_opendir(arena_printf(arena, "%s/loaded", places->state).at);
	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		struct recorded recorded = {.namespace = SLICE("")};
		if (entry->d_name[0] == '.' || !decode(entry->d_name, arena, &recorded.name))
			continue;
		label_split_namespace(&recorded.name, &recorded.namespace);
		/* Says whether it is one: it holds the name, too. */
		if (record_read(places, recorded.namespace, recorded.name, arena, &recorded.record))
			add(&list, arena, recorded);
	}
	if (directory)
		closedir(directory);
	if (list.count > 0)
		qsort(list.entries, list.count, sizeof(*list.entries), by_name);
	*ret_list = list;
}
