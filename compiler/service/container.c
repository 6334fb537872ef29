#include "compiler/service/reader.h"

/*
 * The shape of `container`. What its values mean is the business of the launch outputs, which find
 * them in service->container.
 */

static bool is_scalar(const struct node *node)
{
	return node->kind == NODE_SCALAR && !node_is_null(node) && node->text.len > 0;
}

static void check_list(struct reader *reader, const struct key *key, const struct node *node)
{
	if (!want_kind(reader, key, node, NODE_SEQUENCE))
		return;
	for (const struct entry *entry = node->first; entry; entry = entry->next)
		if (entry->value->kind != NODE_SCALAR || node_is_null(entry->value))
			wrong_entry(reader, key, entry->value);
}

static void check_environment(struct reader *reader, const struct key *key, const struct node *node)
{
	if (node->kind == NODE_SEQUENCE) {
		check_list(reader, key, node);
		return;
	}
	if (!want_kind(reader, key, node, NODE_MAPPING))
		return;
	/* A variable without a value is taken from the caller's environment. */
	for (const struct entry *entry = node->first; entry; entry = entry->next)
		if (entry->value->kind != NODE_SCALAR && entry->value->kind != NODE_BROKEN)
			report(reader, DIAG_WRONG_TYPE, node_place(reader, entry->value),
				"the value of a variable is a text, not %s",
				node_words(entry->value));
}

static void check_value(struct reader *reader, const struct key *key, const struct node *node);

static void check_mapping(struct reader *reader, enum place place, const struct node *node)
{
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		const struct key *key = want_key(reader, place, entry);
		if (key)
			check_value(reader, key, entry->value);
	}
}

static void check_tmpfs(struct reader *reader, const struct key *key, const struct node *node)
{
	if (!want_kind(reader, key, node, NODE_MAPPING))
		return;
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		struct text path = node_text(entry->key);
		path_check(reader, &path, false);
		if (entry->value->kind == NODE_MAPPING)
			check_mapping(reader, PLACE_TMPFS, entry->value);
		else if (!node_is_null(entry->value))
			wrong_entry(reader, key, entry->value);
	}
}

static void check_seccomp(struct reader *reader, const struct key *key, const struct node *node)
{
	static const char *const names[] = {"default", "unconfined"};
	if (is_scalar(node)) {
		struct text text = node_text(node);
		if (!slice_is(text.text, names[0]) && !slice_is(text.text, names[1]))
			unknown_value(reader, DIAG_UNKNOWN_VALUE, "seccomp filter", &text,
				slice_nearest(text.text, names, 2),
				"default, unconfined, {file: PATH} or lists 'allow', 'deny', "
				"'log'");
		return;
	}
	if (!want_kind(reader, key, node, NODE_MAPPING))
		return;
	check_mapping(reader, PLACE_SECCOMP, node);
	const struct node *file = node_get(node, keys[KEY_SECCOMP_FILE].name.at);
	if (file && node->count > 1)
		report(reader, DIAG_WRONG_TYPE, node_place(reader, file),
			"'file' is the whole filter, it cannot stand beside other keys");
}

static void check_value(struct reader *reader, const struct key *key, const struct node *node)
{
	struct text text;
	bool flag;
	if (key->shape == SHAPE_BOOL)
		want_bool(reader, key, node, &flag);
	else if (key->shape == SHAPE_TEXT || key->shape == SHAPE_SCALAR)
		want_text(reader, key, node, false, &text);
	else if (key->shape == SHAPE_TEXTS || key->shape == SHAPE_PORTS)
		check_list(reader, key, node);
	else if (key->shape == SHAPE_ENVIRONMENT)
		check_environment(reader, key, node);
	else if (key->shape == SHAPE_TMPFS)
		check_tmpfs(reader, key, node);
	else
		check_seccomp(reader, key, node);
}

void check_container(struct reader *reader, const struct node *node)
{
	if (want_kind(reader, &keys[KEY_CONTAINER], node, NODE_MAPPING))
		check_mapping(reader, PLACE_CONTAINER, node);
}
