#include "manager/apparmor_parser/library_files.h"
#include "manager/system/path.h"

/*
 * Which files a text depends on, found in its bytes: an include is legal anywhere in the language,
 * also within a line. What looks like one in a comment or a string is taken for one.
 */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct slice skip_blanks(struct slice s)
{
	while (s.len > 0 && is_blank(s.at[0]))
		s = slice_from(s, 1);
	return s;
}

static bool skip_word(struct slice *s, const char *word)
{
	struct slice rest = slice_from(*s, strlen(word));
	if (!slice_starts(*s, slice_str(word)) || rest.len == 0 || !is_blank(rest.at[0]))
		return false;
	*s = skip_blanks(rest);
	return true;
}

/* The text up to one of the bytes of `ends`. */
static struct slice until(struct slice s, const char *ends)
{
	size_t len = 0;
	while (len < s.len && !strchr(ends, s.at[len]))
		len++;
	return slice_first(s, len);
}

/* <x>, "x" or x, after include or abi. */
static struct slice read_path(struct slice s, bool *ret_magic)
{
	*ret_magic = s.len > 0 && s.at[0] == '<';
	if (*ret_magic)
		return slice_trim(until(slice_from(s, 1), ">\n"));
	if (s.len > 0 && s.at[0] == '"')
		return until(slice_from(s, 1), "\"\n");
	return until(s, " \t\r\n,#");
}

/* The next include or abi rule of *rest, which moves behind its keyword. */
static bool next_reference(struct slice *rest, struct slice *ret_path, bool *ret_magic)
{
	for (size_t i = 0; i + 3 < rest->len; i++) {
		struct slice here = slice_from(*rest, i);
		size_t len = slice_starts(here, SLICE("include")) ? 7
			     : slice_starts(here, SLICE("abi"))	  ? 3
								  : 0;
		struct slice after = skip_blanks(slice_from(here, len));
		if (len == 0 || after.len == 0)
			continue;
		bool is_apart =
			after.at != here.at + len || after.at[0] == '<' || after.at[0] == '"';
		if (!is_apart)
			continue;
		if (len == 7 && skip_word(&after, "if"))
			skip_word(&after, "exists");
		*ret_path = read_path(after, ret_magic);
		*rest = slice_from(*rest, i + len);
		if (ret_path->len > 0)
			return true;
		i = (size_t)-1;
	}
	return false;
}

static void find_dependencies(struct library *library, struct library_file *file)
{
	struct slice rest = file->text, path;
	bool magic;
	size_t count = 0;
	while (next_reference(&rest, &path, &magic))
		count++;
	file->dependencies = arena_array(&library->unit.arena, count, sizeof(*file->dependencies));
	rest = file->text;
	while (file->dependency_count < count && next_reference(&rest, &path, &magic))
		file->dependencies[file->dependency_count++] =
			library_resolve(library, path, magic);
	file->has_dependencies = true;
}

/* No profile that includes deeper than limits.depth is compiled at all. */
#define DEPTH_MOST 200

static void digest_entry(struct library *library, struct library_entry *entry, unsigned depth,
	struct digest_list *list);

static void digest_file(struct library *library, struct library_file *file, unsigned depth,
	struct digest_list *list)
{
	digest_add(list, file->path);
	digest_add_number(list, file->is_there);
	if (!file->is_there)
		library->trouble = file->path;
	digest_add_digest(list, &file->digest);
	if (!file->has_dependencies)
		find_dependencies(library, file);
	for (size_t i = 0; i < file->dependency_count; i++)
		digest_entry(library, file->dependencies[i], depth, list);
}

/* Each entry counts once, so that loops end. */
static void digest_entry(struct library *library, struct library_entry *entry, unsigned depth,
	struct digest_list *list)
{
	if (entry->visit == library->visit || depth > DEPTH_MOST)
		return;
	entry->visit = library->visit;
	digest_add(list, entry->path);
	digest_add_number(list, entry->magic);
	digest_add_number(list, entry->is_missing);
	if (entry->trouble.len > 0)
		library->trouble = entry->trouble;
	for (size_t i = 0; i < entry->file_count; i++)
		digest_file(library, entry->files[i], depth + 1, list);
}

void library_digest(struct library *library, struct slice text, struct digest_list *list)
{
	struct slice path;
	bool magic;
	library->visit++;
	library->trouble = slice_of(NULL, 0);
	while (next_reference(&text, &path, &magic))
		digest_entry(library, library_resolve(library, path, magic), 0, list);
}

static bool ask_guard(const struct library_entry *entry, const struct library_guard *guard)
{
	bool is_fine = true;
	for (size_t i = 0; is_fine && i < entry->place_count; i++) {
		bool is_last = i + 1 == entry->place_count;
		is_fine = guard->is_fine(
			guard->context, entry->places[i].at, is_last && entry->is_directory);
	}
	for (size_t i = 0; is_fine && entry->is_directory && i < entry->file_count; i++)
		is_fine = guard->is_fine(guard->context, entry->files[i]->path.at, false);
	return is_fine;
}

static bool vouch(struct library *library, struct library_entry *entry, unsigned depth,
	const struct library_guard *guard)
{
	if (entry->visit == library->visit || depth > DEPTH_MOST)
		return true;
	entry->visit = library->visit;
	if (!entry->was_guarded)
		entry->is_fine = ask_guard(entry, guard);
	entry->was_guarded = true;
	bool is_fine = entry->is_fine;
	for (size_t i = 0; is_fine && i < entry->file_count; i++) {
		struct library_file *file = entry->files[i];
		if (!file->has_dependencies)
			find_dependencies(library, file);
		for (size_t j = 0; is_fine && j < file->dependency_count; j++)
			is_fine = vouch(library, file->dependencies[j], depth + 1, guard);
	}
	return is_fine;
}

bool library_vouches(struct library *library, struct slice text, const struct library_guard *guard)
{
	struct slice path;
	bool magic, is_fine = true;
	library->visit++;
	while (is_fine && next_reference(&text, &path, &magic))
		is_fine = vouch(library, library_resolve(library, path, magic), 0, guard);
	return is_fine;
}

bool library_strays(struct library *library, struct slice text, struct slice *ret_path)
{
	if (!path_root(library_base(library)))
		return false;
	struct digest_list list;
	digest_begin(&list);
	library_digest(library, text, &list);
	digest_end(&list);
	*ret_path = library->stray;
	return library->stray.len > 0;
}

struct slice library_trouble(const struct library *library)
{
	return library->trouble;
}
