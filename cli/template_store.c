#include "cli/template_store.h"

#include "cli/report.h"
#include "manager/file.h"
#include "templates/templates.h"

#include <errno.h>

struct template_entry {
	struct template_entry *next;
	struct slice key;			/* built-in's name, or the file's path */
	bool has_tunables;			/* prepared for descriptions that need them */
	const struct policy_template *template; /* NULL: it has mistakes */
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

/* The path of a template file: relative to the folder of the description. */
static struct slice template_path(struct arena *arena, struct slice name, const char *description)
{
	const char *slash = strrchr(description, '/');
	if (name.at[0] == '/' || !slash || strcmp(description, "-") == 0)
		return arena_copy(arena, name);
	return arena_printf(
		arena, "%.*s%.*s", (int)(slash + 1 - description), description, SLICE_FMT(name));
}

struct slice template_file(
	struct arena *arena, const struct service *service, const char *description)
{
	if (find_builtin(service->template) || !is_path(service->template))
		return slice_of(NULL, 0);
	return template_path(arena, service->template, description);
}

static bool has_variable(struct slice text)
{
	return memmem(text.at, text.len, "@{", 2) != NULL;
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

static const struct policy_template *read_file(struct pipeline *pipeline, struct unit *unit,
	const struct service *service, struct slice path)
{
	struct unit *library = library_unit(pipeline->library);
	struct bytes text = {0};
	struct error *error = NULL;
	if (!file_read(path.at, unit->limits->policy_bytes, &text, &error)) {
		struct buf why = buf_new(&unit->arena);
		error_print(error, &why);
		error_free(error);
		diag_add(&unit->diags, DIAG_BAD_TEMPLATE, service->template_span, "%.*s",
			SLICE_FMT(buf_slice(&why)));
		return NULL;
	}
	struct slice kept = arena_copy(&library->arena, bytes_slice(&text));
	bytes_free(&text);
	return prepare(pipeline, arena_copy(&library->arena, service->template), path, kept,
		needs_tunables(service));
}

static struct template_entry *find_entry(
	struct pipeline *pipeline, struct slice key, bool has_tunables)
{
	for (struct template_entry *entry = pipeline->templates; entry; entry = entry->next)
		if (entry->has_tunables == has_tunables && slice_eq(entry->key, key))
			return entry;
	return NULL;
}

static void add_entry(struct pipeline *pipeline, struct slice key, bool has_tunables,
	const struct policy_template *template)
{
	struct unit *library = library_unit(pipeline->library);
	struct template_entry *entry = arena_new(&library->arena, struct template_entry);
	*entry = (struct template_entry){pipeline->templates, key, has_tunables, template};
	pipeline->templates = entry;
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
				   : template_path(&library->arena, service->template, path);
	bool has_tunables = needs_tunables(service);
	struct template_entry *entry = find_entry(pipeline, key, has_tunables);
	if (entry && entry->template)
		return entry->template;
	const struct policy_template *template = NULL;
	if (!entry) {
		size_t errors = unit->diags.errors;
		if (builtin)
			template = prepare(pipeline, key,
				arena_printf(&library->arena, "<template %s>", builtin->name),
				slice_of(builtin->text, builtin->len), has_tunables);
		else
			template = read_file(pipeline, unit, service, key);
		add_entry(pipeline, key, has_tunables, template);
		if (template || unit->diags.errors > errors)
			return template;
	}
	diag_add(&unit->diags, DIAG_BAD_TEMPLATE, service->template_span,
		"template '%.*s' cannot be used: it has mistakes", SLICE_FMT(service->template));
	return NULL;
}
