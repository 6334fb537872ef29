/*
 * An existing config.json, read so that what is not changed stays as it is: the order of members,
 * members that we know nothing of, numbers. Where it is not what the specification says, and we
 * would have to change something there, it is refused at the place.
 */

#include "compiler/output/oci.h"

#include <stdio.h>

static void add_mistake(const struct launch *launch, struct span at, const char *what)
{
	diag_add(&launch->unit->diags, DIAG_BAD_JSON, at, "%s", what);
}

json_t *oci_json(const struct launch *launch, struct slice name, struct slice text,
	const struct source **ret_source)
{
	struct unit *unit = launch->unit;
	const struct source *source = sources_add(&unit->sources, name, text, 1);
	json_error_t error;
	json_t *tree = json_loadb(
		text.at ? text.at : "", text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	*ret_source = source;
	if (tree)
		return tree;
	if (json_error_code(&error) == json_error_out_of_memory)
		unit->arena.out_of_memory();
	size_t at = error.position > 0 ? (size_t)error.position - 1 : 0;
	if (source && at > text.len)
		at = text.len;
	struct span span = {0, 0};
	if (source)
		span = span_of(source->begin + (uint32_t)at,
			source->begin + (uint32_t)(at < text.len ? at + 1 : at));
	diag_add(&unit->diags, DIAG_BAD_JSON, span, "not readable as JSON: %s", error.text);
	return NULL;
}

/* What oci_place walks through: a text that jansson has read, so that it is well-formed. */
struct walk {
	struct slice text;
	size_t at;
};

static char here(const struct walk *walk)
{
	return walk->at < walk->text.len ? walk->text.at[walk->at] : '\0';
}

static void skip_blanks(struct walk *walk)
{
	while (here(walk) == ' ' || here(walk) == '\t' || here(walk) == '\n' || here(walk) == '\r')
		walk->at++;
}

static void skip_string(struct walk *walk)
{
	walk->at++;
	while (walk->at < walk->text.len && here(walk) != '"')
		walk->at += here(walk) == '\\' ? 2 : 1;
	walk->at++;
}

/* A value: brackets in pairs, or up to the next mark. */
static void skip_value(struct walk *walk)
{
	size_t depth = 0;
	do {
		char c = here(walk);
		if (c == '"') {
			skip_string(walk);
			continue;
		}
		if (depth == 0 && (c == ',' || c == ']' || c == '}' || c <= ' '))
			return;
		if (c == '{' || c == '[')
			depth++;
		if (c == '}' || c == ']')
			depth--;
		walk->at++;
		if (depth == 0 && (c == '}' || c == ']'))
			return;
	} while (walk->at < walk->text.len);
}

/* From the bracket of an object or list into it, to the value of the key, or of the index. */
static bool enter(struct walk *walk, struct slice key, size_t index)
{
	bool is_list = here(walk) == '[';
	walk->at++;
	for (size_t i = 0; walk->at < walk->text.len; i++) {
		skip_blanks(walk);
		if (here(walk) == ']' || here(walk) == '}')
			return false;
		size_t begin = walk->at;
		bool found = is_list && i == index;
		if (!is_list) {
			skip_string(walk);
			found = slice_eq(
				key, slice_of(walk->text.at + begin + 1, walk->at - begin - 2));
			skip_blanks(walk);
			walk->at++;
			skip_blanks(walk);
		}
		if (found)
			return true;
		skip_value(walk);
		skip_blanks(walk);
		walk->at++;
	}
	return false;
}

struct span oci_place(const struct source *source, const char *path)
{
	struct walk walk = {.text = source ? source->text : slice_of(NULL, 0)};
	skip_blanks(&walk);
	while (*path) {
		size_t len = strcspn(path + 1, ".[") + 1, index = 0;
		bool is_index = *path == '[';
		if (is_index && sscanf(path, "[%zu]", &index) != 1)
			break;
		struct slice key = *path == '.' ? slice_of(path + 1, len - 1) : slice_of(path, len);
		bool is_list = here(&walk) == '[', is_object = here(&walk) == '{';
		if ((!is_list && !is_object) || !enter(&walk, key, index))
			return span_of(0, 0);
		path += len;
	}
	size_t begin = walk.at;
	skip_value(&walk);
	if (!source)
		return span_of(0, 0);
	/* A long value is pointed at by its first byte. */
	struct slice value = slice_of(walk.text.at + begin, walk.at - begin);
	size_t shown = value.len > 0 && (value.at[0] == '{' || value.at[0] == '[') ? 1 : value.len;
	return span_of(source->begin + (uint32_t)begin, source->begin + (uint32_t)(begin + shown));
}

static const struct shape {
	const char *path; /* parents come first */
	json_type type;
} shapes[] = {
	{"ociVersion", JSON_STRING},
	{"process", JSON_OBJECT},
	{"process.user", JSON_OBJECT},
	{"process.args", JSON_ARRAY},
	{"process.env", JSON_ARRAY},
	{"process.capabilities", JSON_OBJECT},
	{"root", JSON_OBJECT},
	{"mounts", JSON_ARRAY},
	{"annotations", JSON_OBJECT},
	{"linux", JSON_OBJECT},
	{"linux.resources", JSON_OBJECT},
	{"linux.resources.memory", JSON_OBJECT},
	{"linux.resources.cpu", JSON_OBJECT},
	{"linux.resources.pids", JSON_OBJECT},
};

static const char *type_name(json_type type)
{
	return type == JSON_OBJECT ? "an object" : type == JSON_ARRAY ? "a list" : "a string";
}

/* The value at a path of member names, or NULL where it or a parent is not there, or is null. */
static json_t *value_at(json_t *tree, const char *path)
{
	char key[64];
	while (tree && *path) {
		size_t len = strcspn(path, ".");
		snprintf(key, sizeof(key), "%.*s", (int)len, path);
		tree = json_object_get(tree, key);
		path += len + (path[len] == '.');
	}
	return json_is_null(tree) ? NULL : tree;
}

static bool check_shapes(const struct launch *launch, const struct source *source, json_t *tree)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		json_t *value = value_at(tree, shapes[i].path);
		if (!value || json_typeof(value) == shapes[i].type)
			continue;
		diag_add(&launch->unit->diags, DIAG_BAD_JSON, oci_place(source, shapes[i].path),
			"'%s' is not %s", shapes[i].path, type_name(shapes[i].type));
		return false;
	}
	return true;
}

