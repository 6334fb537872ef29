#include "manager/host/runtime.h"

#include "manager/system/file.h"
#include "manager/system/path.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const struct runtime_entry runtime_table[RUNTIME_COUNT] = {
#define RUNTIME(symbol, name, programs, daemon, gates, failure)                                    \
	[RUNTIME_##symbol] = {name, programs, daemon, gates, failure},
#include "manager/host/runtimes.def"
#undef RUNTIME
};

_Static_assert(sizeof(runtime_table) / sizeof(runtime_table[0]) == RUNTIME_COUNT,
	"one entry for each runtime");

enum runtime_kind runtime_find(const char *name)
{
	for (unsigned i = 0; i < RUNTIME_COUNT; i++)
		if (strcmp(runtime_table[i].name, name) == 0)
			return (enum runtime_kind)i;
	return RUNTIME_COUNT;
}

static bool is_program(const struct places *places, struct arena *arena, const char *path)
{
	struct stat at;
	const char *whole = arena_printf(arena, "%s%s", places->root, path).at;
	return path_stat(whole, &at) == 0 && S_ISREG(at.st_mode) && (at.st_mode & 0111);
}

static struct slice find_program(
	const struct places *places, struct arena *arena, const char *name, size_t len)
{
	static const char *const directories[] = {"/usr/bin", "/usr/sbin", "/usr/local/bin",
		"/usr/local/sbin", "/bin", "/sbin", "/usr/libexec", "/opt/bin", "/snap/bin"};
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		struct slice path = arena_printf(arena, "%s/%.*s", directories[i], (int)len, name);
		if (is_program(places, arena, path.at))
			return path;
	}
	return slice_of(NULL, 0);
}

static void find_programs(const struct places *places, struct arena *arena,
	const struct runtime_entry *entry, struct runtime *runtime)
{
	for (const char *at = entry->programs; *at && runtime->program.len == 0;) {
		size_t len = strcspn(at, " ");
		runtime->program = find_program(places, arena, at, len);
		at += len + strspn(at + len, " ");
	}
	runtime->is_found = runtime->program.len > 0;
}

/* The user that a process runs as: "Uid:\t1000\t1000\t…" of its status. */
static bool process_user(const struct fact *status, unsigned *ret_user)
{
	const char *at = status->state == FACT_KNOWN && status->text.len > 0
				 ? strstr(status->text.at, "Uid:")
				 : NULL;
	return at && sscanf(at, "Uid: %*u %u", ret_user) == 1;
}

/* The value of a variable in the text of /proc/PID/environ. */
static struct fact find_variable(const struct fact *environment, struct slice name)
{
	if (environment->state != FACT_KNOWN)
		return (struct fact){.state = FACT_HIDDEN};
	struct slice rest = environment->text;
	while (rest.len > 0) {
		const char *nul = memchr(rest.at, '\0', rest.len);
		size_t len = nul ? (size_t)(nul - rest.at) : rest.len;
		struct slice variable = slice_first(rest, len);
		if (slice_starts(variable, name) && variable.len > name.len)
			return (struct fact){FACT_KNOWN, slice_from(variable, name.len)};
		rest = slice_from(rest, len + 1);
	}
	return (struct fact){.state = FACT_ABSENT};
}

static void look_at_process(const struct places *places, struct arena *arena, const char *pid,
	struct runtimes *runtimes)
{
	struct fact name =
		fact_read(arena, arena_printf(arena, "%s/%s/comm", places->proc, pid).at);
	for (unsigned i = 0; i < RUNTIME_COUNT && name.text.len > 0; i++) {
		struct runtime *runtime = &runtimes->items[i];
		if (!runtime_table[i].daemon[0] || !fact_is(&name, runtime_table[i].daemon))
			continue;
		struct fact status =
			fact_read(arena, arena_printf(arena, "%s/%s/status", places->proc, pid).at);
		struct fact environment = fact_read(
			arena, arena_printf(arena, "%s/%s/environ", places->proc, pid).at);
		unsigned user = 0;
		runtime->is_found = true;
		if (process_user(&status, &user) && user != 0)
			continue;
		runtime->pid = (int)strtol(pid, NULL, 10);
		runtime->container = find_variable(&environment, SLICE("container="));
		return;
	}
}

static void read_processes(
	const struct places *places, struct arena *arena, struct runtimes *runtimes)
{
	DIR *directory = path_opendir(places->proc);
	if (!directory) {
		runtimes->is_partial = true;
		return;
	}
	for (struct dirent *entry; (entry = readdir(directory));)
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			look_at_process(places, arena, entry->d_name, runtimes);
	closedir(directory);
}

/* The current context in the configuration of docker's client, or empty. */
static struct slice docker_context(struct arena *arena)
{
	const char *context = getenv("DOCKER_CONTEXT");
	if (context)
		return slice_str(context);
	const char *directory = getenv("DOCKER_CONFIG"), *home = getenv("HOME");
	if (!directory && !home)
		return slice_of(NULL, 0);
	struct fact file = fact_read(
		arena, directory ? arena_printf(arena, "%s/config.json", directory).at
				 : arena_printf(arena, "%s/.docker/config.json", home).at);
	json_t *json = file.text.len ? json_loadb(file.text.at, file.text.len, 0, NULL) : NULL;
	const char *name = json_string_value(json_object_get(json, "currentContext"));
	struct slice copy = name ? arena_copy(arena, slice_str(name)) : slice_of(NULL, 0);
	json_decref(json);
	return copy;
}

