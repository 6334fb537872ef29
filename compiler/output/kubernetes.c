/*
 * A Deployment or a Pod, with a Service where ports are published. What a pod cannot say is told in
 * the comment, beside what must be there before it runs.
 */

#include "compiler/output/kube.h"

#include <inttypes.h>

/* Below it only root, and who has net_bind_service, may listen. */
enum { LOW_PORTS = 1024 };

struct manifest {
	const struct launch *launch;
	struct unit *unit;
	const struct container *container;
	struct kube_controls controls;
	struct slice name;
	struct buf *comment;
};

static void put_string(struct manifest *manifest, json_t *into, const char *key, const char *value)
{
	tree_put(manifest->unit, into, key, tree_string(manifest->unit, value));
}

static void put_text(struct manifest *manifest, json_t *into, const char *key, struct slice value)
{
	tree_put(manifest->unit, into, key, tree_text(manifest->unit, value));
}

static void put_number(struct manifest *manifest, json_t *into, const char *key, int64_t value)
{
	tree_put(manifest->unit, into, key, tree_number(manifest->unit, value));
}

static json_t *put_object(struct manifest *manifest, json_t *into, const char *key)
{
	return kube_put_object(manifest->launch, into, key);
}

static json_t *put_list(struct manifest *manifest, json_t *into, const char *key)
{
	return kube_put_list(manifest->launch, into, key);
}

static json_t *add_object(struct manifest *manifest, json_t *list)
{
	json_t *object = tree_object(manifest->unit);
	tree_add(manifest->unit, list, object);
	return object;
}

static void say(struct manifest *manifest, const char *line)
{
	buf_add_str(manifest->comment, line);
	buf_add_char(manifest->comment, '\n');
}

static void put_labels(struct manifest *manifest, json_t *into, const char *key)
{
	put_text(manifest, put_object(manifest, into, key), "app.kubernetes.io/name",
		manifest->name);
}

/* Quantities count in powers of two with an i: 67108864 is "64Mi". */
static struct slice quantity(struct manifest *manifest, uint64_t bytes)
{
	static const char *const units[] = {"", "Ki", "Mi", "Gi"};
	unsigned unit = 0;
	for (; unit < 3 && bytes > 0 && bytes % 1024 == 0; unit++)
		bytes /= 1024;
	return arena_printf(&manifest->unit->arena, "%" PRIu64 "%s", bytes, units[unit]);
}

/*
 * The kubelet puts values of variables for $(NAME) and makes $$ of it a $, in arguments and in the
 * environment. Nothing of the description means that: $(date) -> $$(date), $HOME stays.
 */
static struct slice literal(struct manifest *manifest, struct slice text)
{
	struct buf out = buf_new(&manifest->unit->arena);
	for (size_t i = 0; i < text.len; i++) {
		bool has_next = i + 1 < text.len;
		if (text.at[i] == '$' && has_next &&
			(text.at[i + 1] == '$' || text.at[i + 1] == '('))
			buf_add_char(&out, '$');
		buf_add_char(&out, text.at[i]);
	}
	return buf_slice(&out);
}

/* Volumes. A tmpfs is an emptyDir in memory: it can have a size, and nothing else. */

static bool needs_group(struct manifest *manifest)
{
	if (manifest->container->tmpfs)
		return true;
	for (const struct volume *at = manifest->container->volumes; at; at = at->next)
		if (at->kind != VOLUME_BIND)
			return true;
	return false;
}

static struct slice tmpfs_name(struct manifest *manifest, unsigned n)
{
	return arena_printf(&manifest->unit->arena, "tmpfs-%u", n);
}

static struct slice volume_name(struct manifest *manifest, unsigned n)
{
	return arena_printf(&manifest->unit->arena, "volume-%u", n);
}

/* A volume's name as that of a claim: Data_1 -> data-1. Names of volumes begin with a letter or a
 * digit. */
static struct slice claim_name(struct manifest *manifest, struct slice name)
{
	char *claim = arena_string(&manifest->unit->arena, name);
	size_t len = name.len < 63 ? name.len : 63;
	for (size_t i = 0; i < len; i++) {
		char c = claim[i];
		if (c >= 'A' && c <= 'Z')
			claim[i] = (char)(c - 'A' + 'a');
		else if (c == '_' || c == '.')
			claim[i] = '-';
	}
	while (len > 1 && claim[len - 1] == '-')
		len--;
	return slice_of(claim, len);
}

