/*
 * What every container gets, whatever it is for: the mounts that programs expect, namespaces of its
 * own, and the kernel's secrets and switches put out of reach. runc's `runc spec` and Docker agree
 * on nearly all of it.
 */

#include "compiler/output/oci.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct mount_point {
	const char *destination, *type, *source, *options; /* options: words */
} mount_points[] = {
	{"/proc", "proc", "proc", "nosuid noexec nodev"},
	{"/dev", "tmpfs", "tmpfs", "nosuid strictatime mode=755 size=65536k"},
	{"/dev/pts", "devpts", "devpts", "nosuid noexec newinstance ptmxmode=0666 mode=0620 gid=5"},
	{"/dev/shm", "tmpfs", "shm", "nosuid noexec nodev mode=1777 size=65536k"},
	{"/dev/mqueue", "mqueue", "mqueue", "nosuid noexec nodev"},
	{"/sys", "sysfs", "sysfs", "nosuid noexec nodev ro"},
	{"/sys/fs/cgroup", "cgroup", "cgroup", "nosuid noexec nodev relatime ro"},
};

static const char *const namespaces[] = {"pid", "network", "ipc", "uts", "mount", "cgroup"};

/* Nothing can be read there. */
static const char *const masked_paths[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/interrupts",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/sys/devices/virtual/powercap",
	"/sys/firmware",
};

static const char *const read_only_paths[] = {
	"/proc/bus",
	"/proc/fs",
	"/proc/irq",
	"/proc/sys",
	"/proc/sysrq-trigger",
};

static json_t *strings(struct unit *unit, const char *const *texts, size_t count)
{
	json_t *list = tree_list(unit);
	for (size_t i = 0; i < count; i++)
		tree_add(unit, list, tree_string(unit, texts[i]));
	return list;
}

static json_t *words(struct unit *unit, struct slice text)
{
	json_t *list = tree_list(unit);
	while (text.len > 0) {
		const char *blank = memchr(text.at, ' ', text.len);
		size_t len = blank ? (size_t)(blank - text.at) : text.len;
		tree_add(unit, list, tree_text(unit, slice_first(text, len)));
		text = slice_from(text, len + 1);
	}
	return list;
}

static json_t *mounts(struct unit *unit)
{
	json_t *list = tree_list(unit);
	for (size_t i = 0; i < COUNT(mount_points); i++) {
		json_t *mount = tree_object(unit);
		tree_put(
			unit, mount, "destination", tree_string(unit, mount_points[i].destination));
		tree_put(unit, mount, "type", tree_string(unit, mount_points[i].type));
		tree_put(unit, mount, "source", tree_string(unit, mount_points[i].source));
		tree_put(unit, mount, "options", words(unit, slice_str(mount_points[i].options)));
		tree_add(unit, list, mount);
	}
	return list;
}

/* Runtimes add /dev/null and its like to what may be used. */
static json_t *no_devices(struct unit *unit)
{
	json_t *resources = tree_object(unit), *list = tree_list(unit), *all = tree_object(unit);
	tree_put(unit, all, "allow", tree_bool(false));
	tree_put(unit, all, "access", tree_string(unit, "rwm"));
	tree_add(unit, list, all);
	tree_put(unit, resources, "devices", list);
	return resources;
}

static json_t *linux_part(struct unit *unit)
{
	json_t *part = tree_object(unit), *list = tree_list(unit);
	for (size_t i = 0; i < COUNT(namespaces); i++) {
		json_t *entry = tree_object(unit);
		tree_put(unit, entry, "type", tree_string(unit, namespaces[i]));
		tree_add(unit, list, entry);
	}
	tree_put(unit, part, "resources", no_devices(unit));
	tree_put(unit, part, "namespaces", list);
	tree_put(unit, part, "maskedPaths", strings(unit, masked_paths, COUNT(masked_paths)));
	tree_put(unit, part, "readonlyPaths",
		strings(unit, read_only_paths, COUNT(read_only_paths)));
	return part;
}

json_t *oci_base(struct unit *unit)
{
	static const char *const environment[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
	json_t *tree = tree_object(unit), *process = tree_object(unit), *root = tree_object(unit);
	tree_put(unit, tree, "ociVersion", tree_string(unit, "1.0.2"));
	tree_put(unit, process, "terminal", tree_bool(false));
	tree_put(unit, process, "user", tree_object(unit));
	tree_put(unit, process, "args", tree_list(unit));
	tree_put(unit, process, "env", strings(unit, environment, COUNT(environment)));
	tree_put(unit, process, "cwd", tree_string(unit, "/"));
	tree_put(unit, tree, "process", process);
	tree_put(unit, root, "path", tree_string(unit, "rootfs"));
	tree_put(unit, tree, "root", root);
	tree_put(unit, tree, "mounts", mounts(unit));
	tree_put(unit, tree, "linux", linux_part(unit));
	return tree;
}
