/*
 * Kubernetes manifests: any object with a pod template, and lists of them. What the pod's
 * securityContext says goes for each container that does not say otherwise.
 */
#include "audit/intake.h"

#include "compiler/service/index.h"

#define ANNOTATION "container.apparmor.security.beta.kubernetes.io/"

enum { LISTS_MAX = 4 };

struct pod {
	struct intake *intake;
	struct workload *workload;
	const struct node *spec, *security, *annotations;
	struct index volumes;
};

bool is_kubernetes(const struct node *root)
{
	const struct node *kind = node_get(root, "kind");
	return kind && kind->kind == NODE_SCALAR && node_get(root, "apiVersion");
}

/* The container's own word, else the pod's. */
static const struct node *either(const struct pod *pod, const struct node *own, const char *path)
{
	const struct node *node = node_at(own, path);
	return node && !node_is_null(node) ? node : node_at(pod->security, path);
}

static const struct text *profile_of(struct intake *intake, const struct node *profile)
{
	const struct node *type = node_get(profile, "type");
	if (!type || type->kind != NODE_SCALAR)
		return NULL;
	const struct node *name = node_get(profile, "localhostProfile");
	if (slice_is(type->text, "RuntimeDefault"))
		return text_new(intake, SLICE("runtime/default"), type->span);
	if (slice_is(type->text, "Unconfined"))
		return text_new(intake, SLICE("unconfined"), type->span);
	const struct text *text = scalar_text(intake, name);
	return text ? text : text_new(intake, SLICE(""), type->span);
}

/* "localhost/web" of the annotation of releases before 1.30. */
static const struct text *annotated(const struct pod *pod, struct slice container)
{
	if (!pod->annotations || pod->annotations->kind != NODE_MAPPING)
		return NULL;
	for (const struct entry *entry = pod->annotations->first; entry; entry = entry->next) {
		struct slice key = entry->key->text;
		if (!slice_starts(key, SLICE(ANNOTATION)) ||
			!slice_eq(slice_from(key, strlen(ANNOTATION)), container))
			continue;
		const struct text *text = scalar_text(pod->intake, entry->value);
		if (text && slice_starts(text->text, SLICE("localhost/")))
			return text_new(pod->intake, slice_from(text->text, 10), text->span);
		return text;
	}
	return NULL;
}

static void read_profiles(const struct pod *pod, struct subject *subject, const struct node *own)
{
	struct intake *intake = pod->intake;
	subject->seccomp = profile_of(intake, either(pod, own, "seccompProfile"));
	subject->apparmor = profile_of(intake, node_get(own, "appArmorProfile"));
	if (!subject->apparmor)
		subject->apparmor = annotated(pod, subject->name);
	if (!subject->apparmor)
		subject->apparmor = profile_of(intake, node_get(pod->security, "appArmorProfile"));
}

static void read_security(const struct pod *pod, struct subject *subject, const struct node *own)
{
	struct intake *intake = pod->intake;
	subject->privileged = flag_at(own, "privileged");
	subject->read_only = flag_at(own, "readOnlyRootFilesystem");
	struct flag escalation = flag_at(own, "allowPrivilegeEscalation");
	subject->no_new_privileges = escalation;
	if (escalation.truth == SAID_TRUE || escalation.truth == SAID_FALSE)
		subject->no_new_privileges.truth =
			escalation.truth == SAID_TRUE ? SAID_FALSE : SAID_TRUE;
	subject->user = scalar_text(intake, either(pod, own, "runAsUser"));
	subject->group = scalar_text(intake, either(pod, own, "runAsGroup"));
	words_append_all(intake, &subject->groups, node_get(pod->security, "supplementalGroups"));
	const struct text *fs_group = text_at(intake, pod->security, "fsGroup");
	if (fs_group)
		words_append(intake, &subject->groups, fs_group);
	subject->non_root = flag_of(either(pod, own, "runAsNonRoot"));
	const struct node *mask = node_get(own, "procMount");
	if (mask && mask->kind == NODE_SCALAR && slice_is(mask->text, "Unmasked"))
		subject->unmasked = (struct flag){SAID_TRUE, mask->span};
	words_append_all(intake, &subject->cap_add, node_at(own, "capabilities/add"));
	words_append_all(intake, &subject->cap_drop, node_at(own, "capabilities/drop"));
	read_profiles(pod, subject, own);
}

static void read_shares(const struct pod *pod, struct subject *subject)
{
	static const char *const names[SHARE_COUNT] = {
		[SHARE_PID] = "hostPID",
		[SHARE_NETWORK] = "hostNetwork",
		[SHARE_IPC] = "hostIPC",
	};
	for (size_t i = 0; i < SHARE_COUNT; i++) {
		struct flag flag =
			names[i] ? flag_at(pod->spec, names[i]) : (struct flag){.truth = UNSAID};
		if (flag.truth == SAID_TRUE)
			subject->share[i] = text_new(pod->intake, SLICE("host"), flag.at);
	}
}

/* The volumes by name; of two with one name the first. */
static void index_volumes(struct pod *pod)
{
	const struct node *volumes = node_get(pod->spec, "volumes");
	pod->volumes = index_new(&pod->intake->unit->arena);
	if (!volumes || volumes->kind != NODE_SEQUENCE)
		return;
	for (const struct entry *entry = volumes->first; entry; entry = entry->next) {
		void **place = index_at(&pod->volumes, slice_at(entry->value, "name"));
		if (!*place)
			*place = (void *)entry->value;
	}
}

