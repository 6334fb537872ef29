#include "compiler/service/reader.h"

#include "policy/names/names.h"
#include "policy/rule/rules.h"

static struct text trimmed(const struct text *text)
{
	struct slice s = slice_trim(text->text);
	size_t offset = s.len > 0 ? (size_t)(s.at - text->text.at) : 0;
	return (struct text){
		.text = s, .span = text_part(text, offset, s.len), .verbatim = text->verbatim};
}

/* The first word of a text, and what follows it. */
static struct text cut_word(const struct text *text, struct text *ret_rest)
{
	struct slice s = text->text;
	size_t len = 0;
	while (len < s.len && s.at[len] != ' ' && s.at[len] != '\t')
		len++;
	struct text rest = {.text = slice_from(s, len),
		.span = text_part(text, len, s.len - len),
		.verbatim = text->verbatim};
	*ret_rest = trimmed(&rest);
	return (struct text){.text = slice_first(s, len),
		.span = text_part(text, 0, len),
		.verbatim = text->verbatim};
}

/* The last word of a text, and what stands before it. */
static struct text cut_last_word(const struct text *text, struct text *ret_before)
{
	struct slice s = text->text;
	size_t begin = s.len;
	while (begin > 0 && s.at[begin - 1] != ' ' && s.at[begin - 1] != '\t')
		begin--;
	struct text before = {.text = slice_first(s, begin),
		.span = text_part(text, 0, begin),
		.verbatim = text->verbatim};
	*ret_before = trimmed(&before);
	return (struct text){.text = slice_from(s, begin),
		.span = text_part(text, begin, s.len - begin),
		.verbatim = text->verbatim};
}

/* `/srv/a\[1\]`: the name with what is meant literally; false when a pattern is left. */
static bool literal_path(struct reader *reader, struct slice written, struct slice *ret_path)
{
	struct buf path = buf_new(reader_arena(reader));
	for (size_t i = 0; i < written.len; i++) {
		struct slice one = slice_first(slice_from(written, i), 1);
		struct slice next = slice_first(slice_from(written, i + 1), 1);
		if (path_is_pattern(one))
			return false;
		if (one.at[0] == '\\' && path_is_pattern(next))
			one = slice_from(written, ++i);
		buf_add_char(&path, one.at[0]);
	}
	*ret_path = buf_slice(&path);
	return true;
}

static bool read_path(struct reader *reader, const struct text *path, struct expectation *expect)
{
	struct text literal = *path;
	if (!literal_path(reader, path->text, &literal.text)) {
		struct diag *diag = report(reader, DIAG_BAD_EXPECT, path->span,
			"'%.*s' is a pattern, but an assertion is about one path",
			SLICE_FMT(shown(reader, path->text)));
		help(reader, diag,
			"write a path that the pattern matches; in a name such a character has a backslash before it: '\\*'");
		return false;
	}
	literal.verbatim = path->verbatim && literal.text.len == path->text.len;
	expect->path = literal.text;
	return path_check(reader, &literal, false);
}

static bool read_perms(struct reader *reader, const struct text *text, unsigned *ret_perms)
{
	static const struct {
		char letter;
		unsigned perm;
	} letters[] = {{'r', PERM_READ}, {'w', PERM_WRITE}, {'a', PERM_APPEND}, {'l', PERM_LINK},
		{'k', PERM_LOCK}, {'m', PERM_MMAP}};
	unsigned perms = 0;
	for (size_t at = 0; at < text->text.len; at++) {
		char c = text->text.at[at];
		size_t i = 0;
		while (i < sizeof(letters) / sizeof(letters[0]) && letters[i].letter != c)
			i++;
		if (i < sizeof(letters) / sizeof(letters[0])) {
			perms |= letters[i].perm;
			continue;
		}
		struct diag *diag;
		if (c == 'x') {
			diag = report(reader, DIAG_BAD_EXPECT, text_part(text, at, 1),
				"'x' is asserted apart");
			help(reader, diag, "write 'exec PATH'");
		} else {
			diag = report(reader, DIAG_BAD_EXPECT, text->span,
				"'%.*s' are no permissions, expected letters of 'rwalkm'",
				SLICE_FMT(shown(reader, text->text)));
			help(reader, diag, "an assertion about a file is 'PATH PERMS'");
		}
		return false;
	}
	*ret_perms = perms;
	return true;
}

static bool read_file(struct reader *reader, const struct text *text, struct expectation *expect)
{
	struct text path;
	struct text perms = cut_last_word(text, &path);
	expect->kind = EXPECT_FILE;
	if (path.text.len == 0) {
		struct diag *diag = report(reader, DIAG_BAD_EXPECT, text->span,
			"'%.*s' has no permissions", SLICE_FMT(shown(reader, text->text)));
		help(reader, diag,
			"an assertion about a file is 'PATH PERMS', such as '/tmp/a rw'");
		return false;
	}
	return read_perms(reader, &perms, &expect->perms) && read_path(reader, &path, expect);
}

/* The offset of the last " as " of `exec PATH as …`, or 0: a path may hold blanks. */
static size_t find_as(struct slice s)
{
	for (size_t at = s.len; at-- > 1;)
		if (slice_starts(slice_from(s, at), SLICE(" as ")))
			return at;
	return 0;
}

