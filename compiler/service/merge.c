#include "compiler/service/reader.h"

static bool is_merge(const struct node *key)
{
	return key->plain && slice_is(key->text, "<<");
}

static void report_twice(
	struct reader *reader, const struct entry *again, const struct node *earlier)
{
	struct slice name = shown(reader, again->key->text);
	struct diag *diag = report(reader, DIAG_DUPLICATE_KEY, again->key->span,
		"key '%.*s' stands twice in one mapping", SLICE_FMT(name));
	second(reader, diag, earlier->span, "first here");
	if (is_merge(again->key))
		help(reader, diag, "merge several mappings with a list: '<<: [*a, *b]'");
}

/* Takes out entries whose key was there before. */
static void refuse_duplicates(struct reader *reader, struct node *mapping, struct index *seen)
{
	struct entry **where = &mapping->first;
	while (*where) {
		struct entry *entry = *where;
		void **place = index_at(seen, entry->key->text);
		/* "<<" in quotes is a key like others, but both at once help nobody. */
		if (*place) {
			report_twice(reader, entry, *place);
			*where = entry->next;
			mapping->count--;
			continue;
		}
		*place = (void *)entry->key;
		where = &entry->next;
	}
}

/* Appends the entries of `from` whose keys the mapping lacks. They keep their places. */
static void merge_mapping(struct reader *reader, struct node *mapping, struct entry ***end,
	struct index *seen, const struct node *from)
{
	if (from->kind == NODE_BROKEN)
		return;
	if (from->kind != NODE_MAPPING) {
		report(reader, DIAG_BAD_MERGE, node_place(reader, from),
			"'<<' merges a mapping or a list of mappings, not %s", node_words(from));
		return;
	}
	for (const struct entry *entry = from->first; entry; entry = entry->next) {
		void **place = index_at(seen, entry->key->text);
		if (*place)
			continue;
		*place = (void *)entry->key;
		struct entry *copy = arena_new(reader_arena(reader), struct entry);
		*copy = (struct entry){.key = entry->key, .value = entry->value};
		**end = copy;
		*end = &copy->next;
		mapping->count++;
	}
}

static void merge_value(struct reader *reader, struct node *mapping, struct entry ***end,
	struct index *seen, const struct node *value)
{
	if (value->kind != NODE_SEQUENCE) {
		merge_mapping(reader, mapping, end, seen, value);
		return;
	}
	for (const struct entry *entry = value->first; entry; entry = entry->next)
		merge_mapping(reader, mapping, end, seen, entry->value);
}

/* Takes the << entry out of the mapping; NULL without one. */
static const struct entry *take_merge(struct node *mapping)
{
	for (struct entry **where = &mapping->first; *where; where = &(*where)->next) {
		const struct entry *entry = *where;
		if (is_merge(entry->key)) {
			*where = entry->next;
			mapping->count--;
			return entry;
		}
	}
	return NULL;
}

void mapping_finish(struct reader *reader, struct node *mapping)
{
	struct index seen = index_new(reader_arena(reader));
	refuse_duplicates(reader, mapping, &seen);
	const struct entry *merge = take_merge(mapping);
	if (!merge)
		return;
	/* Entries that two uses share may be reported twice. */
	reader->aliased = true;
	struct entry **end = &mapping->first;
	while (*end)
		end = &(*end)->next;
	merge_value(reader, mapping, &end, &seen, merge->value);
}
