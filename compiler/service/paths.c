#include "compiler/service/reader.h"

#include "lexer/unescape.h"
#include "policy/glob/glob.h"

enum { PATH_BYTES = 4095 }; /* PATH_MAX less the NUL, linux/limits.h */

bool path_is_pattern(struct slice path)
{
	for (size_t i = 0; i < path.len; i++) {
		switch (path.at[i]) {
		case '*':
		case '?':
		case '[':
		case ']':
		case '{': /* of a variable, too: @{NAME} */
		case '}':
			return true;
		}
	}
	return false;
}

static bool check_bytes(struct reader *reader, const struct text *text)
{
	for (size_t i = 0; i < text->text.len; i++) {
		unsigned char c = (unsigned char)text->text.at[i];
		if (c >= 0x20 && c != 0x7f)
			continue;
		if (c == '\n')
			report(reader, DIAG_BAD_PATH, text_part(text, i, 1),
				"a path cannot hold a newline");
		else
			report(reader, DIAG_BAD_PATH, text_part(text, i, 1),
				"a path cannot hold the control character 0x%02x", c);
		return false;
	}
	return true;
}

static bool check_start(struct reader *reader, const struct text *text, bool pattern)
{
	struct slice path = text->text;
	if (slice_starts(path, SLICE("/")) || (pattern && slice_starts(path, SLICE("@{"))))
		return true;
	struct diag *diag = report(reader, DIAG_BAD_PATH, text->span,
		"'%.*s' is not an absolute path", SLICE_FMT(shown(reader, path)));
	if (path.len > 0 && path.at[0] == '~')
		help(reader, diag, "write the home directory out: '/home/…'");
	else if (slice_starts(path, SLICE("@{")))
		help(reader, diag,
			"'file' takes every character literally: without it, a path may begin with a variable");
	else if (slice_starts(path, SLICE("{")))
		help(reader, diag, "a pattern begins with '/' or a variable");
	else if (slice_find(path, SLICE(" /")))
		help(reader, diag,
			"write the path alone; whole rules belong to 'rules', and 'owner' is {path: PATH, owner: true}");
	else
		help(reader, diag, "a path begins with '/'");
	return false;
}

/* The kernel names a file without `.`, `..` and empty components: such a rule would never match. */
static bool check_components(struct reader *reader, const struct text *text)
{
	struct slice path = text->text;
	for (size_t at = 0; at < path.len;) {
		const char *slash = memchr(path.at + at, '/', path.len - at);
		size_t end = slash ? (size_t)(slash - path.at) : path.len;
		struct slice part = slice_of(path.at + at, end - at);
		if (part.len == 0 && at > 0) {
			struct diag *diag = report(reader, DIAG_BAD_PATH,
				text_part(text, at - 1, 2), "a path cannot hold '//'");
			help(reader, diag, "the kernel knows files by their shortest name");
			return false;
		}
		if (slice_is(part, ".") || slice_is(part, "..")) {
			struct diag *diag =
				report(reader, DIAG_BAD_PATH, text_part(text, at, part.len),
					"a path cannot hold the component '%.*s'", SLICE_FMT(part));
			help(reader, diag, "the kernel knows files by their shortest name");
			return false;
		}
		at = end + 1;
	}
	return true;
}

bool path_check(struct reader *reader, const struct text *text, bool pattern)
{
	if (!check_bytes(reader, text) || !check_start(reader, text, pattern) ||
		!check_components(reader, text))
		return false;
	if (!pattern && text->text.len > PATH_BYTES) {
		report(reader, DIAG_BAD_PATH, text->span, "a path has at most %d bytes, not %zu",
			PATH_BYTES, text->text.len);
		return false;
	}
	return true;
}

static bool is_variable_character(char c, bool first)
{
	bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	return is_letter || (!first && ((c >= '0' && c <= '9') || c == '_'));
}

/* Length of `@{NAME}` at the start of s, or 0. */
static size_t variable_len(struct slice s)
{
	size_t at = 2;
	while (at < s.len && is_variable_character(s.at[at], at == 2))
		at++;
	return at > 2 && at < s.len && s.at[at] == '}' ? at + 1 : 0;
}

