#include "compiler/service/container.h"
#include "compiler/service/read.h"
#include "compiler/service/syscalls.h"
#include "tests/unit/unit.h"

#include <linux/capability.h>
#include <stdio.h>

/* What the reader makes of `container`. */

static struct unit unit;

#define HEAD "name: a\nbinary: /a\n"

static const struct container *read_text(const char *text)
{
	unit_init(&unit, NULL, test_out_of_memory);
	const struct source *source =
		sources_add(&unit.sources, SLICE("test.yaml"), slice_str(text), 1);
	struct service *service = NULL;
	bool ok = service_read(&unit, source, &service);
	for (const struct diag *diag = ok ? NULL : unit.diags.first; diag; diag = diag->next)
		printf("\n%.*s", SLICE_FMT(diag->message));
	CU_ASSERT_TRUE_FATAL(ok);
	CU_ASSERT_PTR_NOT_NULL_FATAL(service->run);
	return service->run;
}

static const struct tmpfs *tmpfs_at(const struct container *container, const char *path)
{
	const struct tmpfs *tmpfs = container->tmpfs;
	while (tmpfs && !slice_is(tmpfs->path, path))
		tmpfs = tmpfs->next;
	CU_ASSERT_PTR_NOT_NULL_FATAL(tmpfs);
	return tmpfs;
}

static unsigned count_tmpfs(const struct container *container)
{
	unsigned count = 0;
	for (const struct tmpfs *tmpfs = container->tmpfs; tmpfs; tmpfs = tmpfs->next)
		count++;
	return count;
}

UNIT_TEST(container_has_defaults_where_nothing_is_said)
{
	const struct container *c = read_text(HEAD "writable: [/tmp]\n");
	CU_ASSERT_FALSE(c->is_given);
	CU_ASSERT_TRUE(c->read_only);
	CU_ASSERT_TRUE(c->no_new_privileges);
	CU_ASSERT_FALSE(c->allow_unsafe_user);
	CU_ASSERT_FALSE(c->user.is_given);
	CU_ASSERT_EQUAL(c->restart, RESTART_NO);
	CU_ASSERT_EQUAL(c->seccomp.kind, SECCOMP_RUNTIME);
	CU_ASSERT_EQUAL(c->memory, 0);
	CU_ASSERT_EQUAL(c->capabilities, 0);
	CU_ASSERT_EQUAL(c->image.len, 0);
	CU_ASSERT_PTR_NULL(c->command);
	CU_ASSERT_TRUE(span_none(c->read_only_span));
	const struct tmpfs *tmp = tmpfs_at(c, "/tmp");
	CU_ASSERT_TRUE(tmp->is_default);
	CU_ASSERT_FALSE(tmp->exec);
	CU_ASSERT_FALSE(tmp->has_owner);
	CU_ASSERT_EQUAL(tmp->size, 64u << 20);
	CU_ASSERT_EQUAL(tmp->mode, 01777);
	unit_free(&unit);
}

UNIT_TEST(container_values_are_read)
{
	const struct container *c =
		read_text(HEAD "capabilities: [CAP_KILL, sys_nice]\n"
			       "exec: [{path: /b, as: child c}]\n"
			       "children: {c: {binary: /b, capabilities: [chown]}}\n"
			       "container:\n"
			       "  image: host:5000/a/b:1@sha256:00ff\n"
			       "  command: [/a, '', \"two\\nlines\"]\n"
			       "  user: 20000:20001\n"
			       "  read_only: false\n"
			       "  restart: on-failure:7\n"
			       "  memory: 1.5GiB\n"
			       "  cpus: 0.25\n"
			       "  pids: 12\n"
			       "  no_new_privileges: false\n");
	CU_ASSERT_TRUE(c->is_given);
	CU_ASSERT_TRUE(slice_is(c->image, "host:5000/a/b:1@sha256:00ff"));
	CU_ASSERT_TRUE(slice_is(c->command->text, "/a"));
	CU_ASSERT_EQUAL(c->command->next->text.len, 0);
	CU_ASSERT_TRUE(slice_is(c->command->next->next->text, "two\nlines"));
	CU_ASSERT_EQUAL(c->user.uid, 20000);
	CU_ASSERT_EQUAL(c->user.gid, 20001);
	CU_ASSERT_TRUE(slice_is(sources_text(&unit.sources, c->user.gid_span), "20001"));
	CU_ASSERT_FALSE(c->read_only);
	CU_ASSERT_TRUE(slice_is(sources_text(&unit.sources, c->read_only_span), "false"));
	CU_ASSERT_EQUAL(c->restart, RESTART_ON_FAILURE);
	CU_ASSERT_EQUAL(c->restart_most, 7);
	CU_ASSERT_EQUAL(c->memory, (uint64_t)1536 << 20);
	CU_ASSERT_EQUAL(c->cpus, 250);
	CU_ASSERT_EQUAL(c->pids, 12);
	CU_ASSERT_FALSE(c->no_new_privileges);
	CU_ASSERT_EQUAL(c->capabilities, 1u << CAP_KILL | 1u << CAP_SYS_NICE | 1u << CAP_CHOWN);
	unit_free(&unit);
}

