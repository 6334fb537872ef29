#include "cli/gather.h"

#include "cli/plan.h"
#include "cli/report.h"
#include "cli/template_store.h"
#include "cli/texts.h"
#include "cli/trusted.h"
#include "cli/verify.h"
#include "compiler/service/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Operands by what they are; the order among those of a kind is that of the command line. */
struct gatherer {
	struct options options; /* with the features and the base directory to compile with */
	const struct gather_options *how;
	struct gathering *out;
	size_t capacity; /* of out->items */
	char **descriptions;
	size_t description_count;
	struct profile_text *texts;
	bool *from_directory; /* of texts: an empty one is fine there */
	size_t text_count, text_capacity;
	struct trusted trusted;
};

static void worsen(struct gathering *out, enum status status)
{
	if (status > out->status)
		out->status = status;
}

static void problem(struct gatherer *g, enum status status, struct error *error)
{
	print_error(error);
	worsen(g->out, status);
}

/* The path from the root, symbolic links as they are; "-" for standard input. */
static struct slice absolute(struct arena *arena, struct slice path)
{
	if (slice_is(path, "-") || slice_starts(path, SLICE("/")))
		return arena_copy(arena, path);
	char *here = getcwd(NULL, 0);
	while (slice_starts(path, SLICE("./")))
		path = slice_from(path, 2);
	struct slice whole = here ? arena_printf(arena, "%s/%.*s", strcmp(here, "/") ? here : "",
					    SLICE_FMT(path))
				  : arena_copy(arena, path);
	free(here);
	return whole;
}

static struct gathered *add_item(struct gatherer *g, struct slice path)
{
	struct gathering *out = g->out;
	if (out->count == g->capacity) {
		g->capacity = g->capacity ? g->capacity * 2 : 16;
		out->items = reallocarray(out->items, g->capacity, sizeof(*out->items));
		if (!out->items)
			out_of_memory();
	}
	struct gathered *item = &out->items[out->count++];
	*item = (struct gathered){.path = absolute(&out->arena, path)};
	return item;
}

static void refuse(struct gatherer *g, enum status status)
{
	g->out->refused++;
	worsen(g->out, status);
}

/* Adds the binary to the set; a mistake is printed and counts as a refusal. */
static void add_member(struct gatherer *g, struct gathered *item, struct slice source,
	struct slice text, struct slice binary)
{
	struct error *error = NULL;
	if (policy_set_add(&g->out->set, source, text, binary, &item->member, &error))
		return;
	item->member = NULL;
	g->out->refused++;
	problem(g, STATUS_INPUT, error);
}

static struct slice image_of(const struct service *service)
{
	const struct node *image = service->container && service->container->kind == NODE_MAPPING
					   ? node_get(service->container, "image")
					   : NULL;
	return image && image->kind == NODE_SCALAR ? image->text : slice_of(NULL, 0);
}

/* Findings outlive the unit that they were made in; their place does not. */
static const struct root_finding *keep_findings(
	struct arena *arena, const struct root_finding *findings)
{
	const struct root_finding *first = NULL, **end = &first;
	for (; findings; findings = findings->next) {
		struct root_finding *kept = arena_new(arena, struct root_finding);
		*kept = (struct root_finding){
			.id = findings->id,
			.path = arena_copy(arena, findings->path),
			.sees = arena_copy(arena, findings->sees),
			.message = arena_copy(arena, findings->message),
			.help = arena_copy(arena, findings->help),
		};
		*end = kept;
		end = (const struct root_finding **)&kept->next;
	}
	return first;
}

static bool is_trusted(struct gatherer *g, const struct gathered *item)
{
	bool is = trusted_file(&g->trusted, item->path.at);
	for (const struct gathered_template *at = item->templates; at; at = at->next)
		is = trusted_file(&g->trusted, at->path.at) && is;
	return is;
}

/*
 * The kernel gets what the binary holds, whatever was asked for: a parser that is none, a damaged
 * cache, a template with profiles of its own.
 */
