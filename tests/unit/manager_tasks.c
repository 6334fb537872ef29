#include "manager/host/sight.h"
#include "manager/kernel/label.h"
#include "manager/host/tasks.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A proc of ordinary files. */
struct fake {
	struct place place;
	struct arena arena;
	struct places places;
	struct tasks tasks;
	struct error *error;
};

static void put_link(struct fake *fake, const char *name, const char *target)
{
	unlink(place_at(&fake->place, name));
	CU_ASSERT_EQUAL(symlink(target, place_at(&fake->place, name)), 0);
}

static struct fake *fake_begin(void)
{
	struct fake *fake = calloc(1, sizeof(*fake));
	fake->place = place_begin();
	arena_init(&fake->arena, test_out_of_memory);
	chmod(fake->place.path, 0755);
	fake->places = (struct places){.root = fake->place.path, .proc = fake->place.path};
	place_put(&fake->place, "self/stat", "");
	CU_ASSERT_EQUAL(mkdir(place_at(&fake->place, "self/ns"), 0755), 0);
	put_link(fake, "self/ns/pid", SIGHT_PID_NAMESPACE);
	return fake;
}

static void fake_end(struct fake *fake)
{
	arena_free(&fake->arena);
	place_end(&fake->place);
	error_free(fake->error);
	free(fake);
}

/* attr: "apparmor/current" or "current" */
static void put_thread(struct fake *fake, int pid, int thread, const char *attr, const char *label)
{
	char name[100];
	snprintf(name, sizeof(name), "%d/task/%d/attr/%s", pid, thread, attr);
	place_put(&fake->place, name, label);
	if (thread != pid)
		return;
	snprintf(name, sizeof(name), "%d/attr/%s", pid, attr);
	place_put(&fake->place, name, label);
}

static void put_process(struct fake *fake, int pid, const char *command, const char *label)
{
	char name[100];
	snprintf(name, sizeof(name), "%d/comm", pid);
	place_put(&fake->place, name, command);
	put_thread(fake, pid, pid, "apparmor/current", label);
}

static bool read_fake(struct fake *fake)
{
	return tasks_read(&fake->places, &fake->arena, &fake->tasks, &fake->error);
}

/* "7 sh web (enforce), 8 …" */
static bool holds(const struct fake *fake, const char *want)
{
	char text[1000] = "";
	size_t len = 0;
	for (size_t i = 0; i < fake->tasks.count && len < sizeof(text); i++) {
		const struct task *at = &fake->tasks.tasks[i];
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%d %.*s %.*s (%.*s)",
			i ? ", " : "", at->pid, SLICE_FMT(at->command), SLICE_FMT(at->label),
			SLICE_FMT(at->mode));
	}
	if (strcmp(text, want) != 0)
		printf("    held: %s\n", text);
	return strcmp(text, want) == 0;
}

UNIT_TEST(tasks_confined_ones_by_pid)
{
	struct fake *fake = fake_begin();
	put_process(fake, 100, "nginx\n", "web (enforce)\n");
	put_process(fake, 20, "sh\n", "a b (x) (complain)\n");
	put_process(fake, 3, "free\n", "unconfined\n");
	put_process(fake, 4, "tenant\n", ":t:unconfined\n");
	put_process(fake, 5, "e\x1b[31m\tv\x7fil\n", "web//&:t:db (mixed)");
	put_process(fake, 6, "", "free (unconfined)\n");
	place_put(&fake->place, "self/attr/apparmor/current", "web (enforce)\n");
	place_put(&fake->place, "07/attr/apparmor/current", "web (enforce)\n");
	place_put(&fake->place, "8x/attr/apparmor/current", "web (enforce)\n");
	place_put(&fake->place, "-9/attr/apparmor/current", "web (enforce)\n");
	place_put(&fake->place, "99999999999/attr/apparmor/current", "web (enforce)\n");
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	CU_ASSERT_TRUE(holds(fake, "5 e?[31m?v?il web//&:t:db (mixed), 6  free (unconfined), "
				   "20 sh a b (x) (complain), 100 nginx web (enforce)"));
	CU_ASSERT_FALSE(fake->tasks.is_partial);
	fake_end(fake);
}

