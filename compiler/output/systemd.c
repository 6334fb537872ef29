/*
 * A drop-in for the unit of a service of the host: systemd's own sandbox, as far as it forbids
 * nothing that the profile allows. What is started, and when, is the unit's business.
 *
 * What systemd does by a filter of system calls implies NoNewPrivileges= where the unit names a
 * user (systemd.exec(5)); a service that changes its profile cannot live with that.
 */

#include "compiler/output/launch.h"
#include "compiler/output/sandbox.h"
#include "compiler/output/unit_word.h"

#include <linux/capability.h>

#define CAPABLE(capability) ((uint64_t)1 << (capability))

struct unit_file {
	const struct launch *launch;
	const struct container *container;
	struct sandbox needs;
	struct buf *out;
	bool may_filter; /* seccomp, and all that it implies */
};

static void add_line(struct unit_file *file, const char *text)
{
	buf_add_str(file->out, text);
	buf_add_char(file->out, '\n');
}

static void add_word(struct unit_file *file, const char *key, struct slice value)
{
	buf_printf(file->out, "%s=", key);
	unit_word(value, false, file->out);
	buf_add_char(file->out, '\n');
}

/* Settings that stand unless the profile needs what they take away. */
static void add_unless(struct unit_file *file, bool is_needed, const char *text)
{
	if (!is_needed)
		add_line(file, text);
}

static bool has_capability(const struct unit_file *file, uint64_t any_of)
{
	return file->needs.all_capabilities || file->needs.capabilities & any_of;
}

/* on-failure:3 is at most four starts. */
static void add_restart(struct unit_file *file)
{
	const struct container *container = file->container;
	if (container->restart == RESTART_ON_FAILURE && container->restart_most > 0)
		buf_printf(file->out,
			"[Unit]\nStartLimitIntervalSec=infinity\nStartLimitBurst=%u\n\n",
			container->restart_most + 1);
	else if (container->restart != RESTART_NO)
		add_line(file, "[Unit]\nStartLimitIntervalSec=0\n");
	add_line(file, "[Service]");
	if (container->restart != RESTART_NO)
		add_line(file, container->restart == RESTART_ON_FAILURE ? "Restart=on-failure"
									: "Restart=always");
}

static void add_user(struct unit_file *file)
{
	const struct container_user *user = &file->container->user;
	if (user->is_given)
		buf_printf(file->out, "User=%u\nGroup=%u\n", user->uid, user->gid);
}

static void add_capability_list(struct unit_file *file, const char *key)
{
	bool is_first = true;
	buf_printf(file->out, "%s=", key);
	for (unsigned i = 0; i < 64; i++) {
		if (!(file->needs.capabilities >> i & 1))
			continue;
		buf_printf(file->out, "%sCAP_%.*s", is_first ? "" : " ",
			SLICE_FMT(launch_capability(file->launch, i)));
		is_first = false;
	}
	buf_add_char(file->out, '\n');
}

/* Who is not root has a capability only as an ambient one; a user named elsewhere in the unit needs
 * the same, which the unit must say. */
static void add_capabilities(struct unit_file *file)
{
	const struct container_user *user = &file->container->user;
	if (file->needs.all_capabilities)
		return;
	add_capability_list(file, "CapabilityBoundingSet");
	if (user->is_given && user->uid != 0 && file->needs.capabilities)
		add_capability_list(file, "AmbientCapabilities");
}

static void add_writable(struct unit_file *file)
{
	const struct sandbox *needs = &file->needs;
	if (!file->container->read_only || needs->writes_anywhere)
		return;
	add_line(file, "ProtectSystem=strict");
	for (size_t i = 0; i < needs->write_count; i++)
		add_word(file, "ReadWritePaths",
			arena_printf(
				&file->launch->unit->arena, "-%.*s", SLICE_FMT(needs->writes[i])));
}

static void add_files(struct unit_file *file)
{
	const struct sandbox *needs = &file->needs;
	add_writable(file);
	if (!needs->home_read && !needs->home_written)
		add_line(file, "ProtectHome=yes");
	else if (!needs->home_written)
		add_line(file, "ProtectHome=read-only");
	add_unless(file, needs->reads_temporary, "PrivateTmp=yes");
	add_unless(file, needs->other_processes || has_capability(file, CAPABLE(CAP_SYS_PTRACE)),
		"ProtectProc=invisible");
	add_unless(file, needs->cgroups_written, "ProtectControlGroups=yes");
}

static bool needs_devices(const struct unit_file *file)
{
	return file->needs.devices ||
	       has_capability(file, CAPABLE(CAP_MKNOD) | CAPABLE(CAP_SYS_RAWIO));
}

