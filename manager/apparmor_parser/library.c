#include "manager/apparmor_parser/library.h"

#include "manager/system/file.h"
#include "manager/apparmor_parser/library_files.h"
#include "manager/system/path.h"
#include "parser/parser.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

static bool add_base(struct library *library, const char *path, struct error **ret_error)
{
	char *absolute = path_real(path);
	if (!absolute)
		return error_make(ret_error, errno, "cannot open the directory '%s'", path);
	if (!file_is_directory(absolute)) {
		free(absolute);
		return error_make(ret_error, ENOTDIR, "cannot open the directory '%s'", path);
	}
	library->directories[library->directory_count++] =
		arena_string(&library->unit.arena, slice_str(absolute));
	free(absolute);
	return true;
}

static struct include_file *find(void *context, struct slice path, bool magic, bool *ret_missing);

static bool add_bases(struct library *library, const char *base, const char *const *includes,
	size_t include_count, struct error **ret_error)
{
	if (include_count > LIBRARY_DIRECTORIES)
		return error_say(ret_error, E2BIG, "more than %d include directories are given",
			LIBRARY_DIRECTORIES);
	for (size_t i = 0; i < include_count; i++)
		if (!add_base(library, includes[i], ret_error))
			return false;
	if (add_base(library, base ? base : LIBRARY_BASE, ret_error))
		return true;
	if (!base)
		error_wrap(ret_error, "install the Debian package 'apparmor', or name another "
				      "directory with --base");
	return false;
}

bool library_open(const char *base, const char *const *includes, size_t include_count,
	void (*out_of_memory)(void), struct library **ret_library, struct error **ret_error)
{
	struct library *library = calloc(1, sizeof(*library));
	if (!library)
		return error_make(ret_error, ENOMEM, "cannot open the library");
	unit_init(&library->unit, NULL, out_of_memory);
	library->loader = (struct include_loader){find, library};
	library->loop_floor = UINT_MAX;
	if (!add_bases(library, base, includes, include_count, ret_error)) {
		library_free(library);
		return false;
	}
	*ret_library = library;
	return true;
}

void library_free(struct library *library)
{
	if (!library)
		return;
	unit_free(&library->unit);
	free(library);
}

const char *library_base(const struct library *library)
{
	return library->directories[library->directory_count - 1];
}

const struct include_loader *library_loader(struct library *library)
{
	return &library->loader;
}

struct unit *library_unit(struct library *library)
{
	return &library->unit;
}

static void forget_since(struct diags *diags, const struct diags *before)
{
	*diags = *before;
	if (before->last)
		before->last->next = NULL;
}

/* In the place of what was said since. */
static void hide(struct library *library, struct library_file *file, const struct diags *before)
{
	struct diags *diags = &library->unit.diags;
	forget_since(diags, before);
	file->preamble = arena_new(&library->unit.arena, struct preamble);
	body_init(file->body);
	struct diag *diag = diag_add(diags, DIAG_SYNTAX, span_of(0, 0),
		"'%.*s', which is included, is not of AppArmor's language", SLICE_FMT(file->path));
	diag_help(diags, diag,
		"it lies outside of the directories of includes, so nothing of it is shown: name its "
		"directory with -I");
}

/* A file that is missing, or too large, is missing for apparmor_parser as well. */
static bool is_of_reading(const struct diag *diag)
{
	return diag->severity == SEVERITY_ERROR && diag->id != DIAG_MISSING_INCLUDE &&
	       diag->id != DIAG_TOO_LARGE;
}

/*
 * What this program cannot read of a file is no mistake of the description: abstractions and
 * tunables follow the newest apparmor_parser, which decides. The mistakes after `before` become one
 * note. Returns whether there were any.
 */
