#include "cli/pipeline.h"

#include "cli/attach_claim.h"
#include "cli/attachments.h"
#include "cli/names.h"
#include "cli/report.h"
#include "cli/template_store.h"
#include "compiler/lower.h"
#include "compiler/service/read.h"
#include "manager/system/digest.h"

#include <stdlib.h>

#define TEMPLATES "/etc/aaforge/templates"

/* The directory of the system's own templates may be missing, one that is named may not. */
static bool set_bounds(struct pipeline *pipeline, struct error **ret_error)
{
	const struct options *options = pipeline->options;
	struct buf path = buf_new(&library_unit(pipeline->library)->arena);
	buf_printf(&path, "%s" TEMPLATES, options->root ? options->root : "");
	const char *own = arena_string(path.arena, buf_slice(&path));
	pipeline->bounds.is_open = options->allow_outside;
	if (file_is_directory(own) && !bounds_add(&pipeline->bounds, own, ret_error))
		return false;
	for (size_t i = 0; i < options->template_dirs.count; i++)
		if (!bounds_add(&pipeline->bounds, options->template_dirs.at[i], ret_error))
			return false;
	return true;
}

bool pipeline_open(const struct options *options, struct pipeline *ret_pipeline)
{
	if (options->argument_count == 0) {
		print_problem(
			"name at least one description, a directory of them, or '-' for standard input");
		return false;
	}
	struct pipeline pipeline = {
		.options = options,
		.file_number = UINT32_MAX, /* the first file is number 0 */
		.compile =
			{
				.abi = options->abi,
				.annotate = options->annotate,
				.self_contained = options->self_contained,
			},
	};
	struct error *error = NULL;
	if (!library_open(options->base, options->include_dirs.at, options->include_dirs.count,
		    out_of_memory, &pipeline.library, &error)) {
		pipeline_problem(&pipeline, error);
		return false;
	}
	if (!set_bounds(&pipeline, &error) ||
		(options->look_at &&
			!root_view_open(options->look_at, out_of_memory, &pipeline.root, &error))) {
		pipeline_problem(&pipeline, error);
		bounds_free(&pipeline.bounds);
		library_free(pipeline.library);
		return false;
	}
	pipeline.names = name_table_new();
	pipeline.attachments = attachment_table_new();
	*ret_pipeline = pipeline;
	return true;
}

static void worsen(struct pipeline *pipeline, enum status status)
{
	if (status > pipeline->status)
		pipeline->status = status;
}

void pipeline_problem(struct pipeline *pipeline, struct error *error)
{
	print_error(error);
	worsen(pipeline, STATUS_SYSTEM);
}

/* A message that a run says once. */
struct told {
	struct told *next;
	enum diag_id id;
	struct slice message;
};

/* What the kernel does not enforce is the same for every profile; the words tell which rules. */
static bool is_told_once(const struct diag *diag)
{
	return diag->severity == SEVERITY_NOTE &&
	       (diag->id == DIAG_NOT_ENFORCED_INCLUDE || diag->id == DIAG_UNIX_UNMEDIATED);
}

static bool was_told(struct pipeline *pipeline, const struct diag *diag)
{
	struct arena *arena = &library_unit(pipeline->library)->arena;
	for (const struct told *told = pipeline->told; told; told = told->next)
		if (told->id == diag->id && slice_eq(told->message, diag->message))
			return true;
	struct told *told = arena_new(arena, struct told);
	*told = (struct told){pipeline->told, diag->id, arena_copy(arena, diag->message)};
	pipeline->told = told;
	return false;
}

static void drop_told(struct pipeline *pipeline, struct diags *diags)
{
	struct diag *last = NULL;
	for (struct diag **at = &diags->first; *at;) {
		struct diag *diag = *at;
		if (is_told_once(diag) && was_told(pipeline, diag)) {
			*at = diag->next;
			diags->notes--;
			continue;
		}
		last = diag;
		at = &diag->next;
	}
	diags->last = last;
}

void pipeline_report(struct pipeline *pipeline, struct work_item *item)
{
	drop_told(pipeline, &item->unit.diags);
	if (item->unit.diags.errors > 0)
		worsen(pipeline, STATUS_INPUT);
	report_diags(&item->unit, pipeline->options->format);
}

