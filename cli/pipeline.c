#include "cli/pipeline.h"

#include "cli/names.h"
#include "cli/report.h"
#include "cli/template_store.h"
#include "compiler/lower.h"
#include "compiler/service/read.h"
#include "manager/digest.h"

bool pipeline_open(const struct options *options, struct pipeline *ret_pipeline)
{
	if (options->argument_count == 0) {
		print_problem(
			"name at least one description, a directory of them, or '-' for standard input");
		return false;
	}
	struct pipeline pipeline = {
		.options = options,
		.compile =
			{
				.abi = options->abi,
				.annotate = options->annotate,
				.self_contained = options->self_contained,
			},
	};
	struct error *error = NULL;
	if (!library_open(options->base, options->include_dirs, options->include_count,
		    out_of_memory, &pipeline.library, &error)) {
		pipeline_problem(&pipeline, error);
		return false;
	}
	pipeline.names = name_table_new();
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
	struct arena arena;
	arena_init(&arena, out_of_memory);
	struct buf text = buf_new(&arena);
	error_print(error, &text);
	print_problem("%.*s", SLICE_FMT(buf_slice(&text)));
	arena_free(&arena);
	error_free(error);
	worsen(pipeline, STATUS_SYSTEM);
}

void pipeline_report(struct pipeline *pipeline, struct work_item *item)
{
	if (item->unit.diags.errors > 0)
		worsen(pipeline, STATUS_INPUT);
	report_diags(&item->unit, pipeline->options->format);
}

void work_item_init(struct work_item *item, struct pipeline *pipeline)
{
	*item = (struct work_item){0};
	unit_init(&item->unit, &library_unit(pipeline->library)->sources, out_of_memory);
	memcpy(item->unit.diags.severities, pipeline->options->severities,
		sizeof(item->unit.diags.severities));
}

void work_item_free(struct work_item *item)
{
	unit_free(&item->unit);
}

static struct slice base_name(struct slice path)
{
	for (size_t i = path.len; i > 0; i--)
		if (path.at[i - 1] == '/')
			return slice_from(path, i);
	return path;
}

static void report_duplicate(
	struct work_item *item, const struct service *service, const struct name_use *first)
{
	struct diag *diag = diag_add(&item->unit.diags, DIAG_DUPLICATE_NAME, service->name_span,
		"the name '%.*s' is used by %s, line %u, already", SLICE_FMT(service->name),
		first->path, first->line);
	diag_help(&item->unit.diags, diag, "a profile's name is its identity: give each its own");
}

static bool claim_name(struct pipeline *pipeline, struct work_item *item, const char *path,
	const struct service *service)
{
	struct location at;
	uint32_t line = 1;
	if (sources_locate(&item->unit.sources, service->name_span.begin, &at))
		line = at.line;
	struct name_use first;
	if (name_table_claim(pipeline->names, service->name, path, line, &first))
		return true;
	report_duplicate(item, service, &first);
	return false;
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
	struct service *service;
	if (!source)
		return;
	if (!service_read(unit, source, &service)) {
		if (service)
			lower_check_rules(unit, service, &pipeline->compile);
		return;
	}
	struct digest digest = digest_of(source->text);
	char hex[DIGEST_HEX + 1];
	digest_hex(&digest, hex);
	item->header.sha256 = arena_copy(&unit->arena, slice_of(hex, DIGEST_HEX));
	if (!claim_name(pipeline, item, path, service))
		return;
	const struct policy_template *template = template_find(pipeline, unit, service, path);
	if (template)
		item->ok = compile_service(
			unit, service, template, &pipeline->compile, &item->compiled);
}

static void open_path(struct pipeline *pipeline, const char *path)
{
	struct error *error = NULL;
	pipeline->path = path;
	pipeline->is_open =
		documents_open(path, limits_default.document_bytes, &pipeline->documents, &error);
	if (!pipeline->is_open)
		pipeline_problem(pipeline, error);
}

static void open_directory(struct pipeline *pipeline, const char *path)
{
	struct error *error = NULL;
	pipeline->file = 0;
	if (!file_list_read(path, &pipeline->files, &error)) {
		pipeline_problem(pipeline, error);
		return;
	}
	if (pipeline->files.count > 0)
		return;
	print_problem("'%s' holds no description (*.yaml, *.yml)", path);
	worsen(pipeline, STATUS_INPUT);
}

/* Opens the next file, of the directory that is being walked or of the operands. */
static bool open_next(struct pipeline *pipeline)
{
	if (pipeline->file < pipeline->files.count) {
		open_path(pipeline, pipeline->files.paths[pipeline->file++]);
		return true;
	}
	file_list_free(&pipeline->files);
	pipeline->files = (struct file_list){0};
	if (pipeline->argument == pipeline->options->argument_count)
		return false;
	const char *path = pipeline->options->arguments[pipeline->argument++];
	if (strcmp(path, "-") != 0 && file_is_directory(path))
		open_directory(pipeline, path);
	else
		open_path(pipeline, path);
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
			compile_document(pipeline, item, pipeline->path, &document);
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
	file_list_free(&pipeline->files);
	name_table_free(pipeline->names);
	library_free(pipeline->library);
}
