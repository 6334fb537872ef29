#include "manager/host/interpreter.h"
#include "manager/host/loose.h"
#include "manager/host/process.h"
#include "manager/host/sight.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

UNIT_TEST(units_of_processes)
{
	static const struct {
		const char *cgroup, *name, *user, *mend;
	} cases[] = {
		{"0::/system.slice/unbound.service\n", "unbound.service", "",
			"systemctl restart unbound.service"},
		{"0::/system.slice/unbound.service", "unbound.service", "",
			"systemctl restart unbound.service"},
		{"0::/system.slice/system-getty.slice/getty@tty1.service/x\n", "getty@tty1.service",
			"", "systemctl restart getty@tty1.service"},
		{"0::/system.slice/a\\x2db.service\n", "a\\x2db.service", "",
			"systemctl restart 'a\\x2db.service'"},
		{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service\n",
			"foo.service", "1000", "systemctl --user restart foo.service"},
		{"0::/user.slice/user-1000.slice/user@1000.service\n", "user@1000.service", "",
			"systemctl restart user@1000.service"},
		{"0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope", "",
			"start it again"},
		{"12:pids:/x.service\n1:name=systemd:/system.slice/y.service\n0::/z.service\n",
			"y.service", "", "systemctl restart y.service"},
		{"12:pids:/x.service\n", "", "", "start it again"},
		{"0::/system.slice/docker-3f00.scope\n", "docker-3f00.scope", "",
			"start its container again"},
		{"0::/docker/3f00\n", "", "", "start its container again"},
		{"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-1.scope\n",
			"cri-containerd-1.scope", "", "start its container again"},
		{"0::/system.slice/containerd.service/kubepods-pod1:cri-containerd:2\n",
			"containerd.service", "", "start its container again"},
		{"0::/system.slice/web.service/libpod-payload-7\n", "web.service", "",
			"systemctl restart web.service"},
		{"0::/system.slice/a.service/ssh.service\n", "a.service", "",
			"systemctl restart a.service"},
		{"0::/../../system.slice/a.service\n", "a.service", "",
			"systemctl restart a.service"},
		{"0::/system.slice/_.hidden.service\n", ".hidden.service", "",
			"systemctl restart .hidden.service"},
		{"0::/x'; reboot; '.service\n", "", "", "start it again"},
		{"0::/x y.service\n", "", "", "start it again"},
		{"0::/.service\n", "", "", "start it again"},
		{"0::/\n", "", "", "start it again"},
		{"", "", "", "start it again"},
		{"0:", "", "", "start it again"},
		{"::::\n\n", "", "", "start it again"},
	};
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct unit_of unit = unit_read(slice_str(cases[i].cgroup));
		struct slice mend = unit_mend(&arena, &unit);
		bool is_right = slice_is(unit.name, cases[i].name) &&
				slice_is(unit.user, cases[i].user) && slice_is(mend, cases[i].mend);
		if (!is_right)
			printf("    case %zu: %.*s, %.*s, %.*s\n", i, SLICE_FMT(unit.name),
				SLICE_FMT(unit.user), SLICE_FMT(mend));
		CU_ASSERT_TRUE(is_right);
		CU_ASSERT_EQUAL(unit_has_command(&unit), slice_starts(mend, SLICE("systemctl")));
	}
	arena_free(&arena);
}

