/* config.json of the OCI runtime specification: all that there is, without any default. */
#include "audit/intake.h"

bool is_oci(const struct node *root)
{
	return node_get(root, "ociVersion") && node_get(root, "process");
}

static const char *const namespaces[SHARE_COUNT] = {
	[SHARE_PID] = "pid",
	[SHARE_NETWORK] = "network",
	[SHARE_IPC] = "ipc",
	[SHARE_UTS] = "uts",
	[SHARE_CGROUP] = "cgroup",
	[SHARE_USERNS] = "user",
};

/* A namespace that is not listed is the one of the runtime: the host's. */
static void read_namespaces(struct intake *intake, struct subject *subject, const struct node *root)
{
	const struct node *list = node_at(root, "linux/namespaces");
	for (size_t i = 0; i < SHARE_COUNT; i++) {
		const struct node *found = NULL;
		for (const struct entry *entry = list && list->kind == NODE_SEQUENCE ? list->first
										     : NULL;
			entry && !found; entry = entry->next)
			if (slice_is(slice_at(entry->value, "type"), namespaces[i]))
				found = entry->value;
		if (!found && i != SHARE_USERNS)
			subject->share[i] = text_new(
				intake, SLICE("host"), list ? place_of(intake, list) : subject->at);
		else if (found && node_get(found, "path"))
			subject->share[i] = text_at(intake, found, "path");
	}
}

/* Docker and runc list what a process filter does: one that allows by default is a deny list. */
static void read_seccomp(struct intake *intake, struct subject *subject, const struct node *root)
{
	const struct node *action = node_at(root, "linux/seccomp/defaultAction");
	if (!action || action->kind != NODE_SCALAR)
		return;
	bool allows =
		slice_is(action->text, "SCMP_ACT_ALLOW") || slice_is(action->text, "SCMP_ACT_LOG");
	subject->seccomp =
		text_new(intake, allows ? SLICE("allow") : SLICE("runtime/default"), action->span);
}

static void read_process(struct intake *intake, struct subject *subject, const struct node *root)
{
	subject->user_is_whole = true;
	subject->user = text_at(intake, root, "process/user/uid");
	subject->group = text_at(intake, root, "process/user/gid");
	subject->no_new_privileges = flag_at(root, "process/noNewPrivileges");
	subject->read_only = flag_at(root, "root/readonly");
	subject->apparmor = text_at(intake, root, "process/apparmorProfile");
	const struct node *bounding = node_at(root, "process/capabilities/bounding");
	struct words caps = {0};
	words_append_all(intake, &caps, bounding);
	subject->caps_known = true;
	subject->caps = capability_bits(caps.first);
	subject->caps_at = bounding ? place_of(intake, bounding) : subject->at;
	const struct node *masked = node_at(root, "linux/maskedPaths");
	if (!masked || masked->count == 0)
		subject->unmasked = (struct flag){SAID_TRUE, masked ? masked->span : subject->at};
}

static void take_options(struct subject_mount *mount, const struct node *options)
{
	if (!options || options->kind != NODE_SEQUENCE)
		return;
	for (const struct entry *entry = options->first; entry; entry = entry->next) {
		if (entry->value->kind != NODE_SCALAR)
			continue;
		struct slice option = entry->value->text;
		take_tmpfs_options(mount, option.at ? option : slice_of("", 0));
		if (slice_is(option, "rshared") || slice_is(option, "shared"))
			mount->shared = true;
	}
}

static bool is_bind(const struct node *mount)
{
	if (slice_is(slice_at(mount, "type"), "bind"))
		return true;
	const struct node *options = node_get(mount, "options");
	for (const struct entry *entry = options && options->kind == NODE_SEQUENCE ? options->first
										   : NULL;
		entry; entry = entry->next)
		if (slice_is(entry->value->text, "bind") || slice_is(entry->value->text, "rbind"))
			return true;
	return false;
}

static void read_mounts(struct intake *intake, struct subject *subject, const struct node *root)
{
	const struct node *mounts = node_get(root, "mounts");
	if (!mounts || mounts->kind != NODE_SEQUENCE)
		return;
	for (const struct entry *entry = mounts->first; entry; entry = entry->next) {
		const struct node *node = entry->value;
		bool bind = is_bind(node), tmpfs = slice_is(slice_at(node, "type"), "tmpfs");
		struct slice target = slice_at(node, "destination");
		/* /dev and below: the runtime's own. */
		if (!bind && (!tmpfs || slice_starts(target, SLICE("/dev"))))
			continue;
		struct subject_mount *mount =
			mount_append(intake, subject, bind ? MOUNT_BIND : MOUNT_TMPFS,
				slice_at(node, "source"), target, place_of(intake, node));
		/* Nothing but what is said. */
		mount->exec = mount->suid = mount->dev = true;
		take_options(mount, node_get(node, "options"));
	}
}

static void read_resources(struct intake *intake, struct subject *subject, const struct node *root)
{
	subject->memory = text_at(intake, root, "linux/resources/memory/limit");
	subject->cpus = text_at(intake, root, "linux/resources/cpu/quota");
	subject->pids = text_at(intake, root, "linux/resources/pids/limit");
	const struct node *devices = node_at(root, "linux/devices");
	if (!devices || devices->kind != NODE_SEQUENCE)
		return;
	for (const struct entry *entry = devices->first; entry; entry = entry->next)
		words_say(intake, &subject->devices, slice_at(entry->value, "path"),
			place_of(intake, entry->value));
}

void read_oci(struct intake *intake, const struct node *root)
{
	struct slice name = slice_at(root, "hostname");
	if (name.len == 0)
		name = SLICE("container");
	struct workload *workload = add_workload(intake, INPUT_OCI, SLICE("bundle"), name);
	struct subject *subject = add_subject(intake, workload, name, root);
	if (!subject)
		return;
	subject->at = place_of(intake, node_get(root, "process"));
	subject->where = SLICE("config.json");
	read_process(intake, subject, root);
	read_namespaces(intake, subject, root);
	read_seccomp(intake, subject, root);
	read_mounts(intake, subject, root);
	read_resources(intake, subject, root);
}
