#include "cli/names.h"

#include "cli/cli.h"

#include <stdlib.h>

/* Names and paths lie in one buffer, ended by NUL; a slot refers to them by offset. */
struct slot {
	uint32_t name; /* offset + 1; 0 is an empty slot */
	uint32_t path; /* offset */
	uint32_t line;
};

struct name_table {
	struct slot *slots;
	size_t room, count; /* room is a power of two */
	char *text;
	size_t text_len, text_room;
	uint32_t last_path; /* offset: documents of one file come one after the other */
	bool has_path;
};

static void *must(void *at)
{
	if (!at)
		out_of_memory();
	return at;
}

struct name_table *name_table_new(void)
{
	return must(calloc(1, sizeof(struct name_table)));
}

void name_table_free(struct name_table *table)
{
	free(table->slots);
	free(table->text);
	free(table);
}

/* FNV-1a: names are few, and a collision costs a comparison only. */
static size_t hash(struct slice name)
{
	uint64_t value = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < name.len; i++)
		value = (value ^ (unsigned char)name.at[i]) * UINT64_C(1099511628211);
	return (size_t)(value ^ value >> 32);
}

static struct slot *find(struct slot *slots, size_t room, const char *text, struct slice name)
{
	size_t i = hash(name) & (room - 1);
	while (slots[i].name && !slice_is(name, text + slots[i].name - 1))
		i = (i + 1) & (room - 1);
	return &slots[i];
}

static void grow(struct name_table *table)
{
	size_t room = table->room ? table->room * 2 : 256;
	struct slot *slots = must(calloc(room, sizeof(*slots)));
	for (size_t i = 0; i < table->room; i++)
		if (table->slots[i].name)
			*find(slots, room, table->text,
				slice_str(table->text + table->slots[i].name - 1)) =
				table->slots[i];
	free(table->slots);
	table->slots = slots;
	table->room = room;
}

static uint32_t add_text(struct name_table *table, struct slice s)
{
	size_t need = table->text_len + s.len + 1;
	if (need > table->text_room) {
		table->text_room = need + need / 4 + 1024;
		table->text = must(realloc(table->text, table->text_room));
	}
	uint32_t offset = (uint32_t)table->text_len;
	memcpy(table->text + offset, s.at, s.len);
	table->text[offset + s.len] = '\0';
	table->text_len = need;
	return offset;
}

static uint32_t add_path(struct name_table *table, const char *path)
{
	if (!table->has_path || strcmp(table->text + table->last_path, path) != 0)
		table->last_path = add_text(table, slice_str(path));
	table->has_path = true;
	return table->last_path;
}

bool name_table_claim(struct name_table *table, struct slice name, const char *path, uint32_t line,
	struct name_use *ret_first)
{
	if (table->count * 4 >= table->room * 3)
		grow(table);
	struct slot *slot = find(table->slots, table->room, table->text, name);
	if (slot->name) {
		*ret_first = (struct name_use){table->text + slot->path, slot->line};
		return false;
	}
	uint32_t at = add_text(table, name);
	*slot = (struct slot){.name = at + 1, .path = add_path(table, path), .line = line};
	table->count++;
	return true;
}
