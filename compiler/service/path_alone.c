/*
 * What stands behind the path of an entry. A path may hold blanks, commas, colons and '#', so the
 * whole would be taken for the name of a file that nobody has, and the entry would say nothing:
 *
 *     '/etc/x r,'   '/etc/x (read)'   '/bin/ls Cx -> y'   '/etc/x:ro'     permissions
 *     '/etc/x # y'                                                        a comment
 *     '/etc/x /etc/y'   '/etc/x, /etc/y'   '/data:/data:rw'               a second path
 *     '/etc/x '   '/etc/x,'                                               what was left over
 */

#include "compiler/service/reader.h"

enum behind_kind {
	BEHIND_NOTHING,
	BEHIND_PERMS,
	BEHIND_COMMENT,
	BEHIND_PATH,
	BEHIND_VOLUME,
	BEHIND_REST, /* blanks and commas */
};

struct behind {
	enum behind_kind kind;
	size_t path_len; /* of the path alone */
	size_t at;	 /* where begins what stands behind it */
};

struct entry_text {
	const struct key *key;
	struct slice text;
	bool is_pattern;
};

/* The end of `[…]`, or of the bracket alone. */
static size_t skip_class(struct slice text, size_t at)
{
	const char *end = memchr(text.at + at, ']', text.len - at);
	return end ? (size_t)(end - text.at) : at;
}

/* Skips what a pattern holds together: `\,`, `{a, /b}`, `[ {]`. */
static size_t skip_group(const struct entry_text *entry, size_t at)
{
	struct slice text = entry->text;
	size_t depth = 0;
	for (; entry->is_pattern && at < text.len; at++) {
		if (text.at[at] == '\\')
			at++;
		else if (text.at[at] == '[')
			at = skip_class(text, at);
		else if (text.at[at] == '{')
			depth++;
		else if (text.at[at] == '}' && depth > 0)
			depth--;
		else if (depth == 0)
			break;
	}
	return at < text.len ? at : text.len;
}

/* A path is '/' or a variable and more, but for a directory of this name: `/mnt/c:/`. */
static bool is_path_at(const struct entry_text *entry, size_t at)
{
	struct slice rest = slice_from(entry->text, at);
	return slice_starts(rest, SLICE("/")) ||
	       (entry->is_pattern && slice_starts(rest, SLICE("@{")));
}

/* Whether a second path, a comment or an arrow begins behind the byte. */
static bool begins_more(const struct entry_text *entry, size_t at)
{
	struct slice rest = slice_from(entry->text, at + 1);
	bool is_directory = slice_ends(entry->text, SLICE("/"));
	switch (entry->text.at[at]) {
	case ',':
		return is_path_at(entry, at + 1);
	case ':':
		return is_path_at(entry, at + 1) && rest.len > 1;
	case ' ':
		return is_path_at(entry, at + 1) ||
		       (!is_directory && (slice_starts(rest, SLICE("#")) || slice_is(rest, "->") ||
						 slice_starts(rest, SLICE("-> "))));
	}
	return false;
}

/* The length of the text up to a second path, a comment or an arrow. */
static size_t first_len(const struct entry_text *entry)
{
	size_t at = skip_group(entry, 0);
	while (at < entry->text.len && !begins_more(entry, at))
		at = skip_group(entry, at + 1);
	return at;
}

static bool is_one_of(struct slice word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq_nocase(word, slice_str(words[i])))
			return true;
	return false;
}

/* The length of "ix", "Px", "pux" and so on at the start of a word, or 0. */
static size_t exec_mode_len(struct slice word)
{
	static const char *const modes[] = {"ix", "px", "cx", "ux", "pix", "cix", "pux", "cux"};
	for (size_t len = 2; len <= 3 && len <= word.len; len++)
		if (is_one_of(slice_first(word, len), modes, sizeof(modes) / sizeof(modes[0])))
			return len;
	return 0;
}

/* "r", "RW", "mrix", "Px": what stands behind the path in a rule of AppArmor; "ro", "read". */
static bool is_perms(struct slice word)
{
	static const char *const words[] = {"ro", "read", "write", "read-only", "readonly",
		"read-write", "readwrite", "read/write"};
	enum { LETTERS_MAX = 10 };
	if (is_one_of(word, words, sizeof(words) / sizeof(words[0])))
		return true;
	for (size_t i = 0; i < word.len;) {
		size_t mode_len = exec_mode_len(slice_from(word, i));
		if (mode_len == 0 && !memchr("rwamklxRWAMKLX", word.at[i], 14))
			return false;
		i += mode_len ? mode_len : 1;
	}
	return word.len > 0 && word.len <= LETTERS_MAX;
}

