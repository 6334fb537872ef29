#include "manager/host/root_words.h"

#include <errno.h>

static bool is_plain(struct slice path)
{
	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.at[i];
		if (c <= 0x20 || c == 0x7f || strchr("*?[]{}'\"#,:@\\&!|>%`", c))
			return false;
	}
	return true;
}

/* Quotes as YAML wants them: single ones are doubled. Control bytes are shown by who prints. */
struct slice root_words_file(struct arena *arena, struct slice path)
{
	struct buf text = buf_new(arena);
	buf_add_str(&text, "{file: '");
	for (size_t i = 0; i < path.len; i++) {
		if (path.at[i] == '\'')
			buf_add_char(&text, '\'');
		buf_add_char(&text, path.at[i]);
	}
	buf_add_str(&text, "'}");
	return buf_slice(&text);
}

struct slice root_words_entry(struct arena *arena, struct slice path)
{
	return is_plain(path) || slice_ends(path, SLICE("/"))
		       ? arena_printf(arena, "'%.*s'", SLICE_FMT(path))
		       : root_words_file(arena, path);
}

struct slice root_words_write(struct arena *arena, struct slice path)
{
	return arena_printf(arena, "write %.*s", SLICE_FMT(root_words_entry(arena, path)));
}

static struct slice last_name(struct slice path)
{
	const char *slash = path.len ? memrchr(path.at, '/', path.len) : NULL;
	return slash ? slice_from(path, (size_t)(slash - path.at) + 1) : path;
}

/* Whether the file itself is a link, not only a directory on the way to it. */
static bool is_last_link(struct slice path, const struct rooted_path *place)
{
	for (size_t i = 0; i < place->link_count; i++)
		if (slice_eq(last_name(place->links[i].path), last_name(path)))
			return true;
	return false;
}

struct slice root_words_link(
	struct arena *arena, struct slice path, const struct rooted_path *place)
{
	const struct rooted_link *link = &place->links[0];
	if (slice_eq(link->path, path))
		return arena_printf(arena, "'%.*s' is a symbolic link to '%.*s'", SLICE_FMT(path),
			SLICE_FMT(link->target));
	return arena_printf(arena, "'%.*s' leads through the symbolic link '%.*s'", SLICE_FMT(path),
		SLICE_FMT(link->path));
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The first number of a name that a '-', '.' or '_' stands before, else one at its end. */
static bool find_version(struct slice name, size_t *ret_begin, size_t *ret_end)
{
	for (size_t i = 1; i < name.len; i++) {
		size_t end = i;
		while (end < name.len && is_digit(name.at[end]))
			end++;
		bool is_apart = strchr("-._", name.at[i - 1]) != NULL;
		if (end > i && (is_apart || (end == name.len && !is_digit(name.at[i - 1])))) {
			*ret_begin = i;
			*ret_end = end;
			return true;
		}
	}
	return false;
}

struct slice root_words_pattern(
	struct arena *arena, struct slice path, const struct rooted_path *place)
{
	struct slice whole = place->resolved;
	if (!is_last_link(path, place) || !is_plain(whole))
		return slice_of(NULL, 0);
	for (size_t end = whole.len; end > 0;) {
		const char *slash = memrchr(whole.at, '/', end);
		size_t from = slash ? (size_t)(slash - whole.at) + 1 : 0, begin, after;
		struct slice name = slice_first(slice_from(whole, from), end - from);
		if (find_version(name, &begin, &after)) {
			bool is_apart = strchr("-._", name.at[begin - 1]) != NULL;
			return arena_printf(arena, "%.*s%s%.*s", (int)(from + begin), whole.at,
				is_apart ? "*" : "[0-9]*",
				SLICE_FMT(slice_from(whole, from + after)));
		}
		end = from > 0 ? from - 1 : 0;
	}
	return slice_of(NULL, 0);
}

struct slice root_words_missing(
	struct arena *arena, struct slice path, const struct rooted_path *place)
{
	switch (place->number) {
	case ENOTDIR:
		return arena_printf(arena, "'%.*s' is missing: '%.*s' is no directory",
			SLICE_FMT(path),
			SLICE_FMT(slice_first(place->resolved, place->missing_from)));
	case ELOOP:
		return arena_printf(
			arena, "'%.*s' leads through symbolic links in a circle", SLICE_FMT(path));
	case ENOENT:
		break;
	default:
		return arena_printf(arena, "'%.*s' cannot be looked at: %s", SLICE_FMT(path),
			strerror(place->number));
	}
	if (place->link_count > 0)
		return arena_printf(arena, "%.*s, and '%.*s' is missing",
			SLICE_FMT(root_words_link(arena, path, place)), SLICE_FMT(place->resolved));
	return arena_printf(arena, "'%.*s' is missing", SLICE_FMT(path));
}
