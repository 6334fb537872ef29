#include "manager/host/unit.h"

static struct slice next_until(struct slice *rest, char end)
{
	const char *at = rest->len ? memchr(rest->at, end, rest->len) : NULL;
	struct slice part = at ? slice_of(rest->at, (size_t)(at - rest->at)) : *rest;
	*rest = slice_from(*rest, part.len + 1);
	return part;
}

/* The path of systemd's own tree; of version 2 where that is all there is. */
static struct slice find_path(struct slice cgroup)
{
	struct slice path = SLICE("");
	while (cgroup.len > 0) {
		struct slice line = next_until(&cgroup, '\n');
		struct slice number = next_until(&line, ':');
		struct slice controllers = next_until(&line, ':');
		if (slice_is(controllers, "name=systemd"))
			return line;
		if (slice_is(number, "0") && controllers.len == 0)
			path = line;
	}
	return path;
}

/* The next part that is no slice. */
static struct slice next_part(struct slice *path)
{
	while (path->len > 0) {
		struct slice part = next_until(path, '/');
		if (part.len > 0 && !slice_is(part, "..") && !slice_ends(part, SLICE(".slice")))
			return part;
	}
	return SLICE("");
}

/* systemd puts a "_" in front of what could be a file of the kernel (cg_escape). */
static struct slice unescape(struct slice part)
{
	return slice_starts(part, SLICE("_")) ? slice_from(part, 1) : part;
}

/* Anybody may make groups below his own; only what systemd takes for a unit is shown. */
static bool is_unit(struct slice name)
{
	struct slice service = SLICE(".service"), scope = SLICE(".scope");
	if (!slice_ends(name, service) && !slice_ends(name, scope))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    memchr(":-_.\\@", c, 6)))
			return false;
	}
	return name.len > service.len && name.len < 256;
}

static bool has(struct slice text, const char *part)
{
	return slice_find(text, slice_str(part));
}

static bool is_of_container(struct slice path, struct slice name)
{
	static const char *const scopes[] = {
		"docker-", "libpod-", "crio-", "cri-containerd-", "nerdctl-"};
	for (size_t i = 0; i < sizeof(scopes) / sizeof(*scopes); i++)
		if (slice_starts(name, slice_str(scopes[i])) && slice_ends(name, SLICE(".scope")))
			return true;
	return has(path, "/kubepods") || has(path, ":cri-containerd:") ||
	       slice_starts(path, SLICE("/docker/")) || slice_starts(path, SLICE("/lxc"));
}

/* "user@1000.service" to "1000". */
static struct slice user_of(struct slice name)
{
	struct slice head = SLICE("user@"), tail = SLICE(".service");
	if (!slice_starts(name, head) || !slice_ends(name, tail) || name.len <= head.len + tail.len)
		return SLICE("");
	return slice_of(name.at + head.len, name.len - head.len - tail.len);
}

struct unit_of unit_read(struct slice cgroup)
{
	struct unit_of unit = {0};
	struct slice whole = find_path(cgroup), path = whole;
	struct slice name = unescape(next_part(&path));
	struct slice user = user_of(name);
	if (user.len > 0 && path.len > 0) {
		unit.user = user;
		name = unescape(next_part(&path));
	}
	if (is_unit(name))
		unit.name = name;
	unit.is_container = is_of_container(whole, name);
	return unit;
}

bool unit_has_command(const struct unit_of *unit)
{
	return !unit->is_container && slice_ends(unit->name, SLICE(".service"));
}

struct slice unit_mend(struct arena *arena, const struct unit_of *unit)
{
	if (unit->is_container)
		return SLICE("start its container again");
	if (!unit_has_command(unit))
		return SLICE("start it again");
	/* A backslash, as in "dev\x2dx.service", is for systemctl and not for the shell. */
	const char *quote = slice_has(unit->name, '\\') ? "'" : "";
	const char *manager = unit->user.len > 0 ? "systemctl --user" : "systemctl";
	return arena_printf(
		arena, "%s restart %s%.*s%s", manager, quote, SLICE_FMT(unit->name), quote);
}