static bool read_exec(struct reader *reader, const struct text *text, struct expectation *expect)
{
	expect->kind = EXPECT_EXEC;
	struct text path = *text;
	size_t at = find_as(text->text);
	if (at > 0) {
		size_t as_at = at + 4, as_len = text->text.len - as_at;
		struct text as = {.text = slice_from(text->text, as_at),
			.span = text_part(text, as_at, as_len),
			.verbatim = text->verbatim};
		struct text name = {.next = NULL};
		if (!read_as(reader, &as, DIAG_BAD_EXPECT, &expect->as, &name))
			return false;
		expect->has_as = true;
		expect->as_name = name.text;
		path.text = slice_first(text->text, at);
		path.span = text_part(text, 0, at);
		path = trimmed(&path);
	}
	return read_path(reader, &path, expect);
}

static bool read_expect_network(
	struct reader *reader, const struct text *text, struct expectation *expect)
{
	struct text words[2];
	size_t count = text_words(text, words, 2);
	struct network_entry network;
	expect->kind = EXPECT_NETWORK;
	if (count > 2) {
		report(reader, DIAG_BAD_EXPECT, text->span,
			"too many words, expected 'network FAMILY [TYPE|PROTOCOL]'");
		return false;
	}
	if (!read_socket(reader, words, count, &network))
		return false;
	expect->family = network.family;
	expect->type = network.type;
	if (network.protocol) {
		const struct name *protocol =
			name_find(&names_protocols, slice_str(network.protocol));
		const struct name *type = name_of(&names_types, protocol->number);
		expect->type = type ? type->name : NULL;
	}
	return true;
}

static bool unknown_assertion(struct reader *reader, const struct text *word)
{
	static const char *const words[] = {"exec", "network", "capability", "owner", "other"};
	const char *nearest = slice_nearest(word->text, words, sizeof(words) / sizeof(words[0]));
	unknown_value(reader, DIAG_BAD_EXPECT, "assertion", word, nearest,
		"'[owner|other] PATH PERMS', 'exec PATH', 'network FAMILY [TYPE]' or "
		"'capability NAME'");
	return false;
}

static bool read_assertion(
	struct reader *reader, const struct text *text, struct expectation *expect)
{
	if (slice_starts(text->text, SLICE("/")))
		return read_file(reader, text, expect);
	struct text rest;
	struct text word = cut_word(text, &rest);
	bool is_owner = slice_is(word.text, "owner"), is_other = slice_is(word.text, "other");
	bool is_exec = slice_is(word.text, "exec"), is_network = slice_is(word.text, "network");
	bool is_capability = slice_is(word.text, "capability");
	if (!is_owner && !is_other && !is_exec && !is_network && !is_capability)
		return unknown_assertion(reader, &word);
	if (rest.text.len == 0) {
		report(reader, DIAG_BAD_EXPECT, word.span, "'%.*s' of what?", SLICE_FMT(word.text));
		return false;
	}
	if (is_exec)
		return read_exec(reader, &rest, expect);
	if (is_network)
		return read_expect_network(reader, &rest, expect);
	if (is_capability) {
		expect->kind = EXPECT_CAPABILITY;
		return read_capability(reader, &rest, &expect->capability);
	}
	expect->only_owner = is_owner;
	expect->only_other = is_other;
	return read_file(reader, &rest, expect);
}

static struct expectation **read_assertions(struct reader *reader, const struct key *key,
	const struct node *node, bool allow, struct index *seen, struct expectation **end)
{
	if (!want_kind(reader, key, node, NODE_SEQUENCE))
		return end;
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		struct text text;
		if (!want_entry(reader, key, entry->value, &text))
			continue;
		text = trimmed(&text);
		struct expectation *expect = arena_new(reader_arena(reader), struct expectation);
		*expect =
			(struct expectation){.allow = allow, .span = text.span, .text = text.text};
		if (entry->value->lines) {
			report(reader, DIAG_BAD_EXPECT, node_place(reader, entry->value),
				"an assertion stands on one line");
			continue;
		}
		if (!read_assertion(reader, &text, expect))
			continue;
		void **place = index_at(seen, text.text);
		const struct expectation *earlier = *place;
		if (earlier && earlier->allow == expect->allow) {
			duplicate_entry(reader, key, text.span, text.text, earlier->span);
			continue;
		}
		if (earlier) {
			struct diag *diag = report(reader, DIAG_BAD_EXPECT, text.span,
				"'%.*s' is expected to be both allowed and denied",
				SLICE_FMT(shown(reader, text.text)));
			second(reader, diag, earlier->span, "the other one is here");
			continue;
		}
		*place = expect;
		*end = expect;
		end = &expect->next;
	}
	return end;
}

void read_expect(struct reader *reader, const struct node *node, struct expectation **ret_list)
{
	if (!want_kind(reader, &keys[KEY_EXPECT], node, NODE_MAPPING))
		return;
	struct index seen = index_new(reader_arena(reader));
	struct expectation **end = ret_list;
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		const struct key *key = want_key(reader, PLACE_EXPECT, entry);
		if (!key)
			continue;
		switch ((enum expect_key)key->id) {
		case READS_ALLOW:
			end = read_assertions(reader, key, entry->value, true, &seen, end);
			break;
		case READS_EXPECT_DENY:
			end = read_assertions(reader, key, entry->value, false, &seen, end);
			break;
		}
	}
}
