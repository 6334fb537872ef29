#include "compiler/output/schema.h"

#include "compiler/service/keys.h"
#include "policy/names/names.h"

#include <jansson.h>

/*
 * JSON strings hold regular expressions of ECMA-262. A description is YAML: what the reader takes
 * as text may be a number or a boolean for other readers of YAML.
 */
#define NO_CONTROL "[^\\x00-\\x1f\\x7f]"
#define SHORTEST   "(?!.*//)(?!.*/\\.\\.?(/|$))" /* no empty component, no . and .. */
#define ANY_TEXT   "[\"string\", \"number\", \"boolean\"]"

/* Building fails only when memory runs out; that is noted once and said at the end. */
struct builder {
	bool failed;
};

static void put(struct builder *builder, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		builder->failed = true;
}

static void append(struct builder *builder, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		builder->failed = true;
}

/* A constant part of the schema, written as JSON. */
static json_t *parsed(struct builder *builder, const char *text)
{
	json_t *value = json_loads(text, 0, NULL);
	builder->failed |= !value;
	return value;
}

static json_t *reference(struct builder *builder, const char *definition)
{
	json_t *value = json_pack("{s:s+}", "$ref", "#/$defs/", definition);
	builder->failed |= !value;
	return value;
}

static json_t *list_of(struct builder *builder, json_t *items)
{
	json_t *list = json_pack("{s:s}", "type", "array");
	put(builder, list, "items", items);
	return list;
}

static json_t *list_of_ref(struct builder *builder, const char *definition)
{
	return list_of(builder, reference(builder, definition));
}

static json_t *matching(struct builder *builder, const char *pattern)
{
	json_t *value = json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
	builder->failed |= !value;
	return value;
}

static json_t *either(struct builder *builder, const char *how, json_t *a, json_t *b)
{
	json_t *choices = json_array();
	append(builder, choices, a);
	append(builder, choices, b);
	json_t *value = json_object();
	put(builder, value, how, choices);
	return value;
}

static json_t *enumeration(struct builder *builder, json_t *values)
{
	json_t *value = json_object();
	put(builder, value, "enum", values);
	return value;
}

static json_t *shape_schema(struct builder *builder, const struct key *key, enum place place);

/* A mapping with the keys of a place and no other. */
static json_t *place_schema(struct builder *builder, enum place place)
{
	json_t *object = json_pack("{s:s}", "type", "object");
	json_t *properties = json_object();
	json_t *required = json_array();
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct key *key = &keys[i];
		if (!(key->places & 1u << place))
			continue;
		json_t *value = shape_schema(builder, key, place);
		put(builder, value, "description", json_string(key->about));
		put(builder, properties, key->name.at, value);
		/* binary depends on the template: see root_schema(). */
		if ((key->required & 1u << place) &&
			!(key->id == KEY_BINARY && place == PLACE_SERVICE))
			append(builder, required, json_string(key->name.at));
	}
	put(builder, object, "properties", properties);
	put(builder, object, "additionalProperties", json_false());
	if (json_array_size(required) > 0)
		put(builder, object, "required", required);
	else
		json_decref(required);
	return object;
}

static json_t *name_schema(struct builder *builder)
{
	json_t *name = parsed(builder, "{\"type\": " ANY_TEXT "}");
	put(builder, name, "pattern", json_string(PROFILE_NAME_PATTERN));
	put(builder, name, "maxLength", json_integer(PROFILE_NAME_MAX));
	json_t *reserved = json_array(), *choices = json_array();
	for (size_t i = 0; i < RESERVED_NAME_COUNT; i++) {
		size_t len = strlen(reserved_names[i]);
		if (reserved_names[i][len - 1] != '*') {
			append(builder, reserved, json_string(reserved_names[i]));
			continue;
		}
		append(builder, choices,
			json_pack("{s:s, s:o}", "type", "string", "pattern",
				json_sprintf("^%.*s", (int)len - 1, reserved_names[i])));
	}
	append(builder, choices, enumeration(builder, reserved));
	json_t *taken = json_object();
	put(builder, taken, "anyOf", choices);
	put(builder, name, "not", taken);
	return name;
}

static json_t *mode_schema(struct builder *builder)
{
	json_t *names = json_array();
	for (size_t i = 0; i < MODE_NAME_COUNT; i++)
		append(builder, names, json_string(mode_names[i].name));
	return enumeration(builder, names);
}

/* The built-in names are there for editors that complete; any path is fine, too. */
static json_t *template_schema(struct builder *builder)
{
	json_t *names = json_array();
	for (size_t i = 0; i < TEMPLATE_NAME_COUNT; i++)
		append(builder, names, json_string(template_names[i].name));
	return either(builder, "anyOf", enumeration(builder, names),
		matching(builder, "^" NO_CONTROL "+$"));
}

