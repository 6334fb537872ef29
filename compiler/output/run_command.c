/* `docker run` and `podman run`: the same command but for what the two spell differently. */

#include "compiler/output/launch.h"
#include "compiler/output/podman.h"
#include "compiler/output/shell.h"

struct tool {
	const char *name;
	const char *no_new_privileges; /* value of --security-opt */
	bool short_names;	       /* a container's name may have a single character */
	bool own_tmpfs; /* --read-only brings writable places along: take them away */
};

static const struct tool docker = {
	.name = "docker",
	.no_new_privileges = "no-new-privileges:true",
};

static const struct tool podman = {
	.name = "podman",
	.no_new_privileges = "no-new-privileges",
	.short_names = true,
	.own_tmpfs = true,
};

struct command {
	const struct tool *tool;
	const struct launch *launch;
	const struct container *container;
	struct buf *out;
};

static void add_line(struct command *command)
{
	buf_add_str(command->out, " \\\n\t");
}

static void add_flag(struct command *command, const char *option)
{
	add_line(command);
	buf_add_str(command->out, option);
}

static void add_option(struct command *command, const char *option, struct slice value)
{
	add_flag(command, option);
	buf_add_char(command->out, ' ');
	shell_word(value, command->out);
}

static struct slice joined(struct command *command, const char *before, struct slice value)
{
	return arena_printf(&command->launch->unit->arena, "%s%.*s", before, SLICE_FMT(value));
}

static void add_identity(struct command *command)
{
	struct slice name = launch_name(command->launch);
	const struct container *container = command->container;
	if (name.len > 1 || command->tool->short_names)
		add_option(command, "--name", name);
	if (container->restart == RESTART_NO) {
		add_flag(command, "--rm");
	} else {
		add_flag(command, "--detach");
		add_option(command, "--restart", launch_restart(command->launch));
	}
	if (container->user.is_given)
		add_option(command, "--user", launch_user(command->launch));
}

static bool add_tmpfs(struct command *command)
{
	for (const struct tmpfs *at = command->container->tmpfs; at; at = at->next) {
		struct slice options;
		if (command->tool != &podman)
			options = launch_tmpfs_options(command->launch, at);
		else if (!podman_tmpfs_options(command->launch, at, &options))
			return false;
		add_option(command, "--tmpfs",
			arena_printf(&command->launch->unit->arena, "%.*s:%.*s",
				SLICE_FMT(at->path), SLICE_FMT(options)));
	}
	return true;
}

/* --mount and not --volume: a source that is not there is an error, not a new directory of root's.
 */
static void add_volumes(struct command *command)
{
	for (const struct volume *at = command->container->volumes; at; at = at->next)
		add_option(command, "--mount", launch_mount(command->launch, at));
}

static void add_capabilities(struct command *command)
{
	add_option(command, "--cap-drop", SLICE("ALL"));
	for (unsigned i = 0; i < 64; i++)
		if (command->container->capabilities >> i & 1)
			add_option(command, "--cap-add", launch_capability(command->launch, i));
}

static void add_security(struct command *command)
{
	const struct launch *launch = command->launch;
	if (command->container->no_new_privileges)
		add_option(command, "--security-opt", slice_str(command->tool->no_new_privileges));
	if (launch->seccomp_file.len > 0)
		add_option(command, "--security-opt",
			joined(command, "seccomp=", launch->seccomp_file));
	else if (command->container->seccomp.kind == SECCOMP_UNCONFINED)
		add_option(command, "--security-opt", SLICE("seccomp=unconfined"));
	add_option(command, "--security-opt", joined(command, "apparmor=", launch_name(launch)));
}

static void add_limits(struct command *command)
{
	const struct container *container = command->container;
	struct arena *arena = &command->launch->unit->arena;
	if (container->memory > 0)
		add_option(command, "--memory", launch_bytes(command->launch, container->memory));
	if (container->cpus > 0)
		add_option(command, "--cpus", launch_cpus(command->launch, container->cpus));
	if (container->pids > 0)
		add_option(command, "--pids-limit", arena_printf(arena, "%u", container->pids));
}

static void add_surroundings(struct command *command)
{
	const struct container *container = command->container;
	for (const struct port *at = container->ports; at; at = at->next)
		add_option(command, port_is_published(at) ? "--publish" : "--expose",
			launch_port(command->launch, at));
	for (const struct environment *at = container->environment; at; at = at->next)
		add_option(command, "--env",
			at->has_value ? arena_printf(&command->launch->unit->arena, "%.*s=%.*s",
						SLICE_FMT(at->name), SLICE_FMT(at->value))
				      : at->name);
}

/* The words behind the image are the program's, even where they begin with a dash. */
static void add_program(struct command *command)
{
	add_line(command);
	shell_word(command->container->image, command->out);
	for (const struct text *at = command->container->command; at; at = at->next) {
		add_line(command);
		shell_word(at->text, command->out);
	}
	buf_add_char(command->out, '\n');
}

static bool render(const struct tool *tool, const struct launch *launch, struct rendered *out)
{
	struct command command = {tool, launch, launch->container, &out->text};
	launch_say_load(launch, out);
	launch_say_filter(launch, out);
	buf_printf(&out->text, "%s run", tool->name);
	add_identity(&command);
	if (launch->container->read_only)
		add_flag(&command, "--read-only");
	if (launch->container->read_only && tool->own_tmpfs)
		add_flag(&command, "--read-only-tmpfs=false");
	if (!add_tmpfs(&command))
		return false;
	add_volumes(&command);
	add_capabilities(&command);
	add_security(&command);
	add_limits(&command);
	add_surroundings(&command);
	add_program(&command);
	return true;
}

bool output_docker(const struct launch *launch, struct rendered *out)
{
	return render(&docker, launch, out);
}

bool output_podman(const struct launch *launch, struct rendered *out)
{
	return render(&podman, launch, out);
}
