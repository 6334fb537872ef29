#include "cli/template_store.h"

#include "cli/report.h"
#include "compiler/template_sign.h"
#include "manager/change/source_changes.h"
#include "manager/system/file.h"
#include "manager/system/path.h"
#include "templates/templates.h"

#include <errno.h>
#include <unistd.h>

struct template_entry {
	struct template_entry *next;
	struct slice key;			/* built-in's name, or the file's path */
	bool has_tunables;			/* prepared for descriptions that need them */
	const struct policy_template *template; /* NULL: it has mistakes */
	struct digest digest;			/* of a file's text */
};

static const struct builtin_template *find_builtin(struct slice name)
{
	for (size_t i = 0; i < builtin_template_count; i++)
		if (slice_is(name, builtin_templates[i].name))
			return &builtin_templates[i];
	return NULL;
}

/* A name without slash and dot is meant as a built-in's: a file is named with one of them. */
static bool is_path(struct slice name)
{
	return slice_has(name, '/') || slice_has(name, '.');
}

static void report_unknown(struct unit *unit, const struct service *service)
{
	const char *names[16];
	size_t count = builtin_template_count < 16 ? builtin_template_count : 16;
	for (size_t i = 0; i < count; i++)
		names[i] = builtin_templates[i].name;
	const char *nearest = slice_nearest(service->template, names, count);
	struct diag *diag = diag_add(&unit->diags, DIAG_BAD_TEMPLATE, service->template_span,
		nearest ? "there is no template '%.*s', did you mean '%s'?"
			: "there is no template '%.*s'",
		SLICE_FMT(service->template), nearest);
	diag_help(&unit->diags, diag,
		"built in are container, docker-default, host and minimal; a template of your own is named by a path with a '/' or '.'");
}

struct slice template_file(
	struct arena *arena, const struct service *service, const char *description)
{
	if (find_builtin(service->template) || !is_path(service->template))
		return slice_of(NULL, 0);
	return template_path_of(arena, service->template, description);
}

static bool has_variable(struct slice text)
{
	return slice_find(text, SLICE("@{")) != NULL;
}

static bool entries_have_variable(const struct path_entry *entry)
{
	for (; entry; entry = entry->next)
		if (entry->kind == PATH_PATTERN && has_variable(entry->path))
			return true;
	return false;
}

static bool texts_have_variable(const struct text *text)
{
	for (; text; text = text->next)
		if (has_variable(text->text))
			return true;
	return false;
}

/* Abstractions are full of variables that the tunables declare. */
static bool needs_tunables(const struct service *service)
{
	return service->abstractions || entries_have_variable(service->binary) ||
	       entries_have_variable(service->libraries) ||
	       entries_have_variable(service->readable) ||
	       entries_have_variable(service->writable) || entries_have_variable(service->exec) ||
	       texts_have_variable(service->rules) || texts_have_variable(service->deny);
}

static const struct policy_template *prepare(struct pipeline *pipeline, struct slice name,
	struct slice shown, struct slice text, bool needs_tunables)
{
	struct unit *library = library_unit(pipeline->library);
	const struct source *source = sources_add(&library->sources, shown, text, 1);
	const struct policy_template *template = NULL;
	if (source)
		template = template_prepare(
			library, source, name, library_loader(pipeline->library), needs_tunables);
	report_diags(library, pipeline->options->format);
	diags_reset(&library->diags);
	return template;
}

static const struct policy_template *prepare_builtin(
	struct pipeline *pipeline, const struct builtin_template *builtin, bool needs_tunables)
{
	struct unit *library = library_unit(pipeline->library);
	return prepare(pipeline, slice_str(builtin->name),
		arena_printf(&library->arena, "<template %s>", builtin->name),
		slice_of(builtin->text, builtin->len), needs_tunables);
}

static void report_error(struct unit *unit, const struct service *service, struct error *error)
{
	struct buf why = buf_new(&unit->arena);
	error_print(error, &why);
	error_free(error);
	diag_add(&unit->diags, DIAG_BAD_TEMPLATE, service->template_span, "%.*s",
		SLICE_FMT(buf_slice(&why)));
}

static void report_outside(struct unit *unit, const struct service *service)
{
	struct diag *diag = diag_add(&unit->diags, DIAG_OUTSIDE_PATH, service->template_span,
		"the template '%.*s' lies outside of the description's directory, or a link in its "
		"path leads there",
		SLICE_FMT(service->template));
	diag_help(&unit->diags, diag,
		"templates that descriptions share belong into /etc/aaforge/templates, or into a "
		"directory that is named with --templates; --allow-outside takes any file");
}

