#include "compiler/output/kube.h"

enum { NAME_MAX_LEN = 50 };

const struct kube_kind kube_kinds[] = {
	{"", "v1", "Pod", "pods"},
	{"", "v1", "ReplicationController", "replicationcontrollers"},
	{"apps", "v1", "Deployment", "deployments"},
	{"apps", "v1", "ReplicaSet", "replicasets"},
	{"apps", "v1", "StatefulSet", "statefulsets"},
	{"apps", "v1", "DaemonSet", "daemonsets"},
	{"batch", "v1", "Job", "jobs"},
	{"batch", "v1", "CronJob", "cronjobs"},
};

const size_t kube_kind_count = sizeof(kube_kinds) / sizeof(kube_kinds[0]);

struct kube_controls kube_controls(const struct launch *launch)
{
	const struct container *container = launch->container;
	const struct container_user *user = &container->user;
	return (struct kube_controls){
		.read_only_root = container->read_only,
		.non_root = user->is_given ? user->uid != 0 : !container->allow_unsafe_user,
		.no_escalation = container->no_new_privileges,
		.seccomp = container->seccomp.kind != SECCOMP_UNCONFINED,
		.annotation = launch->kubernetes_minor < KUBE_APPARMOR_FIELD,
	};
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char label_char(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return is_digit(c) || (c >= 'a' && c <= 'z') ? c : '-';
}

struct slice kube_name(const struct launch *launch)
{
	struct slice name = launch_name(launch);
	struct buf out = buf_new(&launch->unit->arena);
	if (is_digit(name.at[0]))
		buf_add_str(&out, "app-");
	for (size_t i = 0; i < name.len && out.len < NAME_MAX_LEN; i++)
		buf_add_char(&out, label_char(name.at[i]));
	while (out.at[out.len - 1] == '-')
		out.len--;
	return buf_slice(&out);
}

void kube_say_name(const struct launch *launch, struct rendered *out)
{
	struct slice name = kube_name(launch);
	if (slice_eq(name, launch_name(launch)))
		return;
	buf_printf(&out->comment,
		"Kubernetes does not take '%.*s' as a name of its objects: they are called '%.*s'; "
		"see that no other service's are.\n",
		SLICE_FMT(launch_name(launch)), SLICE_FMT(name));
}

static struct slice seccomp_file(const struct launch *launch)
{
	struct slice path = launch->seccomp_file;
	size_t begin = path.len;
	while (begin > 0 && path.at[begin - 1] != '/')
		begin--;
	return slice_from(path, begin);
}

/* A reference to a profile of the node, AppArmor's or seccomp's: both are spelled alike. */
static json_t *localhost(const struct launch *launch, struct slice name)
{
	json_t *profile = tree_object(launch->unit);
	tree_put(launch->unit, profile, "type", tree_string(launch->unit, "Localhost"));
	tree_put(launch->unit, profile, "localhostProfile", tree_text(launch->unit, name));
	return profile;
}

json_t *kube_seccomp(const struct launch *launch)
{
	struct slice file = seccomp_file(launch);
	if (file.len > 0)
		return localhost(launch, file);
	bool is_default = launch->container->seccomp.kind != SECCOMP_UNCONFINED;
	json_t *profile = tree_object(launch->unit);
	tree_put(launch->unit, profile, "type",
		tree_string(launch->unit, is_default ? "RuntimeDefault" : "Unconfined"));
	return profile;
}

json_t *kube_apparmor(const struct launch *launch)
{
	return localhost(launch, launch_name(launch));
}

json_t *kube_capabilities(const struct launch *launch)
{
	json_t *list = tree_list(launch->unit);
	for (unsigned i = 0; i < 64; i++)
		if (launch->container->capabilities >> i & 1)
			tree_add(launch->unit, list,
				tree_text(launch->unit, launch_capability(launch, i)));
	return list;
}

void kube_say_seccomp(const struct launch *launch, struct rendered *out)
{
	if (launch->seccomp_file.len == 0)
		return;
	launch_say_filter(launch, out);
	buf_add_str(&out->comment, "Copy it to /var/lib/kubelet/seccomp/");
	buf_add(&out->comment, seccomp_file(launch));
	buf_add_str(&out->comment, " on every node that may run the pod.\n");
}

void kube_say_namespaces(const struct launch *launch, struct rendered *out)
{
	buf_printf(&out->comment,
		"It judges every pod, and whatever makes pods, in namespaces with this label, and "
		"nothing elsewhere:\n"
		"    kubectl label namespace NAMESPACE " KUBE_NAMESPACE_LABEL "=%.*s\n"
		"An update that leaves the pod as it is passes, so that what already runs can be "
		"scaled and removed.\n",
		SLICE_FMT(kube_name(launch)));
}

static int add_text(const char *text, size_t len, void *out)
{
	buf_add(out, slice_of(text, len));
	return 0;
}

struct slice kube_literal(const struct launch *launch, json_t *value)
{
	struct buf out = buf_new(&launch->unit->arena);
	if (json_dump_callback(value, add_text, &out, JSON_ENCODE_ANY | JSON_PRESERVE_ORDER) != 0)
		launch->unit->arena.out_of_memory();
	json_decref(value);
	return buf_slice(&out);
}

json_t *kube_kinds_of(const struct launch *launch, const char *group, bool resources)
{
	json_t *list = tree_list(launch->unit);
	for (size_t i = 0; i < kube_kind_count; i++) {
		const struct kube_kind *kind = &kube_kinds[i];
		if (strcmp(kind->group, group) == 0)
			tree_add(launch->unit, list,
				tree_string(launch->unit, resources ? kind->resource : kind->kind));
	}
	return list;
}

json_t *kube_object(
	const struct launch *launch, const char *api_version, const char *kind, struct slice name)
{
	struct unit *unit = launch->unit;
	json_t *object = tree_object(unit);
	json_t *metadata = tree_object(unit);
	tree_put(unit, object, "apiVersion", tree_string(unit, api_version));
	tree_put(unit, object, "kind", tree_string(unit, kind));
	tree_put(unit, metadata, "name", tree_text(unit, name));
	tree_put(unit, object, "metadata", metadata);
	return object;
}

json_t *kube_put_object(const struct launch *launch, json_t *into, const char *key)
{
	json_t *object = tree_object(launch->unit);
	tree_put(launch->unit, into, key, object);
	return object;
}

json_t *kube_put_list(const struct launch *launch, json_t *into, const char *key)
{
	json_t *list = tree_list(launch->unit);
	tree_put(launch->unit, into, key, list);
	return list;
}

json_t *kube_namespace_selector(const struct launch *launch)
{
	struct unit *unit = launch->unit;
	json_t *selector = tree_object(unit);
	json_t *labels = tree_object(unit);
	tree_put(unit, labels, KUBE_NAMESPACE_LABEL, tree_text(unit, kube_name(launch)));
	tree_put(unit, selector, "matchLabels", labels);
	return selector;
}