static bool check_entries(const struct launch *launch, const struct source *source, json_t *tree,
	const char *path, const char *member)
{
	json_t *list = value_at(tree, path), *entry;
	size_t i;
	json_array_foreach(list, i, entry)
	{
		json_t *value = member ? json_object_get(entry, member) : entry;
		if (json_is_string(value))
			continue;
		struct slice place = arena_printf(&launch->unit->arena, "%s[%zu]", path, i);
		struct span at = oci_place(source, arena_string(&launch->unit->arena, place));
		if (member)
			diag_add(&launch->unit->diags, DIAG_BAD_JSON, at,
				"'%.*s' has no '%s' that is a string", SLICE_FMT(place), member);
		else
			diag_add(&launch->unit->diags, DIAG_BAD_JSON, at, "'%.*s' is not a string",
				SLICE_FMT(place));
		return false;
	}
	return true;
}

static bool check_version(const struct launch *launch, const struct source *source, json_t *tree)
{
	const char *version = json_string_value(value_at(tree, "ociVersion"));
	if (version && strncmp(version, "1.", 2) == 0)
		return true;
	add_mistake(launch, version ? oci_place(source, "ociVersion") : oci_place(source, ""),
		version ? "only versions 1.x of the OCI runtime specification are known"
			: "no config.json of the OCI runtime specification: it has no "
			  "'ociVersion'");
	return false;
}

static bool check_user(const struct launch *launch, const struct source *source, json_t *tree)
{
	json_t *uid = value_at(tree, "process.user.uid");
	if (launch->container->user.is_given || !uid || json_is_integer(uid))
		return true;
	add_mistake(launch, oci_place(source, "process.user.uid"),
		"'process.user.uid' is not a number");
	return false;
}

json_t *oci_read(const struct launch *launch)
{
	const struct source *source;
	json_t *tree = oci_json(launch, launch->merge_path, launch->merge, &source);
	if (!tree)
		return NULL;
	bool is_object = json_is_object(tree);
	if (!is_object)
		add_mistake(launch, oci_place(source, ""), "a config.json is an object");
	if (is_object && check_version(launch, source, tree) &&
		check_shapes(launch, source, tree) && check_user(launch, source, tree) &&
		check_entries(launch, source, tree, "process.env", NULL) &&
		check_entries(launch, source, tree, "mounts", "destination"))
		return tree;
	json_decref(tree);
	return NULL;
}
