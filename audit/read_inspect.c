/* What docker inspect and podman inspect print: a list of containers, or one of them. */
#include "audit/intake.h"

static bool is_container(const struct node *node)
{
	return node_get(node, "HostConfig") && node_get(node, "Config");
}

bool is_inspect(const struct node *root)
{
	if (root->kind == NODE_SEQUENCE)
		return root->first && is_container(root->first->value);
	return is_container(root);
}

/* A text that says something. */
static const struct text *filled(struct intake *intake, const struct node *root, const char *path)
{
	const struct text *text = text_at(intake, root, path);
	return text && text->text.len > 0 && !slice_is(text->text, "0") ? text : NULL;
}

/* podman shows an unlimited number as -1 or, in some releases, as the largest one. */
static const struct text *limit(struct intake *intake, const struct node *root, const char *path)
{
	const struct text *text = filled(intake, root, path);
	return text && text->text.at[0] != '-' ? text : NULL;
}

static void read_names(struct intake *intake, struct subject *subject, const struct node *node)
{
	static const char *const shares[SHARE_COUNT] = {
		[SHARE_PID] = "HostConfig/PidMode",
		[SHARE_NETWORK] = "HostConfig/NetworkMode",
		[SHARE_IPC] = "HostConfig/IpcMode",
		[SHARE_USERNS] = "HostConfig/UsernsMode",
		[SHARE_UTS] = "HostConfig/UTSMode",
		[SHARE_CGROUP] = "HostConfig/CgroupnsMode",
	};
	for (size_t i = 0; i < SHARE_COUNT; i++)
		subject->share[i] = filled(intake, node, shares[i]);
	subject->image = filled(intake, node, "ImageName");
	if (!subject->image)
		subject->image = filled(intake, node, "Config/Image");
	subject->restart = filled(intake, node, "HostConfig/RestartPolicy/Name");
	subject->memory = limit(intake, node, "HostConfig/Memory");
	subject->cpus = limit(intake, node, "HostConfig/NanoCpus");
	if (!subject->cpus)
		subject->cpus = limit(intake, node, "HostConfig/CpuQuota");
	if (!subject->cpus)
		subject->cpus = filled(intake, node, "HostConfig/CpusetCpus");
	subject->pids = limit(intake, node, "HostConfig/PidsLimit");
	subject->user_is_whole = true;
	const struct text *user = text_at(intake, node, "Config/User");
	if (user && user->text.len > 0)
		take_user(intake, subject, user);
}

static void read_security(struct intake *intake, struct subject *subject, const struct node *node)
{
	subject->privileged = flag_at(node, "HostConfig/Privileged");
	subject->read_only = flag_at(node, "HostConfig/ReadonlyRootfs");
	const struct node *options = node_at(node, "HostConfig/SecurityOpt");
	struct words words = {0};
	words_append_all(intake, &words, options);
	for (const struct text *text = words.first; text; text = text->next)
		take_security_opt(intake, subject, text);
	const struct text *profile = text_at(intake, node, "AppArmorProfile");
	if (profile)
		subject->apparmor = profile;
	const struct node *masked = node_at(node, "HostConfig/MaskedPaths");
	if (masked && masked->kind == NODE_SEQUENCE && masked->count == 0)
		subject->unmasked = (struct flag){SAID_TRUE, masked->span};
	words_append_all(intake, &subject->groups, node_at(node, "HostConfig/GroupAdd"));
	words_append_all(intake, &subject->cap_add, node_at(node, "HostConfig/CapAdd"));
	words_append_all(intake, &subject->cap_drop, node_at(node, "HostConfig/CapDrop"));
	const struct node *bounding = node_get(node, "BoundingCaps");
	if (!bounding)
		return;
	struct words caps = {0};
	words_append_all(intake, &caps, bounding);
	subject->caps_known = true;
	subject->caps = capability_bits(caps.first);
	subject->caps_at = place_of(intake, bounding);
}

