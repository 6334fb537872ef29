#include "cli/unload_names.h"

#include "cli/gather.h"
#include "cli/plan.h"
#include "cli/report.h"
#include "compiler/service/read.h"
#include "manager/system/documents.h"
#include "manager/system/file.h"
#include "manager/kernel/kernel.h"
#include "manager/kernel/label.h"
#include "manager/system/path.h"

#include <stdlib.h>
#include <unistd.h>

/* One operand on its way. */
struct naming {
	const struct options *options;
	const struct places *places;
	const struct loaded *loaded;
	const char *operand;
	struct arena *arena;
	struct unload_targets *targets;
	struct slice missing, missing_namespace; /* the first of a file's that is not loaded */
	size_t found, missed;
};

static struct slice own_namespace(const struct options *options)
{
	return options->namespace ? slice_str(options->namespace) : slice_of(NULL, 0);
}

void unload_add_profile(struct unload_targets *targets, const struct loaded_profile *profile,
	struct slice source, struct arena *arena)
{
	if (targets->count == targets->capacity) {
		size_t capacity = targets->capacity ? targets->capacity * 2 : 8;
		struct unload_target *more = arena_array(arena, capacity, sizeof(*more));
		if (targets->count > 0)
			memcpy(more, targets->targets, targets->count * sizeof(*more));
		targets->targets = more;
		targets->capacity = capacity;
	}
	targets->targets[targets->count++] = (struct unload_target){profile, source};
}

static bool add(
	struct naming *naming, struct slice namespace, struct slice name, struct slice source)
{
	const struct loaded_profile *profile = loaded_find(naming->loaded, namespace, name);
	if (!profile) {
		if (naming->missed++ == 0) {
			naming->missing = arena_copy(naming->arena, name);
			naming->missing_namespace = arena_copy(naming->arena, namespace);
		}
		return false;
	}
	unload_add_profile(naming->targets, profile, source, naming->arena);
	naming->found++;
	return true;
}

/* The loaded name that is meant, perhaps; NULL without one. */
static const char *nearest(const struct naming *naming, struct slice namespace, struct slice name)
{
	const struct loaded *loaded = naming->loaded;
	const char **names = arena_array(naming->arena, loaded->count, sizeof(*names));
	size_t count = 0;
	for (size_t i = 0; i < loaded->count; i++)
		if (slice_eq(loaded->profiles[i].namespace, namespace))
			names[count++] = arena_string(naming->arena, loaded->profiles[i].name);
	return slice_nearest(name, names, count);
}

static const struct loaded_profile *elsewhere(const struct naming *naming, struct slice name)
{
	for (size_t i = 0; i < naming->loaded->count; i++)
		if (slice_eq(naming->loaded->profiles[i].name, name))
			return &naming->loaded->profiles[i];
	return NULL;
}

static enum status say_not_loaded(
	const struct naming *naming, struct slice namespace, struct slice name)
{
	struct slice label = profile_label(naming->arena, namespace, name);
	const struct loaded_profile *other = elsewhere(naming, name);
	const char *near = nearest(naming, namespace, name);
	if (other)
		print_problem("the profile '%.*s' is not loaded; there is '%.*s'", SLICE_FMT(label),
			SLICE_FMT(profile_label(naming->arena, other->namespace, other->name)));
	else if (near)
		print_problem("the profile '%.*s' is not loaded, did you mean '%s'?",
			SLICE_FMT(label), near);
	else
		print_problem("the profile '%.*s' is not loaded", SLICE_FMT(label));
	if (naming->loaded->is_partial)
		print_problem("note: not all loaded profiles could be seen: %.*s",
			SLICE_FMT(naming->loaded->hidden));
	return STATUS_INPUT;
}

/* The name in one document, even if the rest of it cannot be compiled. */
static enum status add_document(struct naming *naming, const struct document *document)
{
	struct slice source = slice_str(naming->operand);
	struct unit unit;
	struct service *service = NULL;
	enum status status = STATUS_OK;
	unit_init(&unit, NULL, out_of_memory);
	const struct source *text =
		sources_add(&unit.sources, source, document->text, document->first_line);
	if (text)
		service_read(&unit, text, &service);
	if (service && service->name.len > 0) {
		add(naming, own_namespace(naming->options), service->name, source);
	} else {
		report_diags(&unit, naming->options->format);
		print_problem("'%s' does not tell the name of its profile", naming->operand);
		status = STATUS_INPUT;
	}
	unit_free(&unit);
	return status;
}