static bool is_socket(const struct places *places, struct arena *arena, const char *path)
{
	return path_access(arena_printf(arena, "%s%s", places->root, path).at, F_OK) == 0;
}

/*
 * Which daemon the caller's client talks to: DOCKER_HOST, a context of its own, or the socket that
 * is there. One below /run/user is a rootless daemon's, tcp: and ssh: lead to another machine.
 */
static void judge_docker(const struct places *places, struct arena *arena, struct runtime *docker)
{
	const char *host = getenv("DOCKER_HOST");
	struct slice context = host ? slice_of(NULL, 0) : docker_context(arena);
	struct slice own = arena_printf(arena, "/run/user/%u/docker.sock", geteuid());
	if (host && *host) {
		docker->why = arena_printf(arena, "DOCKER_HOST is '%s'", host);
		docker->is_rootless = strstr(host, "/run/user/") != NULL;
		docker->is_remote = strncmp(host, "unix:", 5) != 0 && strncmp(host, "fd:", 3) != 0;
	} else if (context.len > 0 && !slice_is(context, "default")) {
		docker->why = arena_printf(arena, "its context is '%.*s'", SLICE_FMT(context));
		docker->is_rootless = slice_is(context, "rootless");
		docker->is_remote = !docker->is_rootless;
	} else if (docker->pid == 0 && !is_socket(places, arena, "/run/docker.sock") &&
		   is_socket(places, arena, own.at)) {
		docker->why = arena_printf(arena, "its only socket is %.*s", SLICE_FMT(own));
		docker->is_rootless = true;
	}
}

static void judge_podman(struct arena *arena, struct runtime *podman)
{
	podman->is_rootless = geteuid() != 0;
	podman->why = arena_printf(arena, "containers of user %u", geteuid());
}

void runtimes_read(const struct places *places, struct arena *arena, struct runtimes *ret_runtimes)
{
	*ret_runtimes = (struct runtimes){0};
	for (unsigned i = 0; i < RUNTIME_COUNT; i++)
		find_programs(places, arena, &runtime_table[i], &ret_runtimes->items[i]);
	read_processes(places, arena, ret_runtimes);
	judge_docker(places, arena, &ret_runtimes->items[RUNTIME_docker]);
	judge_podman(arena, &ret_runtimes->items[RUNTIME_podman]);
	ret_runtimes->is_swarm =
		is_socket(places, arena, "/var/lib/docker/swarm/docker-state.json");
}

struct slice runtime_failure(struct arena *arena, enum runtime_kind kind)
{
	return arena_printf(arena, "%s %s", runtime_table[kind].name, runtime_table[kind].failure);
}

static void check_gates(const struct runtime *runtime, enum runtime_kind kind,
	const struct host *host, struct findings *findings)
{
	unsigned gates = runtime_table[kind].gates;
	struct slice failure = runtime_failure(findings->arena, kind);
	bool lacks_parser = (gates & GATE_PARSER_IN_SBIN && !host->has_parser_in_sbin) ||
			    (gates & GATE_PARSER && host->parser.len == 0);
	if (lacks_parser)
		finding_add(findings, FINDING_RUNTIME_PARSER, "%.*s", SLICE_FMT(failure));
	if (!(gates & GATE_CONTAINER))
		return;
	if (runtime->container.state == FACT_KNOWN && runtime->container.text.len > 0)
		finding_add(findings, FINDING_RUNTIME_CONTAINER,
			"process %d has container=%.*s; %.*s", runtime->pid,
			SLICE_FMT(runtime->container.text), SLICE_FMT(failure));
	else if (runtime->container.state == FACT_HIDDEN && runtime->pid != 0 &&
		 host->container_mark.len > 0)
		finding_add(findings, FINDING_RUNTIME_CONTAINER,
			"the environment of process %d cannot be seen, but this is a container "
			"(%.*s); %.*s",
			runtime->pid, SLICE_FMT(host->container_mark), SLICE_FMT(failure));
}

void runtime_check(const struct runtimes *runtimes, enum runtime_kind kind, const struct host *host,
	struct findings *findings)
{
	const struct runtime *runtime = &runtimes->items[kind];
	if (kind == RUNTIME_docker && runtime->is_remote) {
		finding_add(findings, FINDING_DOCKER_REMOTE, "%.*s", SLICE_FMT(runtime->why));
		return;
	}
	if (kind == RUNTIME_docker && runtime->is_rootless)
		finding_add(findings, FINDING_DOCKER_ROOTLESS, "%.*s", SLICE_FMT(runtime->why));
	if (kind == RUNTIME_podman && runtime->is_rootless)
		finding_add(findings, FINDING_PODMAN_ROOTLESS, "%.*s", SLICE_FMT(runtime->why));
	check_gates(runtime, kind, host, findings);
}
