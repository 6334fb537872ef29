/*
 * config.json of the OCI runtime specification: what runc, crun and those above them start. The
 * description is written over a base: what every container gets, or the user's own config.json.
 *
 * What a config.json has no place for is the caller's business: the image is unpacked already, the
 * network is made ready, and restarting is done by who started it. Ports are noted where tools look
 * for them (annotations of the OCI image specification, conversion.md).
 */

#include "compiler/output/oci.h"

#include <stdlib.h>

#define PORTS_ANNOTATION "org.opencontainers.image.exposedPorts"

struct config {
	const struct launch *launch;
	const struct container *container;
	struct unit *unit;
	json_t *tree;
	json_t *process; /* of tree */
	bool is_merge;
};

json_t *oci_member(struct unit *unit, json_t *object, const char *key)
{
	json_t *member = json_object_get(object, key);
	if (json_is_object(member))
		return member;
	tree_put(unit, object, key, tree_object(unit));
	return json_object_get(object, key);
}

static json_t *list_member(struct unit *unit, json_t *object, const char *key)
{
	json_t *member = json_object_get(object, key);
	if (json_is_array(member))
		return member;
	tree_put(unit, object, key, tree_list(unit));
	return json_object_get(object, key);
}

/* An image may say who runs it; here there is none to be asked. */
static bool put_user(struct config *config)
{
	const struct container_user *user = &config->container->user;
	json_t *to = oci_member(config->unit, config->process, "user");
	if (user->is_given) {
		tree_put(config->unit, to, "uid", tree_number(config->unit, user->uid));
		tree_put(config->unit, to, "gid", tree_number(config->unit, user->gid));
		json_object_del(to, "additionalGids");
		return true;
	}
	if (config->is_merge)
		return true;
	struct span at = config->container->is_given ? config->container->span
						     : config->launch->compiled->service->name_span;
	return launch_refuse(config->launch, at,
		"a config.json names the user as a number: 'container' needs 'user', as "
		"'10001:10001'");
}

static struct slice base_name(struct slice path)
{
	for (size_t i = path.len; i > 0; i--)
		if (path.at[i - 1] == '/')
			return slice_from(path, i);
	return path;
}

static bool is_program(const struct service *service, struct slice word)
{
	if (slice_starts(word, SLICE("/")))
		return true;
	for (const struct path_entry *at = service->binary; at; at = at->next)
		if (at->kind == PATH_FILE && slice_eq(base_name(at->path), word))
			return true;
	return false;
}

/*
 * `command` is what follows the image's entrypoint, or all of it. With no image to be asked, it is
 * all of it when it begins with a path or with the name of a binary; else the binary comes before.
 */
static bool put_command(struct config *config)
{
	const struct service *service = config->launch->compiled->service;
	const struct text *command = config->container->command;
	const struct path_entry *binary = service->binary;
	if (!command && config->is_merge)
		return true;
	json_t *words = tree_texts(config->unit, command);
	bool is_whole = command && is_program(service, command->text);
	bool is_known = is_whole || (binary && binary->kind == PATH_FILE);
	if (is_known && !is_whole &&
		json_array_insert_new(words, 0, tree_text(config->unit, binary->path)) != 0)
		config->unit->arena.out_of_memory();
	if (is_known) {
		tree_put(config->unit, config->process, "args", words);
		return true;
	}
	json_decref(words);
	return launch_refuse(config->launch, command ? command->span : service->name_span,
		"a config.json names the program: '%s' must begin with its path",
		command ? "command" : "container: {command: […]}");
}

static bool is_set(struct slice entry, struct slice name)
{
	return slice_starts(entry, name) && entry.len > name.len && entry.at[name.len] == '=';
}

static size_t find_environment(const json_t *list, struct slice name)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);
		if (is_set(slice_of(json_string_value(entry), json_string_length(entry)), name))
			return i;
	}
	return json_array_size(list);
}