/* `[!a]` is a negation elsewhere; here it would be '!' or 'a', silently. */
static bool check_negation(struct reader *reader, const struct text *text)
{
	struct slice path = text->text;
	for (size_t i = 0; i + 1 < path.len; i++) {
		if (path.at[i] == '\\') {
			i++;
			continue;
		}
		if (path.at[i] != '[' || path.at[i + 1] != '!')
			continue;
		struct diag *diag = report(reader, DIAG_BAD_GLOB, text_part(text, i, 2),
			"'[!' does not negate in AppArmor's patterns");
		help(reader, diag,
			"[^a] is any byte but a; a '!' meant literally is written '\\!'");
		return false;
	}
	return true;
}

/*
 * The values of variables are not known here, so a pattern is judged as if each stood for a name as
 * long as it is itself: `/a/@{pid}/{b` becomes `/a/xxxxxx/{b`.
 */
static bool check_pattern(struct reader *reader, const struct text *text)
{
	struct slice path = arena_copy(reader_arena(reader), text->text);
	char *bytes = (char *)path.at;
	for (size_t i = 0; i + 1 < path.len; i++) {
		if (bytes[i] == '\\') {
			i++;
			continue;
		}
		if (bytes[i] != '@' || bytes[i + 1] != '{')
			continue;
		size_t len = variable_len(slice_from(path, i));
		if (len == 0) {
			struct diag *diag = report(reader, DIAG_BAD_GLOB, text_part(text, i, 2),
				"'@{' begins no variable, expected '@{NAME}'");
			help(reader, diag, "for the bytes themselves write {file: PATH}");
			return false;
		}
		memset(bytes + i, i == 0 ? '/' : 'x', 1);
		memset(bytes + i + 1, 'x', len - 1);
		i += len - 1;
	}
	const char *error;
	size_t offset = 0;
	if (glob_read(reader_arena(reader), reader->unit->limits, path, &error, &offset))
		return true;
	if (offset >= path.len)
		offset = path.len - 1;
	struct diag *diag = report(reader, DIAG_BAD_GLOB, text_part(text, offset, 1),
		"the pattern is not valid: %s", error);
	help(reader, diag, "if a file has this very name, write {file: PATH}");
	return false;
}

/* A pattern as every other reader of AppArmor's language knows it: `/a\040b\i*` is `/a bi*`. */
static bool canonical_pattern(
	struct reader *reader, const struct text *text, struct slice *ret_pattern)
{
	struct buf canonical = buf_new(reader_arena(reader));
	if (!unescape_word(text->text, &canonical)) {
		report(reader, DIAG_BAD_GLOB, text->span,
			"the pattern is not valid: it spells a NUL byte or ends in '\\'");
		return false;
	}
	*ret_pattern = buf_slice(&canonical);
	return true;
}

static enum path_kind kind_of(const struct key *key, bool is_pattern, bool is_file, bool has_slash)
{
	if (is_pattern)
		return PATH_PATTERN;
	if (has_slash || (key->shape == SHAPE_DIRECTORIES && !is_file))
		return PATH_TREE;
	return key->id == KEY_READABLE && !is_file ? PATH_EITHER : PATH_FILE;
}

/* Decides what a path stands for; see "Paths" in aaforge.yaml(5). */
static bool set_path(struct reader *reader, const struct key *key, const struct text *text,
	bool is_file, struct path_entry *entry)
{
	bool is_pattern = !is_file && path_is_pattern(text->text);
	if (!path_check(reader, text, is_pattern))
		return false;
	if (is_pattern && (!check_negation(reader, text) || !check_pattern(reader, text)))
		return false;
	if (!path_is_alone(reader, key, text, is_pattern, is_file))
		return false;
	path_warn(reader, key, text, is_pattern, is_file);
	struct slice path = text->text;
	if (is_pattern && !canonical_pattern(reader, text, &path))
		return false;
	bool has_slash = slice_ends(path, SLICE("/"));
	if (is_file && has_slash) {
		struct diag *diag = report(reader, DIAG_WRONG_TYPE, text->span,
			"'file' takes one file, not a directory");
		help(reader, diag, "write the directory without 'file:'");
		return false;
	}
	if (key->shape == SHAPE_PROGRAMS && !is_pattern && has_slash) {
		struct diag *diag = report(reader, DIAG_WRONG_TYPE, text->span,
			"'%s' takes programs, not a directory", key->name.at);
		help(reader, diag, "name the program, or write a pattern: '%.*s*'",
			SLICE_FMT(shown(reader, path)));
		return false;
	}
	entry->kind = kind_of(key, is_pattern, is_file, has_slash);
	entry->path =
		entry->kind == PATH_TREE && has_slash ? slice_first(path, path.len - 1) : path;
	entry->span = text->span;
	return true;
}