static void check_names(struct gatherer *g, struct gathered *item)
{
	struct slice namespace = g->options.namespace ? slice_str(g->options.namespace) : SLICE("");
	struct arena *arena = &g->out->arena;
	const struct set_profile *top = NULL;
	while (item->member && (top = set_member_next_top(item->member, top))) {
		if (slice_eq(top->name, item->name) && slice_eq(top->namespace, namespace))
			continue;
		print_problem(
			"'%.*s' describes the profile '%.*s', but what apparmor_parser made "
			"of it holds '%.*s': nothing of it is taken; look at --parser, at the "
			"template, or try --no-cache",
			SLICE_FMT(item->path),
			SLICE_FMT(profile_label(arena, namespace, item->name)),
			SLICE_FMT(profile_label(arena, top->namespace, top->name)));
		item->member = NULL;
		refuse(g, STATUS_INPUT);
	}
}

static void add_template(struct verify *verify, const struct work_item *work,
	const struct service *service, struct gathered *item)
{
	struct gatherer *g = verify->context;
	struct arena *arena = &g->out->arena;
	struct slice file = template_file(arena, service, work->path.at);
	if (file.len == 0)
		return;
	struct gathered_template *template = arena_new(arena, struct gathered_template);
	*template = (struct gathered_template){
		.next = item->templates,
		.path = absolute(arena, file),
		.as = arena_copy(arena, service->template),
		.digest = template_digest(verify->pipeline, file),
	};
	for (const struct gathered_template *at = item->templates; at; at = at->next)
		if (slice_eq(at->path, template->path))
			return;
	item->templates = template;
}

static void use_description(
	struct verify *verify, struct work_item *work, bool accepted, struct slice binary)
{
	struct gatherer *g = verify->context;
	struct arena *arena = &g->out->arena;
	struct gathered *item = add_item(g, work->path);
	item->name = arena_copy(arena, work->name);
	item->document = arena_copy(arena, work->document);
	if (work->service) {
		add_template(verify, work, work->service, item);
		for (const struct service *child = work->service->children; child;
			child = child->next)
			add_template(verify, work, child, item);
		item->image = arena_copy(arena, image_of(work->service));
	}
	item->root_findings = keep_findings(arena, work->root_findings);
	pipeline_report(verify->pipeline, work);
	if (!is_trusted(g, item))
		refuse(g, STATUS_INPUT);
	else if (!accepted)
		g->out->refused++;
	else if (!trusted_includes(&g->trusted, verify->pipeline->library, work->path, work->text))
		refuse(g, STATUS_INPUT);
	else
		add_member(g, item, work->path, work->text, binary);
	check_names(g, item);
}

static void gather_descriptions(struct gatherer *g)
{
	if (g->description_count == 0)
		return;
	struct verify verify = {
		.doing = "compiling",
		.want_binary = true,
		.use = use_description,
		.context = g,
	};
	struct options options = g->options;
	options.arguments = g->descriptions;
	options.argument_count = g->description_count;
	worsen(g->out, verify_run(&options, &verify));
}

static bool is_binary(struct slice content)
{
	return slice_starts(content, SLICE("\x04\x08\x00version\0"));
}

static const char *namespace_trouble(const struct gatherer *g, const struct set_member *member)
{
	struct slice wanted =
		g->options.namespace ? slice_str(g->options.namespace) : slice_of(NULL, 0);
	for (size_t i = 0; wanted.len > 0 && i < member->profile_count; i++) {
		if (member->profiles[i].namespace.len == 0)
			return "no namespace";
		if (!slice_eq(member->profiles[i].namespace, wanted))
			return "another namespace";
	}
	return NULL;
}

static void check_namespace(struct gatherer *g, const struct gathered *item, struct slice path)
{
	const char *trouble = item->member ? namespace_trouble(g, item->member) : NULL;
	if (!trouble)
		return;
	print_problem("'%.*s' was compiled for %s, not for '%s': compile it with --namespace %s",
		SLICE_FMT(path), trouble, g->options.namespace, g->options.namespace);
	refuse(g, STATUS_INPUT);
}