static bool put_environment(struct config *config)
{
	const struct environment *at = config->container->environment;
	if (!at)
		return true;
	json_t *list = list_member(config->unit, config->process, "env");
	for (; at; at = at->next) {
		size_t place = find_environment(list, at->name);
		bool is_there = place < json_array_size(list);
		if (!at->has_value && is_there)
			continue;
		if (!at->has_value)
			return launch_refuse(config->launch, at->span,
				"a config.json cannot take '%.*s' from the caller's environment",
				SLICE_FMT(at->name));
		struct slice text = arena_printf(&config->unit->arena, "%.*s=%.*s",
			SLICE_FMT(at->name), SLICE_FMT(at->value));
		if (!is_there)
			tree_add(config->unit, list, tree_text(config->unit, text));
		else if (json_array_set_new(list, place, tree_text(config->unit, text)) != 0)
			config->unit->arena.out_of_memory();
	}
	return true;
}

static json_t *capability_list(struct config *config, bool is_wanted)
{
	json_t *list = tree_list(config->unit);
	for (unsigned i = 0; i < 64; i++) {
		if (!is_wanted || !(config->container->capabilities >> i & 1))
			continue;
		struct slice name = arena_printf(&config->unit->arena, "CAP_%.*s",
			SLICE_FMT(launch_capability(config->launch, i)));
		tree_add(config->unit, list, tree_text(config->unit, name));
	}
	return list;
}

/* Who is not root keeps capabilities over execve() only as ambient ones (capabilities(7)). */
static void put_capabilities(struct config *config)
{
	static const struct set {
		const char *name;
		bool for_root;
	} sets[] = {
		{"bounding", true},
		{"effective", true},
		{"inheritable", false},
		{"permitted", true},
		{"ambient", false},
	};
	json_t *user = json_object_get(config->process, "user");
	bool is_root = json_integer_value(json_object_get(user, "uid")) == 0;
	json_t *to = oci_member(config->unit, config->process, "capabilities");
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		tree_put(config->unit, to, sets[i].name,
			capability_list(config, sets[i].for_root || !is_root));
}

static bool put_process(struct config *config)
{
	struct unit *unit = config->unit;
	config->process = oci_member(unit, config->tree, "process");
	if (!put_user(config) || !put_command(config) || !put_environment(config))
		return false;
	put_capabilities(config);
	tree_put(unit, config->process, "noNewPrivileges",
		tree_bool(config->container->no_new_privileges));
	tree_put(unit, config->process, "apparmorProfile",
		tree_text(unit, launch_name(config->launch)));
	return true;
}

static json_t *split_options(struct unit *unit, struct slice text)
{
	json_t *list = tree_list(unit);
	while (text.len > 0) {
		const char *comma = memchr(text.at, ',', text.len);
		size_t len = comma ? (size_t)(comma - text.at) : text.len;
		tree_add(unit, list, tree_text(unit, slice_first(text, len)));
		text = slice_from(text, len + 1);
	}
	return list;
}

static json_t *mount_new(struct unit *unit, struct slice destination, const char *type,
	struct slice source, struct slice options)
{
	json_t *mount = tree_object(unit);
	tree_put(unit, mount, "destination", tree_text(unit, destination));
	tree_put(unit, mount, "type", tree_string(unit, type));
	tree_put(unit, mount, "source", tree_text(unit, source));
	tree_put(unit, mount, "options", split_options(unit, options));
	return mount;
}

static struct slice destination_of(const json_t *mount)
{
	const json_t *value = json_object_get(mount, "destination");
	struct slice path = slice_of(json_string_value(value), json_string_length(value));
	while (path.len > 1 && path.at[path.len - 1] == '/')
		path.len--;
	return path;
}

/* In the place of what is mounted there, else before what lies below, else behind all. */
static void put_mount(struct unit *unit, json_t *list, json_t *mount)
{
	struct slice path = destination_of(mount);
	size_t below = json_array_size(list);
	for (size_t i = json_array_size(list); i > 0; i--) {
		struct slice other = destination_of(json_array_get(list, i - 1));
		if (slice_eq(other, path)) {
			if (json_array_set_new(list, i - 1, mount) != 0)
				unit->arena.out_of_memory();
			return;
		}
		if (slice_starts(other, path) && other.at[path.len] == '/')
			below = i - 1;
	}
	if (json_array_insert_new(list, below, mount) != 0)
		unit->arena.out_of_memory();
}