/* Two volumes that became one would share what they hold. */
static bool check_claims(struct manifest *manifest)
{
	const struct volume *volumes = manifest->container->volumes;
	for (const struct volume *at = volumes; at; at = at->next)
		for (const struct volume *other = volumes; other != at; other = other->next)
			if (at->kind == VOLUME_NAMED && other->kind == VOLUME_NAMED &&
				!slice_eq(at->source, other->source) &&
				slice_eq(claim_name(manifest, at->source),
					claim_name(manifest, other->source)))
				return launch_refuse(manifest->launch, at->span,
					"the volumes '%.*s' and '%.*s' would be one "
					"PersistentVolumeClaim: Kubernetes takes small letters, "
					"digits and '-' only",
					SLICE_FMT(other->source), SLICE_FMT(at->source));
	return true;
}

static void say_claims(struct manifest *manifest)
{
	for (const struct volume *at = manifest->container->volumes; at; at = at->next) {
		struct slice claim = slice_of(NULL, 0);
		if (at->kind == VOLUME_NAMED)
			claim = claim_name(manifest, at->source);
		if (claim.len > 0 && !slice_eq(claim, at->source))
			buf_printf(manifest->comment, "The claim of '%.*s' is called '%.*s'.\n",
				SLICE_FMT(at->source), SLICE_FMT(claim));
	}
}

static void put_source(struct manifest *manifest, json_t *volume, const struct volume *at)
{
	switch (at->kind) {
	case VOLUME_BIND:
		put_text(manifest, put_object(manifest, volume, "hostPath"), "path", at->source);
		return;
	case VOLUME_NAMED:
		put_text(manifest, put_object(manifest, volume, "persistentVolumeClaim"),
			"claimName", claim_name(manifest, at->source));
		return;
	case VOLUME_ANONYMOUS:
		put_object(manifest, volume, "emptyDir");
		return;
	}
}

static void put_volumes(struct manifest *manifest, json_t *spec)
{
	const struct container *container = manifest->container;
	if (!container->tmpfs && !container->volumes)
		return;
	json_t *list = put_list(manifest, spec, "volumes");
	unsigned n = 1;
	for (const struct tmpfs *at = container->tmpfs; at; at = at->next) {
		json_t *volume = add_object(manifest, list);
		put_text(manifest, volume, "name", tmpfs_name(manifest, n++));
		json_t *source = put_object(manifest, volume, "emptyDir");
		put_string(manifest, source, "medium", "Memory");
		put_text(manifest, source, "sizeLimit", quantity(manifest, at->size));
	}
	n = 1;
	for (const struct volume *at = container->volumes; at; at = at->next) {
		json_t *volume = add_object(manifest, list);
		put_text(manifest, volume, "name", volume_name(manifest, n++));
		put_source(manifest, volume, at);
	}
}

static void add_mount(struct manifest *manifest, json_t *list, struct slice name, struct slice path,
	bool read_only)
{
	json_t *mount = add_object(manifest, list);
	put_text(manifest, mount, "name", name);
	put_text(manifest, mount, "mountPath", path);
	if (read_only)
		tree_put(manifest->unit, mount, "readOnly", tree_bool(true));
}

static void put_mounts(struct manifest *manifest, json_t *into)
{
	const struct container *container = manifest->container;
	if (!container->tmpfs && !container->volumes)
		return;
	json_t *list = put_list(manifest, into, "volumeMounts");
	unsigned n = 1;
	for (const struct tmpfs *at = container->tmpfs; at; at = at->next)
		add_mount(manifest, list, tmpfs_name(manifest, n++), at->path, false);
	n = 1;
	for (const struct volume *at = container->volumes; at; at = at->next)
		add_mount(manifest, list, volume_name(manifest, n++), at->target, at->read_only);
}

static void say_volumes(struct manifest *manifest)
{
	unsigned seen = 0;
	for (const struct volume *at = manifest->container->volumes; at; at = at->next)
		seen |= 1u << at->kind;
	if (manifest->container->tmpfs)
		say(manifest, "An emptyDir in memory takes no owner, no mode and no noexec: it is "
			      "open to all users of the pod, its content counts as the "
			      "container's memory, and what is executed there is the profile's "
			      "business.");
	if (seen & 1u << VOLUME_NAMED)
		say(manifest, "A named volume is a PersistentVolumeClaim of that name, which must "
			      "be there.");
	say_claims(manifest);
	if (seen & 1u << VOLUME_BIND)
		say(manifest, "A hostPath ties the pod to nodes that have the path; the Pod "
			      "Security levels baseline and restricted refuse it.");
}