static bool want_path(struct reader *reader, const struct key *key, const struct node *node,
	struct text *ret_text)
{
	if (node->kind != NODE_SCALAR || node_is_null(node)) {
		wrong_entry(reader, key, node);
		return false;
	}
	*ret_text = node_text(node);
	if (!node->lines)
		return true;
	struct diag *diag = report(
		reader, DIAG_BAD_PATH, node_place(reader, node), "a path stands on one line");
	help(reader, diag, "each entry of a list begins with '- '");
	return false;
}

bool read_as(struct reader *reader, const struct text *text, enum diag_id id, enum exec_as *ret_as,
	struct text *ret_name)
{
	static const char *const names[] = {"inherit", "child", "profile", "unconfined"};
	static const enum exec_as values[] = {
		EXEC_AS_INHERIT, EXEC_AS_CHILD, EXEC_AS_PROFILE, EXEC_AS_UNCONFINED};
	struct text words[2];
	size_t count = text_words(text, words, 2);
	if (count == 0)
		words[0] = *text;
	size_t i = 0;
	while (i < 4 && !slice_is(words[0].text, names[i]))
		i++;
	if (i == 4) {
		const char *nearest = slice_nearest(words[0].text, names, 4);
		unknown_value(
			reader, id, "transition", &words[0], nearest, shape_words[SHAPE_AS].takes);
		return false;
	}
	bool has_name = values[i] == EXEC_AS_CHILD || values[i] == EXEC_AS_PROFILE;
	if (count != 1u + has_name) {
		report(reader, id, text->span,
			has_name ? "'%s' takes one name" : "'%s' takes no name", names[i]);
		return false;
	}
	*ret_as = values[i];
	if (has_name)
		*ret_name = words[1];
	return true;
}

static bool check_name(struct reader *reader, const struct text *name)
{
	for (size_t i = 0; i < name->text.len; i++) {
		unsigned char c = (unsigned char)name->text.at[i];
		if (c >= 0x20 && c != 0x7f && c != '\\')
			continue;
		if (c == '\\')
			report(reader, DIAG_BAD_NAME, text_part(name, i, 1),
				"a profile's name cannot hold a backslash");
		else
			report(reader, DIAG_BAD_NAME, text_part(name, i, 1),
				"a profile's name cannot hold the control character 0x%02x", c);
		return false;
	}
	if (name->text.len <= PROFILE_NAME_MAX)
		return true;
	report(reader, DIAG_BAD_NAME, name->span, "a profile's name has at most %d bytes, not %zu",
		PROFILE_NAME_MAX, name->text.len);
	return false;
}

static bool read_entry_as(struct reader *reader, const struct key *key, const struct node *node,
	struct path_entry *entry)
{
	struct text text, name = {.next = NULL};
	enum exec_as as;
	if (!want_text(reader, key, node, false, &text) ||
		!read_as(reader, &text, DIAG_UNKNOWN_VALUE, &as, &name) ||
		!check_name(reader, &name))
		return false;
	entry->as = as;
	entry->as_name = name.text;
	entry->as_span = span_none(name.span) ? text.span : name.span;
	return true;
}

struct entry_form {
	const struct entry *path, *file;
	bool ok;
};

