#include "compiler/service/index.h"

/* A leaf has mask 0; an inner node sends a key left or right by one bit of one byte. */
struct index_node {
	struct index_node *child[2];
	size_t byte;
	unsigned char mask;
	struct slice key;
	void *value;
};

/* Past its end a key has NUL bytes, which no key holds. */
static unsigned char byte_at(struct slice key, size_t at)
{
	return at < key.len ? (unsigned char)key.at[at] : 0;
}

static int side(struct slice key, const struct index_node *node)
{
	return (byte_at(key, node->byte) & node->mask) != 0;
}

static struct index_node *nearest_leaf(struct index_node *node, struct slice key)
{
	while (node && node->mask)
		node = node->child[side(key, node)];
	return node;
}

static struct index_node *leaf_new(struct index *index, struct slice key)
{
	struct index_node *leaf = arena_new(index->arena, struct index_node);
	leaf->key = key;
	return leaf;
}

static unsigned char highest_bit(unsigned char bits)
{
	unsigned char bit = 0x80;
	while (!(bits & bit))
		bit >>= 1;
	return bit;
}

static void **tree_at(struct index *index, struct slice key)
{
	struct index_node *near = nearest_leaf(index->root, key);
	if (!near) {
		index->root = leaf_new(index, key);
		return &index->root->value;
	}
	if (slice_eq(near->key, key))
		return &near->value;
	size_t at = 0;
	while (byte_at(key, at) == byte_at(near->key, at))
		at++;
	unsigned char mask = highest_bit(byte_at(key, at) ^ byte_at(near->key, at));

	struct index_node **where = &index->root;
	while ((*where)->mask &&
		((*where)->byte < at || ((*where)->byte == at && (*where)->mask > mask)))
		where = &(*where)->child[side(key, *where)];
	struct index_node *fork = arena_new(index->arena, struct index_node);
	struct index_node *leaf = leaf_new(index, key);
	fork->byte = at;
	fork->mask = mask;
	fork->child[side(key, fork)] = leaf;
	fork->child[!side(key, fork)] = *where;
	*where = fork;
	return &leaf->value;
}

void **index_at(struct index *index, struct slice key)
{
	for (size_t i = 0; i < index->count && i < INDEX_FEW; i++)
		if (slice_eq(index->few[i].key, key))
			return &index->few[i].value;
	if (index->count >= INDEX_FEW)
		return tree_at(index, key);
	index->few[index->count].key = key;
	return &index->few[index->count++].value;
}

void *index_find(const struct index *index, struct slice key)
{
	for (size_t i = 0; i < index->count; i++)
		if (slice_eq(index->few[i].key, key))
			return index->few[i].value;
	const struct index_node *leaf = nearest_leaf(index->root, key);
	return leaf && slice_eq(leaf->key, key) ? leaf->value : NULL;
}
