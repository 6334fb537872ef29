#include "compiler/output/seccomp_file.h"

#include <jansson.h>

static bool is_action(const json_t *value)
{
	static const char begin[] = "SCMP_ACT_";
	const char *text = json_string_value(value);
	if (!text || strncmp(text, begin, sizeof(begin) - 1) != 0)
		return false;
	const char *name = text + sizeof(begin) - 1;
	return *name && name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_")] == '\0';
}

/* A list of such values, null, or nothing at all. */
static bool is_list_of(const json_t *value, json_type type)
{
	const json_t *entry;
	size_t i;
	if (!value || json_is_null(value))
		return true;
	if (!json_is_array(value))
		return false;
	json_array_foreach(value, i, entry)
	{
		if (json_typeof(entry) != type)
			return false;
	}
	return true;
}

static const char *trouble_of(const json_t *filter)
{
	if (!filter)
		return "it is not JSON";
	if (!json_is_object(filter))
		return "it is not a JSON object";
	if (!is_action(json_object_get(filter, "defaultAction")))
		return "it has no 'defaultAction' that is an action (SCMP_ACT_…)";
	if (!is_list_of(json_object_get(filter, "syscalls"), JSON_OBJECT))
		return "its 'syscalls' are not a list of rules";
	if (!is_list_of(json_object_get(filter, "architectures"), JSON_STRING))
		return "its 'architectures' are not a list of names";
	if (!is_list_of(json_object_get(filter, "archMap"), JSON_OBJECT))
		return "its 'archMap' is not a list of architectures";
	return NULL;
}

const char *seccomp_file_trouble(struct slice text)
{
	json_t *filter = json_loadb(
		text.at ? text.at : "", text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	const char *trouble = trouble_of(filter);
	json_decref(filter);
	return trouble;
}