static void read_mount(const struct pod *pod, struct subject *subject, const struct node *node)
{
	const struct node *volume = index_find(&pod->volumes, slice_at(node, "name"));
	const struct node *empty = node_get(volume, "emptyDir");
	struct slice path = slice_at(volume, "hostPath/path");
	struct slice propagation = slice_at(node, "mountPropagation");
	struct subject_mount *mount = mount_append(pod->intake, subject,
		path.len > 0 ? MOUNT_BIND
		: empty	     ? MOUNT_TMPFS
			     : MOUNT_VOLUME,
		path, slice_at(node, "mountPath"), place_of(pod->intake, node));
	mount->read_only = flag_at(node, "readOnly").truth == SAID_TRUE ||
			   node_get(volume, "configMap") || node_get(volume, "secret") ||
			   node_get(volume, "projected") || node_get(volume, "downwardAPI");
	mount->shared = slice_is(propagation, "Bidirectional");
	mount->on_disk = !slice_is(slice_at(empty, "medium"), "Memory");
	mount->has_size = slice_at(empty, "sizeLimit").len > 0;
	if (empty)
		mount->at = place_of(pod->intake, volume);
}

static void read_ports(const struct pod *pod, struct subject *subject, const struct node *ports)
{
	if (!ports || ports->kind != NODE_SEQUENCE)
		return;
	for (const struct entry *entry = ports->first; entry; entry = entry->next) {
		struct slice port = slice_at(entry->value, "hostPort");
		if (port.len > 0 && !slice_is(port, "0"))
			port_append(pod->intake, subject, port, slice_at(entry->value, "hostIP"),
				place_of(pod->intake, entry->value));
	}
}

static void read_pod_container(
	const struct pod *pod, const struct node *node, const char *list, size_t index)
{
	struct intake *intake = pod->intake;
	struct subject *subject = add_subject(intake, pod->workload, slice_at(node, "name"), node);
	if (!subject)
		return;
	const struct node *name = node_get(node, "name");
	if (name)
		subject->at = place_of(intake, name);
	subject->where = arena_printf(&intake->unit->arena, "%.*s.%s[%zu]",
		SLICE_FMT(pod->workload->pod_where), list, index);
	subject->is_init = strcmp(list, "containers") != 0;
	subject->image = text_at(intake, node, "image");
	subject->memory = text_at(intake, node, "resources/limits/memory");
	subject->cpus = text_at(intake, node, "resources/limits/cpu");
	/* Since 1.34 a pod may have limits that its containers share. */
	if (!subject->memory)
		subject->memory = text_at(intake, pod->spec, "resources/limits/memory");
	if (!subject->cpus)
		subject->cpus = text_at(intake, pod->spec, "resources/limits/cpu");
	read_security(pod, subject, node_get(node, "securityContext"));
	read_shares(pod, subject);
	const struct node *mounts = node_get(node, "volumeMounts");
	if (mounts && mounts->kind == NODE_SEQUENCE)
		for (const struct entry *entry = mounts->first; entry; entry = entry->next)
			read_mount(pod, subject, entry->value);
	read_ports(pod, subject, node_get(node, "ports"));
}

static void read_pod(struct intake *intake, const struct node *object, const struct node *template,
	const char *where)
{
	const struct node *spec = node_get(template, "spec");
	if (!spec || spec->kind != NODE_MAPPING || !node_get(spec, "containers"))
		return;
	static const char *const lists[] = {"initContainers", "containers", "ephemeralContainers"};
	struct pod pod = {
		.intake = intake,
		.workload = add_workload(intake, INPUT_KUBERNETES, slice_at(object, "kind"),
			slice_at(object, "metadata/name")),
		.spec = spec,
		.security = node_get(spec, "securityContext"),
		.annotations = node_at(template, "metadata/annotations"),
	};
	if (!is_small(intake, spec) || !is_small(intake, pod.security) ||
		!is_small(intake, pod.annotations))
		return;
	index_volumes(&pod);
	pod.workload->pod = spec;
	pod.workload->pod_where = slice_str(where);
	pod.workload->at = place_of(intake, node_get(object, "kind"));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct node *list = node_get(spec, lists[i]);
		size_t index = 0;
		if (!list || list->kind != NODE_SEQUENCE)
			continue;
		for (const struct entry *entry = list->first; entry; entry = entry->next)
			if (entry->value->kind == NODE_MAPPING)
				read_pod_container(&pod, entry->value, lists[i], index++);
	}
}

static void read_object(struct intake *intake, const struct node *object, unsigned depth)
{
	const struct node *items = node_get(object, "items");
	if (items && items->kind == NODE_SEQUENCE) {
		for (const struct entry *entry = items->first; entry && depth < LISTS_MAX;
			entry = entry->next)
			read_object(intake, entry->value, depth + 1);
		return;
	}
	/* Pod; Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, …; CronJob; PodTemplate */
	read_pod(intake, object, object, "spec");
	read_pod(intake, object, node_at(object, "spec/template"), "spec.template.spec");
	read_pod(intake, object, node_at(object, "spec/jobTemplate/spec/template"),
		"spec.jobTemplate.spec.template.spec");
	read_pod(intake, object, node_get(object, "template"), "template.spec");
}

void read_kubernetes(struct intake *intake, const struct node *root)
{
	read_object(intake, root, 0);
}
