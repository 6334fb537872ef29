#include "cli/image.h"

#include "cli/cli.h"
#include "compiler/service/read.h"
#include "compiler/service/yaml.h"
#include "manager/system/documents.h"
#include "manager/system/file.h"

#include <errno.h>

/* The last place of c, or s.len. */
static size_t last_of(struct slice s, char c)
{
	const char *at = s.len ? memrchr(s.at, c, s.len) : NULL;
	return at ? (size_t)(at - s.at) : s.len;
}

/* Whether the first part of a path is a registry: `ghcr.io/…`, `localhost/…`, `host:5000/…`. */
static bool has_registry(struct slice path)
{
	const char *slash = path.len ? memchr(path.at, '/', path.len) : NULL;
	if (!slash)
		return false;
	struct slice first = slice_first(path, (size_t)(slash - path.at));
	return slice_has(first, '.') || slice_has(first, ':') || slice_is(first, "localhost");
}

struct slice image_normalise(struct arena *arena, struct slice image)
{
	size_t at = last_of(image, '@');
	struct slice digest = slice_from(image, at);
	struct slice path = slice_first(image, at);
	size_t colon = last_of(path, ':'), slash = last_of(path, '/');
	struct slice tag = slice_of(NULL, 0);
	if (colon < path.len && (slash == path.len || colon > slash)) {
		tag = slice_from(path, colon);
		path = slice_first(path, colon);
	}
	if (tag.len == 0)
		tag = SLICE(":latest");
	struct slice rest = path;
	bool is_docker = !has_registry(path);
	if (slice_starts(path, SLICE("docker.io/")) ||
		slice_starts(path, SLICE("index.docker.io/"))) {
		rest = slice_from(path, strcspn(path.at, "/") + 1);
		is_docker = true;
	}
	const char *registry = !is_docker	      ? ""
			       : slice_has(rest, '/') ? "docker.io/"
						      : "docker.io/library/";
	return arena_printf(arena, "%s%.*s%.*s", registry, SLICE_FMT(rest),
		SLICE_FMT(digest.len ? digest : tag));
}

bool image_is_likely(struct slice text)
{
	return slice_has(text, '@') || slice_has(text, ':') ||
	       (slice_has(text, '/') && !slice_starts(text, SLICE("/")) &&
		       !slice_starts(text, SLICE(".")));
}

struct finder {
	struct arena *arena;
	struct unit unit;
	struct slice wanted;
	struct image_matches matches;
};

static void add(struct finder *finder, const char *path, struct slice name)
{
	struct image_matches *matches = &finder->matches;
	if ((matches->count & (matches->count - 1)) == 0) {
		size_t room = matches->count ? 2 * matches->count : 1;
		struct image_match *items = arena_array(finder->arena, room, sizeof(*items));
		if (matches->count > 0)
			memcpy(items, matches->items, matches->count * sizeof(*items));
		matches->items = items;
	}
	matches->items[matches->count++] = (struct image_match){
		arena_copy(finder->arena, slice_str(path)), arena_copy(finder->arena, name)};
}

static struct slice image_of(const struct service *service)
{
	const struct node *container = service->container;
	const struct node *image =
		container && container->kind == NODE_MAPPING ? node_get(container, "image") : NULL;
	return image && image->kind == NODE_SCALAR ? image->text : slice_of(NULL, 0);
}

static const struct service *read_document(
	struct unit *unit, const char *path, const struct document *document)
{
	struct service *service = NULL;
	unit_reset(unit);
	const struct source *source = sources_add(&unit->sources, slice_str(path),
		arena_copy(&unit->arena, document->text), document->first_line);
	if (source)
		service_read(unit, source, &service);
	return service;
}

static bool read_file(struct finder *finder, const char *path, struct error **ret_error)
{
	struct documents documents;
	struct document document;
	struct error *error = NULL;
	if (!documents_open(path, limits_default.document_bytes, &documents, ret_error))
		return false;
	while (documents_next(&documents, &document, &error)) {
		const struct service *service = read_document(&finder->unit, path, &document);
		struct slice image = service ? image_of(service) : slice_of(NULL, 0);
		if (image.len > 0 &&
			slice_eq(image_normalise(&finder->unit.arena, image), finder->wanted))
			add(finder, path, service->name);
	}
	documents_close(&documents);
	if (error && ret_error)
		*ret_error = error;
	return !error;
}

bool image_find(const struct places *places, struct slice image, struct arena *arena,
	struct image_matches *ret_matches, struct error **ret_error)
{
	struct file_list files;
	struct bytes path = {0};
	*ret_matches = (struct image_matches){0};
	if (!file_is_directory(places->descriptions))
		return true;
	if (!file_list_read(places->descriptions, &files, ret_error))
		return false;
	struct finder finder = {.arena = arena, .wanted = image_normalise(arena, image)};
	unit_init(&finder.unit, NULL, out_of_memory);
	bool is_read = true;
	for (size_t i = 0; is_read && i < files.count; i++) {
		if (!file_list_path(&files, i, &path))
			out_of_memory();
		is_read = read_file(&finder, path.at, ret_error);
	}
	unit_free(&finder.unit);
	bytes_free(&path);
	file_list_free(&files);
	*ret_matches = finder.matches;
	return is_read;
}

struct slice description_name(struct arena *arena, const char *path)
{
	struct documents documents;
	struct document document;
	struct unit unit;
	struct slice name = slice_of(NULL, 0);
	if (!documents_open(path, limits_default.document_bytes, &documents, NULL))
		return name;
	unit_init(&unit, NULL, out_of_memory);
	if (documents_next(&documents, &document, NULL)) {
		const struct service *service = read_document(&unit, path, &document);
		name = arena_copy(arena, service ? service->name : name);
	}
	unit_free(&unit);
	documents_close(&documents);
	return name;
}