static void read_mounts(struct intake *intake, struct subject *subject, const struct node *node)
{
	const struct node *mounts = node_get(node, "Mounts");
	for (const struct entry *entry = mounts && mounts->kind == NODE_SEQUENCE ? mounts->first
										 : NULL;
		entry; entry = entry->next) {
		struct slice type = slice_at(entry->value, "Type");
		struct slice propagation = slice_at(entry->value, "Propagation");
		if (slice_is(type, "tmpfs"))
			continue;
		struct subject_mount *mount = mount_append(intake, subject,
			slice_is(type, "bind") ? MOUNT_BIND : MOUNT_VOLUME,
			slice_at(entry->value, "Source"), slice_at(entry->value, "Destination"),
			place_of(intake, entry->value));
		mount->read_only = flag_at(entry->value, "RW").truth == SAID_FALSE;
		mount->shared = slice_is(propagation, "shared") || slice_is(propagation, "rshared");
	}
	const struct node *tmpfs = node_at(node, "HostConfig/Tmpfs");
	for (const struct entry *entry = tmpfs && tmpfs->kind == NODE_MAPPING ? tmpfs->first : NULL;
		entry; entry = entry->next) {
		struct subject_mount *mount = mount_append(intake, subject, MOUNT_TMPFS,
			slice_of(NULL, 0), entry->key->text, entry->key->span);
		if (entry->value->kind == NODE_SCALAR && entry->value->text.len > 0)
			take_tmpfs_options(mount, entry->value->text);
	}
}

static void read_devices(struct intake *intake, struct subject *subject, const struct node *node)
{
	const struct node *devices = node_at(node, "HostConfig/Devices");
	const struct node *requests = node_at(node, "HostConfig/DeviceRequests");
	if (requests && requests->kind == NODE_SEQUENCE && requests->count > 0)
		words_say(intake, &subject->devices, SLICE("gpus"), place_of(intake, requests));
	words_append_all(
		intake, &subject->device_rules, node_at(node, "HostConfig/DeviceCgroupRules"));
	if (!devices || devices->kind != NODE_SEQUENCE)
		return;
	for (const struct entry *entry = devices->first; entry; entry = entry->next) {
		struct slice path = slice_at(entry->value, "PathOnHost");
		if (path.len > 0)
			words_say(intake, &subject->devices, path, place_of(intake, entry->value));
	}
}

static void read_ports(struct intake *intake, struct subject *subject, const struct node *node)
{
	const struct node *ports = node_at(node, "HostConfig/PortBindings");
	if (!ports || ports->kind != NODE_MAPPING)
		return;
	for (const struct entry *entry = ports->first; entry; entry = entry->next) {
		if (entry->value->kind != NODE_SEQUENCE)
			continue;
		for (const struct entry *at = entry->value->first; at; at = at->next)
			port_append(intake, subject,
				arena_printf(&intake->unit->arena, "%.*s:%.*s",
					SLICE_FMT(slice_at(at->value, "HostPort")),
					SLICE_FMT(entry->key->text)),
				slice_at(at->value, "HostIp"), place_of(intake, entry->key));
	}
}

static void read_one(struct intake *intake, const struct node *node)
{
	bool is_podman = node_get(node, "ImageName") || node_get(node, "BoundingCaps");
	struct slice name = slice_at(node, "Name");
	if (slice_starts(name, SLICE("/")))
		name = slice_from(name, 1);
	struct workload *workload = add_workload(
		intake, is_podman ? INPUT_PODMAN : INPUT_DOCKER, SLICE("container"), name);
	workload->config = node;
	struct subject *subject = add_subject(intake, workload, name, NULL);
	if (!subject)
		return;
	const struct node *named = node_get(node, "Name");
	subject->at = place_of(intake, named ? named : node);
	subject->where = name;
	read_names(intake, subject, node);
	read_security(intake, subject, node);
	read_mounts(intake, subject, node);
	read_devices(intake, subject, node);
	read_ports(intake, subject, node);
}

void read_inspect(struct intake *intake, const struct node *root)
{
	if (root->kind != NODE_SEQUENCE) {
		read_one(intake, root);
		return;
	}
	for (const struct entry *entry = root->first; entry; entry = entry->next)
		if (is_container(entry->value))
			read_one(intake, entry->value);
}