static void read_option(struct reader *reader, enum place place, const struct entry *option,
	struct path_entry *entry, struct entry_form *form)
{
	const struct key *key = want_key(reader, place, option);
	if (!key) {
		form->ok = false;
		return;
	}
	switch ((enum entry_key)key->id) {
	case READS_ENTRY_PATH:
		form->path = option;
		break;
	case READS_ENTRY_FILE:
		form->file = option;
		break;
	case READS_ENTRY_OWNER:
		form->ok &= want_bool(reader, key, option->value, &entry->owner);
		break;
	case READS_ENTRY_LINK:
		form->ok &= want_bool(reader, key, option->value, &entry->link);
		break;
	case READS_ENTRY_AUDIT:
		form->ok &= want_bool(reader, key, option->value, &entry->audit);
		break;
	case READS_ENTRY_EXEC:
		form->ok &= want_bool(reader, key, option->value, &entry->exec);
		break;
	case READS_ENTRY_AS:
		form->ok &= read_entry_as(reader, key, option->value, entry);
		break;
	}
}

/* `{file: PATH}`, `{path: PATH, owner: true}` and so on. */
static bool read_form(struct reader *reader, const struct key *key, enum place place,
	const struct node *node, struct path_entry *entry)
{
	struct entry_form form = {.ok = true};
	for (const struct entry *option = node->first; option; option = option->next)
		read_option(reader, place, option, entry, &form);
	if (form.path && form.file) {
		struct diag *diag = report(reader, DIAG_DUPLICATE_KEY, form.file->key->span,
			"'file' and 'path' in one entry");
		second(reader, diag, form.path->key->span, "the other one is here");
		return false;
	}
	const struct entry *chosen = form.path ? form.path : form.file;
	if (!chosen) {
		if (form.ok)
			report(reader, DIAG_MISSING_KEY, node_place(reader, node),
				"%s needs 'path' or 'file'", place_words[place]);
		return false;
	}
	struct text text;
	const struct key *path_key = &keys[form.path ? KEY_ENTRY_PATH : KEY_ENTRY_FILE];
	if (chosen->value->kind != NODE_SCALAR || node_is_null(chosen->value)) {
		wrong_value(reader, path_key, chosen->value);
		return false;
	}
	return want_path(reader, key, chosen->value, &text) &&
	       set_path(reader, key, &text, form.file != NULL, entry) && form.ok;
}

static bool read_entry(struct reader *reader, const struct key *key, enum place place,
	const struct node *node, struct path_entry *entry)
{
	if (node->kind == NODE_MAPPING)
		return read_form(reader, key, place, node, entry);
	struct text text;
	return want_path(reader, key, node, &text) && set_path(reader, key, &text, false, entry);
}

/* Whether an entry says all that another one of the same path says. */
static bool says(const struct path_entry *a, const struct path_entry *b)
{
	bool is_kind = a->kind == b->kind ||
		       (a->kind == PATH_EITHER && (b->kind == PATH_FILE || b->kind == PATH_TREE));
	return is_kind && a->owner == b->owner && a->link == b->link && a->audit == b->audit &&
	       a->exec == b->exec && a->as == b->as && slice_eq(a->as_name, b->as_name);
}

void read_paths(struct reader *reader, const struct key *key, enum place place,
	const struct node *node, struct path_entry **ret_entries)
{
	struct entry one = {.value = node};
	const struct entry *entries = &one;
	/* `binary: /app` is a list of one. */
	if (key->shape != SHAPE_PROGRAMS || node->kind == NODE_SEQUENCE || node_is_null(node)) {
		if (!want_kind(reader, key, node, NODE_SEQUENCE))
			return;
		entries = node->first;
	}
	struct index seen = index_new(reader_arena(reader));
	struct path_entry **end = ret_entries;
	for (; entries; entries = entries->next) {
		struct path_entry *entry = arena_new(reader_arena(reader), struct path_entry);
		if (!read_entry(reader, key, place, entries->value, entry))
			continue;
		void **place_of = index_at(&seen, entry->path);
		const struct path_entry *earlier = *place_of;
		if (earlier && says(earlier, entry)) {
			duplicate_entry(reader, key, entry->span, entry->path, earlier->span);
			continue;
		}
		*place_of = entry;
		*end = entry;
		end = &entry->next;
	}
}