static enum status add_description(struct naming *naming)
{
	struct documents documents;
	struct document document;
	struct error *error = NULL;
	if (!documents_open(naming->operand, limits_default.document_bytes, &documents, &error))
		return print_error(error);
	enum status status = STATUS_OK;
	while (status == STATUS_OK && documents_next(&documents, &document, &error))
		status = add_document(naming, &document);
	documents_close(&documents);
	return error ? print_error(error) : status;
}

static void add_members(struct naming *naming, const struct gathering *gathering)
{
	for (size_t i = 0; i < gathering->set.count; i++) {
		const struct set_member *member = gathering->set.members[i];
		const struct set_profile *top = NULL;
		while ((top = set_member_next_top(member, top)))
			add(naming, top->namespace, top->name, slice_str(naming->operand));
	}
}

/* The names in a profile text may hold variables: they are read from what is made of it. */
static enum status add_compiled(struct naming *naming)
{
	struct error *error = NULL;
	char *features = kernel_features(naming->places, &error);
	if (!features)
		return print_error(error);
	struct gather_options how = {.features = features};
	struct options options = *naming->options;
	struct gathering gathering;
	options.arguments = (char **)&naming->operand;
	options.argument_count = 1;
	gather(&options, &how, &gathering);
	enum status status = gathering.status;
	add_members(naming, &gathering);
	gather_free(&gathering);
	free(features);
	if (status != STATUS_OK)
		print_problem("the names in '%s' cannot be read: name the profiles themselves",
			naming->operand);
	return status;
}

static enum status add_file(struct naming *naming)
{
	enum status status = is_description_name(slice_str(naming->operand))
				     ? add_description(naming)
				     : add_compiled(naming);
	if (status != STATUS_OK)
		return status;
	if (naming->found == 0)
		return say_not_loaded(naming, naming->missing_namespace, naming->missing);
	if (naming->missed > 0)
		print_problem("note: of the profiles in '%s', %zu %s not loaded, such as '%.*s'",
			naming->operand, naming->missed, naming->missed == 1 ? "is" : "are",
			SLICE_FMT(naming->missing));
	return STATUS_OK;
}

enum status unload_add(const struct options *options, const struct places *places,
	const struct loaded *loaded, const char *operand, struct arena *arena,
	struct unload_targets *targets)
{
	struct naming naming = {
		.options = options,
		.places = places,
		.loaded = loaded,
		.operand = operand,
		.arena = arena,
		.targets = targets,
	};
	struct slice namespace = own_namespace(options), name = slice_str(operand);
	bool is_qualified = label_split_namespace(&name, &namespace);
	if (add(&naming, namespace, name, slice_of(NULL, 0)))
		return STATUS_OK;
	bool is_file = slice_is(name, "-") || path_access(operand, F_OK) == 0;
	naming.missed = 0;
	if (is_qualified || !is_file)
		return say_not_loaded(&naming, namespace, name);
	if (file_is_directory(operand)) {
		print_problem("'%s' is a directory: name profiles or files", operand);
		return STATUS_USAGE;
	}
	return add_file(&naming);
}

static int by_name(const void *a, const void *b)
{
	const struct unload_target *one = a, *other = b;
	int order = slice_cmp(one->profile->namespace, other->profile->namespace);
	return order != 0 ? order : slice_cmp(one->profile->name, other->profile->name);
}

void unload_finish(struct unload_targets *targets)
{
	struct unload_target *list = targets->targets;
	size_t kept = 0;
	if (targets->count > 0)
		qsort(list, targets->count, sizeof(*list), by_name);
	for (size_t i = 0; i < targets->count; i++) {
		bool goes_anyway = false;
		for (size_t k = 0; k < kept && !goes_anyway; k++)
			goes_anyway =
				slice_eq(list[k].profile->namespace, list[i].profile->namespace) &&
				name_is_below(list[i].profile->name, list[k].profile->name);
		if (!goes_anyway)
			list[kept++] = list[i];
	}
	targets->count = kept;
}
