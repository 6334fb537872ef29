/* A service of the Compose specification. */

#include "compiler/output/launch.h"

struct composer {
	const struct launch *launch;
	struct unit *unit;
	const struct container *container;
	json_t *service;
};

/* Compose replaces $NAME and ${NAME} in every value: $$ is a dollar. */
static json_t *plain(struct composer *composer, struct slice text)
{
	struct buf out = buf_new(&composer->unit->arena);
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '$')
			buf_add_char(&out, '$');
		buf_add_char(&out, text.at[i]);
	}
	return tree_text(composer->unit, buf_slice(&out));
}

static void put(struct composer *composer, const char *key, json_t *value)
{
	tree_put(composer->unit, composer->service, key, value);
}

static void put_text(struct composer *composer, const char *key, struct slice text)
{
	put(composer, key, plain(composer, text));
}

/* A list that is left out when it is empty. */
static void put_list(struct composer *composer, const char *key, json_t *list)
{
	if (json_array_size(list) > 0)
		put(composer, key, list);
	else
		json_decref(list);
}

static void add_command(struct composer *composer)
{
	json_t *words = tree_list(composer->unit);
	for (const struct text *at = composer->container->command; at; at = at->next)
		tree_add(composer->unit, words, plain(composer, at->text));
	put_list(composer, "command", words);
}

/* The short form: the long one knows no owner. */
static void add_tmpfs(struct composer *composer)
{
	json_t *list = tree_list(composer->unit);
	for (const struct tmpfs *at = composer->container->tmpfs; at; at = at->next) {
		struct slice options = launch_tmpfs_options(composer->launch, at);
		tree_add(composer->unit, list,
			plain(composer, arena_printf(&composer->unit->arena, "%.*s:%.*s",
						SLICE_FMT(at->path), SLICE_FMT(options))));
	}
	put_list(composer, "tmpfs", list);
}

/* The long form: with the short one, a source that is not there becomes a directory of root's. */
static json_t *volume_of(struct composer *composer, const struct volume *volume)
{
	struct unit *unit = composer->unit;
	bool is_bind = volume->kind == VOLUME_BIND;
	json_t *tree = tree_object(unit);
	tree_put(unit, tree, "type", tree_string(unit, is_bind ? "bind" : "volume"));
	if (volume->source.len > 0)
		tree_put(unit, tree, "source", plain(composer, volume->source));
	tree_put(unit, tree, "target", plain(composer, volume->target));
	if (volume->read_only)
		tree_put(unit, tree, "read_only", tree_bool(true));
	return tree;
}

static void add_volumes(struct composer *composer)
{
	json_t *list = tree_list(composer->unit);
	for (const struct volume *at = composer->container->volumes; at; at = at->next)
		tree_add(composer->unit, list, volume_of(composer, at));
	put_list(composer, "volumes", list);
}

static void add_capabilities(struct composer *composer)
{
	struct unit *unit = composer->unit;
	json_t *dropped = tree_list(unit), *added = tree_list(unit);
	tree_add(unit, dropped, tree_string(unit, "ALL"));
	for (unsigned i = 0; i < 64; i++)
		if (composer->container->capabilities >> i & 1)
			tree_add(unit, added,
				tree_text(unit, launch_capability(composer->launch, i)));
	put(composer, "cap_drop", dropped);
	put_list(composer, "cap_add", added);
}

static void add_security(struct composer *composer)
{
	struct unit *unit = composer->unit;
	const struct launch *launch = composer->launch;
	json_t *list = tree_list(unit);
	if (composer->container->no_new_privileges)
		tree_add(unit, list, tree_string(unit, "no-new-privileges:true"));
	if (launch->seccomp_file.len > 0)
		tree_add(unit, list,
			plain(composer, arena_printf(&unit->arena, "seccomp=%.*s",
						SLICE_FMT(launch->seccomp_file))));
	else if (composer->container->seccomp.kind == SECCOMP_UNCONFINED)
		tree_add(unit, list, tree_string(unit, "seccomp=unconfined"));
	tree_add(unit, list,
		tree_text(unit, arena_printf(&unit->arena, "apparmor=%.*s",
					SLICE_FMT(launch_name(launch)))));
	put(composer, "security_opt", list);
}

/* The keys that `docker compose up` honours; those of `deploy` are for a swarm. */
static void add_limits(struct composer *composer)
{
	const struct container *container = composer->container;
	if (container->memory > 0)
		put_text(composer, "mem_limit", launch_bytes(composer->launch, container->memory));
	if (container->cpus > 0)
		put_text(composer, "cpus", launch_cpus(composer->launch, container->cpus));
	if (container->pids > 0)
		put(composer, "pids_limit", tree_number(composer->unit, container->pids));
}

static void add_ports(struct composer *composer)
{
	struct unit *unit = composer->unit;
	json_t *published = tree_list(unit), *exposed = tree_list(unit);
	for (const struct port *at = composer->container->ports; at; at = at->next)
		tree_add(unit, port_is_published(at) ? published : exposed,
			tree_text(unit, launch_port(composer->launch, at)));
	put_list(composer, "ports", published);
	put_list(composer, "expose", exposed);
}

static void add_environment(struct composer *composer)
{
	struct unit *unit = composer->unit;
	if (!composer->container->environment)
		return;
	json_t *tree = tree_object(unit);
	for (const struct environment *at = composer->container->environment; at; at = at->next)
		tree_put_text(unit, tree, at->name,
			at->has_value ? plain(composer, at->value) : json_null());
	put(composer, "environment", tree);
}

static json_t *named_volumes(struct composer *composer)
{
	json_t *tree = tree_object(composer->unit);
	for (const struct volume *at = composer->container->volumes; at; at = at->next)
		if (at->kind == VOLUME_NAMED)
			tree_put_text(
				composer->unit, tree, at->source, tree_object(composer->unit));
	return tree;
}

static void add_identity(struct composer *composer)
{
	const struct container *container = composer->container;
	put_text(composer, "image", container->image);
	add_command(composer);
	if (container->user.is_given)
		put_text(composer, "user", launch_user(composer->launch));
	put_text(composer, "restart", launch_restart(composer->launch));
}

bool output_compose(const struct launch *launch, struct rendered *out)
{
	struct unit *unit = launch->unit;
	struct composer composer = {launch, unit, launch->container, tree_object(unit)};
	launch_say_load(launch, out);
	launch_say_filter(launch, out);
	add_identity(&composer);
	if (launch->container->read_only)
		put(&composer, "read_only", tree_bool(true));
	add_tmpfs(&composer);
	add_volumes(&composer);
	add_capabilities(&composer);
	add_security(&composer);
	add_limits(&composer);
	add_ports(&composer);
	add_environment(&composer);
	json_t *services = tree_object(unit);
	tree_put_text(unit, services, launch_name(launch), composer.service);
	out->tree = tree_object(unit);
	tree_put(unit, out->tree, "services", services);
	json_t *volumes = named_volumes(&composer);
	if (json_object_size(volumes) > 0)
		tree_put(unit, out->tree, "volumes", volumes);
	else
		json_decref(volumes);
	return true;
}