/* "(r,": r. */
static struct slice strip(struct slice word)
{
	while (word.len > 0 && memchr("(,", word.at[0], 2))
		word = slice_from(word, 1);
	while (word.len > 0 && memchr("),;", word.at[word.len - 1], 3))
		word.len--;
	return word;
}

/* Of programs one letter may be an argument: `/usr/bin/tar x`. */
static bool are_perms(const struct entry_text *entry, struct slice word)
{
	bool is_argument =
		entry->key->id == KEY_BINARY && word.len == 1 && !strchr("rwRW", word.at[0]);
	return is_perms(word) && !is_argument;
}

/* The length without the separators at the end, but not `\,` of a pattern. */
static size_t trim_len(const struct entry_text *entry, size_t len, const char *separators)
{
	const char *at = entry->text.at;
	while (len > 1 && strchr(separators, at[len - 1]) &&
		!(entry->is_pattern && at[len - 2] == '\\'))
		len--;
	return len;
}

/* "ro", "rw,Z": behind the last colon of a volume. */
static bool is_volume_mode(struct slice mode)
{
	static const char *const words[] = {
		"ro", "rw", "z", "u", "cached", "delegated", "consistent", "nocopy"};
	bool is_mode = false;
	for (;;) {
		const char *comma = mode.len ? memchr(mode.at, ',', mode.len) : NULL;
		size_t len = comma ? (size_t)(comma - mode.at) : mode.len;
		if (!is_one_of(slice_first(mode, len), words, sizeof(words) / sizeof(words[0])))
			return false;
		is_mode |= len > 1; /* `:z` alone may belong to a name */
		if (!comma)
			return is_mode;
		mode = slice_from(mode, len + 1);
	}
}

/* The length without the last word, where that is about permissions; else the same length. */
static size_t without_perms(const struct entry_text *entry, size_t len)
{
	struct slice text = entry->text;
	size_t at = len;
	while (at > 0 && !memchr(" :", text.at[at - 1], 2))
		at--;
	struct slice word = slice_of(text.at + at, len - at);
	if (at == 0 ||
		(text.at[at - 1] == ' ' ? !are_perms(entry, strip(word)) : !is_volume_mode(word)))
		return len;
	size_t path_len = trim_len(entry, at, " ,:");
	return path_len < at ? path_len : len;
}

static struct behind look_behind(const struct entry_text *entry)
{
	struct slice text = entry->text;
	bool is_directory = slice_ends(text, SLICE("/"));
	size_t cut = first_len(entry), len = trim_len(entry, cut, " ,");
	for (size_t shorter; !(is_directory && cut == text.len); len = shorter) {
		shorter = without_perms(entry, len);
		if (shorter == len)
			break;
	}
	size_t at = len;
	while (at < text.len && memchr(" ,", text.at[at], 2))
		at++;
	struct behind behind = {.path_len = len, .at = at, .kind = BEHIND_PERMS};
	if (len == text.len)
		behind.kind = BEHIND_NOTHING;
	else if (at == text.len)
		behind = (struct behind){BEHIND_REST, len, len};
	else if (text.at[at] == '#')
		behind.kind = BEHIND_COMMENT;
	else if (is_path_at(entry, at))
		behind.kind = BEHIND_PATH;
	else if (at == cut && text.at[at] == ':')
		behind.kind = BEHIND_VOLUME;
	return behind;
}