UNIT_TEST(container_sizes_are_powers_of_1024)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} sizes[] = {
		{"8388608", 8 << 20},
		{"8388608b", 8 << 20},
		{"8192k", 8 << 20},
		{"8192KB", 8 << 20},
		{"8m", 8 << 20},
		{"8M", 8 << 20},
		{"8MiB", 8 << 20},
		{"8.5m", 17 << 19},
		{"1g", 1 << 30},
		{"0.125g", 1 << 27},
		{"1.001g", ((uint64_t)1 << 30) + ((uint64_t)1 << 30) / 1000},
		{"1024t", (uint64_t)1 << 50},
	};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char text[100];
		snprintf(text, sizeof(text), HEAD "container: {memory: '%s'}\n", sizes[i].text);
		CU_ASSERT_EQUAL(read_text(text)->memory, sizes[i].bytes);
		unit_free(&unit);
	}
}

UNIT_TEST(a_user_alone_is_the_group_too)
{
	const struct container *c = read_text(HEAD "container: {user: 12345}\n");
	CU_ASSERT_EQUAL(c->user.uid, 12345);
	CU_ASSERT_EQUAL(c->user.gid, 12345);
	CU_ASSERT_TRUE(span_none(c->user.gid_span));
	CU_ASSERT_EQUAL(unit.diags.warnings, 0);
	unit_free(&unit);
	c = read_text(HEAD "container: {allow_unsafe_user: true, user: 65534:0}\n");
	CU_ASSERT_EQUAL(c->user.uid, 65534);
	CU_ASSERT_EQUAL(c->user.gid, 0);
	CU_ASSERT_EQUAL(unit.diags.warnings, 1);
	unit_free(&unit);
}

UNIT_TEST(writable_directories_become_tmpfs)
{
	const struct container *c =
		read_text(HEAD "writable:\n"
			       "  - /z\n"
			       "  - /cache/\n"
			       "  - /data/in\n"
			       "  - {path: /jit, exec: true, owner: true}\n"
			       "  - {file: /etc/one}\n"
			       "  - /var/*/x\n"
			       "  - /dev/shm\n"
			       "  - /proc/self/task\n"
			       "  - /tmp/deep/er\n"
			       "  - /tmp/deep\n"
			       "  - /tmpx\n"
			       "  - /own/sub\n"
			       "exec: [{path: /b, as: child c}]\n"
			       "children: {c: {binary: /b, writable: [/scratch, /z]}}\n"
			       "container:\n"
			       "  volumes: ['data:/data']\n"
			       "  tmpfs:\n"
			       "    /tmp/: {size: 1m}\n"
			       "    /own: {mode: 700, uid: 7, exec: true}\n"
			       "  user: 10001:10002\n");
	static const char *const paths[] = {
		"/cache", "/jit", "/own", "/scratch", "/tmp", "/tmpx", "/z"};
	const struct tmpfs *tmpfs = c->tmpfs;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(tmpfs);
		CU_ASSERT_TRUE(slice_is(tmpfs->path, paths[i]));
		tmpfs = tmpfs->next;
	}
	CU_ASSERT_PTR_NULL(tmpfs);
	const struct tmpfs *cache = tmpfs_at(c, "/cache"), *own = tmpfs_at(c, "/own");
	CU_ASSERT_TRUE(cache->is_default && cache->has_owner && !cache->exec);
	CU_ASSERT_EQUAL(cache->uid, 10001);
	CU_ASSERT_EQUAL(cache->gid, 10002);
	CU_ASSERT_EQUAL(cache->mode, 0755);
	CU_ASSERT_TRUE(slice_is(sources_text(&unit.sources, cache->span), "/cache/"));
	CU_ASSERT_TRUE(!own->is_default && own->has_owner && own->exec);
	CU_ASSERT_EQUAL(own->uid, 7);
	CU_ASSERT_EQUAL(own->gid, 10002);
	CU_ASSERT_EQUAL(own->mode, 0700);
	CU_ASSERT_TRUE(tmpfs_at(c, "/jit")->exec);
	CU_ASSERT_EQUAL(tmpfs_at(c, "/tmp")->size, 1 << 20);
	unit_free(&unit);
}

