#include "compiler/service/reader.h"

void wrong_value(struct reader *reader, const struct key *key, const struct node *node)
{
	if (node->kind == NODE_BROKEN)
		return;
	const char *takes = shape_words[key->shape].takes;
	bool is_list = strncmp(takes, "a list", 6) == 0;
	struct slice advice = {NULL, 0}, meant = {NULL, 0};
	if (key->id == KEY_NETWORK && node->kind == NODE_SCALAR)
		advice = advice_network(reader, node->text);
	if (key->id == KEY_NETWORK)
		meant = network_of_node(reader, node);
	struct diag *diag = report(reader, DIAG_WRONG_TYPE, node_place(reader, node),
		"'%s' takes %s, not %s", key->name.at, takes, node_words(node));
	if (node_is_null(node))
		help(reader, diag, "write a value, or leave '%s' out", key->name.at);
	else if (meant.len > 0)
		help(reader, diag, "write it as a list: [%.*s]", SLICE_FMT(meant));
	else if (advice.len > 0)
		help(reader, diag, "%.*s", SLICE_FMT(advice));
	else if (is_list && node->kind == NODE_SCALAR)
		help(reader, diag, "write it as a list: [%.*s]",
			SLICE_FMT(shown(reader, node->text)));
}

void wrong_entry(struct reader *reader, const struct key *key, const struct node *node)
{
	if (node->kind == NODE_BROKEN)
		return;
	struct diag *diag = report(reader, DIAG_WRONG_TYPE, node_place(reader, node),
		"an entry of '%s' is %s, not %s", key->name.at, shape_words[key->shape].each,
		node_words(node));
	struct slice meant = {NULL, 0};
	if (key->id == KEY_NETWORK)
		meant = network_of_node(reader, node);
	if (node_is_null(node) && node->text.len > 0)
		help(reader, diag, "put '%.*s' in quotes if you mean the text",
			SLICE_FMT(node->text));
	else if (meant.len > 0)
		help(reader, diag, "write it as a text: '%.*s'", SLICE_FMT(meant));
	else if (node->kind == NODE_MAPPING && !node->flow)
		help(reader, diag, "a text that holds ': ' needs quotes");
}

bool want_kind(
	struct reader *reader, const struct key *key, const struct node *node, enum node_kind kind)
{
	if (node->kind == kind)
		return true;
	wrong_value(reader, key, node);
	return false;
}

bool want_entry(struct reader *reader, const struct key *key, const struct node *node,
	struct text *ret_text)
{
	if (node->kind != NODE_SCALAR || node_is_null(node)) {
		wrong_entry(reader, key, node);
		return false;
	}
	if (slice_trim(node->text).len == 0) {
		report(reader, DIAG_WRONG_TYPE, node_place(reader, node),
			"an entry of '%s' is empty", key->name.at);
		return false;
	}
	*ret_text = node_text(node);
	return true;
}

bool want_text(struct reader *reader, const struct key *key, const struct node *node, bool lines,
	struct text *ret_text)
{
	if (node->kind != NODE_SCALAR || node_is_null(node)) {
		wrong_value(reader, key, node);
		return false;
	}
	if (slice_trim(node->text).len == 0 || (node->lines && !lines)) {
		report(reader, DIAG_WRONG_TYPE, node_place(reader, node), "'%s' takes %s, not %s",
			key->name.at, shape_words[key->shape].takes,
			node->lines ? "several lines" : "an empty text");
		return false;
	}
	*ret_text = node_text(node);
	return true;
}

bool want_bool(
	struct reader *reader, const struct key *key, const struct node *node, bool *ret_bool)
{
	bool is_true = node->plain && slice_is(node->text, "true");
	if (is_true || (node->plain && slice_is(node->text, "false"))) {
		*ret_bool = is_true;
		return true;
	}
	if (node->kind != NODE_SCALAR || node_is_null(node)) {
		wrong_value(reader, key, node);
		return false;
	}
	struct diag *diag = report(reader, DIAG_WRONG_TYPE, node_place(reader, node),
		"'%s' takes true or false, not '%.*s'", key->name.at,
		SLICE_FMT(shown(reader, node->text)));
	static const char *const yes[] = {"true", "yes", "on", "y", "1"};
	static const char *const no[] = {"false", "no", "off", "n", "0"};
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (slice_eq_nocase(node->text, slice_str(yes[i])))
			help(reader, diag, "write true, without quotes");
		if (slice_eq_nocase(node->text, slice_str(no[i])))
			help(reader, diag, "write false, without quotes");
	}
	return false;
}

const struct key *want_key(struct reader *reader, enum place place, const struct entry *entry)
{
	struct slice name = entry->key->text;
	const struct key *key = key_find(place, name);
	if (key)
		return key;
	/* Looking for the nearest one takes a while; nobody would see it. */
	if (reader->unit->diags.errors - reader->errors > reader->unit->limits->errors)
		return NULL;
	struct slice given = shown(reader, name);
	const struct key *elsewhere = key_find_elsewhere(place, name);
	const char *nearest = key_nearest(place, name);
	struct span at = node_place(reader, entry->key);
	const char *advice = advice_key(place, name);
	if (!elsewhere && nearest && !advice) {
		report(reader, DIAG_UNKNOWN_KEY, at, "unknown key '%.*s', did you mean '%s'?",
			SLICE_FMT(given), nearest);
		return NULL;
	}
	struct diag *diag = report(reader, DIAG_UNKNOWN_KEY, at, "unknown key '%.*s' in %s",
		SLICE_FMT(given), place_words[place]);
	if (advice)
		help(reader, diag, "%s", advice);
	for (unsigned i = 0; elsewhere && i < PLACE_COUNT; i++) {
		if (elsewhere->places & 1u << i) {
			help(reader, diag, "'%s' belongs in %s", elsewhere->name.at,
				place_words[i]);
			break;
		}
	}
	return NULL;
}

void unknown_value(struct reader *reader, enum diag_id id, const char *what,
	const struct text *given, const char *nearest, const char *expected)
{
	struct slice text = shown(reader, given->text);
	struct diag *diag;
	if (nearest)
		diag = report(reader, id, given->span, "unknown %s '%.*s', did you mean '%s'?",
			what, SLICE_FMT(text), nearest);
	else
		diag = report(reader, id, given->span, "unknown %s '%.*s'", what, SLICE_FMT(text));
	if (expected)
		help(reader, diag, "expected %s", expected);
}

void duplicate_entry(struct reader *reader, const struct key *key, struct span again,
	struct slice text, struct span first)
{
	struct diag *diag = report(reader, DIAG_DUPLICATE_ENTRY, again,
		"'%.*s' stands twice in '%s'", SLICE_FMT(shown(reader, text)), key->name.at);
	second(reader, diag, first, "first here");
}