UNIT_TEST(tasks_once_for_each_label_of_threads)
{
	struct fake *fake = fake_begin();
	put_process(fake, 7, "app\n", "web (enforce)\n");
	put_thread(fake, 7, 8, "apparmor/current", "web//worker (enforce)\n");
	put_thread(fake, 7, 9, "apparmor/current", "web (enforce)\n");
	put_thread(fake, 7, 10, "apparmor/current", "unconfined\n");
	put_thread(fake, 7, 11, "apparmor/current", "web (complain)\n");
	put_thread(fake, 7, 12, "apparmor/current", "web//worker (enforce)\n");
	put_process(fake, 13, "mixed\n", "unconfined\n");
	put_thread(fake, 13, 14, "apparmor/current", "web (enforce)\n");
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	CU_ASSERT_TRUE(holds(fake, "7 app web (complain), 7 app web (enforce), "
				   "7 app web//worker (enforce), 13 mixed web (enforce)"));
	fake_end(fake);
}

UNIT_TEST(tasks_of_kernels_with_one_directory)
{
	struct fake *fake = fake_begin();
	put_thread(fake, 5, 5, "current", "web (enforce)\n");
	put_thread(fake, 6, 6, "current", "system_u:system_r:kernel_t:s0");
	put_thread(fake, 7, 7, "current", "");
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	CU_ASSERT_TRUE(holds(fake, "5  web (enforce)"));
	fake_end(fake);
}

UNIT_TEST(tasks_that_vanish)
{
	struct fake *fake = fake_begin();
	struct task task;
	put_process(fake, 5, "x\n", "web (enforce)\n");
	CU_ASSERT_EQUAL(mkdir(place_at(&fake->place, "6"), 0755), 0);
	CU_ASSERT_EQUAL(mkdir(place_at(&fake->place, "7"), 0755), 0);
	CU_ASSERT_EQUAL(mkdir(place_at(&fake->place, "7/task"), 0755), 0);
	CU_ASSERT_EQUAL(mkdir(place_at(&fake->place, "7/task/7"), 0755), 0);
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	CU_ASSERT_TRUE(holds(fake, "5 x web (enforce)"));
	CU_ASSERT_FALSE(fake->tasks.is_partial);
	CU_ASSERT_FALSE(task_read(&fake->places, 6, &fake->arena, &task, &fake->error));
	CU_ASSERT_TRUE(error_takes(&fake->error, ESRCH, "there is no process 6"));
	CU_ASSERT_FALSE(task_read(&fake->places, 12345, &fake->arena, &task, &fake->error));
	CU_ASSERT_TRUE(error_takes(&fake->error, ESRCH, "there is no process 12345"));
	CU_ASSERT_FALSE(task_read(&fake->places, -1, &fake->arena, &task, &fake->error));
	CU_ASSERT_TRUE(error_takes(&fake->error, ESRCH, "there is no process -1"));
	fake_end(fake);
}

UNIT_TEST(tasks_with_garbage)
{
	struct fake *fake = fake_begin();
	char *text = malloc(70001);
	memset(text, 'x', 70000);
	text[70000] = '\0';
	put_process(fake, 5, "x\n", "web (enforce)\n");
	put_process(fake, 6, "x\n", "()\n");
	put_process(fake, 7, "x\n", ") (\n");
	put_process(fake, 8, text, "web (kill)\n");
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	CU_ASSERT_TRUE(holds(fake, "5 x web (enforce), 8  web (kill)"));
	CU_ASSERT_FALSE(fake->tasks.is_partial);
	put_process(fake, 9, "x\n", text);
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	CU_ASSERT_TRUE(holds(fake, "5 x web (enforce), 8  web (kill)"));
	CU_ASSERT_TRUE(fake->tasks.is_partial);
	free(text);
	fake_end(fake);
}

UNIT_TEST(tasks_without_proc)
{
	struct fake *fake = fake_begin();
	struct task task;
	fake->places.proc = "/nowhere/proc";
	CU_ASSERT_FALSE(read_fake(fake));
	CU_ASSERT_TRUE(error_takes(&fake->error, ENOENT, "'/nowhere/proc'"));
	CU_ASSERT_FALSE(task_read(&fake->places, 1, &fake->arena, &task, &fake->error));
	CU_ASSERT_TRUE(error_takes(&fake->error, ENOENT, "'/nowhere/proc'"));
	fake_end(fake);
}

