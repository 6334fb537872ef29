#include "compiler/output/launch.h"

#include "base/version.h"
#include "compiler/output/yaml_print.h"
#include "policy/comment.h"
#include "policy/names/names.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

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

bool launch_refuse(const struct launch *launch, struct span at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *text = arena_bytes(&launch->unit->arena, (size_t)len + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	diag_add(&launch->unit->diags,
		launch->is_one_of_all ? DIAG_OUTPUT_LEFT_OUT : DIAG_NOT_EXPRESSIBLE, at, "%s",
		text);
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

struct slice launch_user(const struct launch *launch)
{
	const struct container_user *user = &launch->container->user;
	return arena_printf(&launch->unit->arena, "%" PRIu32 ":%" PRIu32, user->uid, user->gid);
}

struct slice launch_capability(const struct launch *launch, unsigned capability)
{
	const struct name *name = name_of(&names_capabilities, (int)capability);
	if (!name)
		return arena_printf(&launch->unit->arena, "%u", capability);
	char *text = arena_string(&launch->unit->arena, slice_str(name->name));
	for (char *c = text; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	return slice_str(text);
}

struct slice launch_bytes(const struct launch *launch, uint64_t bytes)
{
	static const char units[] = "kmg";
	unsigned unit = 0;
	while (unit < 3 && bytes > 0 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	return arena_printf(&launch->unit->arena, "%" PRIu64 "%.*s", bytes, unit ? 1 : 0,
		unit ? &units[unit - 1] : "");
}

struct slice launch_cpus(const struct launch *launch, uint32_t thousandths)
{
	struct slice text = arena_printf(&launch->unit->arena, "%" PRIu32 ".%03" PRIu32,
		thousandths / 1000, thousandths % 1000);
	while (text.at[text.len - 1] == '0')
		text.len--;
	if (text.at[text.len - 1] == '.')
		text.len--;
	return text;
}

struct slice launch_restart(const struct launch *launch)
{
	const struct container *container = launch->container;
	switch (container->restart) {
	case RESTART_NO:
		return SLICE("no");
	case RESTART_ALWAYS:
		return SLICE("always");
	case RESTART_UNLESS_STOPPED:
		return SLICE("unless-stopped");
	case RESTART_ON_FAILURE:
		break;
	}
	if (container->restart_most == 0)
		return SLICE("on-failure");
	return arena_printf(&launch->unit->arena, "on-failure:%u", container->restart_most);
}

struct slice launch_port(const struct launch *launch, const struct port *port)
{
	struct buf out = buf_new(&launch->unit->arena);
	bool is_ipv6 = slice_has(port->address, ':');
	if (port->address.len > 0)
		buf_printf(&out, "%s%.*s%s:", is_ipv6 ? "[" : "", SLICE_FMT(port->address),
			is_ipv6 ? "]" : "");
	if (port->host != 0)
		buf_printf(&out, "%u", port->host);
	if (port_is_published(port))
		buf_add_char(&out, ':');
	buf_printf(&out, "%u/%s", port->container, port->protocol);
	return buf_slice(&out);
}

struct slice launch_tmpfs_options(const struct launch *launch, const struct tmpfs *tmpfs)
{
	struct buf out = buf_new(&launch->unit->arena);
	struct slice size = launch_bytes(launch, tmpfs->size);
	buf_printf(
		&out, "rw,%sexec,nosuid,nodev,size=%.*s", tmpfs->exec ? "" : "no", SLICE_FMT(size));
	if (tmpfs->has_owner)
		buf_printf(&out, ",uid=%" PRIu32 ",gid=%" PRIu32, tmpfs->uid, tmpfs->gid);
	buf_printf(&out, ",mode=%04o", tmpfs->mode);
	return buf_slice(&out);
}

/* a,b -> "a,b" and a"b -> "a""b", around the whole field. */
static void add_field(const char *key, struct slice value, struct buf *out)
{
	bool quoted = slice_has(value, ',') || slice_has(value, '"') || slice_has(value, '\n') ||
		      slice_has(value, '\r');
	buf_add_str(out, quoted ? ",\"" : ",");
	buf_add_str(out, key);
	buf_add_char(out, '=');
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, value.at[i]);
	}
	if (quoted)
		buf_add_char(out, '"');
}

struct slice launch_mount(const struct launch *launch, const struct volume *volume)
{
	struct buf out = buf_new(&launch->unit->arena);
	buf_add_str(&out, volume->kind == VOLUME_BIND ? "type=bind" : "type=volume");
	if (volume->source.len > 0)
		add_field("source", volume->source, &out);
	add_field("target", volume->target, &out);
	if (volume->read_only)
		buf_add_str(&out, ",ro");
	return buf_slice(&out);
}

void launch_say_load(const struct launch *launch, struct rendered *out)
{
	struct slice name = launch_name(launch);
	buf_printf(&out->comment,
		"The profile must be in the kernel: 'aaforge load' loads the description, 'aaforge "
		"lookup %.*s' tells whether it is.\n",
		SLICE_FMT(name));
}

void launch_say_filter(const struct launch *launch, struct rendered *out)
{
	if (launch->seccomp_file.len == 0)
		return;
	buf_add_str(&out->comment, "The seccomp filter is ");
	buf_add(&out->comment, launch->seccomp_file);
	buf_add_str(&out->comment, launch_makes_filter(launch)
					   ? ", made by 'aaforge compile --to seccomp'.\n"
					   : ", the one that the description names.\n");
}
