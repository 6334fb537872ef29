#include "manager/disk/journal.h"

#include "manager/system/file.h"
#include "manager/disk/journal_format.h"
#include "manager/system/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Writes the contents, and knows where each piece of them is. */
struct writer {
	const struct places *places;
	FILE *out;
	size_t at;
	int number; /* errno of the first failure */
};

struct slice journal_path(const struct places *places, struct arena *arena, const char *name)
{
	const char *slash = *name ? "/" : "";
	return arena_printf(
		arena, "%s/%s%s%s", places->descriptions, JOURNAL_DIRECTORY, slash, name);
}

/* [offset, length, digest]. NULL after a failure. */
static json_t *put_piece(struct writer *writer, struct slice text)
{
	if (writer->number == 0 && text.len > JOURNAL_CONTENTS_MOST - writer->at)
		writer->number = EFBIG;
	if (writer->number == 0 && text.len > 0 &&
		fwrite(text.at, 1, text.len, writer->out) != text.len)
		writer->number = errno;
	if (writer->number != 0)
		return NULL;
	char hex[DIGEST_HEX + 1];
	struct digest digest = digest_of(text);
	digest_hex(&digest, hex);
	json_t *piece = json_pack("[I, I, s]", (json_int_t)writer->at, (json_int_t)text.len, hex);
	writer->at += text.len;
	return piece;
}

static struct slice without_root(const struct places *places, struct slice path)
{
	struct slice root = slice_str(places->root);
	return slice_starts(path, root) ? slice_from(path, root.len) : path;
}

static json_t *put_file(struct writer *writer, const struct journal_file *file, bool is_drop)
{
	json_t *json = json_object();
	json_object_set_new(
		json, "path", put_piece(writer, without_root(writer->places, file->path)));
	if (!is_drop)
		json_object_set_new(json, "text", put_piece(writer, file->text));
	return json;
}

static json_t *put_identity(const struct journal_identity *identity)
{
	json_t *json = json_array();
	for (size_t i = 0; i < JOURNAL_KINDS; i++) {
		char hex[DIGEST_HEX + 1];
		digest_hex(&identity->by_kind[i], hex);
		json_array_append_new(json, json_string(hex));
	}
	return json;
}

static bool has_links(const struct journal_change *change)
{
	return change->link_count > 0 || change->unload_count > 0 || change->stays_loaded;
}

static void put_links(struct writer *writer, const struct journal_change *change, json_t *json)
{
	json_t *links = json_array(), *unloads = json_array();
	for (size_t i = 0; i < change->link_count; i++)
		json_array_append_new(links, put_file(writer, &change->links[i], false));
	for (size_t i = 0; i < change->unload_count; i++)
		json_array_append_new(unloads, put_piece(writer, change->unloads[i]));
	json_object_set_new(json, "links", links);
	json_object_set_new(json, "unloads", unloads);
	json_object_set_new(json, "stays", json_boolean(change->stays_loaded));
}

static json_t *put_change(struct writer *writer, const struct journal_change *change)
{
	json_t *json = json_object(), *files = json_array();
	json_object_set_new(json, "kind", json_string(change->is_drop ? "drop" : "put"));
	json_object_set_new(json, "name", put_piece(writer, change->name));
	json_object_set_new(json, "source", put_piece(writer, change->source));
	json_object_set_new(json, "backs_up", json_boolean(change->backs_up));
	json_object_set_new(json, "keeps_loaded", json_boolean(change->keeps_loaded));
	json_object_set_new(json, "text", put_file(writer, &change->text, change->is_drop));
	for (size_t i = 0; i < change->file_count; i++)
		json_array_append_new(files, put_file(writer, &change->files[i], change->is_drop));
	json_object_set_new(json, "files", files);
	if (has_links(change))
		put_links(writer, change, json);
	json_object_set_new(json, "identity",
		change->is_recorded ? put_identity(&change->identity) : json_null());
	return json;
}

static json_t *put_load(struct writer *writer, const struct journal_load *load)
{
	json_t *json = json_object();
	json_object_set_new(json, "source", put_piece(writer, load->source));
	json_object_set_new(json, "binary", put_piece(writer, load->binary));
	json_object_set_new(json, "fresh", put_piece(writer, load->fresh));
	return json;
}

/* The manifest. What is missing in it after a failure does not matter: it is not written then. */
static json_t *put_contents(struct writer *writer, const struct journal *journal)
{
	json_t *changes = json_array(), *loads = json_array();
	int version = JOURNAL_VERSION;
	for (size_t i = 0; i < journal->change_count; i++) {
		json_array_append_new(changes, put_change(writer, &journal->changes[i]));
		if (has_links(&journal->changes[i]))
			version = JOURNAL_VERSION_LINKS;
	}
	for (size_t i = 0; i < journal->load_count; i++)
		json_array_append_new(loads, put_load(writer, &journal->loads[i]));
	return json_pack("{s:i, s:b, s:o, s:o}", "version", version, "kernel",
		(int)journal->has_kernel, "changes", changes, "loads", loads);
}