UNIT_TEST(task_of_a_pid)
{
	struct fake *fake = fake_begin();
	struct task task;
	put_process(fake, 5, "x\n", "a b//&web (x) (mixed)\n");
	put_process(fake, 6, "y\n", "unconfined\n");
	CU_ASSERT_TRUE_FATAL(task_read(&fake->places, 5, &fake->arena, &task, &fake->error));
	CU_ASSERT_EQUAL(task.pid, 5);
	CU_ASSERT_TRUE(slice_is(task.command, "x"));
	CU_ASSERT_TRUE(slice_is(task.label, "a b//&web (x)"));
	CU_ASSERT_TRUE(slice_is(task.mode, "mixed"));
	CU_ASSERT_TRUE_FATAL(task_read(&fake->places, 6, &fake->arena, &task, &fake->error));
	CU_ASSERT_TRUE(slice_is(task.label, "unconfined"));
	CU_ASSERT_TRUE(slice_is(task.mode, ""));
	fake_end(fake);
}

/* Whatever the security modules of this machine are, its own processes can be read. */
UNIT_TEST(tasks_of_this_machine)
{
	struct fake *fake = fake_begin();
	struct task task;
	fake->places.proc = "/proc";
	fake->places.root = "";
	CU_ASSERT_TRUE(read_fake(fake));
	CU_ASSERT_TRUE_FATAL(task_read(&fake->places, getpid(), &fake->arena, &task, &fake->error));
	CU_ASSERT_EQUAL(task.pid, getpid());
	CU_ASSERT_TRUE(task.command.len > 0);
	fake_end(fake);
}

static bool is_partial_for_user(struct fake *fake)
{
	struct task task;
	return read_fake(fake) && fake->tasks.is_partial && holds(fake, "1 init web (enforce)") &&
	       !task_read(&fake->places, 5, &fake->arena, &task, &fake->error) &&
	       error_takes(&fake->error, EACCES, "run as root");
}

UNIT_TEST(tasks_without_rights)
{
	struct fake *fake = fake_begin();
	put_process(fake, 1, "init\n", "web (enforce)\n");
	put_process(fake, 5, "x\n", "web (enforce)\n");
	CU_ASSERT_EQUAL(chmod(place_at(&fake->place, "5"), 0700), 0);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && setuid(65534) < 0)
			_exit(2);
		_exit(is_partial_for_user(fake) ? 0 : 1);
	}
	int status;
	waitpid(pid, &status, 0);
	CU_ASSERT_EQUAL(status, 0);
	fake_end(fake);
}

/* What a proc must show before it counts as that of the whole machine. */
static bool says(struct fake *fake, const char *words)
{
	if (!read_fake(fake))
		return false;
	if (!*words)
		return !fake->tasks.is_partial && fake->tasks.hidden.len == 0;
	return fake->tasks.is_partial && fake->tasks.hidden.len > 0 &&
	       slice_find(fake->tasks.hidden, slice_str(words));
}

static void put_mounts(struct fake *fake, const char *point, const char *options)
{
	char text[400];
	snprintf(text, sizeof(text),
		"22 1 0:20 / /sys rw - sysfs sysfs rw\n"
		"35 34 0:20 / %s rw,nosuid shared:5 master:1 - proc proc %s\n",
		point, options);
	place_put(&fake->place, "self/mountinfo", text);
}

static void put_rights(
	struct fake *fake, const char *user, const char *capabilities, const char *label)
{
	char text[200];
	snprintf(text, sizeof(text), "Name:\tx\nCapEff:\t%s\n", capabilities);
	put_link(fake, "self/ns/user", user);
	place_put(&fake->place, "self/status", text);
	place_put(&fake->place, "self/attr/apparmor/current", label);
}