/* Ports. */

static bool is_exposed_before(struct manifest *manifest, const struct port *port)
{
	for (const struct port *at = manifest->container->ports; at != port; at = at->next)
		if (at->container == port->container && strcmp(at->protocol, port->protocol) == 0)
			return true;
	return false;
}

/* A service has no address of a host, and no port of chance. */
static bool is_published(const struct port *port)
{
	return port->host != 0 && port->address.len == 0;
}

static bool is_published_before(struct manifest *manifest, const struct port *port)
{
	for (const struct port *at = manifest->container->ports; at != port; at = at->next)
		if (is_published(at) && at->host == port->host &&
			strcmp(at->protocol, port->protocol) == 0)
			return true;
	return false;
}

static void put_protocol(struct manifest *manifest, json_t *into, const struct port *port)
{
	char *text = arena_string(&manifest->unit->arena, slice_str(port->protocol));
	for (char *c = text; *c; c++)
		*c = (char)(*c - 'a' + 'A');
	put_string(manifest, into, "protocol", text);
}

static struct slice port_name(struct manifest *manifest, const char *protocol, unsigned number)
{
	return arena_printf(&manifest->unit->arena, "%s-%u", protocol, number);
}

static void put_ports(struct manifest *manifest, json_t *into)
{
	if (!manifest->container->ports)
		return;
	json_t *list = put_list(manifest, into, "ports");
	for (const struct port *at = manifest->container->ports; at; at = at->next) {
		if (is_exposed_before(manifest, at))
			continue;
		json_t *port = add_object(manifest, list);
		put_text(manifest, port, "name", port_name(manifest, at->protocol, at->container));
		put_number(manifest, port, "containerPort", at->container);
		put_protocol(manifest, port, at);
	}
}

static json_t *make_service(struct manifest *manifest)
{
	json_t *service = kube_object(manifest->launch, "v1", "Service", manifest->name);
	put_labels(manifest, json_object_get(service, "metadata"), "labels");
	json_t *spec = put_object(manifest, service, "spec");
	put_labels(manifest, spec, "selector");
	json_t *list = put_list(manifest, spec, "ports");
	for (const struct port *at = manifest->container->ports; at; at = at->next) {
		if (!is_published(at) || is_published_before(manifest, at))
			continue;
		json_t *port = add_object(manifest, list);
		put_text(manifest, port, "name", port_name(manifest, at->protocol, at->host));
		put_number(manifest, port, "port", at->host);
		put_text(manifest, port, "targetPort",
			port_name(manifest, at->protocol, at->container));
		put_protocol(manifest, port, at);
	}
	return service;
}

static bool has_service(struct manifest *manifest)
{
	for (const struct port *at = manifest->container->ports; at; at = at->next)
		if (is_published(at))
			return true;
	return false;
}

static void say_ports(struct manifest *manifest)
{
	bool is_left_out = false;
	for (const struct port *at = manifest->container->ports; at; at = at->next)
		is_left_out |= at->address.len > 0;
	if (has_service(manifest))
		say(manifest, "Published ports are those of a Service within the cluster.");
	if (is_left_out)
		say(manifest, "A port that is published on an address of the host is only exposed: "
			      "a Service has no such address.");
}

/* The lowest port that this user may not listen on, or 0. */
static unsigned low_port(struct manifest *manifest)
{
	unsigned lowest = LOW_PORTS;
	for (const struct port *at = manifest->container->ports; at; at = at->next)
		if (at->container < lowest)
			lowest = at->container;
	return manifest->controls.non_root && lowest < LOW_PORTS ? lowest : 0;
}

/* Who it runs as and what it may. */

static void put_user(struct manifest *manifest, json_t *context)
{
	const struct container_user *user = &manifest->container->user;
	if (manifest->controls.non_root)
		tree_put(manifest->unit, context, "runAsNonRoot", tree_bool(true));
	if (user->is_given) {
		put_number(manifest, context, "runAsUser", user->uid);
		put_number(manifest, context, "runAsGroup", user->gid);
	}
	if (user->is_given && needs_group(manifest)) {
		put_number(manifest, context, "fsGroup", user->gid);
		put_string(manifest, context, "fsGroupChangePolicy", "OnRootMismatch");
	}
}