static bool put_mounts(struct config *config)
{
	struct unit *unit = config->unit;
	json_t *list = list_member(unit, config->tree, "mounts");
	for (const struct volume *at = config->container->volumes; at; at = at->next) {
		if (at->kind != VOLUME_BIND)
			return launch_refuse(config->launch, at->span,
				"a config.json has no volumes but directories of the host: "
				"'/srv/data:%.*s'",
				SLICE_FMT(at->target));
		put_mount(unit, list,
			mount_new(unit, at->target, "bind", at->source,
				at->read_only ? SLICE("rbind,rprivate,ro")
					      : SLICE("rbind,rprivate,rw")));
	}
	for (const struct tmpfs *at = config->container->tmpfs; at; at = at->next)
		put_mount(unit, list,
			mount_new(unit, at->path, "tmpfs", SLICE("tmpfs"),
				launch_tmpfs_options(config->launch, at)));
	return true;
}

static void put_limits(struct config *config, json_t *part)
{
	enum { PERIOD = 100000 }; /* microseconds: the kernel's default */
	struct unit *unit = config->unit;
	const struct container *container = config->container;
	if (container->memory + container->cpus + container->pids == 0)
		return;
	json_t *resources = oci_member(unit, part, "resources");
	if (container->memory > 0)
		tree_put(unit, oci_member(unit, resources, "memory"), "limit",
			tree_number(unit, (int64_t)container->memory));
	if (container->cpus > 0) {
		json_t *cpu = oci_member(unit, resources, "cpu");
		int64_t quota = (int64_t)container->cpus * PERIOD / 1000;
		tree_put(unit, cpu, "quota", tree_number(unit, quota));
		tree_put(unit, cpu, "period", tree_number(unit, PERIOD));
	}
	if (container->pids > 0)
		tree_put(unit, oci_member(unit, resources, "pids"), "limit",
			tree_number(unit, container->pids));
}

static bool put_linux(struct config *config)
{
	json_t *part = oci_member(config->unit, config->tree, "linux"), *filter;
	put_limits(config, part);
	if (!oci_seccomp(config->launch, &filter))
		return false;
	if (filter)
		tree_put(config->unit, part, "seccomp", filter);
	else
		json_object_del(part, "seccomp");
	return true;
}

static void put_ports(struct config *config)
{
	const struct port *at = config->container->ports;
	struct buf text = buf_new(&config->unit->arena);
	for (; at; at = at->next)
		buf_printf(&text, "%s%u/%s", text.len ? "," : "", at->container, at->protocol);
	if (text.len > 0)
		tree_put(config->unit, oci_member(config->unit, config->tree, "annotations"),
			PORTS_ANNOTATION, tree_text(config->unit, buf_slice(&text)));
}

/* What the kernel takes (HOST_NAME_MAX). */
static void put_hostname(struct config *config)
{
	enum { HOST_NAME_BYTES = 64 };
	struct slice name = launch_name(config->launch);
	if (!config->is_merge && name.len <= HOST_NAME_BYTES)
		tree_put(config->unit, config->tree, "hostname", tree_text(config->unit, name));
}

bool output_oci(const struct launch *launch, struct rendered *out)
{
	bool is_merge = launch->merge_path.len > 0;
	out->tree = is_merge ? oci_read(launch) : oci_base(launch->unit);
	if (!out->tree)
		return false;
	struct config config = {.launch = launch,
		.container = launch->container,
		.unit = launch->unit,
		.tree = out->tree,
		.is_merge = is_merge};
	if (!put_process(&config) || !put_mounts(&config) || !put_linux(&config))
		return false;
	tree_put(launch->unit, oci_member(launch->unit, out->tree, "root"), "readonly",
		tree_bool(launch->container->read_only));
	put_hostname(&config);
	put_ports(&config);
	return true;
}
