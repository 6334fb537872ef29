#include "cli/launch.h"

#include "cli/destination.h"
#include "cli/own_filter.h"
#include "cli/pipeline.h"
#include "compiler/output/outputs.h"
#include "compiler/output/yaml_print.h"

#include <errno.h>
#include <unistd.h>

struct launcher {
	struct pipeline *pipeline;
	const struct output *output; /* NULL: all of them */
	struct destination destination;
	struct bytes merge;	    /* the text of --merge */
	struct bytes own_filter;    /* the seccomp filter that the description names by `file` */
	struct bytes comment, text; /* without a directory: what is written at the end */
	json_t *merged;		    /* FORM_MERGED: of all services so far */
	size_t count;		    /* services in `text` */
};

static void must(bool enough_memory)
{
	if (!enough_memory)
		out_of_memory();
}

bool launch_is_wanted(const struct options *options)
{
	return options->merge || (options->to && strcmp(options->to, "profile") != 0);
}

static void usage_problem(struct launcher *launcher, const char *what, const char *name)
{
	print_problem("--to %s %s", name, what);
	if (launcher->pipeline->status < STATUS_USAGE)
		launcher->pipeline->status = STATUS_USAGE;
}

static struct slice file_name(struct arena *arena, struct slice name, const char *suffix)
{
	return arena_printf(arena, "%.*s%s", SLICE_FMT(name), suffix);
}

/* A filter of the user's own is copied into a set, which then is complete. */
static struct slice seccomp_file(struct launcher *launcher, struct work_item *item)
{
	struct arena *arena = &item->unit.arena;
	const struct seccomp *seccomp = &item->service->run->seccomp;
	bool is_own = seccomp->kind == SECCOMP_FILE;
	if (is_own && launcher->output)
		return own_filter_path(item);
	if (is_own || seccomp->kind == SECCOMP_CHANGED || seccomp->kind == SECCOMP_LIST)
		return file_name(arena, item->compiled.name, SECCOMP_SUFFIX);
	return slice_of(NULL, 0);
}

static struct launch launch_of(struct launcher *launcher, struct work_item *item)
{
	const struct options *options = launcher->pipeline->options;
	return (struct launch){
		.unit = &item->unit,
		.compiled = &item->compiled,
		.container = item->service->run,
		.header = &item->header,
		.seccomp_file = seccomp_file(launcher, item),
		.kind = options->pod ? WORKLOAD_POD : WORKLOAD_DEPLOYMENT,
		.kubernetes_minor = options->kubernetes_minor,
		.merge = bytes_slice(&launcher->merge),
		.merge_path = slice_str(options->merge ? options->merge : ""),
		.seccomp_text = bytes_slice(&launcher->own_filter),
		.seccomp_path = own_filter_path(item),
		.is_one_of_all = !launcher->output,
	};
}

/* After the first error nothing will be written: the rest is only checked. */
static bool will_write(const struct launcher *launcher)
{
	return launcher->pipeline->status == STATUS_OK;
}

static void stage_text(
	struct launcher *launcher, struct work_item *item, const char *suffix, struct slice text)
{
	struct error *error = NULL;
	if (!will_write(launcher))
		return;
	struct slice name = file_name(&item->unit.arena, item->compiled.name, suffix);
	if (!stage_add(launcher->destination.stage, name.at, text, &error))
		pipeline_problem(launcher->pipeline, error);
}

static void stage_output(struct launcher *launcher, struct work_item *item,
	const struct output *output, const struct launch *launch, const struct rendered *rendered)
{
	struct buf text = buf_new(&item->unit.arena);
	output_print(output, launch, rendered, &text);
	stage_text(launcher, item, output->suffix, buf_slice(&text));
}

/* Several services in one text: how they follow one another depends on the form. */
static void join_output(struct launcher *launcher, struct work_item *item,
	const struct launch *launch, const struct rendered *rendered)
{
	const struct output *output = launcher->output;
	struct buf text = buf_new(&item->unit.arena);
	if (!will_write(launcher))
		return;
	bool is_first = launcher->count++ == 0;
	switch (output->form) {
	case FORM_MERGED:
		output_print_comment(launch, rendered, &text);
		must(bytes_add(&launcher->comment, buf_slice(&text)));
		if (!launcher->merged)
			launcher->merged = json_incref(rendered->tree);
		else
			must(json_object_update_recursive(launcher->merged, rendered->tree) == 0);
		return;
	case FORM_COMMANDS:
		buf_add_str(&text, is_first ? "" : "\n");
		break;
	case FORM_YAML:
		buf_add_str(&text, is_first ? "" : "---\n");
		break;
	case FORM_TEXT:
	case FORM_JSON:
		if (!is_first)
			usage_problem(launcher,
				"makes a file for each service: name a directory with -o",
				output->name);
		break;
	}
	output_print(output, launch, rendered, &text);
	must(bytes_add(&launcher->text, buf_slice(&text)));
}

/* Most outputs only name it: then it may be made later. */
static bool read_own_filter(struct launcher *launcher, struct work_item *item)
{
	bool is_named_only = launcher->output && launcher->output != &outputs[OUTPUT_oci];
	bytes_free(&launcher->own_filter);
	return own_filter_read(launcher->pipeline, item, is_named_only, &launcher->own_filter);
}

