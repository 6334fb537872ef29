#include "cli/attachments.h"

#include "cli/cli.h"

#include <stdlib.h>

struct entry {
	struct entry *next;	 /* in its list */
	struct entry *next_name; /* in its bucket of names */
	struct entry *next_path; /* literals: in the bucket of paths */
	struct attachment_use use;
	struct attachment attachment;
	struct slice name; /* the last component of all that it matches, or empty */
};

/* EFFORT: steps in two automata side by side that a run may take, some seconds. */
enum { BUCKETS = 8192, EFFORT = 5000000 };

struct list {
	struct entry *first, **end;
};

/*
 * What has a name is compared with what has the same one and what has none; what has none, with
 * all. Literals are found by their whole path, too.
 */
struct attachment_table {
	struct arena arena;
	size_t effort; /* spent on patterns that overlap */
	struct list named, unnamed;
	struct entry *patterns[BUCKETS], *literals[BUCKETS]; /* by name */
	struct entry *paths[BUCKETS];
};

struct attachment_table *attachment_table_new(void)
{
	struct attachment_table *table = calloc(1, sizeof(*table));
	if (!table)
		out_of_memory();
	arena_init(&table->arena, out_of_memory);
	table->named.end = &table->named.first;
	table->unnamed.end = &table->unnamed.first;
	return table;
}

void attachment_table_free(struct attachment_table *table)
{
	arena_free(&table->arena);
	free(table);
}

static struct entry **bucket_of(struct entry **buckets, struct slice path)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < path.len; i++)
		hash = (hash ^ (unsigned char)path.at[i]) * UINT64_C(1099511628211);
	return &buckets[(hash ^ hash >> 32) % BUCKETS];
}

/* The limits of the next comparison: hardly any, once the run has spent its effort. */
static struct limits limits_left(
	struct attachment_table *table, const struct entry *entry, const struct entry *other)
{
	const struct small_automaton *a = entry->attachment.automaton;
	const struct small_automaton *b = other->attachment.automaton;
	struct limits limits = limits_default;
	if (!a || !b)
		return limits;
	if (table->effort > EFFORT) {
		limits.glob_states = 1;
		return limits;
	}
	size_t steps = (size_t)a->states * b->states;
	table->effort += steps < limits.glob_states ? steps : limits.glob_states;
	return limits;
}

/* After a conflict no more is looked for: it is an error already. */
static void add_rival(struct attachment_table *table, struct arena *arena,
	const struct entry *entry, const struct entry *other, struct attachment_rivals *rivals)
{
	struct attachment_rival rival = {.use = other->use};
	struct slice a = glob_prefix(entry->attachment.glob),
		     b = glob_prefix(other->attachment.glob);
	if (rivals->conflicts > 0 || memcmp(a.at, b.at, a.len < b.len ? a.len : b.len) != 0 ||
		!slice_eq(entry->use.xattrs, other->use.xattrs))
		return;
	if (glob_overlap(arena, &limits_default, entry->attachment.glob, other->attachment.glob,
		    NULL) == GLOB_NO)
		return;
	struct limits limits = limits_left(table, entry, other);
	rival.order = attachment_compare(
		arena, &limits, &entry->attachment, &other->attachment, &rival.witness);
	bool decided = rival.order == ATTACHMENT_FIRST || rival.order == ATTACHMENT_SECOND;
	if (rival.order == ATTACHMENT_APART)
		return;
	size_t *count = decided ? &rivals->overlaps : &rivals->conflicts;
	if ((*count)++ == 0)
		*(decided ? &rivals->overlap : &rivals->conflict) = rival;
}

static void find_named(struct attachment_table *table, struct arena *arena,
	const struct entry *entry, struct attachment_rivals *rivals)
{
	bool literal = attachment_is_literal(&entry->attachment);
	struct slice path = glob_prefix(entry->attachment.glob);
	const struct entry *other = *(
		literal ? bucket_of(table->paths, path) : bucket_of(table->literals, entry->name));
	for (; other; other = literal ? other->next_path : other->next_name)
		if (!literal || slice_eq(path, glob_prefix(other->attachment.glob)))
			add_rival(table, arena, entry, other, rivals);
	for (other = *bucket_of(table->patterns, entry->name); other; other = other->next_name)
		if (slice_eq(entry->name, other->name))
			add_rival(table, arena, entry, other, rivals);
}

static void find_rivals(struct attachment_table *table, struct arena *arena,
	const struct entry *entry, struct attachment_rivals *rivals)
{
	if (entry->name.len > 0) {
		find_named(table, arena, entry, rivals);
	} else {
		for (const struct entry *other = table->named.first; other; other = other->next)
			add_rival(table, arena, entry, other, rivals);
	}
	for (const struct entry *other = table->unnamed.first; other; other = other->next)
		add_rival(table, arena, entry, other, rivals);
}

/* Of two that are alike the first is noted only. */
static bool is_noted(const struct entry *entry, const struct attachment_rivals *rivals)
{
	return rivals->conflicts > 0 && slice_eq(entry->use.text, rivals->conflict.use.text);
}

static void add_entry(struct attachment_table *table, struct entry *entry)
{
	bool literal = attachment_is_literal(&entry->attachment);
	struct list *list = entry->name.len > 0 ? &table->named : &table->unnamed;
	*list->end = entry;
	list->end = &entry->next;
	if (entry->name.len == 0)
		return;
	struct entry **bucket = bucket_of(literal ? table->literals : table->patterns, entry->name);
	entry->next_name = *bucket;
	*bucket = entry;
	if (!literal)
		return;
	bucket = bucket_of(table->paths, glob_prefix(entry->attachment.glob));
	entry->next_path = *bucket;
	*bucket = entry;
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
	entry->name = attachment_program_name(&entry->attachment);
	find_rivals(table, arena, entry, ret_rivals);
	if (!is_noted(entry, ret_rivals))
		add_entry(table, entry);
}
