#include "cli/audit_profiles.h"

#include "audit/facts.h"
#include "cli/pipeline.h"
#include "cli/report.h"
#include "manager/kernel/loaded.h"
#include "parser/parser.h"

#include <stdlib.h>

struct known {
	struct known *next;
	const struct profile_facts *facts;
};

struct audit_profiles {
	struct arena arena;
	struct known *first, **end;
	bool live;
	struct loaded loaded;
	struct profile_resolver resolver;
};

static void add(struct audit_profiles *profiles, const struct profile *profile, struct slice where)
{
	struct known *known = arena_new(&profiles->arena, struct known);
	known->facts =
		profile_facts(&profiles->arena, profile, arena_copy(&profiles->arena, where));
	*profiles->end = known;
	profiles->end = &known->next;
}

static enum status read_descriptions(
	struct audit_profiles *profiles, const struct options *options, const char *directory)
{
	char *arguments[] = {(char *)directory};
	struct options own = *options;
	struct pipeline pipeline;
	struct work_item item;
	own.arguments = arguments;
	own.argument_count = 1;
	own.format = FORMAT_TEXT;
	if (!pipeline_open(&own, &pipeline))
		return STATUS_SYSTEM;
	work_item_init(&item, &pipeline);
	while (pipeline_next(&pipeline, &item)) {
		if (item.ok)
			add(profiles, item.compiled.policy->profiles, item.path);
		else
			pipeline_report(&pipeline, &item);
	}
	work_item_free(&item);
	enum status status = pipeline.status;
	pipeline_close(&pipeline);
	return status == STATUS_SYSTEM ? status : STATUS_OK;
}

static bool is_profile_name(const char *name)
{
	struct slice text = slice_str(name);
	return library_takes_name(name) && !slice_ends(text, SLICE(".yaml")) &&
	       !slice_ends(text, SLICE(".yml")) && !slice_ends(text, SLICE(".json"));
}

static void read_text(struct audit_profiles *profiles, struct library *library, const char *path,
	bool is_link_away, struct slice text)
{
	struct unit unit;
	struct statement *first;
	struct policy policy;
	unit_init(&unit, &library_unit(library)->sources, out_of_memory);
	const struct source *source = sources_add(&unit.sources, slice_str(path), text, 1);
	bool is_read =
		source && parse_policy(&unit, source, &first) &&
		policy_read(&unit, first, ORIGIN_DESCRIPTION, library_loader(library), &policy);
	if (is_read)
		for (const struct profile *at = policy.profiles; at; at = at->next)
			add(profiles, at, slice_str(path));
	else if (is_link_away)
		print_problem(
			"'%s' is a symbolic link to something outside of the directory that is "
			"no profile",
			path);
	else
		report_diags(&unit, FORMAT_TEXT);
	unit_free(&unit);
}

static enum status read_texts(
	struct audit_profiles *profiles, const struct options *options, const char *directory)
{
	struct error *error = NULL;
	struct file_list files;
	struct library *library;
	struct bytes path = {0}, text = {0};
	if (!file_list_read_if(directory, is_profile_name, &files, &error))
		return print_error(error);
	if (!library_open(options->base, options->include_dirs.at, options->include_dirs.count,
		    out_of_memory, &library, &error)) {
		file_list_free(&files);
		return print_error(error);
	}
	enum status status = STATUS_OK;
	for (size_t i = 0; i < files.count; i++) {
		if (!file_list_path(&files, i, &path))
			out_of_memory();
		if (file_read(path.at, limits_default.policy_bytes, &text, &error))
			read_text(profiles, library, path.at, bounds_are_left(directory, path.at),
				bytes_slice(&text));
		else
			status = print_error(error);
	}
	bytes_free(&path);
	bytes_free(&text);
	library_free(library);
	file_list_free(&files);
	return status;
}

/* A directory without descriptions is fine: it may hold profiles only. */
static enum status read_directory(
	struct audit_profiles *profiles, const struct options *options, const char *directory)
{
	struct error *error = NULL;
	struct file_list files;
	if (!file_list_read(directory, &files, &error))
		return print_error(error);
	size_t count = files.count;
	file_list_free(&files);
	enum status status =
		count > 0 ? read_descriptions(profiles, options, directory) : STATUS_OK;
	return status == STATUS_OK ? read_texts(profiles, options, directory) : status;
}

static enum status read_kernel(struct audit_profiles *profiles, const struct options *options)
{
	struct error *error = NULL;
	struct places places;
	if (!places_find(options->root, &places, &error))
		return print_error(error);
	bool is_read = loaded_read(&places, &profiles->arena, &profiles->loaded, &error);
	places_free(&places);
	if (!is_read)
		return print_error(error);
	profiles->live = true;
	if (profiles->loaded.is_partial)
		print_problem("not everything in the kernel can be seen: %.*s",
			SLICE_FMT(profiles->loaded.hidden));
	return STATUS_OK;
}

static const struct profile_facts *find_known(
	const struct audit_profiles *profiles, struct slice name)
{
	for (const struct known *known = profiles->first; known; known = known->next)
		if (slice_eq(known->facts->name, name))
			return known->facts;
	return NULL;
}

/* What is loaded decides whether a profile exists and in which mode; its rules are in its text. */
static bool find(void *context, struct slice name, const struct profile_facts **ret_facts)
{
	struct audit_profiles *profiles = context;
	const struct profile_facts *known = find_known(profiles, name);
	if (!profiles->live) {
		*ret_facts = known;
		return known != NULL;
	}
	const struct loaded_profile *loaded = loaded_find(&profiles->loaded, slice_of("", 0), name);
	if (!loaded)
		return false;
	struct profile_facts *facts = arena_new(&profiles->arena, struct profile_facts);
	if (known)
		*facts = *known;
	facts->name = loaded->name;
	facts->mode = loaded->mode;
	if (!known)
		facts->where = SLICE("the kernel");
	*ret_facts = facts;
	return true;
}

enum status audit_profiles_read(const struct options *options, struct audit_profiles **ret_profiles)
{
	*ret_profiles = NULL;
	if (!options->profiles && !options->live)
		return STATUS_OK;
	struct audit_profiles *profiles = calloc(1, sizeof(*profiles));
	if (!profiles)
		out_of_memory();
	arena_init(&profiles->arena, out_of_memory);
	profiles->end = &profiles->first;
	enum status status = STATUS_OK;
	if (options->profiles)
		status = read_directory(profiles, options, options->profiles);
	if (status == STATUS_OK && options->live)
		status = read_kernel(profiles, options);
	profiles->resolver = (struct profile_resolver){
		.find = find,
		.context = profiles,
		.asked = profiles->live
				 ? "in the kernel"
				 : arena_printf(&profiles->arena, "in '%s'", options->profiles).at,
	};
	*ret_profiles = profiles;
	return status;
}

const struct profile_resolver *audit_profiles_resolver(struct audit_profiles *profiles)
{
	return profiles ? &profiles->resolver : NULL;
}

void audit_profiles_free(struct audit_profiles *profiles)
{
	if (!profiles)
		return;
	arena_free(&profiles->arena);
	free(profiles);
}
