#include "cli/names.h"

#include "cli/cli.h"

#include <stdlib.h>

enum { BUCKETS = 256, STEP = 8 };

struct entry {
	uint32_t hash;
	struct name_use use;
};

/* Buckets that grow a little at a time: no moment needs twice the memory. */
struct name_table {
	struct bucket {
		struct entry *entries;
		uint32_t count;
	} buckets[BUCKETS];
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
	for (size_t i = 0; i < BUCKETS; i++)
		free(table->buckets[i].entries);
	free(table);
}

/* FNV-1a, folded. */
static uint32_t hash_of(struct slice name)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.at[i]) * UINT64_C(1099511628211);
	return (uint32_t)(hash ^ hash >> 32);
}

bool name_table_claim(struct name_table *table, struct slice name, struct name_use use,
	name_is_at *is_at, void *context, struct name_use *ret_first)
{
	uint32_t hash = hash_of(name);
	struct bucket *bucket = &table->buckets[hash % BUCKETS];
	for (size_t i = 0; i < bucket->count; i++) {
		const struct entry *entry = &bucket->entries[i];
		if (entry->hash == hash && is_at(context, name, entry->use)) {
			*ret_first = entry->use;
			return false;
		}
	}
	if (bucket->count % STEP == 0)
		bucket->entries = must(reallocarray(
			bucket->entries, bucket->count + STEP, sizeof(*bucket->entries)));
	bucket->entries[bucket->count++] = (struct entry){hash, use};
	return true;
}