static void use_binary(struct gatherer *g, struct slice path, struct slice content)
{
	struct gathered *item = add_item(g, path);
	if (g->options.complain) {
		print_problem("'%.*s' is compiled: its mode cannot be changed any more; give "
			      "--complain with the description or the profile text",
			SLICE_FMT(path));
		refuse(g, STATUS_INPUT);
		return;
	}
	add_member(g, item, path, slice_of(NULL, 0), content);
	check_namespace(g, item, path);
}

static void add_text(
	struct gatherer *g, struct slice path, struct slice content, bool from_directory)
{
	/* Of an installed text the first line tells that it is; the rest is what was compiled when
	 * it was installed, so that its verdict is known. */
	struct slice text;
	bool is_marked = installed_owner(content, &text) == OWNER_AAFORGE;
	if (g->text_count == g->text_capacity) {
		g->text_capacity = g->text_capacity ? g->text_capacity * 2 : 16;
		g->texts = reallocarray(g->texts, g->text_capacity, sizeof(*g->texts));
		g->from_directory = reallocarray(g->from_directory, g->text_capacity, sizeof(bool));
		if (!g->texts || !g->from_directory)
			out_of_memory();
	}
	g->from_directory[g->text_count] = from_directory;
	g->texts[g->text_count++] = (struct profile_text){
		.path = path,
		.text = is_marked ? text : content,
		.first_line = is_marked ? 2 : 1,
	};
}

/* Neither description nor directory: the content tells what it is. */
static void take_file(struct gatherer *g, struct slice path, bool from_directory)
{
	struct arena *arena = &g->out->arena;
	struct bytes content = {0};
	struct error *error = NULL;
	if (!trusted_file(&g->trusted, path.at)) {
		refuse(g, STATUS_INPUT);
		return;
	}
	bool is_read = from_directory
			       ? file_read(path.at, COMPILED_BYTES_MAX, &content, &error)
			       : file_read_operand(path.at, COMPILED_BYTES_MAX, &content, &error);
	if (!is_read) {
		g->out->refused++;
		problem(g, STATUS_SYSTEM, error);
		return;
	}
	struct slice kept = arena_copy(arena, bytes_slice(&content));
	bytes_free(&content);
	if (is_binary(kept)) {
		use_binary(g, path, kept);
	} else if (kept.len > limits_default.policy_bytes) {
		print_problem("'%.*s' is larger than %zu MiB, the most for a profile text",
			SLICE_FMT(path), limits_default.policy_bytes >> 20);
		refuse(g, STATUS_INPUT);
	} else {
		add_text(g, path, kept, from_directory);
	}
}

static void take_texts(struct gatherer *g, const char *directory)
{
	struct file_list list = {0};
	struct bytes path = {0};
	struct error *error = NULL;
	if (!file_list_read_if(directory, library_takes_name, &list, &error)) {
		problem(g, STATUS_SYSTEM, error);
		return;
	}
	if (list.count == 0) {
		print_problem(
			"'%s' holds no description (*.yaml, *.yml) and no profile text", directory);
		worsen(g->out, STATUS_INPUT);
	}
	for (size_t i = 0; i < list.count; i++) {
		if (!file_list_path(&list, i, &path))
			out_of_memory();
		take_file(g, arena_copy(&g->out->arena, bytes_slice(&path)), true);
	}
	bytes_free(&path);
	file_list_free(&list);
}

static bool has_descriptions(const char *directory)
{
	struct file_list list = {0};
	bool has = file_list_read(directory, &list, NULL) && list.count > 0;
	file_list_free(&list);
	return has;
}

bool is_description_name(struct slice operand)
{
	return slice_is(operand, "-") || slice_ends(operand, SLICE(".yaml")) ||
	       slice_ends(operand, SLICE(".yml"));
}

