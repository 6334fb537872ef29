/*
 * Compose files (the Compose specification, and the first version, whose services stand at the
 * top). Anchors, aliases and merge keys are the YAML reader's; `extends` of a service of the same
 * file is followed here: mappings and lists are joined, scalars of the nearer service win.
 */
#include "audit/intake.h"

#include "compiler/service/index.h"

enum { EXTENDS_MAX = 8 };

/* A service and what it extends, the nearest first. */
struct chain {
	const struct node *services;
	const struct node *nodes[EXTENDS_MAX];
	size_t count;
	const char *unknown;
};

static bool is_service(const struct node *node)
{
	return node->kind == NODE_MAPPING && (node_get(node, "image") || node_get(node, "build"));
}

bool is_compose(const struct node *root)
{
	const struct node *services = node_get(root, "services");
	if (services)
		return services->kind == NODE_MAPPING;
	if (root->kind != NODE_MAPPING || node_get(root, "apiVersion"))
		return false;
	bool found = false;
	for (const struct entry *entry = root->first; entry; entry = entry->next) {
		if (entry->value->kind != NODE_MAPPING)
			return false;
		found |= is_service(entry->value);
	}
	return found;
}

static const struct node *find_service(const struct node *services, struct slice name)
{
	for (const struct entry *entry = services->first; entry; entry = entry->next)
		if (slice_eq(entry->key->text, name))
			return entry->value->kind == NODE_MAPPING ? entry->value : NULL;
	return NULL;
}

static void follow(struct chain *chain, const struct node *service)
{
	while (service && chain->count < EXTENDS_MAX) {
		chain->nodes[chain->count++] = service;
		const struct node *extends = node_get(service, "extends");
		if (!extends || node_is_null(extends))
			return;
		const struct node *name =
			extends->kind == NODE_MAPPING ? node_get(extends, "service") : extends;
		if (node_get(extends, "file")) {
			chain->unknown = "what 'extends' takes from another file";
			return;
		}
		service = name && name->kind == NODE_SCALAR
				  ? find_service(chain->services, name->text)
				  : NULL;
		if (!service)
			chain->unknown = "what 'extends' refers to";
	}
}

/* The nearest one that says something. */
static const struct node *chain_at(const struct chain *chain, const char *path)
{
	for (size_t i = 0; i < chain->count; i++) {
		const struct node *node = node_at(chain->nodes[i], path);
		if (node && !node_is_null(node))
			return node;
	}
	return NULL;
}

static const struct text *chain_text(
	struct intake *intake, const struct chain *chain, const char *path)
{
	return scalar_text(intake, chain_at(chain, path));
}

typedef void take_word(struct intake *intake, struct subject *subject, const struct text *text);
typedef void take_node(struct intake *intake, struct subject *subject, const struct node *node);

/* Each entry of a list, or a scalar that stands for a list of one, of the farthest service first.
 */
static void chain_each(struct intake *intake, struct subject *subject, const struct chain *chain,
	const char *key, take_word *word, take_node *node)
{
	for (size_t i = chain->count; i > 0; i--) {
		const struct node *list = node_get(chain->nodes[i - 1], key);
		if (!list)
			continue;
		if (list->kind == NODE_SCALAR) {
			const struct text *text = scalar_text(intake, list);
			if (text)
				word(intake, subject, text);
			continue;
		}
		for (const struct entry *entry = list->first; entry && !words_are_over(intake);
			entry = entry->next) {
			const struct text *text = scalar_text(intake, entry->value);
			if (text)
				word(intake, subject, text);
			else if (node && entry->value->kind == NODE_MAPPING)
				node(intake, subject, entry->value);
		}
	}
}

static void take_long_volume(
	struct intake *intake, struct subject *subject, const struct node *node)
{
	struct slice type = slice_at(node, "type");
	struct slice propagation = slice_at(node, "bind/propagation");
	struct subject_mount *mount = mount_append(intake, subject,
		slice_is(type, "bind")	  ? MOUNT_BIND
		: slice_is(type, "tmpfs") ? MOUNT_TMPFS
					  : MOUNT_VOLUME,
		slice_at(node, "source"), slice_at(node, "target"), place_of(intake, node));
	mount->read_only = flag_at(node, "read_only").truth == SAID_TRUE;
	mount->shared = slice_is(propagation, "shared") || slice_is(propagation, "rshared");
	mount->has_size = slice_at(node, "tmpfs/size").len > 0;
}