static bool needs_clock(const struct unit_file *file)
{
	return file->needs.clock || needs_devices(file) ||
	       has_capability(file, CAPABLE(CAP_SYS_TIME) | CAPABLE(CAP_WAKE_ALARM));
}

/* What systemd also does by a filter of system calls. */
static void add_kernel(struct unit_file *file)
{
	const struct sandbox *needs = &file->needs;
	add_unless(file, needs_devices(file), "PrivateDevices=yes");
	add_unless(
		file, needs->kernel_written || needs->kernel_secrets, "ProtectKernelTunables=yes");
	add_unless(file, needs->modules || has_capability(file, CAPABLE(CAP_SYS_MODULE)),
		"ProtectKernelModules=yes");
	add_unless(file, needs->kernel_log || has_capability(file, CAPABLE(CAP_SYSLOG)),
		"ProtectKernelLogs=yes");
	add_unless(file, needs_clock(file), "ProtectClock=yes");
	add_unless(file, has_capability(file, CAPABLE(CAP_SYS_ADMIN)), "ProtectHostname=yes");
	add_unless(file,
		needs->makes_namespaces || needs->mounts ||
			has_capability(file, CAPABLE(CAP_SYS_ADMIN)),
		"RestrictNamespaces=yes");
	add_unless(file, has_capability(file, CAPABLE(CAP_SYS_NICE)), "RestrictRealtime=yes");
	add_unless(file, has_capability(file, CAPABLE(CAP_FSETID) | CAPABLE(CAP_CHOWN)),
		"RestrictSUIDSGID=yes");
	add_line(file, "LockPersonality=yes");
}

