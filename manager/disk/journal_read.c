#include "manager/system/file.h"
#include "manager/disk/journal_format.h"
#include "manager/system/path.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct reader {
	const struct places *places;
	struct arena *arena;
	struct slice contents;
};

bool journal_open(
	const struct places *places, struct arena *arena, int *ret_fd, struct error **ret_error)
{
	const char *path = journal_path(places, arena, "").at;
	struct stat at;
	if (path_lstat(path, &at) < 0) {
		*ret_fd = -1;
		return errno == ENOENT || error_make(ret_error, errno, "cannot look at '%s'", path);
	}
	int fd = path_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0 && S_ISDIR(at.st_mode))
		return error_make(ret_error, errno, "cannot open '%s'", path);
	bool is_ours = fd >= 0 && fstat(fd, &at) == 0 &&
		       (at.st_uid == 0 || at.st_uid == geteuid()) && (at.st_mode & 022) == 0;
	if (!is_ours && fd >= 0)
		close(fd);
	if (!is_ours)
		return error_say(ret_error, EPERM,
			"'%s' is no directory of aaforge's own, that only root can write: look who "
			"made it, and remove it",
			path);
	*ret_fd = fd;
	return true;
}

static bool read_hex(const json_t *json, struct digest *ret_digest)
{
	const char *text = json_string_value(json);
	struct digest digest;
	if (!text || strlen(text) != DIGEST_HEX || strspn(text, "0123456789abcdef") != DIGEST_HEX)
		return false;
	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		char byte[3] = {text[2 * i], text[2 * i + 1], '\0'};
		digest.bytes[i] = (unsigned char)strtoul(byte, NULL, 16);
	}
	*ret_digest = digest;
	return true;
}

static bool read_piece(const struct reader *reader, const json_t *json, struct slice *ret_text)
{
	json_t *at = json_array_get(json, 0), *len = json_array_get(json, 1);
	struct digest said;
	if (!json_is_integer(at) || !json_is_integer(len) ||
		!read_hex(json_array_get(json, 2), &said))
		return false;
	json_int_t from = json_integer_value(at), count = json_integer_value(len);
	if (from < 0 || count < 0 || (uint64_t)from > reader->contents.len ||
		(uint64_t)count > reader->contents.len - (size_t)from)
		return false;
	struct slice text = slice_of(reader->contents.at + from, (size_t)count);
	struct digest digest = digest_of(text);
	if (memcmp(&digest, &said, sizeof(digest)) != 0)
		return false;
	*ret_text = text;
	return true;
}

/* Nothing in it leads elsewhere, nor into the journal. */
static bool path_is_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);
	if (strncmp(path, directory, len) != 0 || path[len] != '/')
		return false;
	const char *rest = path + len;
	if (strlen(path) >= PATH_MAX ||
		strncmp(rest + 1, JOURNAL_DIRECTORY "/", sizeof(JOURNAL_DIRECTORY "/") - 1) == 0)
		return false;
	while (*rest == '/') {
		size_t part = strcspn(++rest, "/");
		if (part == 0 || (part <= 2 && strspn(rest, ".") >= part))
			return false;
		rest += part;
	}
	return true;
}

static bool read_path(const struct reader *reader, const json_t *json, struct slice *ret_path)
{
	struct slice path;
	if (!read_piece(reader, json, &path) || slice_has(path, '\0'))
		return false;
	path = arena_printf(reader->arena, "%s%.*s", reader->places->root, SLICE_FMT(path));
	if (!path_is_below(path.at, reader->places->profiles) &&
		!path_is_below(path.at, reader->places->descriptions))
		return false;
	*ret_path = path;
	return true;
}

static bool read_file(
	const struct reader *reader, const json_t *json, bool is_drop, struct journal_file *file)
{
	return read_path(reader, json_object_get(json, "path"), &file->path) &&
	       (is_drop || read_piece(reader, json_object_get(json, "text"), &file->text));
}