/* Of what is no template nothing may be shown: it may be anything that we can read. */
static bool check_sign(struct unit *unit, const struct service *service, struct slice text)
{
	uint32_t line;
	if (template_has_sign(text, &line))
		return true;
	struct diag *diag =
		line ? diag_add(&unit->diags, DIAG_BAD_TEMPLATE, service->template_span,
			       "'%.*s' is no template: line %u is not what one begins with",
			       SLICE_FMT(service->template), line)
		     : diag_add(&unit->diags, DIAG_BAD_TEMPLATE, service->template_span,
			       "'%.*s' is no template: it holds no profile",
			       SLICE_FMT(service->template));
	diag_help(&unit->diags, diag,
		"expected comments, 'abi', 'include', 'alias' and variables, then 'profile @{name} {' "
		"at the beginning of a line; nothing of the file is shown");
	return false;
}

static const struct policy_template *read_file(struct pipeline *pipeline, struct unit *unit,
	const struct service *service, struct slice path, int looked, struct digest *ret_digest)
{
	struct unit *library = library_unit(pipeline->library);
	struct bytes text = {0};
	struct error *error = NULL;
	int fd = file_open_looked(looked, path.at, &error);
	bool is_read =
		fd >= 0 && file_read_fd(fd, path.at, unit->limits->policy_bytes, &text, &error);
	if (fd >= 0)
		close(fd);
	if (!is_read)
		report_error(unit, service, error);
	is_read = is_read && check_sign(unit, service, bytes_slice(&text));
	*ret_digest = digest_of(bytes_slice(&text));
	struct slice kept = arena_copy(&library->arena, bytes_slice(&text));
	bytes_free(&text);
	return is_read ? prepare(pipeline, arena_copy(&library->arena, service->template), path,
				 kept, needs_tunables(service))
		       : NULL;
}

/* Looks at the file. -1 after a diagnostic: it is not there, or not for this description. */
static int look(struct pipeline *pipeline, struct unit *unit, const struct service *service,
	const char *description, struct slice path)
{
	struct error *error = NULL;
	bool is_outside;
	struct slice folder = pipeline_folder(slice_str(description));
	int looked = bounds_look(&pipeline->bounds, arena_string(&unit->arena, folder),
		arena_string(&unit->arena, service->template), path.at, &is_outside, &error);
	if (looked < 0 && is_outside)
		report_outside(unit, service);
	else if (looked < 0)
		report_error(unit, service, error);
	return looked;
}

static struct template_entry *find_entry(
	const struct pipeline *pipeline, struct slice key, bool has_tunables)
{
	for (struct template_entry *entry = pipeline->templates; entry; entry = entry->next)
		if (entry->has_tunables == has_tunables && slice_eq(entry->key, key))
			return entry;
	return NULL;
}

static struct template_entry *add_entry(struct pipeline *pipeline, struct slice key,
	bool has_tunables, const struct policy_template *template, struct digest digest)
{
	struct unit *library = library_unit(pipeline->library);
	struct template_entry *entry = arena_new(&library->arena, struct template_entry);
	*entry = (struct template_entry){pipeline->templates, key, has_tunables, template, digest};
	pipeline->templates = entry;
	return entry;
}

const struct policy_template *template_find(struct pipeline *pipeline, struct unit *unit,
	const struct service *service, const char *path)
{
	struct unit *library = library_unit(pipeline->library);
	const struct builtin_template *builtin = find_builtin(service->template);
	if (!builtin && !is_path(service->template)) {
		report_unknown(unit, service);
		return NULL;
	}
	struct slice key = builtin ? slice_str(builtin->name)
				   : template_path_of(&library->arena, service->template, path);
	int looked = builtin ? -1 : look(pipeline, unit, service, path, key);
	if (!builtin && looked < 0)
		return NULL;
	size_t errors = unit->diags.errors;
	bool has_tunables = needs_tunables(service);
	struct template_entry *entry = find_entry(pipeline, key, has_tunables);
	if (!entry) {
		struct digest digest = {0};
		const struct policy_template *template =
			builtin ? prepare_builtin(pipeline, builtin, has_tunables)
				: read_file(pipeline, unit, service, key, looked, &digest);
		entry = add_entry(pipeline, key, has_tunables, template, digest);
	}
	if (looked >= 0)
		close(looked);
	if (!entry->template && unit->diags.errors == errors)
		diag_add(&unit->diags, DIAG_BAD_TEMPLATE, service->template_span,
			"template '%.*s' cannot be used: it has mistakes",
			SLICE_FMT(service->template));
	return entry->template;
}

struct digest template_digest(const struct pipeline *pipeline, struct slice path)
{
	const struct template_entry *entry = find_entry(pipeline, path, false);
	if (!entry)
		entry = find_entry(pipeline, path, true);
	return entry ? entry->digest : (struct digest){0};
}
