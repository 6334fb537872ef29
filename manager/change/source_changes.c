#include "manager/change/source_changes.h"

#include "base/limits.h"
#include "manager/system/digest.h"
#include "manager/system/documents.h"
#include "manager/system/error.h"
#include "manager/system/file.h"
#include "manager/system/path.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum template_state { TEMPLATE_READ, TEMPLATE_GONE, TEMPLATE_HIDDEN };

struct read_template {
	struct read_template *next;
	struct slice path;
	enum template_state state;
	char hex[DIGEST_HEX + 1]; /* of what was read */
};

void source_changes_begin(struct arena *arena, struct source_changes *ret_changes)
{
	*ret_changes = (struct source_changes){.arena = arena};
}

/* The next line of the header that begins with `key`, without it; *rest moves behind it. The header
 * is the comment lines at the beginning. */
static bool next_field(struct slice *rest, struct slice key, struct slice *ret_value)
{
	while (slice_starts(*rest, SLICE("#"))) {
		const char *newline = memchr(rest->at, '\n', rest->len);
		size_t len = newline ? (size_t)(newline - rest->at) : rest->len;
		struct slice line = slice_first(*rest, len);
		*rest = slice_from(*rest, newline ? len + 1 : len);
		if (!slice_starts(line, key))
			continue;
		*ret_value = slice_from(line, key.len);
		return true;
	}
	return false;
}

/* Most documents that are looked through for a description: with more it counts as there. */
#define DOCUMENTS_MOST 64

bool description_is_changed(struct slice text, struct slice description)
{
	struct documents documents;
	struct document document;
	struct slice said;
	bool is_there = false;
	if (!next_field(&text, SLICE("# SHA-256 of the description: "), &said) ||
		said.len != DIGEST_HEX || !slice_starts(description, SLICE("/")) ||
		!documents_open(description.at, limits_default.document_bytes, &documents, NULL))
		return false;
	while (!is_there && documents_next(&documents, &document, NULL)) {
		char hex[DIGEST_HEX + 1];
		struct digest now = digest_of(document.text);
		digest_hex(&now, hex);
		is_there = documents.count > DOCUMENTS_MOST || slice_is(said, hex);
	}
	documents_close(&documents);
	return !is_there;
}

struct slice template_path_of(struct arena *arena, struct slice as, const char *description)
{
	const char *root = path_root(description);
	const char *slash = file_is_descriptor(description) ? NULL : strrchr(description, '/');
	if (slice_starts(as, SLICE("/")) && root)
		return arena_printf(arena, "%s%.*s", root, SLICE_FMT(as));
	if (slice_starts(as, SLICE("/")))
		return arena_printf(arena, "%.*s", SLICE_FMT(as));
	return arena_printf(arena, "%.*s%.*s", slash ? (int)(slash + 1 - description) : 0,
		description, SLICE_FMT(as));
}

/* What somebody who builds an image keeps outside of it is not below its root. */
static bool may_lie_elsewhere(struct slice as, const char *description)
{
	return slice_starts(as, SLICE("/")) && path_root(description);
}

static void read_one(struct read_template *template)
{
	struct bytes text = {0};
	struct error *error = NULL;
	if (file_read(template->path.at, limits_default.policy_bytes, &text, &error)) {
		struct digest digest = digest_of(bytes_slice(&text));
		digest_hex(&digest, template->hex);
		template->state = TEMPLATE_READ;
	} else {
		int number = error_number(error);
		template->state =
			number == ENOENT || number == ENOTDIR ? TEMPLATE_GONE : TEMPLATE_HIDDEN;
		error_free(error);
	}
	bytes_free(&text);
}

static const struct read_template *read_once(struct source_changes *changes, struct slice path)
{
	for (struct read_template *at = changes->templates; at; at = at->next)
		if (slice_eq(at->path, path))
			return at;
	struct read_template *template = arena_new(changes->arena, struct read_template);
	*template = (struct read_template){.next = changes->templates, .path = path};
	read_one(template);
	changes->templates = template;
	return template;
}

struct slice template_changed(
	struct source_changes *changes, struct slice text, struct slice description)
{
	struct slice value;
	bool is_asked = false;
	while (next_field(&text, SLICE("# SHA-256 of the template: "), &value)) {
		struct slice said = slice_first(value, DIGEST_HEX);
		struct slice as = slice_from(value, DIGEST_HEX + 1);
		if (as.len == 0 || value.at[DIGEST_HEX] != ' ')
			continue;
		if (!is_asked && (!slice_starts(description, SLICE("/")) ||
					 path_access(description.at, F_OK) != 0))
			break;
		is_asked = true;
		const struct read_template *now =
			read_once(changes, template_path_of(changes->arena, as, description.at));
		bool is_other = now->state == TEMPLATE_READ && !slice_is(said, now->hex);
		bool is_gone =
			now->state == TEMPLATE_GONE && !may_lie_elsewhere(as, description.at);
		if (is_other || is_gone)
			return as;
	}
	return slice_of(NULL, 0);
}