/* "../NAME" from PROFILES/disable, which holds no other links of ours. */
static bool read_link(const struct reader *reader, const json_t *json, struct journal_file *link)
{
	const char *directory =
		arena_printf(reader->arena, "%s/disable", reader->places->profiles).at;
	return read_file(reader, json, false, link) && path_is_below(link->path.at, directory) &&
	       slice_starts(link->text, SLICE("../")) && link->text.len > 3 &&
	       !slice_has(slice_from(link->text, 3), '/') && !slice_has(link->text, '\0');
}

static bool read_links(
	const struct reader *reader, const json_t *json, struct journal_change *change)
{
	const json_t *links = json_object_get(json, "links");
	const json_t *unloads = json_object_get(json, "unloads");
	change->stays_loaded = json_is_true(json_object_get(json, "stays"));
	change->link_count = json_array_size(links);
	change->links = arena_array(reader->arena, change->link_count, sizeof(*change->links));
	change->unload_count = json_array_size(unloads);
	change->unloads =
		arena_array(reader->arena, change->unload_count, sizeof(*change->unloads));
	for (size_t i = 0; i < change->link_count; i++)
		if (!read_link(reader, json_array_get(links, i), &change->links[i]))
			return false;
	for (size_t i = 0; i < change->unload_count; i++)
		if (!read_piece(reader, json_array_get(unloads, i), &change->unloads[i]) ||
			change->unloads[i].len == 0 || slice_has(change->unloads[i], '\0'))
			return false;
	return true;
}

static bool read_identity(const json_t *json, struct journal_change *change)
{
	if (json_is_null(json))
		return true;
	change->is_recorded = true;
	for (size_t i = 0; i < JOURNAL_KINDS; i++)
		if (!read_hex(json_array_get(json, i), &change->identity.by_kind[i]))
			return false;
	return true;
}

static bool read_kind(const json_t *json, bool *ret_is_drop)
{
	const char *kind = json_string_value(json);
	if (!kind || (strcmp(kind, "put") != 0 && strcmp(kind, "drop") != 0))
		return false;
	*ret_is_drop = strcmp(kind, "drop") == 0;
	return true;
}

static bool read_change(
	const struct reader *reader, const json_t *json, struct journal_change *change)
{
	const json_t *files = json_object_get(json, "files");
	const json_t *backs_up = json_object_get(json, "backs_up");
	if (!json_is_array(files) || !json_is_boolean(backs_up))
		return false;
	change->backs_up = json_is_true(backs_up);
	change->keeps_loaded = json_is_true(json_object_get(json, "keeps_loaded"));
	change->file_count = json_array_size(files);
	change->files = arena_array(reader->arena, change->file_count, sizeof(*change->files));
	if (!read_kind(json_object_get(json, "kind"), &change->is_drop) ||
		!read_piece(reader, json_object_get(json, "name"), &change->name) ||
		!read_piece(reader, json_object_get(json, "source"), &change->source) ||
		!read_identity(json_object_get(json, "identity"), change) ||
		!read_links(reader, json, change) ||
		!read_file(reader, json_object_get(json, "text"), change->is_drop, &change->text))
		return false;
	for (size_t i = 0; i < change->file_count; i++)
		if (!read_file(
			    reader, json_array_get(files, i), change->is_drop, &change->files[i]))
			return false;
	return change->name.len > 0 && !slice_has(change->name, '/') &&
	       !slice_has(change->name, '\0') && change->name.at[0] != '.';
}

static bool read_load(const struct reader *reader, const json_t *json, struct journal_load *load)
{
	return read_piece(reader, json_object_get(json, "source"), &load->source) &&
	       read_piece(reader, json_object_get(json, "binary"), &load->binary) &&
	       read_piece(reader, json_object_get(json, "fresh"), &load->fresh);
}

