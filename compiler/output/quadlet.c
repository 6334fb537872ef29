/*
 * A .container unit, which Podman's generator (podman-systemd.unit(5)) turns into a service that
 * runs `podman run`. Only keys that Podman 4.5 knows, as a key that is not known is an error;
 * PodmanArgs= says the rest. What is not a plain word goes through keys whose values are unquoted.
 */

#include "compiler/output/launch.h"
#include "compiler/output/podman.h"
#include "compiler/output/unit_word.h"

struct quadlet {
	const struct launch *launch;
	const struct container *container;
	struct buf *out;
};

static struct arena *arena_of(struct quadlet *quadlet)
{
	return &quadlet->launch->unit->arena;
}

/* A key that takes its value as it stands. */
static void add_raw(struct quadlet *quadlet, const char *key, struct slice value)
{
	buf_printf(quadlet->out, "%s=%.*s\n", key, SLICE_FMT(value));
}

/* A key that takes words. What is given ends up on the command line of a service. */
static void add_word(struct quadlet *quadlet, const char *key, struct slice value)
{
	buf_printf(quadlet->out, "%s=", key);
	unit_word(value, true, quadlet->out);
	buf_add_char(quadlet->out, '\n');
}

static void add_argument(struct quadlet *quadlet, const char *option, struct slice value)
{
	buf_printf(quadlet->out, "PodmanArgs=%s ", option);
	unit_word(value, true, quadlet->out);
	buf_add_char(quadlet->out, '\n');
}

static bool is_one_line(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f || text.at[i] == '\\')
			return false;
	return text.len > 0;
}

static void add_description(struct quadlet *quadlet)
{
	struct slice text = slice_trim(quadlet->launch->compiled->service->description);
	if (!is_one_line(text))
		text = launch_name(quadlet->launch);
	buf_add_str(quadlet->out, "Description=");
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '%')
			buf_add_char(quadlet->out, '%');
		buf_add_char(quadlet->out, text.at[i]);
	}
	buf_add_char(quadlet->out, '\n');
}

/* on-failure:3 is at most four starts. */
static void add_unit(struct quadlet *quadlet)
{
	const struct container *container = quadlet->container;
	buf_add_str(quadlet->out, "[Unit]\n");
	add_description(quadlet);
	buf_add_str(quadlet->out, "After=apparmor.service aaforge.service\n");
	if (container->restart == RESTART_ON_FAILURE && container->restart_most > 0)
		buf_printf(quadlet->out, "StartLimitIntervalSec=infinity\nStartLimitBurst=%u\n",
			container->restart_most + 1);
	else if (container->restart != RESTART_NO)
		buf_add_str(quadlet->out, "StartLimitIntervalSec=0\n");
}

static bool add_tmpfs(struct quadlet *quadlet)
{
	for (const struct tmpfs *at = quadlet->container->tmpfs; at; at = at->next) {
		struct slice options;
		if (!podman_tmpfs_options(quadlet->launch, at, &options))
			return false;
		struct slice value = arena_printf(
			arena_of(quadlet), "%.*s:%.*s", SLICE_FMT(at->path), SLICE_FMT(options));
		if (unit_word_is_plain(value))
			add_raw(quadlet, "Tmpfs", value);
		else
			add_argument(quadlet, "--tmpfs", value);
	}
	return true;
}

static void add_files(struct quadlet *quadlet)
{
	for (const struct volume *at = quadlet->container->volumes; at; at = at->next)
		add_word(quadlet, "Mount", launch_mount(quadlet->launch, at));
}

static void add_user(struct quadlet *quadlet)
{
	const struct container_user *user = &quadlet->container->user;
	if (user->is_given)
		buf_printf(quadlet->out, "User=%u\nGroup=%u\n", user->uid, user->gid);
}

static void add_capabilities(struct quadlet *quadlet)
{
	add_raw(quadlet, "DropCapability", SLICE("all"));
	for (unsigned i = 0; i < 64; i++)
		if (quadlet->container->capabilities >> i & 1)
			add_raw(quadlet, "AddCapability",
				arena_printf(arena_of(quadlet), "CAP_%.*s",
					SLICE_FMT(launch_capability(quadlet->launch, i))));
}

/* A unit has no directory of its own: the filter needs a place on the machine. */
static struct slice filter_path(struct quadlet *quadlet)
{
	struct slice file = quadlet->launch->seccomp_file;
	if (file.len == 0 || file.at[0] == '/')
		return file;
	struct slice path = arena_printf(arena_of(quadlet), "/etc/containers/seccomp/%.*s%s",
		SLICE_FMT(launch_name(quadlet->launch)), SECCOMP_SUFFIX);
	return path;
}

