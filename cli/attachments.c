#include "cli/attachments.h"

#include "cli/cli.h"

#include <stdlib.h>

struct entry {
	struct entry *next;	 /* in the order of noting */
	struct entry *next_same; /* literals: of the same bucket */
	struct attachment_use use;
	struct attachment attachment;
};

enum { BUCKETS = 4096 };

struct attachment_table {
	struct arena arena;
	struct entry *literals, **literals_end;
	struct entry *patterns, **patterns_end;
	struct entry *buckets[BUCKETS];
};

struct attachment_table *attachment_table_new(void)
{
	struct attachment_table *table = calloc(1, sizeof(*table));
	if (!table)
		out_of_memory();
	arena_init(&table->arena, out_of_memory);
	table->literals_end = &table->literals;
	table->patterns_end = &table->patterns;
	return table;
}

void attachment_table_free(struct attachment_table *table)
{
	arena_free(&table->arena);
	free(table);
}

static struct entry **bucket_of(struct attachment_table *table, struct slice path)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < path.len; i++)
		hash = (hash ^ (unsigned char)path.at[i]) * UINT64_C(1099511628211);
	return &table->buckets[(hash ^ hash >> 32) % BUCKETS];
}

static void add_rival(struct arena *arena, const struct entry *entry, const struct entry *other,
	struct attachment_rivals *rivals)
{
	struct attachment_rival rival = {.use = other->use};
	if (!slice_eq(entry->use.xattrs, other->use.xattrs))
		return;
	rival.order = attachment_compare(
		arena, &limits_default, &entry->attachment, &other->attachment, &rival.witness);
	bool decided = rival.order == ATTACHMENT_FIRST || rival.order == ATTACHMENT_SECOND;
	if (rival.order == ATTACHMENT_APART)
		return;
	size_t *count = decided ? &rivals->overlaps : &rivals->conflicts;
	if ((*count)++ == 0)
		*(decided ? &rivals->overlap : &rivals->conflict) = rival;
}

/* A literal's text is its AARE: the path that it matches is the glob's prefix. */
static struct slice literal_path(const struct entry *entry)
{
	return glob_prefix(entry->attachment.glob);
}

static void find_rivals(struct attachment_table *table, struct arena *arena,
	const struct entry *entry, struct attachment_rivals *rivals)
{
	bool literal = attachment_is_literal(&entry->attachment);
	const struct entry *other =
		literal ? *bucket_of(table, literal_path(entry)) : table->literals;
	for (; other; other = literal ? other->next_same : other->next)
		if (!literal || slice_eq(literal_path(entry), literal_path(other)))
			add_rival(arena, entry, other, rivals);
	for (other = table->patterns; other; other = other->next)
		add_rival(arena, entry, other, rivals);
}

/* Of two that are alike the first is noted only. */
static bool is_noted(const struct entry *entry, const struct attachment_rivals *rivals)
{
	return rivals->conflicts > 0 && slice_eq(entry->use.text, rivals->conflict.use.text);
}

static void add_entry(struct attachment_table *table, struct entry *entry)
{
	if (!attachment_is_literal(&entry->attachment)) {
		*table->patterns_end = entry;
		table->patterns_end = &entry->next;
		return;
	}
	struct entry **bucket = bucket_of(table, literal_path(entry));
	entry->next_same = *bucket;
	*bucket = entry;
	*table->literals_end = entry;
	table->literals_end = &entry->next;
}

void attachment_table_claim(struct attachment_table *table, struct arena *arena,
	const struct attachment_use *use, struct attachment_rivals *ret_rivals)
{
	const char *error;
	struct entry *entry = arena_new(&table->arena, struct entry);
	*ret_rivals = (struct attachment_rivals){0};
	entry->use = *use;
	entry->use.name = arena_copy(&table->arena, use->name);
	entry->use.text = arena_copy(&table->arena, use->text);
	entry->use.xattrs = arena_copy(&table->arena, use->xattrs);
	if (!attachment_read(&table->arena, &limits_default, entry->use.text, false,
		    &entry->attachment, &error))
		return;
	find_rivals(table, arena, entry, ret_rivals);
	if (!is_noted(entry, ret_rivals))
		add_entry(table, entry);
}