/* Replaces a string by itself and more text. */
static void extend(struct builder *builder, json_t **text, const char *more)
{
	json_t *longer = json_sprintf("%s%s", json_string_value(*text), more);
	builder->failed |= !longer;
	json_decref(*text);
	*text = longer ? longer : json_string("");
}

/* Adds `a|b|c`; with any_case `[aA]|[bB]|[cC]`. */
static void extend_names(
	struct builder *builder, json_t **text, const struct name_list *list, bool any_case)
{
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			extend(builder, text, "|");
		if (!any_case) {
			extend(builder, text, list->texts[i]);
			continue;
		}
		for (const char *c = list->texts[i]; *c; c++) {
			bool is_letter = *c >= 'a' && *c <= 'z';
			char one[] = {*c, '\0'};
			char both[] = {'[', *c, (char)(*c - 'a' + 'A'), ']', '\0'};
			extend(builder, text, is_letter ? both : one);
		}
	}
}

/* "inet", "inet stream", "inet tcp" and so on: what the reader says of sockets, as a list. */
static json_t *socket_names(struct builder *builder)
{
	json_t *names = json_array();
	for (size_t i = 0; i < names_families.count; i++) {
		const char *family = names_families.texts[i];
		append(builder, names, json_string(family));
		for (size_t j = 0; j < names_types.count; j++)
			append(builder, names, json_sprintf("%s %s", family, names_types.texts[j]));
		bool is_inet6 = strcmp(family, "inet6") == 0;
		for (size_t j = 0; j < names_protocols.count; j++) {
			const char *protocol = names_protocols.texts[j];
			if (strcmp(family, "inet") == 0 ||
				(is_inet6 && strcmp(protocol, "icmp") != 0))
				append(builder, names, json_sprintf("%s %s", family, protocol));
		}
	}
	return names;
}

/* `FAMILY [TYPE|PROTOCOL]` with any blanks; `before` is the start of the pattern. */
static json_t *socket_pattern(struct builder *builder, const char *before)
{
	json_t *pattern = json_string(before);
	extend(builder, &pattern, "((");
	extend_names(builder, &pattern, &names_families, false);
	extend(builder, &pattern, ")(\\s+(");
	extend_names(builder, &pattern, &names_types, false);
	extend(builder, &pattern, "))?|inet\\s+(");
	extend_names(builder, &pattern, &names_protocols, false);
	extend(builder, &pattern, ")|inet6\\s+(tcp|udp))\\s*$");
	json_t *schema = matching(builder, json_string_value(pattern));
	json_decref(pattern);
	return schema;
}

static json_t *capability_pattern(struct builder *builder, const char *before)
{
	json_t *pattern = json_string(before);
	extend(builder, &pattern, "([cC][aA][pP]_)?(");
	extend_names(builder, &pattern, &names_capabilities, true);
	extend(builder, &pattern, ")\\s*$");
	json_t *schema = matching(builder, json_string_value(pattern));
	json_decref(pattern);
	return schema;
}

static json_t *capability_schema(struct builder *builder)
{
	json_t *names = json_array();
	for (size_t i = 0; i < names_capabilities.count; i++)
		append(builder, names, json_string(names_capabilities.texts[i]));
	return either(builder, "anyOf", enumeration(builder, names),
		capability_pattern(builder, "^\\s*"));
}

static json_t *network_schema(struct builder *builder)
{
	return either(builder, "anyOf", enumeration(builder, socket_names(builder)),
		socket_pattern(builder, "^\\s*"));
}

/* One byte of a name: those of patterns have a backslash before them. */
#define LITERAL "([^*?\\[\\]{}]|\\\\[*?\\[\\]{}])"

static json_t *assertion_schema(struct builder *builder)
{
	json_t *choices = json_array();
	append(builder, choices,
		matching(builder, "^\\s*((owner|other)\\s+)?/" LITERAL "*\\s[rwalkm]+\\s*$"));
	append(builder, choices, matching(builder, "^\\s*exec\\s+/" LITERAL "*$"));
	append(builder, choices, socket_pattern(builder, "^\\s*network\\s+"));
	append(builder, choices, capability_pattern(builder, "^\\s*capability\\s+"));
	json_t *schema = json_object();
	put(builder, schema, "anyOf", choices);
	return schema;
}

/* A path alone, or a mapping with `file` or `path` and what else its list knows. */
static json_t *entry_schema(struct builder *builder, enum place place)
{
	json_t *mapping = place_schema(builder, place);
	put(builder, mapping, "oneOf",
		parsed(builder, "[{\"required\": [\"path\"]}, {\"required\": [\"file\"]}]"));
	return either(builder, "oneOf", reference(builder, "path"), mapping);
}