static void take_long_port(struct intake *intake, struct subject *subject, const struct node *node)
{
	struct slice published = slice_at(node, "published"), target = slice_at(node, "target");
	struct slice text = published.len > 0 ? arena_printf(&intake->unit->arena, "%.*s:%.*s",
							SLICE_FMT(published), SLICE_FMT(target))
					      : target;
	port_append(intake, subject, text, slice_at(node, "host_ip"), place_of(intake, node));
}

static void take_device(struct intake *intake, struct subject *subject, const struct text *text)
{
	struct slice rest;
	words_say(intake, &subject->devices, cut(text->text, ':', &rest), text->span);
}

static void take_long_device(
	struct intake *intake, struct subject *subject, const struct node *node)
{
	struct slice source = slice_at(node, "source");
	if (source.len > 0)
		words_say(intake, &subject->devices, source, place_of(intake, node));
}

static void take_rule(struct intake *intake, struct subject *subject, const struct text *text)
{
	words_append(intake, &subject->device_rules, text);
}

static void take_group(struct intake *intake, struct subject *subject, const struct text *text)
{
	words_append(intake, &subject->groups, text);
}

/* Devices that a driver brings: `gpus`, and reservations of `deploy`. */
static void take_driven(struct intake *intake, struct subject *subject, const struct chain *chain)
{
	const struct node *nodes[] = {
		chain_at(chain, "gpus"), chain_at(chain, "deploy/resources/reservations/devices")};
	for (size_t i = 0; i < 2; i++)
		if (nodes[i])
			words_say(intake, &subject->devices, SLICE("gpus"),
				place_of(intake, nodes[i]));
}

/* `use_api_socket: true` mounts the engine's socket. */
static void take_socket(struct intake *intake, struct subject *subject, const struct chain *chain)
{
	struct flag flag = flag_of(chain_at(chain, "use_api_socket"));
	if (flag.truth == SAID_TRUE)
		mount_append(intake, subject, MOUNT_BIND, SLICE("/var/run/docker.sock"),
			SLICE("/var/run/docker.sock"), flag.at);
}

/* A volume of the file whose driver is told to bind a directory of the host. */
static void take_bound(struct subject *subject, const struct index *volumes)
{
	for (struct subject_mount *mount = (struct subject_mount *)subject->mounts; mount;
		mount = mount->next) {
		if (mount->kind != MOUNT_VOLUME || mount->source.len == 0)
			continue;
		const struct node *volume = index_find(volumes, mount->source);
		struct slice options = slice_at(volume, "driver_opts/o");
		while (options.len > 0) {
			struct slice option = cut(options, ',', &options);
			if (!slice_is(option, "bind") && !slice_is(option, "rbind"))
				continue;
			mount->kind = MOUNT_BIND;
			mount->source = slice_at(volume, "driver_opts/device");
			break;
		}
	}
}

static void take_added(struct intake *intake, struct subject *subject, const struct text *text)
{
	words_append(intake, &subject->cap_add, text);
}

static void take_dropped(struct intake *intake, struct subject *subject, const struct text *text)
{
	words_append(intake, &subject->cap_drop, text);
}