static bool soften(struct diags *diags, const struct diags *before, struct slice path)
{
	struct diag **at = before->last ? &before->last->next : &diags->first;
	struct diag *first = NULL;
	diags->last = before->last;
	while (*at) {
		struct diag *diag = *at;
		if (!is_of_reading(diag)) {
			diags->last = diag;
			at = &diag->next;
			continue;
		}
		first = first ? first : diag;
		*at = diag->next;
		diags->errors--;
	}
	if (!first)
		return false;
	struct diag *note = diag_add(diags, DIAG_OPAQUE_INCLUDE, first->at,
		"'%.*s' cannot be read in full here; apparmor_parser decides what it means",
		SLICE_FMT(path));
	diag_help(diags, note,
		"checks do not see what stands there; the first that is not understood: %.*s",
		SLICE_FMT(first->message));
	return true;
}

static void parse(struct library *library, struct library_file *file)
{
	struct unit *unit = &library->unit;
	struct diags before = unit->diags;
	if (!file->source)
		file->source = sources_add(&unit->sources, file->path, file->text, 1);
	file->preamble = arena_new(&unit->arena, struct preamble);
	file->body = arena_new(&unit->arena, struct body);
	body_init(file->body);
	if (!file->source) {
		diag_add(&unit->diags, DIAG_TOO_LARGE, span_of(0, 0),
			"cannot read '%.*s': too much is included", SLICE_FMT(file->path));
		return;
	}
	struct statement *first = NULL;
	parse_policy(unit, file->source, &first);
	policy_read_include(unit, first, &library->loader, file->preamble, file->body);
	if (file->is_outside && unit->diags.errors > before.errors)
		hide(library, file, &before);
	else
		file->is_opaque = soften(&unit->diags, &before, file->path);
}

/* A file is read a second time only after a loop; its mistakes have been reported then. */
static void parse_silently(struct library *library, struct library_file *file)
{
	struct diags before = library->unit.diags;
	parse(library, file);
	forget_since(&library->unit.diags, &before);
}

/*
 * Reads a file unless it is being read already: then the loop ends here with nothing. What lies on
 * the way of a loop misses a part that it has when it is included from outside; such a result is
 * used, but not kept. false: a loop.
 */
static bool read_file(struct library *library, struct library_file *file)
{
	if (file->is_read)
		return true;
	if (file->reading > 0) {
		if (file->reading < library->loop_floor)
			library->loop_floor = file->reading;
		return false;
	}
	if (library->stack >= library->unit.limits->depth) {
		diag_add(&library->unit.diags, DIAG_TOO_LARGE, span_of(0, 0),
			"'%.*s' is included more than %u levels deep", SLICE_FMT(file->path),
			library->unit.limits->depth);
		return false;
	}
	file->reading = ++library->stack;
	if (file->was_reported)
		parse_silently(library, file);
	else
		parse(library, file);
	file->was_reported = true;
	if (library->loop_floor >= file->reading) {
		file->is_read = true;
		library->loop_floor = UINT_MAX;
	}
	file->reading = 0;
	library->stack--;
	return true;
}

static struct include_file *make_included(struct library *library, struct library_entry *entry)
{
	struct include_file *first = NULL, **end = &first;
	bool is_whole = true;
	for (size_t i = 0; i < entry->file_count; i++) {
		struct library_file *file = entry->files[i];
		if (!file->is_there)
			continue;
		bool is_taken = read_file(library, file);
		is_whole = is_whole && is_taken && file->is_read;
		if (!is_taken)
			continue;
		struct include_file *included =
			arena_new(&library->unit.arena, struct include_file);
		included->name = file->path;
		included->text = file->text;
		included->preamble = file->preamble;
		included->body = file->body;
		included->is_opaque = file->is_opaque;
		*end = included;
		end = &included->next;
	}
	entry->included = first;
	entry->is_loaded = is_whole;
	return first;
}

static struct include_file *find(void *context, struct slice path, bool magic, bool *ret_missing)
{
	struct library *library = context;
	struct library_entry *entry = library_resolve(library, path, magic);
	*ret_missing = entry->is_missing;
	if (entry->is_missing)
		return NULL;
	return entry->is_loaded ? entry->included : make_included(library, entry);
}