static void add_security(struct quadlet *quadlet)
{
	struct slice filter = filter_path(quadlet);
	if (quadlet->container->no_new_privileges)
		add_raw(quadlet, "NoNewPrivileges", SLICE("true"));
	if (filter.len > 0 && unit_word_is_plain(filter))
		add_raw(quadlet, "SeccompProfile", filter);
	else if (filter.len > 0)
		add_argument(quadlet, "--security-opt",
			arena_printf(arena_of(quadlet), "seccomp=%.*s", SLICE_FMT(filter)));
	else if (quadlet->container->seccomp.kind == SECCOMP_UNCONFINED)
		add_raw(quadlet, "SeccompProfile", SLICE("unconfined"));
	add_argument(quadlet, "--security-opt",
		arena_printf(arena_of(quadlet), "apparmor=%.*s",
			SLICE_FMT(launch_name(quadlet->launch))));
}

static void add_limits(struct quadlet *quadlet)
{
	const struct container *container = quadlet->container;
	if (container->memory > 0)
		add_argument(quadlet, "--memory", launch_bytes(quadlet->launch, container->memory));
	if (container->cpus > 0)
		add_argument(quadlet, "--cpus", launch_cpus(quadlet->launch, container->cpus));
	if (container->pids > 0)
		add_argument(quadlet, "--pids-limit",
			arena_printf(arena_of(quadlet), "%u", container->pids));
}

static void add_ports(struct quadlet *quadlet)
{
	for (const struct port *at = quadlet->container->ports; at; at = at->next) {
		struct slice port = launch_port(quadlet->launch, at);
		if (port_is_published(at))
			add_raw(quadlet, "PublishPort", port);
		else
			add_argument(quadlet, "--expose", port);
	}
}

static void add_environment(struct quadlet *quadlet)
{
	for (const struct environment *at = quadlet->container->environment; at; at = at->next)
		if (at->has_value)
			add_word(quadlet, "Environment",
				arena_printf(arena_of(quadlet), "%.*s=%.*s", SLICE_FMT(at->name),
					SLICE_FMT(at->value)));
		else
			add_argument(quadlet, "--env", at->name);
}

static bool add_command(struct quadlet *quadlet)
{
	const struct text *command = quadlet->container->command;
	if (!command)
		return true;
	buf_add_str(quadlet->out, "Exec=");
	for (const struct text *at = command; at; at = at->next) {
		if (at->text.len == 0)
			return launch_refuse(quadlet->launch, at->span,
				"a .container unit drops an empty argument");
		if (slice_is(at->text, ";"))
			return launch_refuse(quadlet->launch, at->span,
				"systemd takes an argument ';' for the end of the command");
		if (at != command)
			buf_add_char(quadlet->out, ' ');
		unit_word(at->text, true, quadlet->out);
	}
	buf_add_char(quadlet->out, '\n');
	return true;
}

static bool add_container(struct quadlet *quadlet)
{
	buf_add_str(quadlet->out, "\n[Container]\n");
	add_raw(quadlet, "Image", quadlet->container->image);
	add_raw(quadlet, "ContainerName", launch_name(quadlet->launch));
	add_user(quadlet);
	if (quadlet->container->read_only)
		buf_add_str(quadlet->out, "ReadOnly=true\nPodmanArgs=--read-only-tmpfs=false\n");
	if (!add_tmpfs(quadlet))
		return false;
	add_files(quadlet);
	add_capabilities(quadlet);
	add_security(quadlet);
	add_limits(quadlet);
	add_ports(quadlet);
	add_environment(quadlet);
	return add_command(quadlet);
}

static void add_service(struct quadlet *quadlet)
{
	enum restart_policy restart = quadlet->container->restart;
	buf_add_str(quadlet->out, "\n[Service]\n");
	if (restart == RESTART_NO)
		buf_add_str(quadlet->out, "Restart=no\n");
	else
		buf_printf(quadlet->out, "Restart=%s\nRestartSec=5\n",
			restart == RESTART_ON_FAILURE ? "on-failure" : "always");
	buf_add_str(quadlet->out, "\n[Install]\nWantedBy=multi-user.target\n");
}

static void say_place(struct quadlet *quadlet, struct rendered *out)
{
	struct slice name = launch_name(quadlet->launch), filter = filter_path(quadlet);
	launch_say_load(quadlet->launch, out);
	launch_say_filter(quadlet->launch, out);
	if (!slice_eq(filter, quadlet->launch->seccomp_file))
		buf_printf(&out->comment, "It belongs to %.*s.\n", SLICE_FMT(filter));
	buf_printf(&out->comment,
		"This file belongs to /etc/containers/systemd/%.*s.container; Podman 4.5 or later "
		"reads it.\n",
		SLICE_FMT(name));
}

bool output_quadlet(const struct launch *launch, struct rendered *out)
{
	struct quadlet quadlet = {launch, launch->container, &out->text};
	say_place(&quadlet, out);
	add_unit(&quadlet);
	if (!add_container(&quadlet))
		return false;
	add_service(&quadlet);
	return true;
}