static void read_scalars(struct intake *intake, struct subject *subject, const struct chain *chain)
{
	static const char *const shares[SHARE_COUNT] = {
		[SHARE_PID] = "pid",
		[SHARE_NETWORK] = "network_mode",
		[SHARE_IPC] = "ipc",
		[SHARE_USERNS] = "userns_mode",
		[SHARE_UTS] = "uts",
		[SHARE_CGROUP] = "cgroup",
	};
	for (size_t i = 0; i < SHARE_COUNT; i++)
		subject->share[i] = chain_text(intake, chain, shares[i]);
	subject->image = chain_text(intake, chain, "image");
	subject->restart = chain_text(intake, chain, "restart");
	if (!subject->restart)
		subject->restart = chain_text(intake, chain, "deploy/restart_policy/condition");
	if (!subject->restart && chain_at(chain, "deploy/restart_policy"))
		subject->restart = text_new(intake, SLICE("any"), subject->at);
	subject->privileged = flag_of(chain_at(chain, "privileged"));
	subject->read_only = flag_of(chain_at(chain, "read_only"));
	const struct text *user = chain_text(intake, chain, "user");
	if (user)
		take_user(intake, subject, user);
}

static void read_limits(struct intake *intake, struct subject *subject, const struct chain *chain)
{
	static const char *const memory[] = {"mem_limit", "deploy/resources/limits/memory"};
	static const char *const cpus[] = {
		"cpus", "cpu_quota", "cpuset", "deploy/resources/limits/cpus"};
	static const char *const pids[] = {"pids_limit", "deploy/resources/limits/pids"};
	for (size_t i = 0; i < 2 && !subject->memory; i++)
		subject->memory = chain_text(intake, chain, memory[i]);
	for (size_t i = 0; i < 4 && !subject->cpus; i++)
		subject->cpus = chain_text(intake, chain, cpus[i]);
	for (size_t i = 0; i < 2 && !subject->pids; i++)
		subject->pids = chain_text(intake, chain, pids[i]);
}

static void read_service(struct intake *intake, struct workload *workload,
	const struct node *services, const struct index *volumes, const struct entry *entry)
{
	struct subject *subject = add_subject(intake, workload, entry->key->text, entry->value);
	if (!subject)
		return;
	struct chain chain = {.services = services};
	follow(&chain, entry->value);
	for (size_t i = 0; i < chain.count; i++)
		if (!is_small(intake, chain.nodes[i]))
			return;
	subject->at = entry->key->span;
	subject->unknown = chain.unknown;
	subject->where = arena_printf(&intake->unit->arena, "%s%.*s",
		services == intake->root ? "" : "services.", SLICE_FMT(entry->key->text));
	read_scalars(intake, subject, &chain);
	read_limits(intake, subject, &chain);
	chain_each(intake, subject, &chain, "security_opt", take_security_opt, NULL);
	chain_each(intake, subject, &chain, "cap_add", take_added, NULL);
	chain_each(intake, subject, &chain, "cap_drop", take_dropped, NULL);
	chain_each(intake, subject, &chain, "devices", take_device, take_long_device);
	chain_each(intake, subject, &chain, "device_cgroup_rules", take_rule, NULL);
	chain_each(intake, subject, &chain, "volumes", take_volume, take_long_volume);
	chain_each(intake, subject, &chain, "tmpfs", take_tmpfs, NULL);
	take_bound(subject, volumes);
	take_socket(intake, subject, &chain);
	take_driven(intake, subject, &chain);
	chain_each(intake, subject, &chain, "group_add", take_group, NULL);
	chain_each(intake, subject, &chain, "ports", take_port, take_long_port);
}

static struct index index_volumes(struct intake *intake, const struct node *volumes)
{
	struct index index = index_new(&intake->unit->arena);
	if (!volumes || volumes->kind != NODE_MAPPING)
		return index;
	for (const struct entry *entry = volumes->first; entry; entry = entry->next)
		*index_at(&index, entry->key->text) = (void *)entry->value;
	return index;
}

void read_compose(struct intake *intake, const struct node *root)
{
	const struct node *services = node_get(root, "services");
	if (!services)
		services = root;
	struct workload *workload =
		add_workload(intake, INPUT_COMPOSE, SLICE("compose"), slice_of(NULL, 0));
	workload->at = place_of(intake, services);
	struct index volumes = index_volumes(intake, node_get(root, "volumes"));
	for (const struct entry *entry = services->first; entry; entry = entry->next)
		if (entry->value->kind == NODE_MAPPING)
			read_service(intake, workload, services, &volumes, entry);
}