static void make_one(struct launcher *launcher, struct work_item *item)
{
	if (!read_own_filter(launcher, item))
		return;
	struct launch launch = launch_of(launcher, item);
	struct rendered rendered;
	if (!output_render(launcher->output, &launch, &rendered))
		return;
	if (launcher->destination.stage)
		stage_output(launcher, item, launcher->output, &launch, &rendered);
	else
		join_output(launcher, item, &launch, &rendered);
	rendered_free(&rendered);
}

static void stage_profile(struct launcher *launcher, struct work_item *item)
{
	struct buf text = buf_new(&item->unit.arena);
	output_profile(
		&item->unit, &item->compiled, &item->header, &launcher->pipeline->compile, &text);
	stage_text(launcher, item, "", buf_slice(&text));
}

static void stage_own_filter(struct launcher *launcher, struct work_item *item)
{
	if (item->service->run->seccomp.kind == SECCOMP_FILE)
		stage_text(launcher, item, SECCOMP_SUFFIX, bytes_slice(&launcher->own_filter));
}

/* Only what the user may have forgotten is worth a note: that a host service has no `docker run` is
 * not. */
static void note_left_out(const struct launch *launch, struct slice names)
{
	const struct service *service = launch->compiled->service;
	const struct container *container = launch->container;
	if (names.len == 0)
		return;
	struct diag *diag = diag_add(&launch->unit->diags, DIAG_OUTPUT_LEFT_OUT,
		container->is_given ? container->span : service->name_span,
		"left out, as 'container' names no 'image': %.*s", SLICE_FMT(names));
	diag_help(&launch->unit->diags, diag, "add 'container: {image: NAME}'");
}

static bool lacks_only_image(const struct output *output, const struct launch *launch)
{
	struct output without = *output;
	without.needs &= ~(unsigned)NEEDS_IMAGE;
	return !output_lacks(&without, launch);
}

static void make_all(struct launcher *launcher, struct work_item *item)
{
	if (!read_own_filter(launcher, item))
		return;
	struct launch launch = launch_of(launcher, item);
	struct buf left_out = buf_new(&item->unit.arena);
	stage_profile(launcher, item);
	stage_own_filter(launcher, item);
	for (size_t i = 0; i < OUTPUT_COUNT; i++) {
		struct rendered rendered;
		bool is_lacking = output_lacks(&outputs[i], &launch) != NULL;
		if (is_lacking && lacks_only_image(&outputs[i], &launch))
			buf_printf(&left_out, "%s%s", left_out.len ? ", " : "", outputs[i].name);
		if (is_lacking || !output_render(&outputs[i], &launch, &rendered))
			continue;
		stage_output(launcher, item, &outputs[i], &launch, &rendered);
		rendered_free(&rendered);
	}
	note_left_out(&launch, buf_slice(&left_out));
}

static void make_every(struct launcher *launcher)
{
	struct work_item item;
	work_item_init(&item, launcher->pipeline);
	while (pipeline_next(launcher->pipeline, &item)) {
		if (item.ok && launcher->output)
			make_one(launcher, &item);
		else if (item.ok)
			make_all(launcher, &item);
		pipeline_report(launcher->pipeline, &item);
	}
	work_item_free(&item);
}

/* The text of services that became one. */
static void print_merged(struct launcher *launcher)
{
	struct unit unit;
	unit_init(&unit, NULL, out_of_memory);
	struct buf text = buf_new(&unit.arena);
	yaml_print(&unit, launcher->merged, &text);
	must(bytes_add(&launcher->text, bytes_slice(&launcher->comment)));
	must(bytes_add(&launcher->text, buf_slice(&text)));
	unit_free(&unit);
}

static void finish(struct launcher *launcher)
{
	struct error *error = NULL;
	if (launcher->pipeline->status != STATUS_OK) {
		destination_abort(&launcher->destination);
		return;
	}
	if (launcher->merged)
		print_merged(launcher);
	if (!destination_commit(&launcher->destination, bytes_slice(&launcher->text), &error))
		pipeline_problem(launcher->pipeline, error);
}

static bool prepare(struct launcher *launcher, const struct options *options)
{
	struct error *error = NULL;
	const char *to = options->to ? options->to : "profile";
	if (options->merge && strcmp(to, "oci") != 0) {
		usage_problem(launcher, "takes no --merge, which is for --to oci", to);
		return false;
	}
	if (options->merge && !file_read_operand(options->merge, limits_default.document_bytes,
				      &launcher->merge, &error)) {
		pipeline_problem(launcher->pipeline, error);
		return false;
	}
	if (!destination_open(options->output, &launcher->destination, &error)) {
		pipeline_problem(launcher->pipeline, error);
		return false;
	}
	if (launcher->output || launcher->destination.stage)
		return true;
	usage_problem(launcher, "needs a directory: -o DIR/", options->to);
	return false;
}

enum status compile_launch(const struct options *options)
{
	struct pipeline pipeline;
	if (!pipeline_open(options, &pipeline))
		return options->argument_count ? STATUS_SYSTEM : STATUS_USAGE;
	struct launcher launcher = {
		.pipeline = &pipeline,
		.output = output_find(slice_str(options->to ? options->to : "")),
	};
	if (prepare(&launcher, options)) {
		make_every(&launcher);
		finish(&launcher);
	}
	json_decref(launcher.merged);
	bytes_free(&launcher.merge);
	bytes_free(&launcher.own_filter);
	bytes_free(&launcher.comment);
	bytes_free(&launcher.text);
	pipeline_close(&pipeline);
	return pipeline.status;
}
