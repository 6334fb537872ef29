#include "compiler/service/container_reader.h"

/* `environment`, as a mapping or as a list of NAME=VALUE. */

struct environment_reader {
	struct reader *reader;
	struct index seen;
	const struct environment **end;
};

/* What every runtime and Kubernetes take. */
static bool is_name_character(char c, bool first)
{
	bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
	return is_letter || c == '_' || c == '.' || c == '-' || (!first && c >= '0' && c <= '9');
}

static bool check_name(struct reader *reader, const struct text *name)
{
	if (name->text.len == 0) {
		report(reader, DIAG_BAD_VALUE, name->span, "the name of a variable is empty");
		return false;
	}
	for (size_t i = 0; i < name->text.len; i++) {
		if (is_name_character(name->text.at[i], i == 0))
			continue;
		struct diag *diag = report(reader, DIAG_BAD_VALUE, text_part(name, i, 1),
			"the name of a variable cannot %s this character",
			i > 0 ? "hold" : "begin with");
		help(reader, diag, "names are made of A-Z a-z 0-9 '_' '.' '-'");
		return false;
	}
	return true;
}

static void add(
	struct environment_reader *to, const struct text *name, bool has_value, struct slice value)
{
	if (!check_name(to->reader, name))
		return;
	void **place = index_at(&to->seen, name->text);
	const struct environment *earlier = *place;
	if (earlier) {
		struct diag *diag = report(to->reader, DIAG_DUPLICATE_KEY, name->span,
			"the variable '%.*s' stands twice",
			SLICE_FMT(shown(to->reader, name->text)));
		second(to->reader, diag, earlier->span, "first here");
		return;
	}
	struct environment *variable = arena_new(reader_arena(to->reader), struct environment);
	variable->name = name->text;
	variable->value = value;
	variable->has_value = has_value;
	variable->span = name->span;
	*place = variable;
	*to->end = variable;
	to->end = (const struct environment **)&variable->next;
}

/* "A=b" of a list. */
static void add_entry(struct environment_reader *to, const struct key *key, const struct node *node)
{
	struct text text;
	if (!want_entry(to->reader, key, node, &text))
		return;
	const char *equals = memchr(text.text.at, '=', text.text.len);
	size_t len = equals ? (size_t)(equals - text.text.at) : text.text.len;
	struct text name = {
		.text = slice_first(text.text, len),
		.span = text_part(&text, 0, len > 0 ? len : text.text.len),
		.verbatim = text.verbatim,
	};
	add(to, &name, equals != NULL, slice_from(text.text, len + 1));
}

static void add_pair(struct environment_reader *to, const struct entry *entry)
{
	const struct node *value = entry->value;
	struct text name = node_text(entry->key);
	if (value->kind == NODE_SCALAR) {
		bool has_value = !node_is_null(value);
		add(to, &name, has_value, has_value ? value->text : slice_of(NULL, 0));
	} else if (value->kind != NODE_BROKEN) {
		report(to->reader, DIAG_WRONG_TYPE, node_place(to->reader, value),
			"the value of a variable is a text, not %s", node_words(value));
	}
}

void read_environment(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container)
{
	struct environment_reader to = {
		.reader = reader,
		.seen = index_new(reader_arena(reader)),
		.end = &container->environment,
	};
	bool is_list = node->kind == NODE_SEQUENCE;
	if (!is_list && !want_kind(reader, key, node, NODE_MAPPING))
		return;
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		if (is_list)
			add_entry(&to, key, entry->value);
		else
			add_pair(&to, entry);
	}
}