UNIT_TEST(sight_of_namespaces)
{
	struct fake *fake = fake_begin();
	CU_ASSERT_TRUE(says(fake, ""));
	put_link(fake, "self/ns/pid", "pid:[4026532177]");
	CU_ASSERT_TRUE(says(fake, "not the PID namespace of the host"));
	place_put(&fake->place, "1/comm", "init\n");
	CU_ASSERT_EQUAL(mkdir(place_at(&fake->place, "1/ns"), 0755), 0);
	put_link(fake, "1/ns/pid", "pid:[4026532177]");
	CU_ASSERT_TRUE(says(fake, "not the PID namespace of the host"));
	put_link(fake, "1/ns/pid", "pid:[40265318360]");
	CU_ASSERT_TRUE(says(fake, "not the PID namespace of the host"));
	put_link(fake, "1/ns/pid", SIGHT_PID_NAMESPACE);
	CU_ASSERT_TRUE(says(fake, ""));
	fake->places.root = "";
	CU_ASSERT_TRUE(says(fake, "is not the proc of the kernel"));
	fake_end(fake);
}

UNIT_TEST(sight_of_mounts)
{
	struct fake *fake = fake_begin();
	fake->places.root = strndup(fake->place.path, strlen("/tmp"));
	const char *proc = fake->place.path + strlen("/tmp");
	char name[200];
	put_mounts(fake, proc, "rw");
	CU_ASSERT_TRUE(says(fake, ""));
	snprintf(name, sizeof(name), "%s/sys/fs", proc);
	put_mounts(fake, name, "rw,hidepid=invisible");
	CU_ASSERT_TRUE(says(fake, ""));
	snprintf(name, sizeof(name), "%s/812", proc);
	put_mounts(fake, name, "rw");
	CU_ASSERT_TRUE(says(fake, "something is mounted over a process"));
	put_mounts(fake, proc, "rw,hidepid=off");
	CU_ASSERT_TRUE(says(fake, ""));
	put_mounts(fake, proc, "rw,hidepid=0");
	CU_ASSERT_TRUE(says(fake, ""));
	put_mounts(fake, proc, "rw,gid=5,hidepid=invisible");
	CU_ASSERT_TRUE(says(fake, "hidepid="));
	put_rights(fake, SIGHT_USER_NAMESPACE, "000001ffffffffff", "unconfined\n");
	CU_ASSERT_TRUE(says(fake, ""));
	put_rights(fake, SIGHT_USER_NAMESPACE, "000001fffff7ffff", "unconfined\n");
	CU_ASSERT_TRUE(says(fake, "hidepid="));
	put_rights(fake, SIGHT_USER_NAMESPACE, "000001ffffffffff", "forge (enforce)\n");
	CU_ASSERT_TRUE(says(fake, "hidepid="));
	put_rights(fake, "user:[4026532000]", "000001ffffffffff", "unconfined\n");
	CU_ASSERT_TRUE(says(fake, "hidepid="));
	free((char *)fake->places.root);
	fake_end(fake);
}

UNIT_TEST(tasks_that_are_dead)
{
	struct fake *fake = fake_begin();
	put_process(fake, 5, "x\n", "web (enforce)\n");
	place_put(&fake->place, "5/stat", "5 (x) Z (sleep) Z 1 5 5 0 -1\n");
	put_process(fake, 6, "y\n", "web (enforce)\n");
	place_put(&fake->place, "6/stat", "6 (y) Z) S 1 6 6 0 -1\n");
	put_process(fake, 7, "z\n", "web (enforce)\n");
	place_put(&fake->place, "7/stat", "7 (z) Z 1\n");
	put_thread(fake, 7, 8, "apparmor/current", "web (enforce)\n");
	place_put(&fake->place, "7/task/7/stat", "7 (z) Z 1\n");
	place_put(&fake->place, "7/task/8/stat", "8 (z) R 1\n");
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	CU_ASSERT_TRUE(holds(fake, "6 y web (enforce), 7 z web (enforce)"));
	fake_end(fake);
}

UNIT_TEST(tasks_of_hidden_namespaces)
{
	struct fake *fake = fake_begin();
	put_process(fake, 5, "x\n", "---\n");
	CU_ASSERT_TRUE(says(fake, "the labels of 1 task cannot"));
	fake_end(fake);
}