static json_t *children_schema(struct builder *builder)
{
	json_t *children = json_pack("{s:s}", "type", "object");
	json_t *names = matching(builder, PROFILE_NAME_PATTERN);
	put(builder, names, "maxLength", json_integer(PROFILE_NAME_MAX));
	put(builder, children, "propertyNames", names);
	put(builder, children, "additionalProperties", reference(builder, "child"));
	return children;
}

static json_t *tmpfs_schema(struct builder *builder)
{
	json_t *tmpfs = json_pack("{s:s}", "type", "object");
	put(builder, tmpfs, "propertyNames", matching(builder, "^/"));
	put(builder, tmpfs, "additionalProperties",
		either(builder, "oneOf", parsed(builder, "{\"type\": \"null\"}"),
			place_schema(builder, PLACE_TMPFS)));
	return tmpfs;
}

/* A name, or lists, or a file that stands alone. */
static json_t *seccomp_schema(struct builder *builder)
{
	json_t *mapping = place_schema(builder, PLACE_SECCOMP);
	json_t *alone = parsed(builder, "{\"maxProperties\": 1}");
	put(builder, mapping, "if", parsed(builder, "{\"required\": [\"file\"]}"));
	put(builder, mapping, "then", alone);
	return either(builder, "oneOf",
		parsed(builder, "{\"enum\": [\"default\", \"unconfined\"]}"), mapping);
}

static const char as_json[] =
	"{\"anyOf\": [{\"enum\": [\"inherit\", \"unconfined\"]}, {\"type\": \"string\", "
	"\"pattern\": \"^\\\\s*(inherit|unconfined|(child|profile)\\\\s+\\\\S+)\\\\s*$\"}]}";
static const char text_json[] = "{\"type\": " ANY_TEXT ", \"pattern\": \"\\\\S\"}";
static const char environment_json[] =
	"{\"oneOf\": [{\"type\": \"object\", \"additionalProperties\": {\"type\": [\"string\", "
	"\"number\", \"boolean\", \"null\"]}}, {\"type\": \"array\", \"items\": {\"type\": " ANY_TEXT
	"}}]}";

/* A number of another reader of YAML (1000:10 is one in YAML 1.1), or a text of that form. */
static json_t *numeric(struct builder *builder, const char *pattern)
{
	return either(builder, "anyOf", parsed(builder, "{\"type\": \"number\", \"minimum\": 0}"),
		matching(builder, pattern));
}

/* "no" is false in YAML 1.1. */
static json_t *restart_schema(struct builder *builder)
{
	return either(builder, "anyOf", parsed(builder, "{\"enum\": [\"no\", false]}"),
		matching(builder, "^(no|always|unless-stopped|on-failure(:[1-9][0-9]*)?)$"));
}

#define PORT_RANGE   "[1-9][0-9]{0,4}(-[1-9][0-9]{0,4})?"
#define PORT_ADDRESS "([0-9.]+|\\[[0-9a-fA-F:.]+\\]):"

/* The shapes of `container` that are numbers or texts of their own form. */
static json_t *value_schema(struct builder *builder, enum shape shape)
{
	static const char *const numbers[SHAPE_COUNT] = {
		[SHAPE_USER] = "^[0-9]+(:[0-9]+)?$",
		[SHAPE_SIZE] = "^[0-9]+(\\.[0-9]{1,3})?([bB]|[kKmMgGtT]([bB]|[iI][bB])?)?$",
		[SHAPE_DECIMAL] = "^[0-9]+(\\.[0-9]{1,3})?$",
		[SHAPE_NUMBER] = "^[0-9]+$",
		[SHAPE_OCTAL] = "^[0-7]{1,5}$",
		[SHAPE_PORTS] = "^(" PORT_ADDRESS "(" PORT_RANGE ")?:|" PORT_RANGE ":)?" PORT_RANGE
				"(/(tcp|udp|sctp))?$",
	};
	json_t *value = numeric(builder, numbers[shape]);
	return shape == SHAPE_PORTS ? list_of(builder, value) : value;
}

