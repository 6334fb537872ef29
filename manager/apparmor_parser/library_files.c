#include "manager/apparmor_parser/library_files.h"

#include "manager/system/file.h"
#include "manager/system/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned bucket_of(struct slice s)
{
	uint32_t hash = 2166136261;
	for (size_t i = 0; i < s.len; i++)
		hash = (hash ^ (unsigned char)s.at[i]) * 16777619;
	return hash % LIBRARY_BUCKETS;
}

static void report(struct library *library, enum diag_id id, struct slice path, const char *what)
{
	diag_add(&library->unit.diags, id, span_of(0, 0), "cannot read '%.*s': %s", SLICE_FMT(path),
		what);
}

/* The content of an open file. A device such as /dev/null, which switches an include off, is empty.
 */
static bool read_content(
	struct library *library, int looked, const struct stat *stat, struct library_file *file)
{
	if (S_ISCHR(stat->st_mode))
		return true;
	if (!S_ISREG(stat->st_mode)) {
		report(library, DIAG_MISSING_INCLUDE, file->path, "not a regular file");
		return false;
	}
	struct bytes text = {0};
	size_t limit = library->unit.limits->policy_bytes;
	struct error *error = NULL;
	int fd = file_open_looked(looked, file->path.at, &error);
	bool is_read = fd >= 0 && file_read_fd(fd, file->path.at, limit, &text, &error);
	if (fd >= 0)
		close(fd);
	if (!is_read)
		report(library,
			error_number(error) == EFBIG ? DIAG_TOO_LARGE : DIAG_MISSING_INCLUDE,
			file->path, strerror(error_number(error)));
	else if (library->bytes + text.len > LIBRARY_BYTES) {
		report(library, DIAG_TOO_LARGE, file->path, "too much is included");
		is_read = false;
	} else {
		library->bytes += text.len;
		file->text = arena_copy(&library->unit.arena, bytes_slice(&text));
	}
	error_free(error);
	bytes_free(&text);
	return is_read;
}

/* Whether the file lies below one of the directories, symbolic links resolved. */
static bool is_inside(const struct library *library, int looked)
{
	struct bytes resolved = {0};
	bool is_found = false;
	if (file_resolved(looked, &resolved))
		for (size_t i = 0; i < library->directory_count && !is_found; i++)
			is_found = file_lies_below(
				bytes_slice(&resolved), slice_str(library->directories[i]));
	bytes_free(&resolved);
	return is_found;
}

/* The file of an absolute path that was looked at. */
static struct library_file *file_of(
	struct library *library, struct slice path, int looked, const struct stat *stat)
{
	struct library_file **bucket = &library->files[bucket_of(path)];
	for (struct library_file *file = *bucket; file; file = file->next_in_bucket)
		if (slice_eq(file->path, path))
			return file;
	struct library_file *file = arena_new(&library->unit.arena, struct library_file);
	file->path = arena_copy(&library->unit.arena, path);
	file->is_there = read_content(library, looked, stat, file);
	file->is_outside = !is_inside(library, looked);
	file->digest = digest_of(file->text);
	file->next_in_bucket = *bucket;
	*bucket = file;
	return file;
}

static void entry_add(
	struct library *library, struct library_entry *entry, struct library_file *file)
{
	/* Doubles at 0, 1, 2, 4, 8 … */
	if ((entry->file_count & (entry->file_count - 1)) == 0) {
		size_t cap = entry->file_count ? entry->file_count * 2 : 1;
		struct library_file **files =
			arena_array(&library->unit.arena, cap, sizeof(*files));
		if (entry->file_count > 0)
			memcpy(files, entry->files, entry->file_count * sizeof(*files));
		entry->files = files;
	}
	entry->files[entry->file_count++] = file;
}

bool library_takes_name(const char *name)
{
	static const char *const endings[] = {".dpkg-new", ".dpkg-old", ".dpkg-dist", ".dpkg-bak",
		".dpkg-remove", ".pacsave", ".pacnew", ".rpmnew", ".rpmsave", ".orig", ".rej", "~"};
	struct slice s = slice_str(name);
	if (s.at[0] == '.' || slice_is(s, "README"))
		return false;
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (slice_ends(s, slice_str(endings[i])))
			return false;
	return true;
}