UNIT_TEST(label_members)
{
	CU_ASSERT_TRUE(label_is_in(SLICE("unconfined"), SLICE("")));
	CU_ASSERT_FALSE(label_is_in(SLICE("unconfined"), SLICE("t")));
	CU_ASSERT_TRUE(label_is_in(SLICE("a//&:t:unconfined"), SLICE("t")));
	CU_ASSERT_TRUE(label_is_in(SLICE("a//&:t:unconfined"), SLICE("")));
	CU_ASSERT_FALSE(label_is_in(SLICE(":t:unconfined"), SLICE("")));
	CU_ASSERT_FALSE(label_is_in(SLICE(":t:a//&b"), SLICE("")));
}

UNIT_TEST(label_modes)
{
	static const struct {
		const char *text, *label, *mode;
	} cases[] = {
		{"web (enforce)", "web", "enforce"},
		{"a b (x) (kill)", "a b (x)", "kill"},
		{"unconfined", "unconfined", ""},
		{"a (b) c", "a (b) c", ""},
		{"(enforce)", "(enforce)", ""},
		{" (enforce)", "", "enforce"},
		{"web ()", "web", ""},
		{")", ")", ""},
		{"", "", ""},
		{"x (a (b)", "x (a", "b"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct slice label, mode;
		label_split_mode(slice_str(cases[i].text), &label, &mode);
		CU_ASSERT_TRUE(slice_is(label, cases[i].label));
		CU_ASSERT_TRUE(slice_is(mode, cases[i].mode));
	}
}

UNIT_TEST(label_namespaces)
{
	static const struct {
		const char *text, *namespace, *name;
	} cases[] = {
		{":t:web", "t", "web"},
		{":t://web", "t", "web"},
		{":a//b:web//kid", "a//b", "web//kid"},
		{"web", NULL, "web"},
		{"a:b:c", NULL, "a:b:c"},
		{":web", NULL, ":web"},
		{":t:", "t", ""},
		{":", NULL, ":"},
		{"", NULL, ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct slice name = slice_str(cases[i].text), namespace = SLICE("unset");
		bool has = label_split_namespace(&name, &namespace);
		CU_ASSERT_EQUAL(has, cases[i].namespace != NULL);
		CU_ASSERT_TRUE(slice_is(name, cases[i].name));
		CU_ASSERT_TRUE(slice_is(namespace, has ? cases[i].namespace : "unset"));
	}
}

/* Stacks as a kernel 6.1 and 6.12 showed them. */
UNIT_TEST(label_holds_profiles)
{
	static const struct {
		const char *label, *namespace, *name;
		bool holds;
	} cases[] = {
		{"web", "", "web", true},
		{"web//worker", "", "web", true},
		{"web", "", "web//worker", false},
		{"web-2", "", "web", false},
		{"web", "t", "web", false},
		{":t:web", "t", "web", true},
		{":t://web//kid", "t", "web", true},
		{":t:web", "", "web", false},
		{"learn//&web", "", "web", true},
		{"learn//&web", "", "learn", true},
		{"learn//&web", "", "learn//&web", false},
		{"web//&unconfined", "", "unconfined", true},
		{"db//&web//&:tenant:db//&web", "tenant", "web", true},
		{"db//&:tenant:cab//&web", "", "web", false},
		{"db//&:tenant:cab//&web", "tenant", "web", true},
		{"db//&:a//b:web//worker", "a//b", "web", true},
		{"db//&:a//b:web//worker", "a", "web", false},
		{":other:web//&:tenant:web", "other", "web", true},
		{":other:web//&:tenant:web", "tenant", "web", true},
		{":other:web//&:tenant:web", "", "web", false},
		{"", "", "web", false},
		{"//&", "", "web", false},
		{"web//&", "", "web", true},
		{"a b (x)", "", "a b (x)", true},
		{"---", "", "web", false},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool found = label_holds(slice_str(cases[i].label), slice_str(cases[i].namespace),
			slice_str(cases[i].name));
		if (found != cases[i].holds)
			printf("    case %zu: %s\n", i, cases[i].label);
		CU_ASSERT_EQUAL(found, cases[i].holds);
	}
}