UNIT_TEST(a_tmpfs_with_one_owner_has_both)
{
	const struct container *c =
		read_text(HEAD "container: {tmpfs: {/a: {uid: 5}, /b: {gid: 6}, "
			       "/c: {mode: '1770'}, /d: {uid: 0}}}\n");
	CU_ASSERT_TRUE(tmpfs_at(c, "/a")->has_owner && tmpfs_at(c, "/b")->has_owner);
	CU_ASSERT_EQUAL(tmpfs_at(c, "/a")->gid, 5);
	CU_ASSERT_EQUAL(tmpfs_at(c, "/b")->uid, 0);
	CU_ASSERT_EQUAL(tmpfs_at(c, "/b")->gid, 6);
	CU_ASSERT_EQUAL(tmpfs_at(c, "/a")->mode, 0755);
	CU_ASSERT_FALSE(tmpfs_at(c, "/c")->has_owner);
	CU_ASSERT_EQUAL(tmpfs_at(c, "/c")->mode, 01770);
	CU_ASSERT_TRUE(tmpfs_at(c, "/d")->has_owner);
	unit_free(&unit);
}

UNIT_TEST(volumes_are_found_by_what_lies_on_them)
{
	const struct container *c =
		read_text(HEAD "writable: [/data]\n"
			       "container:\n"
			       "  volumes: ['v1:/data/x/', '/srv/:/b:ro', /any, '/:/host:rw']\n");
	const struct volume *v = c->volumes;
	CU_ASSERT_EQUAL(v->kind, VOLUME_NAMED);
	CU_ASSERT_TRUE(slice_is(v->source, "v1") && slice_is(v->target, "/data/x"));
	CU_ASSERT_FALSE(v->read_only);
	CU_ASSERT_TRUE(slice_is(sources_text(&unit.sources, v->span), "v1:/data/x/"));
	v = v->next;
	CU_ASSERT_EQUAL(v->kind, VOLUME_BIND);
	CU_ASSERT_TRUE(slice_is(v->source, "/srv") && slice_is(v->target, "/b") && v->read_only);
	v = v->next;
	CU_ASSERT_EQUAL(v->kind, VOLUME_ANONYMOUS);
	CU_ASSERT_TRUE(v->source.len == 0 && slice_is(v->target, "/any"));
	v = v->next;
	CU_ASSERT_TRUE(slice_is(v->source, "/") && !v->read_only);
	const struct mount *mount = container_mount(c, SLICE("/data/x/y"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(mount);
	CU_ASSERT_TRUE(mount->volume == c->volumes);
	CU_ASSERT_TRUE(slice_is(mount_path(mount), "/data/x"));
	mount = container_mount(c, SLICE("/data/xy"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(mount);
	CU_ASSERT_TRUE(mount->tmpfs && slice_is(mount_path(mount), "/data"));
	CU_ASSERT_PTR_NULL(container_mount(c, SLICE("/dat")));
	CU_ASSERT_PTR_NULL(container_mount(c, SLICE("")));
	CU_ASSERT_EQUAL(count_tmpfs(c), 1);
	unit_free(&unit);
}

static void check_port(const struct port **port, const char *address, unsigned host,
	unsigned container, const char *protocol)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(*port);
	CU_ASSERT_TRUE(slice_is((*port)->address, address));
	CU_ASSERT_EQUAL((*port)->host, host);
	CU_ASSERT_EQUAL((*port)->container, container);
	CU_ASSERT_STRING_EQUAL((*port)->protocol, protocol);
	*port = (*port)->next;
}

UNIT_TEST(ports_are_read_in_all_forms)
{
	const struct port *port =
		read_text(HEAD "container:\n"
			       "  ports: [8080, 9090/sctp, '80:8080', '80:8081/udp', "
			       "'127.0.0.1:81:8080', '127.0.0.2:81:8080', '127.0.0.1::8082', "
			       "'[::1]:82:8080', '[fe80::1]::53/udp', 7000-7001, "
			       "'90-91:65534-65535']\n")
			->ports;
	check_port(&port, "", 0, 8080, "tcp");
	check_port(&port, "", 0, 9090, "sctp");
	check_port(&port, "", 80, 8080, "tcp");
	check_port(&port, "", 80, 8081, "udp");
	check_port(&port, "127.0.0.1", 81, 8080, "tcp");
	check_port(&port, "127.0.0.2", 81, 8080, "tcp");
	check_port(&port, "127.0.0.1", 0, 8082, "tcp");
	check_port(&port, "::1", 82, 8080, "tcp");
	check_port(&port, "fe80::1", 0, 53, "udp");
	check_port(&port, "", 0, 7000, "tcp");
	check_port(&port, "", 0, 7001, "tcp");
	check_port(&port, "", 90, 65534, "tcp");
	check_port(&port, "", 91, 65535, "tcp");
	CU_ASSERT_PTR_NULL(port);
	unit_free(&unit);
}

UNIT_TEST(environment_is_a_mapping_or_a_list)
{
	static const char *const texts[] = {
		HEAD "container: {environment: {A: 'x=y', b.c-d: '', _E: , F: no}}\n",
		HEAD "container: {environment: ['A=x=y', 'b.c-d=', _E, F=no]}\n",
	};
	for (size_t i = 0; i < 2; i++) {
		const struct environment *e = read_text(texts[i])->environment;
		CU_ASSERT_TRUE(slice_is(e->name, "A") && slice_is(e->value, "x=y"));
		e = e->next;
		CU_ASSERT_TRUE(slice_is(e->name, "b.c-d") && e->has_value && e->value.len == 0);
		e = e->next;
		CU_ASSERT_TRUE(slice_is(e->name, "_E") && !e->has_value);
		CU_ASSERT_TRUE(slice_is(sources_text(&unit.sources, e->span), "_E"));
		e = e->next;
		CU_ASSERT_TRUE(slice_is(e->name, "F") && slice_is(e->value, "no"));
		CU_ASSERT_PTR_NULL(e->next);
		unit_free(&unit);
	}
}

UNIT_TEST(seccomp_has_five_kinds)
{
	static const struct {
		const char *text;
		enum seccomp_kind kind;
	} cases[] = {
		{"default", SECCOMP_RUNTIME},
		{"{}", SECCOMP_RUNTIME},
		{"{base: default, allow: []}", SECCOMP_RUNTIME},
		{"unconfined", SECCOMP_UNCONFINED},
		{"{file: a/b.json}", SECCOMP_FILE},
		{"{log: true}", SECCOMP_CHANGED},
		{"{deny: [chmod]}", SECCOMP_CHANGED},
		{"{base: default, allow: [ptrace]}", SECCOMP_CHANGED},
		{"{base: none, allow: [write, read], log: true}", SECCOMP_LIST},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[200];
		snprintf(text, sizeof(text), HEAD "container: {seccomp: %s}\n", cases[i].text);
		CU_ASSERT_EQUAL(read_text(text)->seccomp.kind, cases[i].kind);
		unit_free(&unit);
	}
}

UNIT_TEST(seccomp_lists_are_sorted)
{
	const struct seccomp *seccomp = &read_text(
		HEAD "container: {seccomp: {allow: [write, read, accept, socketcall]}}\n")
						 ->seccomp;
	static const char *const names[] = {"accept", "read", "socketcall", "write"};
	const struct text *call = seccomp->allow;
	for (size_t i = 0; i < 4; i++, call = call->next)
		CU_ASSERT_TRUE_FATAL(call && slice_is(call->text, names[i]));
	CU_ASSERT_PTR_NULL(call);
	CU_ASSERT_PTR_NULL(seccomp->deny);
	unit_free(&unit);
}

UNIT_TEST(calls_of_capabilities_are_calls)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	for (size_t i = 0; i < capability_call_count; i++) {
		const struct capability_call *call = &capability_calls[i];
		/* Younger than the oldest libseccomp that is supported. */
		if (strcmp(call->call, "setxattrat") == 0)
			continue;
		CU_ASSERT_TRUE(syscall_is_known(&arena, slice_str(call->call)));
		CU_ASSERT_TRUE(call->capability >= 0 && call->capability <= CAP_LAST_CAP);
	}
	CU_ASSERT_FALSE(syscall_is_known(&arena, SLICE("")));
	CU_ASSERT_FALSE(syscall_is_known(&arena, SLICE("opn")));
	CU_ASSERT_STRING_EQUAL(syscall_nearest(&arena, SLICE("opn")), "open");
	CU_ASSERT_STRING_EQUAL(syscall_nearest(&arena, SLICE("socketcal")), "socketcall");
	CU_ASSERT_PTR_NULL(syscall_nearest(&arena, SLICE("zzzzzzzzzz")));
	CU_ASSERT_TRUE(syscall_is_native("chown"));
	CU_ASSERT_FALSE(syscall_is_native("chown32"));
	CU_ASSERT_TRUE(capability_is_calls_only(CAP_SYS_CHROOT));
	CU_ASSERT_FALSE(capability_is_calls_only(CAP_SYS_ADMIN));
	arena_free(&arena);
}