/* Words of a command line, each ended by a "|" that stands for NUL. */
UNIT_TEST(scripts_of_interpreters)
{
	static const struct {
		const char *program, *line, *script;
	} cases[] = {
		{"/usr/bin/python3.11", "/usr/bin/python3|-u|/usr/bin/foo.py|-x|",
			"/usr/bin/foo.py"},
		{"/usr/bin/python3.11", "python3|foo.py", "foo.py"},
		{"/usr/bin/python3.11", "python3|-W|error|-X|dev|foo.py|", "foo.py"},
		{"/usr/bin/python3.11", "python3|-Werror|foo.py|", "foo.py"},
		{"/usr/bin/python3.11", "python3|-m|http.server|", ""},
		{"/usr/bin/python3.11", "python3|-Ic|import x|y|", ""},
		{"/usr/bin/python3.11", "python3|", ""},
		{"/usr/bin/python3.11", "python3|-|x|", ""},
		{"/usr/bin/python3.11", "", ""},
		{"/usr/bin/dash", "/bin/sh|-e|/etc/x|", "/etc/x"},
		{"/usr/bin/dash", "sh|-c|/etc/x|", ""},
		{"/usr/bin/dash", "sh|-ec|/etc/x|", ""},
		{"/usr/bin/bash", "bash|-euo|pipefail|/x|", "/x"},
		{"/usr/bin/bash", "bash|--norc|--|-x|", "-x"},
		{"/usr/bin/busybox", "/bin/sh|/x|", "/x"},
		{"/bin/busybox", "busybox|sh|/x|", "/x"},
		{"/usr/bin/perl", "/usr/bin/perl|-wT|-I/usr/lib/e|/x|", "/x"},
		{"/usr/bin/perl", "perl|-I|lib|x|", "x"},
		{"/usr/bin/perl", "perl|-ne|x|", ""},
		{"/usr/bin/php8.2", "php|-d|a=b|-f|/x|", "/x"},
		{"/usr/sbin/nginx", "nginx|/x|", ""},
		{"/usr/bin/shred", "shred|/x|", ""},
		{"", "x|/x|", ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char line[100];
		size_t len = strlen(cases[i].line);
		for (size_t at = 0; at < len; at++)
			line[at] = (char)(cases[i].line[at] == '|' ? '\0' : cases[i].line[at]);
		struct slice script =
			interpreter_script(slice_str(cases[i].program), slice_of(line, len));
		if (!slice_is(script, cases[i].script))
			printf("    case %zu: %.*s\n", i, SLICE_FMT(script));
		CU_ASSERT_TRUE(slice_is(script, cases[i].script));
	}
}

struct fake {
	struct place place;
	struct arena arena;
	struct places places;
	struct processes processes;
	struct running *running;
	size_t count;
};

static void put(struct fake *fake, int pid, const char *name, const char *text)
{
	char path[100];
	snprintf(path, sizeof(path), "%d/%s", pid, name);
	place_put(&fake->place, path, text);
}

static void put_bytes(
	struct fake *fake, const char *name, long offset, const void *bytes, size_t len)
{
	FILE *file = fopen(place_put(&fake->place, name, ""), "w");
	fseek(file, offset, SEEK_SET);
	fwrite(bytes, 1, len, file);
	fclose(file);
}

static void put_link(struct fake *fake, int pid, const char *name, const char *target)
{
	char path[100];
	snprintf(path, sizeof(path), "%d/%s", pid, name);
	CU_ASSERT_EQUAL(symlink(target, place_at(&fake->place, path)), 0);
}

static void put_process(struct fake *fake, int pid, const char *program, const char *label)
{
	char name[60];
	snprintf(name, sizeof(name), "task/%d/attr/apparmor/current", pid);
	put(fake, pid, "comm", "x\n");
	put(fake, pid, "attr/apparmor/current", label);
	put(fake, pid, name, label);
	if (program)
		put_link(fake, pid, "exe", program);
}

static struct fake *fake_begin(void)
{
	struct fake *fake = calloc(1, sizeof(*fake));
	fake->place = place_begin();
	arena_init(&fake->arena, test_out_of_memory);
	fake->places = (struct places){.root = fake->place.path, .proc = fake->place.path};
	place_put(&fake->place, "self/ns/x", "");
	CU_ASSERT_EQUAL(symlink(SIGHT_PID_NAMESPACE, place_at(&fake->place, "self/ns/pid")), 0);
	return fake;
}

static void fake_end(struct fake *fake)
{
	arena_free(&fake->arena);
	place_end(&fake->place);
	free(fake);
}

static bool begins(const void *context, struct slice program)
{
	return slice_starts(program, slice_str(context));
}

/* The pids that are outside of the profile, each followed by a blank. */
static bool finds(struct fake *fake, const struct process_question *question, const char *pids)
{
	char text[200] = "", *at = text;
	CU_ASSERT_TRUE_FATAL(processes_read(&fake->places, &fake->arena, &fake->processes, NULL));
	fake->count = processes_outside(&fake->processes, question, &fake->arena, &fake->running);
	for (size_t i = 0; i < fake->count; i++)
		at += snprintf(at, 20, "%d ", fake->running[i].pid);
	if (strcmp(text, pids) != 0)
		printf("    found %s\n", text);
	return strcmp(text, pids) == 0;
}

UNIT_TEST(processes_of_a_program)
{
	struct fake *fake = fake_begin();
	struct process_question question = {
		.name = SLICE("web"), .programs = &SLICE("/usr/sbin/web"), .program_count = 1};
	put_process(fake, 1, "/sbin/init", "unconfined\n");
	put_process(fake, 2, NULL, "unconfined\n");
	put_process(fake, 40, "/usr/sbin/web", "unconfined\n");
	put_process(fake, 5, "/usr/sbin/web (deleted)", "unconfined\n");
	put_process(fake, 6, "/usr/sbin/web", "web (enforce)\n");
	put_process(fake, 7, "/usr/sbin/web", "a//&web//hat (enforce)\n");
	put_process(fake, 8, "/usr/sbin/web2", "unconfined\n");
	put_process(fake, 9, "/usr/sbin/web", "other (complain)\n");
	put_process(fake, 10, "/usr/sbin/web", ":tenant:unconfined\n");
	put_process(fake, 11, "/usr/sbin/web", "docker-default (enforce)\n");
	put(fake, 11, "cgroup", "0::/docker/3f00\n");
	put_process(fake, 12, "/usr/sbin/web", "lent (unconfined)\n");
	put(fake, 12, "cgroup", "0::/docker/3f00\n");
	put_process(fake, 13, "/usr/sbin/web", "docker-default (enforce)\n");
	put(fake, 13, "ns/x", "");
	put(fake, 1, "ns/x", "");
	put_link(fake, 13, "ns/pid", "pid:[4026532177]");
	put_link(fake, 1, "ns/pid", SIGHT_PID_NAMESPACE);
	put_process(fake, 14, "/usr/sbin/web", "other (enforce)\n");
	put_process(fake, 15, "/usr/sbin/web", "docker-default (complain)\n");
	put(fake, 15, "cgroup", "0::/docker/3f00\n");
	put_process(fake, 16, "/usr/sbin/web", "a//&b (mixed)\n");
	CU_ASSERT_TRUE_FATAL(finds(fake, &question, "5 9 12 14 16 40 "));
	CU_ASSERT_FALSE(fake->processes.is_partial);
	CU_ASSERT_TRUE(fake->running[0].is_replaced && fake->running[0].is_free);
	CU_ASSERT_FALSE(fake->running[1].is_replaced);
	CU_ASSERT_TRUE(fake->running[1].is_free);
	CU_ASSERT_TRUE(slice_is(fake->running[1].label, "other"));
	CU_ASSERT_FALSE(fake->running[3].is_free);
	CU_ASSERT_FALSE(fake->running[4].is_free);
	CU_ASSERT_TRUE(fake->running[2].is_free);
	CU_ASSERT_FALSE(fake->running[0].is_thread);
	CU_ASSERT_TRUE(slice_is(running_words(&fake->arena, &fake->running[1], SLICE("web")),
		"process 9 (x) was started without the profile 'web', and is under 'other' in mode "
		"complain, which keeps it from nothing: start it again"));
	CU_ASSERT_TRUE(slice_is(running_words(&fake->arena, &fake->running[3], SLICE("web")),
		"process 14 (x) was started without the profile 'web', and is confined by "
		"'other': start it again"));
	question.namespace = SLICE("tenant");
	CU_ASSERT_TRUE(finds(fake, &question, "10 "));
	question = (struct process_question){
		.name = SLICE("web"), .accepts = begins, .context = "/usr/sbin/web"};
	CU_ASSERT_TRUE(finds(fake, &question, "5 8 9 12 14 16 40 "));
	question.program_count = 1;
	question.programs = &SLICE("/usr/sbin/we");
	CU_ASSERT_TRUE(finds(fake, &question, ""));
	const struct slice both[] = {SLICE("/usr/sbin/web2"), SLICE("/sbin/init")};
	question.programs = both;
	question.program_count = 2;
	CU_ASSERT_TRUE(finds(fake, &question, "1 8 "));
	question.program_count = 1;
	question.programs = &SLICE("/zzz");
	CU_ASSERT_TRUE(finds(fake, &question, ""));
	fake_end(fake);
}

static bool is_helper(const void *context, struct slice child)
{
	return slice_is(child, context);
}

UNIT_TEST(processes_that_are_loose)
{
	struct fake *fake = fake_begin();
	struct tasks tasks;
	char pids[100] = "", *at = pids;
	const struct loose_question question = {.namespace = SLICE(""),
		.name = SLICE("web"),
		.is_meant = is_helper,
		.context = "web//helper"};
	put_process(fake, 20, "/x", "web//null-/usr/bin/id (complain)\n");
	put(fake, 20, "cgroup", "0::/system.slice/web.service\n");
	put_process(fake, 3, "/x", "web (enforce)\n");
	put_process(fake, 4, "/x", "unconfined\n");
	put_process(fake, 5, "/x", "web//helper (complain)\n");
	put_process(fake, 6, "/x", "web//gone (complain)\n");
	put_process(fake, 7, "/x", "web//gone (enforce)\n");
	put_process(fake, 8, "/x", "web2//null-/x (complain)\n");
	put_process(fake, 9, "/x", ":tenant:web//null-/x (complain)\n");
	put_process(fake, 10, "/x", "docker//&web//null-/x//null-/y (mixed)\n");
	put_process(fake, 11, "/x", "docker//&web//gone (mixed)\n");
	put_process(fake, 12, "/x", "web//lent (unconfined)\n");
	CU_ASSERT_TRUE_FATAL(tasks_read(&fake->places, &fake->arena, &tasks, NULL));
	tasks = tasks_that_log(&tasks, &fake->arena);
	CU_ASSERT_EQUAL(tasks.count, 8);
	size_t count =
		processes_loose(&fake->places, &tasks, &question, &fake->arena, &fake->running);
	for (size_t i = 0; i < count; i++)
		at += snprintf(at, 20, "%d ", fake->running[i].pid);
	CU_ASSERT_STRING_EQUAL_FATAL(pids, "6 10 12 20 ");
	CU_ASSERT_TRUE(slice_is(running_words(&fake->arena, &fake->running[3], SLICE("web")),
		"process 20 (x, web.service) is not confined by the profile 'web', but under "
		"'web//null-/usr/bin/id' in mode complain, which keeps it from nothing: systemctl "
		"restart web.service"));
	CU_ASSERT_TRUE(slice_is(fake->running[3].program, "/x"));
	fake_end(fake);
}

UNIT_TEST(processes_with_threads)
{
	struct fake *fake = fake_begin();
	struct process_question question = {
		.name = SLICE("web"), .programs = &SLICE("/web"), .program_count = 1};
	put_process(fake, 5, "/web", "web (enforce)\n");
	put(fake, 5, "task/6/attr/apparmor/current", "unconfined\n");
	put(fake, 5, "cgroup", "0::/system.slice/w.service\n");
	put_process(fake, 7, "/web", "web (enforce)\n");
	put(fake, 7, "task/8/attr/apparmor/current", "web//hat (enforce)\n");
	CU_ASSERT_TRUE_FATAL(finds(fake, &question, "5 "));
	CU_ASSERT_TRUE(fake->running[0].is_thread);
	CU_ASSERT_TRUE(slice_is(running_words(&fake->arena, &fake->running[0], SLICE("web")),
		"process 5 (x, w.service) was started without the profile 'web', and a thread of "
		"it is unconfined: systemctl restart w.service"));
	fake_end(fake);
}

/* A command line, each word ended by a "|" that stands for NUL; and the name of its execve(2). */
static void put_words(struct fake *fake, int pid, const char *words, const char *executed)
{
	char line[200], path[40];
	const uint64_t auxv[] = {AT_PAGESZ, 4096, AT_EXECFN, 64, AT_NULL, 0};
	size_t len = strlen(words);
	for (size_t at = 0; at < len; at++)
		line[at] = (char)(words[at] == '|' ? '\0' : words[at]);
	snprintf(path, sizeof(path), "%d/cmdline", pid);
	put_bytes(fake, path, 0, line, len);
	if (!executed)
		return;
	snprintf(path, sizeof(path), "%d/auxv", pid);
	put_bytes(fake, path, 0, auxv, sizeof(auxv));
	snprintf(path, sizeof(path), "%d/mem", pid);
	put_bytes(fake, path, 64, executed, strlen(executed) + 1);
}

/* The root of the fake is that of its processes. */
UNIT_TEST(processes_of_a_script)
{
	struct fake *fake = fake_begin();
	struct process_question question = {
		.name = SLICE("web"), .programs = &SLICE("/srv/a/foo"), .program_count = 1};
	place_put(&fake->place, "srv/a/foo", "#!/usr/bin/python3 -u\n");
	place_put(&fake->place, "srv/a/b/x", "");
	place_put(&fake->place, "usr/bin/python3.11", "");
	CU_ASSERT_EQUAL(symlink("python3.11", place_at(&fake->place, "usr/bin/python3")), 0);
	put_process(fake, 5, "/usr/bin/python3.11", "unconfined\n");
	put_words(fake, 5, "/usr/bin/python3", NULL);
	CU_ASSERT_TRUE(finds(fake, &question, ""));
	put_words(fake, 5, "python3|./b/../foo|x", NULL);
	CU_ASSERT_TRUE_FATAL(finds(fake, &question, "5 "));
	CU_ASSERT_TRUE(fake->running[0].is_unsure); /* its directory is not known */
	put_link(fake, 5, "cwd", "/srv/a");
	CU_ASSERT_TRUE_FATAL(finds(fake, &question, "5 "));
	CU_ASSERT_FALSE(fake->running[0].is_unsure);
	CU_ASSERT_TRUE(slice_is(fake->running[0].script, "/srv/a/foo"));
	CU_ASSERT_TRUE(slice_is(fake->running[0].program, "/usr/bin/python3.11"));
	question.programs = &SLICE("/usr/bin/python3.11");
	CU_ASSERT_TRUE_FATAL(finds(fake, &question, "5 "));
	CU_ASSERT_TRUE(slice_is(fake->running[0].script, ""));
	fake_end(fake);
}

UNIT_TEST(processes_of_scripts_by_other_names)
{
	static const struct {
		const char *line, *program, *words, *executed,
			*found; /* found: "", "maybe", "yes" */
	} cases[] = {
		{"#!/bin/bash", "/usr/bin/bash", "/bin/bash|/bin/foo|", "/bin/foo", "yes"},
		{"#!/bin/bash", "/usr/bin/bash", "/bin/bash|/bin/foo|", NULL, "yes"},
		{"#!/bin/bash", "/usr/bin/bash", "/bin/bash|/srv/link|", "/srv/link", "yes"},
		{"#!/bin/bash", "/usr/bin/bash", "/bin/bash|../srv/link|", NULL, "yes"},
		{"#!/bin/bash", "/usr/bin/bash", "bash|/srv/other|/bin/foo|", "/bin/bash", ""},
		{"#!/bin/bash", "/usr/bin/bash", "bash|+h|/bin/foo|", "/bin/bash", "yes"},
		{"#!/bin/bash", "/usr/bin/bash", "bash|foo|", "/bin/bash", "maybe"},
		{"#!/bin/bash", "/usr/bin/bash", "-bash|", "/bin/bash", ""},
		{"#!/bin/bash", "/usr/bin/bash", "bash|-c|/bin/foo|", "/bin/bash", ""},
		{"#!/bin/bash", "/usr/bin/bash", "worker|", "/bin/bash", "maybe"},
		{"#!/bin/bash", "/usr/bin/bash", "worker|", "/srv/other", ""},
		{"#!/bin/bash", "/usr/bin/bash", "worker|", "/usr/bin/foo", "yes"},
		{"#!/bin/bash", "/usr/bin/bash", "worker|", "/proc/self/exe", ""},
		{"#!/bin/bash", "/usr/bin/bash", "worker|", NULL, "maybe"},
		{"#!/bin/bash", "/usr/bin/bash", "", NULL, "maybe"},
		{"#!/bin/bash", "/usr/bin/bash", "bash|/gone|", "/gone", "maybe"},
		{"#!/bin/bash", "/usr/bin/dash", "worker|", NULL, ""},
		{"#!/usr/bin/env python3", "/opt/python3.9", "worker|", NULL, "maybe"},
		{"#!/usr/bin/env python3", "/opt/python3.9", "python3|-m|x|", NULL, ""},
		{"#!/bin/odd -x", "/usr/bin/odd", "/bin/odd|-x|/bin/foo|", NULL, "yes"},
		{"#!/bin/odd -x", "/usr/bin/odd", "/bin/odd|-x|/srv/link|y|", "/srv/link", "yes"},
		{"#!/bin/odd -x", "/usr/bin/odd", "/bin/odd|-x|/srv/other|", "/srv/other", ""},
		{"#!/bin/odd -x", "/usr/bin/odd", "odd|-x|/srv/other|", NULL, ""},
		{"#!/bin/odd -x", "/usr/bin/odd", "busy|", "/bin/odd", "maybe"},
		{"#!/bin/odd -x", "/usr/bin/odd", "busy|", "/bin/foo", "yes"},
		{"#!/usr/bin/env odd", "/usr/bin/odd", "odd|/srv/link|", "/usr/bin/odd", "yes"},
		{"#!/bin/wrap", "/usr/bin/odd", "/bin/odd|/bin/wrap|/bin/foo|", "/bin/foo", "yes"},
		{"#!/bin/wrap", "/usr/bin/odd", "busy|", NULL, "maybe"},
		{"no script", "/usr/bin/odd", "busy|", NULL, ""},
		{"no script", "/usr/bin/foo.old", "foo|", "/bin/foo", "yes"},
		{"no script", "/usr/bin/foo.old", "foo|", "foo.old", ""},
		{"no script", "/usr/bin/foo.old", "foo|", NULL, ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *fake = fake_begin();
		struct process_question question = {.name = SLICE("web"),
			.programs = &SLICE("/usr/bin/foo"),
			.program_count = 1};
		place_put(&fake->place, "usr/bin/foo", cases[i].line);
		place_put(&fake->place, "usr/bin/wrap", "#!/bin/odd\n");
		for (const char *const *name = (const char *const[]){"bash", "dash", "odd", "env",
			     "foo.old", "python3", NULL};
			*name; name++) {
			char path[40];
			snprintf(path, sizeof(path), "usr/bin/%s", *name);
			place_put(&fake->place, path, "");
		}
		place_put(&fake->place, "srv/other", "#!/bin/odd\n");
		CU_ASSERT_EQUAL(symlink("usr/bin", place_at(&fake->place, "bin")), 0);
		CU_ASSERT_EQUAL(symlink("/bin/foo", place_at(&fake->place, "srv/link")), 0);
		put_process(fake, 5, cases[i].program, "unconfined\n");
		put_link(fake, 5, "cwd", "/srv");
		put_words(fake, 5, cases[i].words, cases[i].executed);
		bool is_found = finds(fake, &question, cases[i].found[0] ? "5 " : "");
		bool is_unsure = fake->count > 0 && fake->running[0].is_unsure;
		if (!is_found || is_unsure != (cases[i].found[0] == 'm'))
			printf("    case %zu\n", i);
		CU_ASSERT_TRUE(is_found);
		CU_ASSERT_EQUAL(is_unsure, cases[i].found[0] == 'm');
		fake_end(fake);
	}
}

UNIT_TEST(processes_of_scripts_by_a_pattern)
{
	struct fake *fake = fake_begin();
	struct process_question question = {
		.name = SLICE("web"), .accepts = begins, .context = "/usr/bin/fo"};
	place_put(&fake->place, "usr/bin/foo", "#!/bin/odd\n");
	put_process(fake, 5, "/usr/bin/odd", "unconfined\n");
	put_words(fake, 5, "/bin/odd|/usr/bin/foo|", "/usr/bin/foo");
	put_process(fake, 6, "/usr/bin/odd", "unconfined\n");
	question.by_any_name = true;
	CU_ASSERT_TRUE_FATAL(finds(fake, &question, "5 "));
	CU_ASSERT_TRUE(slice_is(fake->running[0].script, "/usr/bin/foo"));
	fake_end(fake);
}

/* 32 bits; no end; no address; no NUL; a directory. */
UNIT_TEST(processes_with_strange_vectors)
{
	struct fake *fake = fake_begin();
	struct process_question question = {
		.name = SLICE("web"), .programs = &SLICE("/usr/bin/foo"), .program_count = 1};
	const uint32_t narrow[] = {AT_PAGESZ, 4096, AT_EXECFN, 64, AT_NULL, 0};
	const uint64_t endless[] = {AT_PAGESZ, 4096, AT_EXECFN}, wild[] = {AT_EXECFN, UINT64_MAX};
	place_put(&fake->place, "usr/bin/foo", "");
	put_process(fake, 5, "/usr/bin/foo.old", "unconfined\n");
	put_words(fake, 5, "foo|", "/usr/bin/foo");
	put_bytes(fake, "5/auxv", 0, narrow, sizeof(narrow));
	CU_ASSERT_TRUE(finds(fake, &question, "5 "));
	put_bytes(fake, "5/auxv", 0, endless, sizeof(endless));
	CU_ASSERT_TRUE(finds(fake, &question, ""));
	put_bytes(fake, "5/auxv", 0, wild, sizeof(wild));
	CU_ASSERT_TRUE(finds(fake, &question, ""));
	put_words(fake, 5, "foo|", "/usr/bin/foo");
	CU_ASSERT_TRUE(finds(fake, &question, "5 "));
	put_bytes(fake, "5/mem", 64, "/usr/bin/foo", 12);
	CU_ASSERT_TRUE(finds(fake, &question, ""));
	fake_end(fake);
}

/* Its first thread has ended. */
UNIT_TEST(processes_without_a_head)
{
	struct fake *fake = fake_begin();
	struct process_question question = {
		.name = SLICE("web"), .programs = &SLICE("/usr/sbin/web"), .program_count = 1};
	put(fake, 5, "comm", "web\n");
	put(fake, 5, "task/5/comm", "web\n");
	put(fake, 5, "task/7/attr/apparmor/current", "unconfined\n");
	put(fake, 5, "task/7/cgroup", "0::/system.slice/web.service\n");
	put_link(fake, 5, "task/7/exe", "/usr/sbin/web (deleted)");
	CU_ASSERT_TRUE_FATAL(finds(fake, &question, "5 "));
	CU_ASSERT_TRUE(fake->running[0].is_free && fake->running[0].is_replaced);
	CU_ASSERT_TRUE(slice_is(fake->running[0].unit.name, "web.service"));
	fake_end(fake);
}

UNIT_TEST(processes_that_are_many)
{
	enum { MANY = 1000 };
	struct fake *fake = fake_begin();
	struct process_question question = {
		.name = SLICE("web"), .programs = &SLICE("/bin/3"), .program_count = 1};
	for (int i = 0; i < MANY; i++) {
		char program[20];
		snprintf(program, sizeof(program), "/bin/%d", i % 50);
		put_process(fake, 1000 + i, program, "unconfined\n");
	}
	CU_ASSERT_TRUE_FATAL(processes_read(&fake->places, &fake->arena, &fake->processes, NULL));
	fake->count = processes_outside(&fake->processes, &question, &fake->arena, &fake->running);
	CU_ASSERT_EQUAL(fake->count, MANY / 50);
	fake_end(fake);
}
