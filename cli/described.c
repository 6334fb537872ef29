#include "cli/described.h"
#include "manager/change/replaced.h"

#include "cli/cli.h"
#include "compiler/service/read.h"
#include "manager/system/documents.h"
#include "manager/system/file.h"

#include <errno.h>
#include <stdlib.h>

struct reader {
	struct arena *arena;
	struct unit unit;
	struct described_list list;
	size_t capacity;
};

static void add(struct reader *reader, struct described entry)
{
	struct described_list *list = &reader->list;
	if (list->count == reader->capacity) {
		size_t capacity = reader->capacity ? reader->capacity * 2 : 64;
		struct described *entries = arena_array(reader->arena, capacity, sizeof(*entries));
		if (list->count > 0)
			memcpy(entries, list->entries, list->count * sizeof(*entries));
		list->entries = entries;
		reader->capacity = capacity;
	}
	list->entries[list->count++] = entry;
}

/* A built-in's name has neither. */
static bool is_template_path(struct slice template)
{
	return slice_has(template, '/') || slice_has(template, '.');
}

static void read_document(struct reader *reader, const char *path, const struct document *document)
{
	struct unit *unit = &reader->unit;
	unit_reset(unit);
	const struct source *source = sources_add(&unit->sources, slice_str(path),
		arena_copy(&unit->arena, document->text), document->first_line);
	struct service *service = NULL;
	struct described entry = {.path = arena_copy(reader->arena, slice_str(path))};
	if (source)
		service_read(unit, source, &service);
	if (service) {
		entry.name = arena_copy(reader->arena, service->name);
		if (service->has_template && is_template_path(service->template))
			entry.template = arena_copy(reader->arena, service->template);
	}
	add(reader, entry);
	for (const struct service *child = service ? service->children : NULL; child;
		child = child->next) {
		if (!child->has_template || !is_template_path(child->template))
			continue;
		entry.template = arena_copy(reader->arena, child->template);
		add(reader, entry);
	}
}

static bool read_file(struct reader *reader, const char *path, struct error **ret_error)
{
	struct documents documents;
	struct document document;
	struct error *error = NULL;
	if (!documents_open(path, limits_default.document_bytes, &documents, ret_error))
		return false;
	while (documents_next(&documents, &document, &error))
		read_document(reader, path, &document);
	documents_close(&documents);
	if (error && ret_error)
		*ret_error = error;
	else
		error_free(error);
	return !error;
}

static bool read_files(
	struct reader *reader, const struct file_list *files, struct error **ret_error)
{
	struct bytes path = {0};
	bool is_read = true;
	for (size_t i = 0; is_read && i < files->count; i++) {
		if (!file_list_path(files, i, &path))
			out_of_memory();
		is_read = read_file(reader, path.at, ret_error);
	}
	bytes_free(&path);
	return is_read;
}

bool described_read(const char *directory, struct arena *arena, struct described_list *ret_list,
	struct error **ret_error)
{
	struct file_list files;
	struct error *error = NULL;
	if (!file_list_read(directory, &files, &error)) {
		bool is_missing = error_number(error) == ENOENT;
		if (is_missing || !ret_error)
			error_free(error);
		else
			*ret_error = error;
		if (is_missing)
			*ret_list = (struct described_list){0};
		return is_missing;
	}
	struct reader reader = {.arena = arena};
	unit_init(&reader.unit, NULL, out_of_memory);
	bool is_read = read_files(&reader, &files, ret_error);
	unit_free(&reader.unit);
	file_list_free(&files);
	if (is_read)
		*ret_list = reader.list;
	return is_read;
}

/* The part of a path up to the next slash, which is taken off with the slashes behind it. */
static struct slice next_part(struct slice *path)
{
	const char *slash = path->len ? memchr(path->at, '/', path->len) : NULL;
	size_t len = slash ? (size_t)(slash - path->at) : path->len;
	struct slice part = slice_first(*path, len);
	*path = slice_from(*path, len);
	while (path->len > 0 && path->at[0] == '/')
		*path = slice_from(*path, 1);
	return part;
}

bool template_place(const char *directory, struct slice as, struct arena *arena,
	struct slice *ret_path, struct error **ret_error)
{
	if (as.len == 0 || as.at[0] == '/') {
		*ret_path = slice_of(NULL, 0);
		return true;
	}
	struct buf path = buf_new(arena);
	buf_add_str(&path, directory);
	bool is_first = true, is_kept = false;
	for (struct slice rest = as, part; rest.len > 0;) {
		part = next_part(&rest);
		is_kept = part.len > 0 && part.at[0] != '.';
		if (slice_is(part, "."))
			continue;
		if (!is_kept || (is_first && (slice_is(part, "backup") ||
						     slice_is(part, REPLACED_DIRECTORY))))
			return error_say(ret_error, EINVAL,
				"the template '%.*s' cannot be kept below '%s': expected a path without "
				"'..', names with a dot in front, 'backup' and '" REPLACED_DIRECTORY
				"', or an "
				"absolute one",
				SLICE_FMT(as), directory);
		is_first = false;
		buf_add_char(&path, '/');
		buf_add(&path, part);
	}
	struct slice place = buf_slice(&path);
	if (!is_kept || slice_ends(place, SLICE(".yaml")) || slice_ends(place, SLICE(".yml")))
		return error_say(ret_error, EINVAL,
			"the template '%.*s' cannot be kept below '%s': its name would be a "
			"description's, expected another ending",
			SLICE_FMT(as), directory);
	*ret_path = arena_copy(arena, place);
	return true;
}