static bool read_manifest(
	const struct reader *reader, const json_t *json, struct journal *ret_journal)
{
	const json_t *changes = json_object_get(json, "changes");
	const json_t *loads = json_object_get(json, "loads");
	const json_t *kernel = json_object_get(json, "kernel");
	json_int_t version = json_integer_value(json_object_get(json, "version"));
	if ((version != JOURNAL_VERSION && version != JOURNAL_VERSION_LINKS) ||
		!json_is_boolean(kernel) || !json_is_array(changes) || !json_is_array(loads))
		return false;
	struct journal journal = {.has_kernel = json_is_true(kernel),
		.change_count = json_array_size(changes),
		.load_count = json_array_size(loads)};
	journal.changes =
		arena_array(reader->arena, journal.change_count, sizeof(*journal.changes));
	journal.loads = arena_array(reader->arena, journal.load_count, sizeof(*journal.loads));
	for (size_t i = 0; i < journal.change_count; i++)
		if (!read_change(reader, json_array_get(changes, i), &journal.changes[i]))
			return false;
	for (size_t i = 0; i < journal.load_count; i++)
		if (!read_load(reader, json_array_get(loads, i), &journal.loads[i]))
			return false;
	*ret_journal = journal;
	return true;
}

/* A file of the journal. What is no file of ours counts as missing: *ret_is_there is false. */
static bool read_part(int directory, const char *name, size_t limit, struct bytes *text,
	bool *ret_is_there, struct error **ret_error)
{
	struct error *error = NULL;
	*ret_is_there = false;
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP ||
		       error_make(ret_error, errno, "cannot open '%s'", name);
	struct stat at;
	bool is_file = fstat(fd, &at) == 0 && S_ISREG(at.st_mode);
	*ret_is_there = is_file && file_read_fd(fd, name, limit, text, &error);
	close(fd);
	if (!error || error_number(error) == EFBIG) {
		error_free(error);
		return true;
	}
	if (ret_error)
		*ret_error = error;
	else
		error_free(error);
	return false;
}

static bool exists(int directory, const char *name)
{
	struct stat at;
	return fstatat(directory, name, &at, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Without a manifest: what was going on. */
static enum journal_state judge_rest(int directory)
{
	if (exists(directory, JOURNAL_COMMITTED_MARK))
		return JOURNAL_DONE;
	return exists(directory, JOURNAL_CONTENTS) ? JOURNAL_INVALID : JOURNAL_NONE;
}

static bool is_valid(struct reader *reader, const struct bytes *manifest,
	const struct bytes *contents, struct journal *ret_journal)
{
	reader->contents = arena_copy(reader->arena, bytes_slice(contents));
	json_t *json = json_loadb(manifest->at, manifest->len, JSON_REJECT_DUPLICATES, NULL);
	bool is_read = json && read_manifest(reader, json, ret_journal);
	json_decref(json);
	return is_read;
}

static bool read_open(int directory, struct reader *reader, enum journal_state *ret_state,
	struct journal *ret_journal, struct error **ret_error)
{
	struct bytes manifest = {0}, contents = {0};
	bool has_manifest = false, has_contents = false;
	bool is_read = read_part(directory, JOURNAL_MANIFEST, JOURNAL_MANIFEST_MOST, &manifest,
			       &has_manifest, ret_error) &&
		       read_part(directory, JOURNAL_CONTENTS, JOURNAL_CONTENTS_MOST, &contents,
			       &has_contents, ret_error);
	if (is_read && !exists(directory, JOURNAL_MANIFEST))
		*ret_state = judge_rest(directory);
	else if (is_read && !(has_manifest && has_contents &&
				    is_valid(reader, &manifest, &contents, ret_journal)))
		*ret_state = JOURNAL_INVALID;
	else if (is_read)
		*ret_state = exists(directory, JOURNAL_COMMITTED_MARK) ? JOURNAL_COMMITTED
								       : JOURNAL_VALID;
	bytes_free(&manifest);
	bytes_free(&contents);
	return is_read;
}

bool journal_read(const struct places *places, struct arena *arena, enum journal_state *ret_state,
	struct journal *ret_journal, struct error **ret_error)
{
	int fd;
	struct reader reader = {.places = places, .arena = arena};
	if (!journal_open(places, arena, &fd, ret_error))
		return false;
	if (fd < 0) {
		*ret_state = JOURNAL_NONE;
		return true;
	}
	bool is_read = read_open(fd, &reader, ret_state, ret_journal, ret_error);
	close(fd);
	return is_read ||
	       error_wrap(ret_error, "cannot read '%s'", journal_path(places, arena, "").at);
}
