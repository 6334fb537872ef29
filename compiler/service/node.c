/* Looking at a node of a document. */
#include "compiler/service/yaml.h"

bool node_is_null(const struct node *node)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
	if (node->kind != NODE_SCALAR || !node->plain || node->text.len > 4)
		return false;
	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
		if (slice_is(node->text, nulls[i]))
			return true;
	return false;
}

const struct node *node_get(const struct node *mapping, const char *key)
{
	if (!mapping || mapping->kind != NODE_MAPPING)
		return NULL;
	for (const struct entry *entry = mapping->first; entry; entry = entry->next)
		if (slice_is(entry->key->text, key))
			return entry->value;
	return NULL;
}

struct text node_text(const struct node *node)
{
	return (struct text){.text = node->text, .span = node->span, .verbatim = node->verbatim};
}