static int included_only(const struct dirent *entry)
{
	return library_takes_name(entry->d_name);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void note_stray(struct library *library, struct slice path)
{
	if (library->stray.len == 0)
		library->stray = path;
}

static int look_at(struct library *library, struct slice path, struct stat *ret_stat)
{
	if (!path_is_plain(path.at))
		note_stray(library, path);
	int looked = file_look(path.at, NULL);
	if (looked < 0 || fstat(looked, ret_stat) == 0)
		return looked;
	close(looked);
	return -1;
}

static void add_directory_file(
	struct library *library, struct library_entry *entry, struct slice path)
{
	struct stat stat;
	int fd = look_at(library, path, &stat);
	if (fd < 0) {
		/* apparmor_parser gives up on a dangling link. */
		report(library, DIAG_MISSING_INCLUDE, path, strerror(errno));
		return;
	}
	if (!S_ISDIR(stat.st_mode))
		entry_add(library, entry, file_of(library, path, fd, &stat));
	close(fd);
}

static void add_directory(struct library *library, struct library_entry *entry, struct slice path)
{
	struct dirent **names;
	int fd = path_open(path.at, O_RDONLY | O_DIRECTORY, 0);
	int count = fd < 0 ? -1 : scandirat(fd, ".", &names, included_only, by_name);
	int number = errno;
	if (fd >= 0)
		close(fd);
	if (count < 0) {
		report(library, DIAG_MISSING_INCLUDE, path, strerror(number));
		return;
	}
	for (int i = 0; i < count; i++) {
		add_directory_file(library, entry,
			arena_printf(&library->unit.arena, "%.*s/%s", SLICE_FMT(path),
				names[i]->d_name));
		free(names[i]);
	}
	free(names);
}

static void add_place(struct library *library, struct library_entry *entry, struct slice path)
{
	if (!entry->places)
		entry->places = arena_array(
			&library->unit.arena, library->directory_count, sizeof(*entry->places));
	entry->places[entry->place_count++] = path;
}

/* Whether something is at the path; then the entry holds it. */
static bool try_path(struct library *library, struct library_entry *entry, struct slice path)
{
	struct stat stat;
	int fd = look_at(library, path, &stat);
	add_place(library, entry, path);
	if (fd < 0)
		return false;
	bool is_there = true;
	if (S_ISDIR(stat.st_mode)) {
		entry->is_directory = true;
		add_directory(library, entry, path);
	} else {
		struct library_file *file = file_of(library, path, fd, &stat);
		is_there = file->is_there;
		if (is_there)
			entry_add(library, entry, file);
		else
			entry->trouble = file->path;
	}
	close(fd);
	return is_there;
}

static bool try_below(struct library *library, struct library_entry *entry, const char *directory)
{
	return try_path(library, entry,
		arena_printf(&library->unit.arena, "%s/%.*s", directory, SLICE_FMT(entry->path)));
}

/* Whether a path names what is above, or an absolute place. */
static bool is_elsewhere(struct slice path, bool magic)
{
	bool climbs = false;
	for (size_t at = 0; at < path.len && !climbs;) {
		const char *slash = memchr(path.at + at, '/', path.len - at);
		size_t end = slash ? (size_t)(slash - path.at) : path.len;
		climbs = slice_is(slice_of(path.at + at, end - at), "..");
		at = end + 1;
	}
	return climbs || (!magic && path.at[0] == '/');
}

static bool look_up(struct library *library, struct library_entry *entry)
{
	/* Neither can be a path; as a C string it would be another one. */
	if (entry->path.len == 0 || entry->path.len > 4000 || slice_has(entry->path, '\0'))
		return false;
	const char *root = path_root(library_base(library));
	if (root && is_elsewhere(entry->path, entry->magic))
		note_stray(library, entry->path);
	if (!entry->magic && entry->path.at[0] == '/')
		return try_path(library, entry,
			arena_printf(&library->unit.arena, "%s%.*s", root ? root : "",
				SLICE_FMT(entry->path)));
	size_t last = library->directory_count - 1;
	for (size_t i = entry->magic ? 0 : last; i <= last; i++)
		if (try_below(library, entry, library->directories[i]))
			return true;
	return false;
}

struct library_entry *library_resolve(struct library *library, struct slice path, bool magic)
{
	struct library_entry **bucket = &library->entries[bucket_of(path)];
	for (struct library_entry *entry = *bucket; entry; entry = entry->next_in_bucket)
		if (entry->magic == magic && slice_eq(entry->path, path))
			return entry;
	struct library_entry *entry = arena_new(&library->unit.arena, struct library_entry);
	entry->path = arena_copy(&library->unit.arena, path);
	entry->magic = magic;
	entry->next_in_bucket = *bucket;
	*bucket = entry;
	entry->is_missing = !look_up(library, entry);
	return entry;
}