static void add_families(struct unit_file *file)
{
	if (file->needs.all_families)
		return;
	buf_add_str(file->out, "RestrictAddressFamilies=AF_UNIX");
	for (const struct families *at = file->needs.families; at; at = at->next) {
		buf_add_str(file->out, " AF_");
		for (const char *c = at->name; *c; c++)
			buf_add_char(
				file->out, *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
	}
	buf_add_char(file->out, '\n');
}

static void add_calls(struct unit_file *file, const char *sign, const struct text *calls)
{
	if (!calls)
		return;
	buf_printf(file->out, "SystemCallFilter=%s", sign);
	for (const struct text *at = calls; at; at = at->next)
		buf_printf(file->out, "%s%.*s", at == calls ? "" : " ", SLICE_FMT(at->text));
	buf_add_char(file->out, '\n');
}

/* Calls that the profile allows and systemd's group for services lacks. */
static void add_calls_of_capabilities(struct unit_file *file)
{
	static const struct group {
		uint64_t capabilities;
		const char *calls;
	} groups[] = {
		{CAPABLE(CAP_BPF), "bpf"},
		{CAPABLE(CAP_DAC_READ_SEARCH), "open_by_handle_at"},
		{CAPABLE(CAP_PERFMON), "bpf perf_event_open"},
		{CAPABLE(CAP_SYSLOG), "syslog"},
		{CAPABLE(CAP_SYS_BOOT), "@reboot"},
		{CAPABLE(CAP_SYS_CHROOT), "chroot"},
		{CAPABLE(CAP_SYS_MODULE), "@module"},
		{CAPABLE(CAP_SYS_PACCT), "acct"},
		{CAPABLE(CAP_SYS_PTRACE), "@debug kcmp"},
		{CAPABLE(CAP_SYS_RAWIO), "@raw-io"},
		{CAPABLE(CAP_SYS_TIME), "@clock"},
		{CAPABLE(CAP_SYS_TTY_CONFIG), "vhangup"},
	};
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (has_capability(file, groups[i].capabilities))
			buf_printf(file->out, "SystemCallFilter=%s\n", groups[i].calls);
	if (file->needs.traces && !has_capability(file, CAPABLE(CAP_SYS_PTRACE)))
		add_line(file, "SystemCallFilter=@debug");
	if (file->needs.mounts)
		add_line(file, "SystemCallFilter=@mount");
}

/* sys_admin and unconfined: no filter could be named that forbids nothing. What the description
 * denies can be named, and alone is all that is refused. */
static void add_filter(struct unit_file *file)
{
	const struct seccomp *seccomp = &file->container->seccomp;
	bool is_list = seccomp->kind == SECCOMP_LIST;
	bool allows_all = seccomp->kind == SECCOMP_UNCONFINED ||
			  (!is_list && has_capability(file, CAPABLE(CAP_SYS_ADMIN)));
	add_line(file, "SystemCallArchitectures=native");
	if (allows_all && !seccomp->deny)
		return;
	if (!allows_all && !is_list) {
		add_line(file, "SystemCallFilter=@system-service");
		add_calls_of_capabilities(file);
	}
	if (!allows_all)
		add_calls(file, "", seccomp->allow);
	add_calls(file, "~", seccomp->deny);
	add_line(file, "SystemCallErrorNumber=EPERM");
}

static void add_network(struct unit_file *file)
{
	const struct sandbox *needs = &file->needs;
	if (!needs->families && !needs->all_families && !needs->talks)
		add_line(file, "PrivateNetwork=yes");
}

static void add_limits(struct unit_file *file)
{
	const struct container *container = file->container;
	if (container->memory > 0)
		buf_printf(file->out, "MemoryMax=%llu\n", (unsigned long long)container->memory);
	if (container->cpus > 0)
		buf_printf(file->out, "CPUQuota=%u%%\n", (container->cpus + 9) / 10);
	if (container->pids > 0)
		buf_printf(file->out, "TasksMax=%u\n", container->pids);
}

static void add_environment(struct unit_file *file)
{
	struct arena *arena = &file->launch->unit->arena;
	for (const struct environment *at = file->container->environment; at; at = at->next)
		if (at->has_value)
			add_word(file, "Environment",
				arena_printf(arena, "%.*s=%.*s", SLICE_FMT(at->name),
					SLICE_FMT(at->value)));
		else
			add_word(file, "PassEnvironment", at->name);
}

/* The default ones stand for directories that a container has not. */
static bool add_mounts(struct unit_file *file)
{
	struct arena *arena = &file->launch->unit->arena;
	for (const struct tmpfs *at = file->container->tmpfs; at; at = at->next)
		if (!at->is_default)
			add_word(file, "TemporaryFileSystem",
				arena_printf(arena, "%.*s:%.*s", SLICE_FMT(at->path),
					SLICE_FMT(launch_tmpfs_options(file->launch, at))));
	for (const struct volume *at = file->container->volumes; at; at = at->next) {
		if (at->kind != VOLUME_BIND)
			return launch_refuse(file->launch, at->span,
				"a unit has no volumes but directories of the host");
		add_word(file, at->read_only ? "BindReadOnlyPaths" : "BindPaths",
			arena_printf(
				arena, "%.*s:%.*s", SLICE_FMT(at->source), SLICE_FMT(at->target)));
	}
	return true;
}

static bool check_filter(struct unit_file *file)
{
	const struct seccomp *seccomp = &file->container->seccomp;
	if (seccomp->kind == SECCOMP_FILE)
		return launch_refuse(
			file->launch, seccomp->span, "a unit reads no seccomp filter from a file");
	if (seccomp->log)
		return launch_refuse(
			file->launch, seccomp->span, "a unit cannot log the calls that it refuses");
	if ((seccomp->kind == SECCOMP_LIST || seccomp->deny) && !file->may_filter)
		return launch_refuse(file->launch, seccomp->span,
			"systemd may set no_new_privileges with a filter, which the description "
			"rules out");
	return true;
}

static bool check(struct unit_file *file)
{
	const struct container *container = file->container;
	if (container->command)
		return launch_refuse(file->launch, container->command->span,
			"what a unit starts is said by its own ExecStart=, not by 'command'");
	return check_filter(file);
}

static void say(struct unit_file *file, struct rendered *out)
{
	struct slice name = launch_name(file->launch);
	launch_say_load(file->launch, out);
	buf_printf(&out->comment,
		"This file belongs to /etc/systemd/system/UNIT.service.d/%.*s.conf of the unit that "
		"starts the service. It holds for every program that the unit starts: where that is "
		"a script, take AppArmorProfile= out; the profile attaches by the path.\n",
		SLICE_FMT(name));
	if (file->needs.leaves)
		buf_add_str(&out->comment,
			"The profile lets programs run under other profiles, or none. A sandbox "
			"would hold for them, too, so there is none.\n");
	else if (file->needs.changes_profile)
		buf_add_str(&out->comment,
			"The profile executes children. no_new_privileges would forbid that, so "
			"there is nothing here that implies it.\n");
}

bool output_systemd(const struct launch *launch, struct rendered *out)
{
	struct unit_file file = {.launch = launch,
		.container = launch->container,
		.needs = sandbox_of(launch->unit, launch->compiled),
		.out = &out->text};
	file.may_filter = launch->container->no_new_privileges && !file.needs.changes_profile;
	if (!check(&file))
		return false;
	say(&file, out);
	add_restart(&file);
	add_word(&file, "AppArmorProfile", launch_name(launch));
	add_user(&file);
	if (file.may_filter)
		add_line(&file, "NoNewPrivileges=yes");
	if (!file.needs.leaves) {
		add_capabilities(&file);
		add_files(&file);
		add_network(&file);
	}
	if (file.may_filter) {
		add_kernel(&file);
		add_families(&file);
		add_filter(&file);
	}
	add_limits(&file);
	add_environment(&file);
	return add_mounts(&file);
}