void work_item_init(struct work_item *item, struct pipeline *pipeline)
{
	*item = (struct work_item){0};
	unit_init(&item->unit, &library_unit(pipeline->library)->sources, out_of_memory);
	enum severity *severities = item->unit.diags.severities;
	memcpy(severities, pipeline->options->severities, sizeof(item->unit.diags.severities));
	if (pipeline->options->allow_missing && severities[DIAG_PROGRAM_MISSING] == SEVERITY_ERROR)
		severities[DIAG_PROGRAM_MISSING] = SEVERITY_NOTE;
}

void work_item_free(struct work_item *item)
{
	unit_free(&item->unit);
}

struct slice pipeline_folder(struct slice description)
{
	size_t len = description.len;
	if (description.len == 0 || file_is_descriptor(description.at))
		return slice_of("", 0);
	while (len > 0 && description.at[len - 1] != '/')
		len--;
	return slice_first(description, len);
}

static struct slice base_name(struct slice path)
{
	for (size_t i = path.len; i > 0; i--)
		if (path.at[i - 1] == '/')
			return slice_from(path, i);
	return path;
}

/* A directory among the operands; its files stay known for messages. */
struct directory {
	struct directory *next;
	size_t argument;
	struct file_list files;
};

static void must(bool enough_memory)
{
	if (!enough_memory)
		out_of_memory();
}

static const struct directory *directory_of(const struct pipeline *pipeline, size_t argument)
{
	const struct directory *directory = pipeline->directories;
	while (directory && directory->argument != argument)
		directory = directory->next;
	return directory;
}

/* The path of a file by its number: operands are files or directories of files. */
void pipeline_path(const struct pipeline *pipeline, uint32_t number, struct bytes *ret_path)
{
	for (size_t i = 0; i < pipeline->options->argument_count; i++) {
		const struct directory *directory = directory_of(pipeline, i);
		size_t count = directory ? directory->files.count : 1;
		if (number >= count) {
			number -= (uint32_t)count;
			continue;
		}
		if (directory)
			must(file_list_path(&directory->files, number, ret_path));
		else
			must(bytes_add(ret_path, slice_str(pipeline->options->arguments[i])));
		return;
	}
}

enum { READ_AGAIN_BYTES = 256 << 20 };

bool pipeline_line(const struct pipeline *pipeline, uint32_t file, uint32_t line,
	struct bytes *ret_text, struct slice *ret_line)
{
	struct bytes path = {0};
	pipeline_path(pipeline, file, &path);
	bool readable = !file_is_descriptor(path.at) &&
			file_read(path.at, READ_AGAIN_BYTES, ret_text, NULL);
	bytes_free(&path);
	struct slice rest = bytes_slice(ret_text);
	for (uint32_t number = 1; number < line && rest.len > 0; number++) {
		const char *newline = memchr(rest.at, '\n', rest.len);
		rest = slice_from(rest, newline ? (size_t)(newline - rest.at) + 1 : rest.len);
	}
	const char *newline = rest.len ? memchr(rest.at, '\n', rest.len) : NULL;
	*ret_line = newline ? slice_first(rest, (size_t)(newline - rest.at)) : rest;
	return readable;
}

/*
 * Looks whether a line of a file holds a name. What cannot be read again (standard input, a pipe, a
 * file of great length), or may be spelled otherwise, is believed.
 */
static bool name_is_in_line(void *context, struct slice name, struct name_use use)
{
	struct bytes text = {0};
	struct slice line;
	bool readable = pipeline_line(context, use.file, use.line, &text, &line);
	bool spelled = slice_has(line, '\\') || slice_has(line, '*'); /* escapes, aliases */
	bool found = !readable || spelled || slice_find(line, name) != NULL;
	bytes_free(&text);
	return found;
}

static void report_duplicate(struct pipeline *pipeline, struct work_item *item,
	const struct service *service, struct name_use first)
{
	struct bytes path = {0};
	pipeline_path(pipeline, first.file, &path);
	struct diag *diag = diag_add(&item->unit.diags, DIAG_DUPLICATE_NAME, service->name_span,
		"the name '%.*s' is used by %.*s, line %u, already", SLICE_FMT(service->name),
		SLICE_FMT(bytes_slice(&path)), first.line);
	diag_help(&item->unit.diags, diag, "a profile's name is its identity: give each its own");
	bytes_free(&path);
}