static void take_operand(struct gatherer *g, char *operand)
{
	struct slice path = slice_str(operand);
	bool is_directory = !slice_is(path, "-") && file_is_directory(operand);
	bool described = is_directory ? g->how->descriptions_only || has_descriptions(operand)
				      : is_description_name(path);
	if (is_directory && !trusted_directory(&g->trusted, operand)) {
		refuse(g, STATUS_INPUT);
	} else if (described) {
		g->descriptions[g->description_count++] = operand;
	} else if (is_directory) {
		take_texts(g, operand);
	} else if (g->how->descriptions_only) {
		print_problem(
			"'%s' is no description: the name of one ends with .yaml or .yml", operand);
		worsen(g->out, STATUS_USAGE);
	} else {
		take_file(g, path, false);
	}
}

static void use_text(struct gatherer *g, const struct profile_text *text, bool from_directory)
{
	if (text->accepted && text->binary.len == 0 && from_directory)
		return; /* only variables, say */
	struct gathered *item = add_item(g, text->path);
	if (!text->accepted) {
		g->out->refused++;
	} else if (text->binary.len == 0) {
		print_problem("'%.*s' holds no profile", SLICE_FMT(text->path));
		refuse(g, STATUS_INPUT);
	} else {
		add_member(g, item, text->path, text->text, text->binary);
		check_namespace(g, item, text->path);
	}
}

static void gather_texts(struct gatherer *g)
{
	worsen(g->out,
		texts_compile(&g->options, g->texts, g->text_count, &g->trusted, &g->out->arena));
	for (size_t i = 0; i < g->text_count; i++)
		use_text(g, &g->texts[i], g->from_directory[i]);
}

/* Abstractions are those of the system below --root. */
static void set_base(struct gatherer *g)
{
	const char *root = g->options.root;
	if (root && strcmp(root, "/") != 0 && !g->options.base)
		g->options.base = arena_printf(&g->out->arena, "%s%s", root, LIBRARY_BASE).at;
}

/* Installed texts are compared with what they should be, and the next boot loads all that is there.
 */
static bool is_place_trusted(struct gatherer *g)
{
	return !g->how->descriptions_only || !file_is_directory(LIBRARY_BASE) ||
	       trusted_directory(&g->trusted, LIBRARY_BASE);
}

void gather(const struct options *options, const struct gather_options *how,
	struct gathering *ret_gathering)
{
	*ret_gathering = (struct gathering){0};
	struct gatherer g = {.options = *options, .how = how, .out = ret_gathering};
	arena_init(&g.out->arena, out_of_memory);
	policy_set_init(&g.out->arena, &g.out->set);
	if (how->features && !options->features)
		g.options.features = how->features;
	if (how->errors_only)
		for (size_t i = 0; i < DIAG_COUNT; i++)
			if (g.options.severities[i] != SEVERITY_ERROR)
				g.options.severities[i] = SEVERITY_OFF;
	set_base(&g);
	if (how->looks_at_root) {
		g.options.look_at = options->root ? options->root : "/";
		g.options.root_findings_only = how->root_findings_only;
	}
	g.trusted = trusted_begin(options);
	g.trusted.is_asked = g.trusted.is_asked && how->changes_kernel;
	g.descriptions = calloc(options->argument_count + 1, sizeof(*g.descriptions));
	if (!g.descriptions)
		out_of_memory();
	if (options->argument_count == 0) {
		print_problem("name at least one file or directory");
		worsen(g.out, STATUS_USAGE);
	}
	bool is_good = trusted_tools(&g.trusted, options) && is_place_trusted(&g);
	if (!is_good)
		refuse(&g, STATUS_INPUT);
	for (size_t i = 0; i < options->argument_count && is_good; i++)
		take_operand(&g, options->arguments[i]);
	if (g.out->status != STATUS_USAGE) {
		gather_descriptions(&g);
		gather_texts(&g);
	}
	free(g.descriptions);
	free(g.texts);
	free(g.from_directory);
}

void gather_free(struct gathering *gathering)
{
	free(gathering->items);
	arena_free(&gathering->arena);
	*gathering = (struct gathering){0};
}
