/* The table of the launch outputs, and how one is rendered and printed. */
#include "compiler/output/outputs.h"

#include "base/version.h"
#include "compiler/output/yaml_print.h"
#include "policy/comment.h"

const struct output outputs[OUTPUT_COUNT] = {
#define OUTPUT(symbol, name, suffix, form, needs, about)                                           \
	[OUTPUT_##symbol] = {name, suffix, form, needs, output_##symbol, about},
#include "compiler/output/outputs.def"
#undef OUTPUT
};

_Static_assert(sizeof(outputs) / sizeof(outputs[0]) == OUTPUT_COUNT, "one entry per output");

const struct output *output_find(struct slice name)
{
	for (size_t i = 0; i < OUTPUT_COUNT; i++)
		if (slice_is(name, outputs[i].name))
			return &outputs[i];
	return NULL;
}

static bool is_for_containers(const struct launch *launch)
{
	return !slice_is(launch->compiled->service->template, "host");
}

static bool is_for_hosts(const struct launch *launch)
{
	struct slice template = launch->compiled->service->template;
	return !slice_is(template, "container") && !slice_is(template, "docker-default");
}

const char *output_lacks(const struct output *output, const struct launch *launch)
{
	if (output->needs & NEEDS_CONTAINER && !is_for_containers(launch))
		return "the template 'host' is for services that run without a container";
	if (output->needs & NEEDS_HOST && !is_for_hosts(launch))
		return "the template is for containers";
	if (output->needs & NEEDS_IMAGE && launch->container->image.len == 0)
		return "'container' names no 'image'";
	if (output->needs & NEEDS_FILTER && !launch_makes_filter(launch))
		return "'seccomp' asks for no filter of its own: it has no 'allow', 'deny' or "
		       "'log'";
	return NULL;
}

static bool report_lack(const struct output *output, const struct launch *launch, const char *lack)
{
	const struct container *container = launch->container;
	bool is_image = output->needs & NEEDS_IMAGE && container->image.len == 0 &&
			is_for_containers(launch);
	const struct service *service = launch->compiled->service;
	struct span at = service->name_span;
	if (is_image && container->is_given)
		at = container->span;
	else if (!is_image && service->has_template &&
		 output->needs & (NEEDS_CONTAINER | NEEDS_HOST))
		at = service->template_span;
	struct diag *diag =
		diag_add(&launch->unit->diags, is_image ? DIAG_MISSING_IMAGE : DIAG_UNFIT_TARGET,
			at, "--to %s needs more: %s", output->name, lack);
	if (is_image)
		diag_help(&launch->unit->diags, diag, "add 'container: {image: NAME}'");
	return false;
}

/* A command line would read it as an option, or as more than one word. */
static bool check_image(const struct launch *launch)
{
	struct slice image = launch->container->image;
	bool is_good = image.len == 0 || image.at[0] != '-';
	for (size_t i = 0; i < image.len; i++)
		is_good &= image.at[i] > ' ' && image.at[i] < 0x7f;
	if (is_good)
		return true;
	return launch_refuse(launch, launch->container->image_span,
		"an image's name is printable, without blanks, and does not begin with '-'");
}

bool output_render(
	const struct output *output, const struct launch *launch, struct rendered *ret_rendered)
{
	const char *lack = output_lacks(output, launch);
	if (lack)
		return report_lack(output, launch, lack);
	if (output->needs & NEEDS_IMAGE && !check_image(launch))
		return false;
	struct arena *arena = &launch->unit->arena;
	struct rendered rendered = {.comment = buf_new(arena), .text = buf_new(arena)};
	if (!output->render(launch, &rendered)) {
		rendered_free(&rendered);
		return false;
	}
	*ret_rendered = rendered;
	return true;
}

void rendered_free(struct rendered *rendered)
{
	json_decref(rendered->tree);
	rendered->tree = NULL;
}

void output_print_comment(
	const struct launch *launch, const struct rendered *rendered, struct buf *out)
{
	const struct profile_header *header = launch->header;
	buf_add_str(out, "# Made by aaforge " AAFORGE_VERSION " from ");
	print_visible(header->description, out);
	buf_printf(out, " (SHA-256 %.12s…): change that, not this file.\n", header->sha256.at);
	print_comment(launch->compiled->service->description, 0, out);
	print_comment(slice_trim(buf_slice(&rendered->comment)), 0, out);
}

/* A list is a series of documents. */
static void print_documents(struct unit *unit, const json_t *tree, struct buf *out)
{
	if (!json_is_array(tree)) {
		yaml_print(unit, tree, out);
		return;
	}
	for (size_t i = 0; i < json_array_size(tree); i++) {
		if (i > 0)
			buf_add_str(out, "---\n");
		yaml_print(unit, json_array_get(tree, i), out);
	}
}

void output_print_content(const struct output *output, struct unit *unit,
	const struct rendered *rendered, struct buf *out)
{
	switch (output->form) {
	case FORM_COMMANDS:
	case FORM_TEXT:
		buf_add(out, buf_slice(&rendered->text));
		break;
	case FORM_YAML:
	case FORM_MERGED:
		print_documents(unit, rendered->tree, out);
		break;
	case FORM_JSON:
		tree_print_json(unit, rendered->tree, out);
		break;
	}
}

void output_print(const struct output *output, const struct launch *launch,
	const struct rendered *rendered, struct buf *out)
{
	if (output->form != FORM_JSON)
		output_print_comment(launch, rendered, out);
	output_print_content(output, launch->unit, rendered, out);
}