static json_t *shape_schema(struct builder *builder, const struct key *key, enum place place)
{
	static const enum place entries[KEY_COUNT] = {
		[KEY_BINARY] = PLACE_BINARY,
		[KEY_LIBRARIES] = PLACE_LIBRARIES,
		[KEY_READABLE] = PLACE_READABLE,
		[KEY_WRITABLE] = PLACE_WRITABLE,
		[KEY_EXEC] = PLACE_EXEC,
	};
	json_t *programs;
	switch (key->shape) {
	case SHAPE_NAME:
		return name_schema(builder);
	case SHAPE_TEMPLATE:
		return template_schema(builder);
	case SHAPE_MODE:
		return mode_schema(builder);
	case SHAPE_PROGRAMS:
		programs = list_of(builder, entry_schema(builder, entries[key->id]));
		if (place == PLACE_CHILD)
			put(builder, programs, "minItems", json_integer(1));
		return either(builder, "oneOf", entry_schema(builder, entries[key->id]), programs);
	case SHAPE_DIRECTORIES:
	case SHAPE_PATHS:
		return list_of(builder, entry_schema(builder, entries[key->id]));
	case SHAPE_CHILDREN:
		return children_schema(builder);
	case SHAPE_NETWORK:
		return list_of_ref(builder, "network");
	case SHAPE_CAPABILITIES:
		return list_of_ref(builder, "capability");
	case SHAPE_ABSTRACTIONS:
		return list_of(builder, matching(builder, "^[^/<>\"\\\\\\s][^<>\"\\\\\\s]*$"));
	case SHAPE_RULES:
		return list_of(builder, matching(builder, "\\S"));
	case SHAPE_EXPECT:
		return place_schema(builder, PLACE_EXPECT);
	case SHAPE_ASSERTIONS:
		return list_of_ref(builder, "assertion");
	case SHAPE_CONTAINER:
		return place_schema(builder, PLACE_CONTAINER);
	case SHAPE_PATH:
		return reference(builder, key->id == KEY_ENTRY_FILE ? "file" : "path");
	case SHAPE_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case SHAPE_AS:
		return parsed(builder, as_json);
	case SHAPE_LINE:
	case SHAPE_TEXT:
		return parsed(builder, text_json);
	case SHAPE_USER:
	case SHAPE_SIZE:
	case SHAPE_DECIMAL:
	case SHAPE_NUMBER:
	case SHAPE_OCTAL:
	case SHAPE_PORTS:
		return value_schema(builder, key->shape);
	case SHAPE_RESTART:
		return restart_schema(builder);
	case SHAPE_TEXTS:
		return list_of(builder, parsed(builder, "{\"type\": " ANY_TEXT "}"));
	case SHAPE_VOLUMES:
		return list_of(builder, matching(builder, "^([^:]+:)?/[^:]*(:r[ow])?$"));
	case SHAPE_SYSCALLS:
		return list_of(builder, matching(builder, "^[a-z0-9_]+$"));
	case SHAPE_SECCOMP_BASE:
		return parsed(builder, "{\"enum\": [\"default\", \"none\"]}");
	case SHAPE_ENVIRONMENT:
		return parsed(builder, environment_json);
	case SHAPE_TMPFS:
		return tmpfs_schema(builder);
	case SHAPE_SECCOMP:
		return seccomp_schema(builder);
	case SHAPE_COUNT:
		break;
	}
	builder->failed = true;
	return NULL;
}

static json_t *definitions(struct builder *builder)
{
	json_t *all = json_object();
	json_t *path = matching(builder, "^" SHORTEST "(/|@\\{)" NO_CONTROL "*$");
	put(builder, path, "description",
		json_string("Absolute. With a final slash a directory and all below it; with "
			    "* ? [ ] { } or @{VARIABLE} a pattern; else one file, in libraries and "
			    "writable a directory."));
	put(builder, all, "path", path);
	put(builder, all, "file",
		matching(builder, "^" SHORTEST "/" NO_CONTROL "*[^\\x00-\\x1f\\x7f/]$"));
	put(builder, all, "network", network_schema(builder));
	put(builder, all, "capability", capability_schema(builder));
	put(builder, all, "assertion", assertion_schema(builder));
	put(builder, all, "child", place_schema(builder, PLACE_CHILD));
	return all;
}

/* `binary` may be missing with the template docker-default only. */
static void require_binary(struct builder *builder, json_t *root)
{
	put(builder, root, "if",
		parsed(builder, "{\"properties\": {\"template\": {\"const\": \"docker-default\"}}, "
				"\"required\": [\"template\"]}"));
	put(builder, root, "else",
		parsed(builder, "{\"properties\": {\"binary\": {\"minItems\": 1}}, "
				"\"required\": [\"binary\"]}"));
}

json_t *schema_new(void)
{
	struct builder builder = {.failed = false};
	json_t *root = json_object();
	put(&builder, root, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
	put(&builder, root, "title", json_string("aaforge service description"));
	json_t *body = place_schema(&builder, PLACE_SERVICE);
	if (json_object_update(root, body) != 0)
		builder.failed = true;
	json_decref(body);
	require_binary(&builder, root);
	put(&builder, root, "$defs", definitions(&builder));
	if (!builder.failed)
		return root;
	json_decref(root);
	return NULL;
}

static int add_text(const char *text, size_t len, void *out)
{
	buf_add(out, slice_of(text, len));
	return 0;
}

bool schema_print(struct buf *out)
{
	json_t *schema = schema_new();
	if (!schema)
		return false;
	bool ok = json_dump_callback(schema, add_text, out, JSON_INDENT(2) | JSON_PRESERVE_ORDER) ==
		  0;
	json_decref(schema);
	if (ok)
		buf_add_char(out, '\n');
	return ok;
}