static bool claim_name(
	struct pipeline *pipeline, struct work_item *item, const struct service *service)
{
	struct location at;
	struct name_use use = {pipeline->file_number, 1}, first;
	if (sources_locate(&item->unit.sources, service->name_span.begin, &at))
		use.line = at.line;
	if (name_table_claim(
		    pipeline->names, service->name, use, name_is_in_line, pipeline, &first))
		return true;
	report_duplicate(pipeline, item, service, first);
	return false;
}

/* --complain: whatever the description and its children say. */
static void set_complain(struct service *service)
{
	service->mode = MODE_COMPLAIN;
	for (struct service *child = service->children; child; child = child->next)
		child->mode_span = span_of(0, 0); /* takes the mode of its parent */
}

/* --root: are the paths of the description what the kernel will see there? */
static void look_at_root(struct pipeline *pipeline, struct work_item *item)
{
	const struct options *options = pipeline->options;
	if (!item->ok || !pipeline->root ||
		(!options->looks_at_images && !root_is_host(&item->compiled)))
		return;
	struct unit *unit = &item->unit;
	item->root_findings = root_check(pipeline->root, unit, &item->compiled);
	if (!options->root_findings_only)
		root_report(unit, item->root_findings);
	item->ok = unit->diags.errors == 0;
}

static const struct policy_template *find_template(struct pipeline *pipeline,
	struct work_item *item, const struct service *service, const char *path)
{
	struct arena *arena = &item->unit.arena;
	const struct policy_template *found = template_find(pipeline, &item->unit, service, path);
	struct slice file = template_file(arena, service, path);
	if (!found || file.len == 0)
		return found;
	for (const struct header_template *at = item->templates; at; at = at->next)
		if (slice_eq(at->as, service->template))
			return found;
	struct digest digest = template_digest(pipeline, file);
	char hex[DIGEST_HEX + 1];
	digest_hex(&digest, hex);
	struct header_template *template = arena_new(arena, struct header_template);
	*template = (struct header_template){
		item->templates, service->template, arena_copy(arena, slice_of(hex, DIGEST_HEX))};
	item->templates = template;
	return found;
}

/* The service's own template, and one for each child. false after a diagnostic. */
static bool find_templates(struct pipeline *pipeline, struct work_item *item,
	const struct service *service, const char *path, struct service_templates *ret_templates)
{
	struct unit *unit = &item->unit;
	size_t count = 0;
	bool are_found = true;
	for (const struct service *child = service->children; child; child = child->next)
		count++;
	const struct policy_template **of_children =
		arena_array(&unit->arena, count + 1, sizeof(*of_children));
	count = 0;
	for (const struct service *child = service->children; child; child = child->next) {
		of_children[count] = find_template(pipeline, item, child, path);
		are_found = are_found && of_children[count++];
	}
	*ret_templates = (struct service_templates){
		find_template(pipeline, item, service, path), of_children};
	return are_found && ret_templates->own;
}

/* One document: from its text to a compiled policy. */
static void compile_document(struct pipeline *pipeline, struct work_item *item, const char *path,
	const struct document *document)
{
	struct unit *unit = &item->unit;
	item->path = arena_copy(&unit->arena, slice_str(path));
	const struct source *source = sources_add(&unit->sources, item->path,
		arena_copy(&unit->arena, document->text), document->first_line);
	item->header.description = base_name(item->path);
	if (!source)
		return;
	item->document = source->text;
	struct service *service;
	bool is_read = service_read(unit, source, &service);
	item->service = service;
	item->name = service ? service->name : slice_of(NULL, 0);
	if (!is_read) {
		if (service)
			lower_check_rules(unit, service, &pipeline->compile);
		return;
	}
	if (pipeline->options->complain)
		set_complain(service);
	struct digest digest = digest_of(source->text);
	char hex[DIGEST_HEX + 1];
	digest_hex(&digest, hex);
	item->header.sha256 = arena_copy(&unit->arena, slice_of(hex, DIGEST_HEX));
	if (!claim_name(pipeline, item, service))
		return;
	struct service_templates templates;
	if (find_templates(pipeline, item, service, path, &templates))
		item->ok = compile_service(unit, service, &templates, &pipeline->compile,
				   &item->compiled) &&
			   attach_claim(pipeline, item);
	look_at_root(pipeline, item);
}

/* A line that every description has. */
static bool names_profile(struct slice text)
{
	static const char *const keys[] = {"name:", "\"name\":", "'name':"};
	while (text.len > 0) {
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (slice_starts(text, slice_str(keys[i])))
				return true;
		const char *newline = memchr(text.at, '\n', text.len);
		text = slice_from(text, newline ? (size_t)(newline - text.at) + 1 : text.len);
	}
	return false;
}