/* What stands behind the path as a message says it. */
static struct diag *report_behind(struct reader *reader, const struct text *text,
	const struct entry_text *entry, const struct behind *behind)
{
	struct span at = text_part(text, behind->at, text->text.len - behind->at);
	struct slice rest = shown(reader, slice_from(text->text, behind->at));
	switch (behind->kind) {
	case BEHIND_NOTHING:
		break;
	case BEHIND_PERMS:
		return report(reader, DIAG_PERMS_IN_PATH, at,
			"'%.*s' stands behind the path: '%s' says itself what is permitted",
			SLICE_FMT(rest), entry->key->name.at);
	case BEHIND_COMMENT:
		return report(reader, DIAG_PERMS_IN_PATH, at,
			"'%.*s' stands behind the path and would be a part of the name",
			SLICE_FMT(rest));
	case BEHIND_PATH:
		return report(reader, DIAG_BAD_PATH, at,
			"'%.*s' is a second path: each is an entry of its own", SLICE_FMT(rest));
	case BEHIND_VOLUME:
		return report(reader, DIAG_BAD_PATH, at,
			"'%.*s' stands behind the path as in a volume", SLICE_FMT(rest));
	case BEHIND_REST:
		return report(reader, DIAG_BAD_PATH, at, "the path ends in %s",
			slice_has(rest, ',') ? "a comma" : "a blank");
	}
	return NULL;
}

/* A text as YAML quotes it: in double quotes where nothing in it has a meaning there. */
static struct slice quoted(struct reader *reader, struct slice text)
{
	struct arena *arena = reader_arena(reader);
	text = shown(reader, text);
	if (!slice_has(text, '\\') && !slice_has(text, '"'))
		return arena_printf(arena, "\"%.*s\"", SLICE_FMT(text));
	struct buf out = buf_new(arena);
	buf_add_char(&out, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '\'')
			buf_add_char(&out, '\'');
		buf_add_char(&out, text.at[i]);
	}
	buf_add_char(&out, '\'');
	return buf_slice(&out);
}

/* The text as a pattern that means just this: what stands behind the path in octal. */
static struct slice spelled(
	struct reader *reader, const struct entry_text *entry, const struct behind *behind)
{
	struct buf out = buf_new(reader_arena(reader));
	for (size_t i = 0; i < entry->text.len; i++) {
		char c = entry->text.at[i];
		bool is_behind = i >= behind->path_len && memchr(" ,:", c, 3);
		if (is_behind || (c == '\\' && !entry->is_pattern))
			buf_printf(&out, "\\%03o", (unsigned)(unsigned char)c);
		else
			buf_add_char(&out, c);
	}
	return shown(reader, buf_slice(&out));
}

/* How to write it if the whole is really a name. */
static struct slice name_advice(
	struct reader *reader, const struct entry_text *entry, const struct behind *behind)
{
	struct arena *arena = reader_arena(reader);
	if (entry->is_pattern)
		return arena_printf(arena, "a pattern of that very text is '%.*s'",
			SLICE_FMT(spelled(reader, entry, behind)));
	bool has_slash = slice_ends(entry->text, SLICE("/"));
	if (has_slash || entry->key->shape == SHAPE_DIRECTORIES)
		return arena_printf(arena, "a directory of that very name is '%.*s%s{,**}'",
			SLICE_FMT(spelled(reader, entry, behind)), has_slash ? "" : "/");
	return arena_printf(arena, "a file of that very name is {file: %.*s}",
		SLICE_FMT(quoted(reader, entry->text)));
}

/* "rCx": Cx; empty when it is no single transition. */
static struct slice transition_of(struct slice word)
{
	while (word.len > 2 && memchr("mrMR", word.at[0], 4))
		word = slice_from(word, 1);
	return word.len == 2 && exec_mode_len(word) == 2 ? word : slice_of(NULL, 0);
}

/* `/data:/srv:rw`: a profile knows the directory by its place inside, /srv. */
static struct slice target_of(const struct entry_text *entry, const struct behind *behind)
{
	struct entry_text target = *entry;
	target.text = slice_from(entry->text, behind->at + 1);
	return slice_first(target.text, look_behind(&target).path_len);
}