static void put_pod_context(struct manifest *manifest, json_t *spec)
{
	json_t *context = put_object(manifest, spec, "securityContext");
	put_user(manifest, context);
	tree_put(manifest->unit, context, "seccompProfile", kube_seccomp(manifest->launch));
	unsigned lowest = low_port(manifest);
	if (lowest == 0)
		return;
	json_t *sysctl = add_object(manifest, put_list(manifest, context, "sysctls"));
	put_string(manifest, sysctl, "name", "net.ipv4.ip_unprivileged_port_start");
	put_text(manifest, sysctl, "value", arena_printf(&manifest->unit->arena, "%u", lowest));
}

static void put_container_context(struct manifest *manifest, json_t *into)
{
	struct unit *unit = manifest->unit;
	json_t *context = put_object(manifest, into, "securityContext");
	tree_put(unit, context, "readOnlyRootFilesystem",
		tree_bool(manifest->controls.read_only_root));
	tree_put(unit, context, "allowPrivilegeEscalation",
		tree_bool(!manifest->controls.no_escalation));
	json_t *capabilities = put_object(manifest, context, "capabilities");
	tree_add(unit, put_list(manifest, capabilities, "drop"), tree_string(unit, "ALL"));
	if (manifest->container->capabilities != 0)
		tree_put(unit, capabilities, "add", kube_capabilities(manifest->launch));
	if (!manifest->controls.annotation)
		tree_put(unit, context, "appArmorProfile", kube_apparmor(manifest->launch));
}

static void say_context(struct manifest *manifest)
{
	const struct container *container = manifest->container;
	if (manifest->controls.non_root && !container->user.is_given)
		say(manifest, "The description names no 'user': the image's own must be a number "
			      "other than 0, or the kubelet does not start it.");
	if (manifest->controls.non_root && container->capabilities != 0)
		say(manifest,
			manifest->controls.no_escalation
				? "Capabilities that are added are not those of a process that is "
				  "not root, and allowPrivilegeEscalation: false keeps it from "
				  "getting them from a file."
				: "Capabilities that are added reach a process that is not root "
				  "only from a file (setcap).");
	if (low_port(manifest) != 0)
		say(manifest, "The sysctl lets who is not root listen on low ports; it is one of "
			      "the safe ones from Kubernetes 1.22 on.");
	if (manifest->controls.annotation)
		say(manifest, "AppArmor is an annotation, as Kubernetes before 1.30 has no field "
			      "for it; from 1.30 on use --kubernetes-version 1.30.");
}

static void put_environment(struct manifest *manifest, json_t *into)
{
	if (!manifest->container->environment)
		return;
	json_t *list = put_list(manifest, into, "env");
	struct slice secret =
		arena_printf(&manifest->unit->arena, "%.*s-environment", SLICE_FMT(manifest->name));
	bool is_told = false;
	for (const struct environment *at = manifest->container->environment; at; at = at->next) {
		json_t *variable = add_object(manifest, list);
		put_text(manifest, variable, "name", at->name);
		if (at->has_value) {
			put_text(manifest, variable, "value", literal(manifest, at->value));
			continue;
		}
		json_t *reference = put_object(
			manifest, put_object(manifest, variable, "valueFrom"), "secretKeyRef");
		put_text(manifest, reference, "name", secret);
		put_text(manifest, reference, "key", at->name);
		if (!is_told)
			buf_printf(manifest->comment,
				"Variables without a value are those of a Secret: kubectl create "
				"secret generic %.*s --from-literal=NAME=VALUE …\n",
				SLICE_FMT(secret));
		is_told = true;
	}
}

static void put_limits(struct manifest *manifest, json_t *into)
{
	const struct container *container = manifest->container;
	if (container->pids > 0)
		say(manifest, "A pod has no limit of processes of its own ('pids'): it is the "
			      "kubelet's podPidsLimit, for all pods of a node.");
	if (container->memory == 0 && container->cpus == 0)
		return;
	json_t *limits = put_object(manifest, put_object(manifest, into, "resources"), "limits");
	if (container->cpus > 0)
		put_text(manifest, limits, "cpu",
			container->cpus % 1000
				? arena_printf(&manifest->unit->arena, "%um", container->cpus)
				: launch_cpus(manifest->launch, container->cpus));
	if (container->memory > 0)
		put_text(manifest, limits, "memory", quantity(manifest, container->memory));
}

static void put_arguments(struct manifest *manifest, json_t *into)
{
	if (!manifest->container->command)
		return;
	json_t *list = put_list(manifest, into, "args");
	for (const struct text *at = manifest->container->command; at; at = at->next)
		tree_add(manifest->unit, list,
			tree_text(manifest->unit, literal(manifest, at->text)));
}