/* Whoever made the link may have no right to read what it leads to. */
static void hide_foreign(struct work_item *item, const struct document *document)
{
	if (item->ok || names_profile(document->text))
		return;
	diags_reset(&item->unit.diags);
	item->service = NULL;
	item->document = item->name = slice_of(NULL, 0);
	struct diag *diag = diag_add(&item->unit.diags, DIAG_OUTSIDE_PATH, span_of(0, 0),
		"'%.*s' is a symbolic link to something outside of the directory that is no "
		"description",
		SLICE_FMT(item->path));
	diag_help(&item->unit.diags, diag,
		"nothing of it is shown: name the file itself to see its mistakes");
}

static void open_file(struct pipeline *pipeline)
{
	struct error *error = NULL;
	pipeline->is_open = documents_open(
		pipeline->path.at, limits_default.document_bytes, &pipeline->documents, &error);
	if (!pipeline->is_open)
		pipeline_problem(pipeline, error);
}

static void open_directory(struct pipeline *pipeline, const char *path)
{
	struct error *error = NULL;
	struct directory *directory = calloc(1, sizeof(*directory));
	must(directory != NULL);
	directory->argument = pipeline->argument - 1;
	if (!file_list_read(path, &directory->files, &error)) {
		pipeline_problem(pipeline, error);
	} else if (directory->files.count == 0) {
		print_problem("'%s' holds no description (*.yaml, *.yml)", path);
		worsen(pipeline, STATUS_INPUT);
	}
	directory->next = pipeline->directories;
	pipeline->directories = directory;
	pipeline->in_directory = true;
	pipeline->file = 0;
}

/* Opens the next file of the directory that is being walked. false at its end. */
static bool open_in_directory(struct pipeline *pipeline)
{
	const struct directory *directory = pipeline->directories;
	if (!pipeline->in_directory || pipeline->file == directory->files.count) {
		pipeline->in_directory = false;
		return false;
	}
	must(file_list_path(&directory->files, pipeline->file++, &pipeline->path));
	pipeline->file_number++;
	pipeline->is_link_away = bounds_are_left(directory->files.directory, pipeline->path.at);
	open_file(pipeline);
	return true;
}

/* Opens the next file, of the directory that is being walked or of the operands. */
static bool open_next(struct pipeline *pipeline)
{
	if (open_in_directory(pipeline))
		return true;
	if (pipeline->argument == pipeline->options->argument_count)
		return false;
	const char *path = pipeline->options->arguments[pipeline->argument++];
	if (strcmp(path, "-") != 0 && file_is_directory(path)) {
		open_directory(pipeline, path);
		return true;
	}
	pipeline->path.len = 0;
	must(bytes_add(&pipeline->path, slice_str(path)));
	pipeline->file_number++;
	pipeline->is_link_away = false;
	open_file(pipeline);
	return true;
}

bool pipeline_next(struct pipeline *pipeline, struct work_item *item)
{
	for (;;) {
		struct error *error = NULL;
		struct document document;
		if (pipeline->is_open && documents_next(&pipeline->documents, &document, &error)) {
			unit_reset(&item->unit);
			item->ok = false;
			item->service = NULL;
			item->templates = NULL;
			item->document = item->name = slice_of(NULL, 0);
			item->root_findings = NULL;
			compile_document(pipeline, item, pipeline->path.at, &document);
			if (pipeline->is_link_away)
				hide_foreign(item, &document);
			return true;
		}
		if (error)
			pipeline_problem(pipeline, error);
		if (pipeline->is_open)
			documents_close(&pipeline->documents);
		pipeline->is_open = false;
		if (!open_next(pipeline))
			return false;
	}
}

void pipeline_close(struct pipeline *pipeline)
{
	if (pipeline->is_open)
		documents_close(&pipeline->documents);
	for (struct directory *at = pipeline->directories, *next; at; at = next) {
		next = at->next;
		file_list_free(&at->files);
		free(at);
	}
	bytes_free(&pipeline->path);
	name_table_free(pipeline->names);
	root_view_free(pipeline->root);
	bounds_free(&pipeline->bounds);
	attachment_table_free(pipeline->attachments);
	library_free(pipeline->library);
}