/* How the path is written: `/bin/x Cx -> y` of `exec` as {path: '/bin/x', as: child y}. */
static struct slice path_advice(struct reader *reader, const struct text *text,
	const struct entry_text *entry, const struct behind *behind)
{
	struct arena *arena = reader_arena(reader);
	struct text words[3] = {{.text = {NULL, 0}}};
	struct text rest = *text;
	rest.text = slice_from(text->text, behind->at);
	struct slice path = shown(reader, behind->kind == BEHIND_VOLUME
						  ? target_of(entry, behind)
						  : slice_first(text->text, behind->path_len));
	size_t count = text_words(&rest, words, 3);
	struct slice mode = transition_of(strip(words[0].text)), name = SLICE("NAME");
	if (entry->key->id != KEY_EXEC || behind->kind != BEHIND_PERMS || mode.len == 0 ||
		memchr("iI", mode.at[0], 2))
		return arena_printf(arena, "'%.*s'", SLICE_FMT(path));
	if (memchr("uU", mode.at[0], 2))
		return arena_printf(arena, "{path: '%.*s', as: unconfined}", SLICE_FMT(path));
	if (count >= 3 && slice_is(words[1].text, "->"))
		name = shown(reader, strip(words[2].text));
	return arena_printf(arena, "{path: '%.*s', as: %s %.*s}", SLICE_FMT(path),
		memchr("cC", mode.at[0], 2) ? "child" : "profile", SLICE_FMT(name));
}

static const char *const reasons[] = {
	[BEHIND_NOTHING] = "",
	[BEHIND_PERMS] = "whole rules belong to 'rules', and ",
	[BEHIND_COMMENT] = "a comment stands behind the entry, outside of quotes, and ",
	[BEHIND_PATH] = "the other paths are entries of their own, and ",
	[BEHIND_VOLUME] = "a profile knows the path inside the container alone, and ",
	[BEHIND_REST] = "",
};

/*
 * `/usr/sbin/x --foo`: a program and its arguments. The whole would be taken for the name of a file
 * that nobody has, and the profile attached to nothing.
 */
static void report_arguments(
	struct reader *reader, const struct text *text, const struct entry_text *entry)
{
	struct text words[2];
	struct slice path = text->text;
	size_t count = text_words(text, words, 2);
	size_t len = count > 0 ? (size_t)(words[0].text.at + words[0].text.len - path.at) : 0;
	size_t rest = count > 1 ? (size_t)(words[1].text.at - path.at) : len;
	struct diag *diag = report(reader, DIAG_PROGRAM_ARGUMENTS,
		text_part(text, rest, path.len - rest),
		count > 1 ? "'%.*s' is a path and more: '%s' takes the program without arguments"
			  : "'%.*s' ends in a blank: '%s' takes the program alone",
		SLICE_FMT(shown(reader, path)), entry->key->name.at);
	struct slice program = shown(reader, slice_first(path, len));
	if (entry->is_pattern)
		help(reader, diag, "write '%.*s'; a blank that the name holds is written '\\040'",
			SLICE_FMT(program));
	else
		help(reader, diag, "write '%.*s'; if the file's name holds the blank: {file: %.*s}",
			SLICE_FMT(program), SLICE_FMT(quoted(reader, path)));
}

/* ` -x`, ` --x`. */
static bool has_option(struct slice text)
{
	for (size_t i = 0; i + 2 < text.len; i++)
		if (text.at[i] == ' ' && text.at[i + 1] == '-' && !memchr(" >", text.at[i + 2], 2))
			return true;
	return false;
}

static bool has_arguments(const struct entry_text *entry, const struct behind *behind)
{
	struct slice path = slice_first(entry->text, behind->path_len);
	bool is_blank =
		behind->path_len < entry->text.len && entry->text.at[behind->path_len] == ' ';
	bool is_more = is_blank && behind->kind == BEHIND_PATH;
	if (entry->key->id == KEY_BINARY)
		return slice_has(path, ' ') || is_more || (is_blank && behind->kind == BEHIND_REST);
	return entry->key->id == KEY_EXEC && (is_more || has_option(path));
}

bool path_is_alone(struct reader *reader, const struct key *key, const struct text *text,
	bool is_pattern, bool is_file)
{
	struct entry_text entry = {.key = key, .text = text->text, .is_pattern = is_pattern};
	struct behind behind = {.kind = BEHIND_NOTHING};
	if (!is_file)
		behind = look_behind(&entry);
	if (!is_file && has_arguments(&entry, &behind)) {
		report_arguments(reader, text, &entry);
		return false;
	}
	if (behind.kind == BEHIND_NOTHING)
		return true;
	struct diag *diag = report_behind(reader, text, &entry, &behind);
	help(reader, diag, "write %.*s; %s%.*s",
		SLICE_FMT(path_advice(reader, text, &entry, &behind)), reasons[behind.kind],
		SLICE_FMT(name_advice(reader, &entry, &behind)));
	return false;
}