static void put_container(struct manifest *manifest, json_t *spec)
{
	json_t *container = add_object(manifest, put_list(manifest, spec, "containers"));
	put_text(manifest, container, "name", manifest->name);
	put_text(manifest, container, "image", manifest->container->image);
	put_arguments(manifest, container);
	put_environment(manifest, container);
	put_ports(manifest, container);
	put_limits(manifest, container);
	put_container_context(manifest, container);
	put_mounts(manifest, container);
}

static const char *restart_policy(struct manifest *manifest)
{
	const struct container *container = manifest->container;
	switch (container->restart) {
	case RESTART_NO:
		return "Never";
	case RESTART_ON_FAILURE:
		if (container->restart_most > 0)
			say(manifest, "A pod restarts on failure without an end: the number in "
				      "'restart' has no counterpart.");
		return "OnFailure";
	case RESTART_ALWAYS:
	case RESTART_UNLESS_STOPPED:
		break;
	}
	return "Always";
}

static void put_pod(struct manifest *manifest, json_t *into, bool is_deployed)
{
	struct unit *unit = manifest->unit;
	const struct container *container = manifest->container;
	bool wants_end =
		container->restart == RESTART_NO || container->restart == RESTART_ON_FAILURE;
	json_t *spec = put_object(manifest, into, "spec");
	tree_put(unit, spec, "automountServiceAccountToken", tree_bool(false));
	tree_put(unit, spec, "enableServiceLinks", tree_bool(false));
	if (!is_deployed)
		put_string(manifest, spec, "restartPolicy", restart_policy(manifest));
	else if (container->restart_span.end > container->restart_span.begin && wants_end)
		say(manifest, "A Deployment always restarts its pods, whatever 'restart' says: "
			      "--kind Pod does as it says.");
	put_pod_context(manifest, spec);
	put_container(manifest, spec);
	put_volumes(manifest, spec);
}

static void put_annotation(struct manifest *manifest, json_t *metadata)
{
	struct arena *arena = &manifest->unit->arena;
	if (!manifest->controls.annotation)
		return;
	tree_put_text(manifest->unit, put_object(manifest, metadata, "annotations"),
		arena_printf(arena, KUBE_APPARMOR_ANNOTATION "%.*s", SLICE_FMT(manifest->name)),
		tree_text(manifest->unit, arena_printf(arena, "localhost/%.*s",
						  SLICE_FMT(launch_name(manifest->launch)))));
}

static json_t *make_pod(struct manifest *manifest)
{
	json_t *pod = kube_object(manifest->launch, "v1", "Pod", manifest->name);
	json_t *metadata = json_object_get(pod, "metadata");
	put_labels(manifest, metadata, "labels");
	put_annotation(manifest, metadata);
	put_pod(manifest, pod, false);
	return pod;
}

static json_t *make_deployment(struct manifest *manifest)
{
	json_t *deployment = kube_object(manifest->launch, "apps/v1", "Deployment", manifest->name);
	put_labels(manifest, json_object_get(deployment, "metadata"), "labels");
	json_t *spec = put_object(manifest, deployment, "spec");
	put_number(manifest, spec, "replicas", 1);
	put_labels(manifest, put_object(manifest, spec, "selector"), "matchLabels");
	json_t *template = put_object(manifest, spec, "template");
	json_t *metadata = put_object(manifest, template, "metadata");
	put_labels(manifest, metadata, "labels");
	put_annotation(manifest, metadata);
	put_pod(manifest, template, true);
	return deployment;
}

bool output_kubernetes(const struct launch *launch, struct rendered *out)
{
	struct manifest manifest = {
		.launch = launch,
		.unit = launch->unit,
		.container = launch->container,
		.controls = kube_controls(launch),
		.name = kube_name(launch),
		.comment = &out->comment,
	};
	if (!check_claims(&manifest))
		return false;
	launch_say_load(launch, out);
	say(&manifest,
		"Every node that may run the pod must have it: elsewhere the container does not start.");
	kube_say_seccomp(launch, out);
	kube_say_name(launch, out);
	say_context(&manifest);
	say_volumes(&manifest);
	say_ports(&manifest);
	out->tree = tree_list(launch->unit);
	bool is_pod = launch->kind == WORKLOAD_POD;
	tree_add(
		launch->unit, out->tree, is_pod ? make_pod(&manifest) : make_deployment(&manifest));
	if (has_service(&manifest))
		tree_add(launch->unit, out->tree, make_service(&manifest));
	return true;
}