static bool sync_directory(const char *path)
{
	int fd = path_open(path, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return false;
	bool is_synced = fsync(fd) == 0 || errno == EINVAL;
	int number = errno;
	close(fd);
	errno = number;
	return is_synced;
}

bool journal_begin(const struct places *places, struct arena *arena, struct error **ret_error)
{
	const char *path = journal_path(places, arena, "").at;
	if (!directory_make(places->descriptions, 0755, ret_error))
		return false;
	if (path_mkdir(path, 0700) == 0 && sync_directory(places->descriptions))
		return true;
	if (errno == EEXIST)
		return error_say(ret_error, EEXIST,
			"'%s' holds what a killed run left: it is to be finished first", path);
	return error_make(ret_error, errno, "cannot make the directory '%s'", path);
}

static FILE *create_contents(const char *path, struct error **ret_error)
{
	int fd = path_open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	if (out)
		return out;
	error_make(ret_error, errno, "cannot write '%s'", path);
	if (fd >= 0)
		close(fd);
	return NULL;
}

/* The manifest as text; to be freed. NULL with an error. */
static char *write_contents(const struct places *places, const struct journal *journal,
	const char *path, struct error **ret_error)
{
	struct writer writer = {.places = places, .out = create_contents(path, ret_error)};
	if (!writer.out)
		return NULL;
	json_t *manifest = put_contents(&writer, journal);
	if (writer.number == 0 &&
		(fflush(writer.out) != 0 || (fsync(fileno(writer.out)) < 0 && errno != EINVAL)))
		writer.number = errno;
	if (fclose(writer.out) != 0 && writer.number == 0)
		writer.number = errno;
	char *text = writer.number == 0 && manifest ? json_dumps(manifest, JSON_INDENT(1)) : NULL;
	json_decref(manifest);
	if (!text)
		error_make(ret_error, writer.number ? writer.number : ENOMEM, "cannot write '%s'",
			path);
	return text;
}

bool journal_write(const struct places *places, const struct journal *journal, struct arena *arena,
	struct error **ret_error)
{
	const char *path = journal_path(places, arena, JOURNAL_MANIFEST).at;
	char *manifest = write_contents(
		places, journal, journal_path(places, arena, JOURNAL_CONTENTS).at, ret_error);
	if (!manifest)
		return false;
	struct slice text = slice_str(manifest);
	bool is_written = text.len <= JOURNAL_MANIFEST_MOST
				  ? file_write(path, text, ret_error)
				  : error_make(ret_error, EFBIG, "cannot write '%s'", path);
	free(manifest);
	return is_written;
}

bool journal_commit(const struct places *places, struct arena *arena, struct error **ret_error)
{
	return file_write(
		journal_path(places, arena, JOURNAL_COMMITTED_MARK).at, SLICE(""), ret_error);
}

/* Removes all files of the open directory but the marker. false with errno. */
static bool remove_files(int fd)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *files = again < 0 ? NULL : fdopendir(again);
	if (!files) {
		int number = errno;
		if (again >= 0)
			close(again);
		errno = number;
		return false;
	}
	bool is_done = true;
	for (struct dirent *entry; is_done && (errno = 0, entry = readdir(files));) {
		struct slice name = slice_str(entry->d_name);
		if (slice_is(name, ".") || slice_is(name, "..") ||
			slice_is(name, JOURNAL_COMMITTED_MARK))
			continue;
		is_done = unlinkat(fd, entry->d_name, 0) == 0 || errno == ENOENT;
	}
	int number = errno;
	closedir(files);
	errno = number;
	return is_done && number == 0;
}

static bool unlink_one(int fd, const char *name)
{
	return unlinkat(fd, name, 0) == 0 || errno == ENOENT;
}

/* After the manifest is gone for good the order of the others tells journal_read what was going on.
 */
static bool remove_all(int fd)
{
	return unlink_one(fd, JOURNAL_MANIFEST) && (fsync(fd) == 0 || errno == EINVAL) &&
	       remove_files(fd) && unlink_one(fd, JOURNAL_COMMITTED_MARK);
}

bool journal_remove(const struct places *places, struct arena *arena, struct error **ret_error)
{
	int fd;
	const char *path = journal_path(places, arena, "").at;
	if (!journal_open(places, arena, &fd, ret_error))
		return false;
	if (fd < 0)
		return true;
	bool is_done = remove_all(fd);
	int number = errno;
	close(fd);
	if (is_done && (path_rmdir(path) < 0 || !sync_directory(places->descriptions))) {
		is_done = false;
		number = errno;
	}
	return is_done || error_make(ret_error, number, "cannot remove '%s'", path);
}
