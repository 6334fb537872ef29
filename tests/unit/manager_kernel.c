#include "manager/host/sight.h"
#include "manager/kernel/kernel.h"
#include "manager/kernel/stale.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * An apparmorfs of ordinary files and named pipes: what is written is looked at, the kernel's
 * answer is that of the file system. Answers like a kernel's are in tests/manager.py.
 */
struct world {
	struct place place;
	struct places places;
	struct arena arena;
	struct policy_set set;
	struct loaded loaded;
	struct loaded_profile profiles[8];
	struct error *error;
	int removed; /* the pipe .remove */
};

static char *at(struct world *world, const char *name)
{
	return strdup(place_at(&world->place, name));
}

static struct world *world_begin(void)
{
	struct world *world = calloc(1, sizeof(*world));
	world->place = place_begin();
	arena_init(&world->arena, test_out_of_memory);
	policy_set_init(&world->arena, &world->set);
	world->places = (struct places){
		.root = at(world, ""),
		.apparmorfs = at(world, "fs"),
		.proc = at(world, "proc"),
		.parameters = at(world, "parameters"),
	};
	world->places.root[strlen(world->places.root) - 1] = '\0';
	world->loaded.profiles = world->profiles;
	place_put(&world->place, "fs/.replace", "");
	place_put(&world->place, "fs/policy/revision", "1\n");
	mkdir(place_at(&world->place, "fs/policy/profiles"), 0755);
	place_put(&world->place, "parameters/enabled", "Y\n");
	place_put(&world->place, "proc/self/status",
		"Name:\tx\nUid:\t0\t0\t0\t0\nCapEff:\t1ffffffffff\n");
	place_put(&world->place, "proc/self/ns/x", "");
	CU_ASSERT_EQUAL(
		symlink(SIGHT_PID_NAMESPACE, place_at(&world->place, "proc/self/ns/pid")), 0);
	mkfifo(place_at(&world->place, "fs/.remove"), 0600);
	world->removed = open(place_at(&world->place, "fs/.remove"), O_RDWR | O_NONBLOCK);
	return world;
}

static void world_end(struct world *world)
{
	close(world->removed);
	error_free(world->error);
	arena_free(&world->arena);
	free(world->places.root);
	free(world->places.apparmorfs);
	free(world->places.proc);
	free(world->places.parameters);
	place_end(&world->place);
	free(world);
}

/* A member of one profile, or of two: "web web//worker". */
static struct set_member *add(struct world *world, const char *namespace, const char *names,
	const char *binary, enum set_state state)
{
	struct set_member *member = arena_new(&world->arena, struct set_member);
	struct set_member **members =
		arena_array(&world->arena, world->set.count + 1, sizeof(member));
	for (size_t i = 0; i < world->set.count; i++)
		members[i] = world->set.members[i];
	members[world->set.count++] = member;
	world->set.members = members;
	*member = (struct set_member){
		.source = SLICE("x.yaml"), .binary = slice_str(binary), .state = state};
	member->profiles = arena_array(&world->arena, 4, sizeof(*member->profiles));
	member->sorted = arena_array(&world->arena, 4, sizeof(*member->sorted));
	for (struct slice rest = slice_str(names); rest.len > 0;) {
		const char *blank = memchr(rest.at, ' ', rest.len);
		struct slice name = slice_first(rest, blank ? (size_t)(blank - rest.at) : rest.len);
		struct set_profile *profile = &member->profiles[member->profile_count];
		*profile = (struct set_profile){.name = name,
			.namespace = slice_str(namespace),
			.sha1 = SLICE("51"),
			.sha256 = SLICE("5256")};
		member->sorted[member->profile_count++] = profile;
		rest = slice_from(rest, name.len + 1);
	}
	return member;
}

/* To be called in the order of the names. */
static void hold(struct world *world, const char *namespace, const char *name)
{
	world->profiles[world->loaded.count++] = (struct loaded_profile){
		.name = slice_str(name),
		.namespace = slice_str(namespace),
		.mode = SLICE("enforce"),
		.directory = SLICE(""),
	};
}

static bool replace(struct world *world)
{
	return kernel_replace(&world->places, &world->set, &world->loaded, &world->error);
}

static bool refuses(struct world *world, int number, const char *words)
{
	return !replace(world) && error_takes(&world->error, number, words);
}

/* What was written to .remove, NULs shown as ';'. */
static bool removed(struct world *world, const char *wanted)
{
	char text[512];
	ssize_t len = read(world->removed, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	for (ssize_t i = 0; i < len; i++)
		if (text[i] == '\0')
			text[i] = ';';
	if (strcmp(text, wanted) != 0)
		printf("    removed: %s\n", text);
	return strcmp(text, wanted) == 0;
}

UNIT_TEST(kernel_replace_writes_what_changes_at_once)
{
	struct world *world = world_begin();
	add(world, "", "a", "[a]", SET_NEW);
	add(world, "", "b", "[b]", SET_SAME);
	add(world, "", "c c//d", "[c]", SET_CHANGED);
	CU_ASSERT_TRUE(replace(world));
	CU_ASSERT_TRUE(place_holds(&world->place, "fs/.replace", "[a][c]"));
	CU_ASSERT_TRUE(removed(world, ""));
	world_end(world);
}

UNIT_TEST(kernel_replace_of_nothing_writes_nothing)
{
	struct world *world = world_begin();
	unlink(place_at(&world->place, "fs/.replace"));
	CU_ASSERT_TRUE(replace(world));
	add(world, "", "b", "[b]", SET_SAME);
	CU_ASSERT_TRUE(replace(world));
	world_end(world);
}

UNIT_TEST(kernel_replace_removes_stale_children)
{
	struct world *world = world_begin();
	add(world, "", "web web//kept", "[web]", SET_CHANGED);
	add(world, "", "same", "[same]", SET_SAME);
	hold(world, "", "same");
	hold(world, "", "same//child");
	hold(world, "", "web");
	hold(world, "", "web//gone");
	hold(world, "", "web//gone//deep");
	hold(world, "", "web//kept");
	hold(world, "", "web2");
	hold(world, "", "web2//other");
	CU_ASSERT_TRUE(replace(world));
	CU_ASSERT_TRUE(removed(world, "web//gone//deep;web//gone;"));
	world_end(world);
}

/* A removal would set the tasks free. */
UNIT_TEST(kernel_replace_leaves_stale_children_that_are_in_use)
{
	struct world *world = world_begin();
	struct set_member *member = add(world, "", "web", "[web]", SET_CHANGED);
	hold(world, "", "web");
	hold(world, "", "web//free");
	hold(world, "", "web//used");
	hold(world, "", "web//used//deep");
	place_put(&world->place, "proc/12/attr/apparmor/current", "a//&web//used//deep (mixed)\n");
	place_put(&world->place, "proc/12/task/12/attr/apparmor/current",
		"a//&web//used//deep (mixed)\n");
	CU_ASSERT_TRUE(replace(world));
	CU_ASSERT_TRUE(removed(world, "web//free;"));
	CU_ASSERT_EQUAL_FATAL(member->kept_count, 2);
	struct left_list left =
		stale_left(member, &member->profiles[0], &world->loaded, &world->arena);
	CU_ASSERT_EQUAL_FATAL(left.count, 2);
	CU_ASSERT_TRUE(slice_is(left.items[0].name, "web//used"));
	policy_set_compare(&world->set, &world->loaded);
	member->state = SET_CHANGED;
	CU_ASSERT_TRUE(replace(world));
	CU_ASSERT_TRUE(removed(world, "web//free;"));
	world_end(world);
}

/* Who cannot see the tasks cannot know. */
UNIT_TEST(kernel_replace_leaves_stale_children_of_unseen_tasks)
{
	struct world *world = world_begin();
	add(world, "", "web", "[web]", SET_CHANGED);
	hold(world, "", "web");
	hold(world, "", "web//gone");
	unlink(place_at(&world->place, "proc/self/ns/pid"));
	CU_ASSERT_TRUE(replace(world));
	CU_ASSERT_TRUE(removed(world, ""));
	CU_ASSERT_EQUAL(world->set.members[0]->kept_count, 1);
	world_end(world);
}

UNIT_TEST(kernel_replace_tells_of_a_child_that_stays)
{
	struct world *world = world_begin();
	add(world, "", "web", "[web]", SET_CHANGED);
	hold(world, "", "web");
	hold(world, "", "web//gone");
	unlink(place_at(&world->place, "fs/.remove"));
	CU_ASSERT_EQUAL(symlink("/dev/full", place_at(&world->place, "fs/.remove")), 0);
	CU_ASSERT_TRUE(refuses(world, ENOSPC, "the new policy is loaded, but a child"));
	world_end(world);
}

/* The kernel would put all into one namespace. */
UNIT_TEST(kernel_replace_refuses_mixed_namespaces)
{
	struct world *world = world_begin();
	add(world, "", "a", "[a]", SET_NEW);
	add(world, "tenant", "b", "[b]", SET_NEW);
	CU_ASSERT_TRUE(refuses(world, EACCES, "several namespaces"));
	CU_ASSERT_TRUE(place_holds(&world->place, "fs/.replace", ""));
	world->set.members[1]->state = SET_SAME;
	CU_ASSERT_TRUE(replace(world));
	world->set.members[1]->state = SET_NEW;
	world->set.members[0]->state = SET_SAME;
	CU_ASSERT_TRUE(replace(world));
	world_end(world);
}

/* The kernel would crash. */
UNIT_TEST(kernel_replace_refuses_a_name_twice)
{
	struct world *world = world_begin();
	add(world, "", "a a//b", "[1]", SET_NEW);
	add(world, "", "c", "[2]", SET_NEW);
	add(world, "", "x a//b", "[3]", SET_CHANGED);
	CU_ASSERT_TRUE(refuses(world, EEXIST, "'a//b' is there twice"));
	CU_ASSERT_TRUE(place_holds(&world->place, "fs/.replace", ""));
	world_end(world);
}

UNIT_TEST(kernel_replace_refuses_what_no_header_can_name)
{
	struct world *world = world_begin();
	add(world, "a//b", "web", "[web]", SET_NEW);
	CU_ASSERT_TRUE(refuses(world, EINVAL, "namespace 'a//b'"));
	CU_ASSERT_TRUE(place_holds(&world->place, "fs/.replace", ""));
	world_end(world);
}

UNIT_TEST(kernel_replace_tells_why_it_fails)
{
	struct world *world = world_begin();
	add(world, "", "web", "[web]", SET_NEW);
	unlink(place_at(&world->place, "fs/.replace"));
	CU_ASSERT_TRUE(refuses(world, ENOENT, "cannot load 'web': the kernel's policy interface"));
	CU_ASSERT_EQUAL(symlink("/dev/full", place_at(&world->place, "fs/.replace")), 0);
	CU_ASSERT_TRUE(refuses(world, ENOSPC, "no room left"));
	add(world, "", "db", "[db]", SET_NEW);
	CU_ASSERT_TRUE(refuses(world, ENOSPC, "cannot load 'db' and 1 more, and none of them"));
	char *apparmorfs = world->places.apparmorfs;
	world->places.apparmorfs = NULL;
	CU_ASSERT_TRUE(refuses(world, ENOENT, "interface is gone"));
	world->places.apparmorfs = apparmorfs;
	world_end(world);
}

UNIT_TEST(kernel_replace_takes_a_short_write_for_none)
{
	struct world *world = world_begin();
	struct rlimit limit, small;
	add(world, "", "web", "[web]", SET_NEW);
	getrlimit(RLIMIT_FSIZE, &limit);
	small = (struct rlimit){3, limit.rlim_max};
	void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	bool is_done = replace(world);
	setrlimit(RLIMIT_FSIZE, &limit);
	signal(SIGXFSZ, old);
	CU_ASSERT_FALSE(is_done);
	CU_ASSERT_TRUE(error_takes(&world->error, EPROTO, "keeps what it has"));
	world_end(world);
}

UNIT_TEST(kernel_remove_begins_with_the_deepest)
{
	struct world *world = world_begin();
	hold(world, "", "web");
	hold(world, "", "web//a");
	hold(world, "", "web//a//b");
	hold(world, "", "web-2");
	hold(world, "tenant", "web");
	hold(world, "tenant", "web//c");
	CU_ASSERT_TRUE(kernel_remove(
		&world->places, &world->loaded, SLICE(""), SLICE("web"), &world->error));
	CU_ASSERT_TRUE(removed(world, "web//a//b;web//a;web;"));
	CU_ASSERT_TRUE(kernel_remove(
		&world->places, &world->loaded, SLICE("tenant"), SLICE("web"), &world->error));
	CU_ASSERT_TRUE(removed(world, ":tenant:web//c;:tenant:web;"));
	CU_ASSERT_TRUE(kernel_remove(
		&world->places, &world->loaded, SLICE(""), SLICE("web//a"), &world->error));
	CU_ASSERT_TRUE(removed(world, "web//a//b;web//a;"));
	world_end(world);
}

UNIT_TEST(kernel_remove_tells_why_it_fails)
{
	struct world *world = world_begin();
	unlink(place_at(&world->place, "fs/.remove"));
	CU_ASSERT_FALSE(kernel_remove(
		&world->places, &world->loaded, SLICE("ns"), SLICE("web"), &world->error));
	CU_ASSERT_TRUE(error_takes(&world->error, ENOENT,
		"cannot remove ':ns:web' from the kernel: the kernel has no"));
	char name[5000];
	memset(name, 'x', sizeof(name));
	CU_ASSERT_FALSE(kernel_remove(&world->places, &world->loaded, SLICE(""),
		slice_of(name, sizeof(name)), &world->error));
	CU_ASSERT_TRUE(error_takes(&world->error, ENAMETOOLONG, "too long"));
	world_end(world);
}

static void put_profile(struct world *world, const char *name, const char *mode, const char *sha1,
	const char *sha256)
{
	char path[128];
	static const char *const files[] = {"name", "mode", "sha1", "sha256"};
	const char *texts[] = {name, mode, sha1, sha256};
	for (size_t i = 0; i < 4; i++) {
		if (!texts[i])
			continue;
		snprintf(path, sizeof(path), "fs/policy/profiles/%s.1/%s", name, files[i]);
		place_put(&world->place, path, texts[i]);
	}
}

static bool verifies(struct world *world)
{
	return kernel_verify(&world->places, &world->set, &world->arena, &world->error);
}

static bool finds(struct world *world, const char *words)
{
	return !verifies(world) && error_takes(&world->error, EPROTO, words);
}

UNIT_TEST(kernel_verify_looks_at_name_mode_and_hash)
{
	struct world *world = world_begin();
	CU_ASSERT_TRUE(verifies(world));
	struct set_member *member = add(world, "", "web", "[web]", SET_NEW);
	CU_ASSERT_TRUE(finds(world, "does not hold 'web'"));
	put_profile(world, "web", "enforce\n", NULL, NULL);
	CU_ASSERT_TRUE(verifies(world)); /* a kernel that shows no hash */
	put_profile(world, "web", "enforce\n", "51\n", NULL);
	CU_ASSERT_TRUE(verifies(world));
	put_profile(world, "web", "enforce\n", "52\n", NULL);
	CU_ASSERT_TRUE(finds(world, "'web' with another policy"));
	unlink(place_at(&world->place, "fs/policy/profiles/web.1/sha1"));
	put_profile(world, "web", "enforce\n", NULL, "5256\n");
	CU_ASSERT_TRUE(verifies(world));
	put_profile(world, "web", "complain\n", NULL, "5256\n");
	CU_ASSERT_TRUE(finds(world, "'web' with another mode"));
	member->profiles[0].mode = COMPILED_COMPLAIN;
	CU_ASSERT_TRUE(verifies(world));
	member->profiles[0].mode = COMPILED_PROMPT;
	put_profile(world, "web", "user\n", NULL, NULL);
	CU_ASSERT_TRUE(verifies(world));
	add(world, "ns", "web", "[web]", SET_SAME);
	CU_ASSERT_TRUE(finds(world, "does not hold"));
	world_end(world);
}

UNIT_TEST(kernel_verify_looks_at_raw_data)
{
	struct world *world = world_begin();
	put_profile(world, "a", "enforce\n", NULL, NULL);
	put_profile(world, "b", "enforce\n", NULL, NULL);
	put_profile(world, "c", "enforce\n", NULL, NULL);
	add(world, "", "a", "[a]", SET_NEW);
	add(world, "", "b", "[b]", SET_NEW);
	struct set_member *same = add(world, "", "c", "[c]", SET_SAME);
	const char *shared = place_put(&world->place, "fs/policy/raw_data/1/raw_data", "[a][b]");
	CU_ASSERT_EQUAL(
		link(shared, place_at(&world->place, "fs/policy/profiles/a.1/raw_data")), 0);
	CU_ASSERT_EQUAL(
		link(shared, place_at(&world->place, "fs/policy/profiles/b.1/raw_data")), 0);
	place_put(&world->place, "fs/policy/profiles/c.1/raw_data", "[other]");
	CU_ASSERT_TRUE(verifies(world));
	same->state = SET_CHANGED;
	CU_ASSERT_TRUE(finds(world, "'c' with another raw data"));
	same->state = SET_SAME;
	place_put(&world->place, "fs/policy/raw_data/1/raw_data", "[b][a]");
	CU_ASSERT_TRUE(verifies(world));
	place_put(&world->place, "fs/policy/raw_data/1/raw_data", "[a][a]");
	CU_ASSERT_TRUE(finds(world, "'b' with another raw data"));
	world_end(world);
}

UNIT_TEST(kernel_verify_without_apparmorfs)
{
	struct world *world = world_begin();
	char *apparmorfs = world->places.apparmorfs;
	world->places.apparmorfs = NULL;
	CU_ASSERT_FALSE(verifies(world));
	CU_ASSERT_TRUE(error_takes(&world->error, ENOENT, "cannot verify what was loaded"));
	world->places.apparmorfs = apparmorfs;
	world_end(world);
}

UNIT_TEST(kernel_features_are_a_directory)
{
	struct world *world = world_begin();
	CU_ASSERT_PTR_NULL(kernel_features(&world->places, &world->error));
	CU_ASSERT_TRUE(error_takes(&world->error, ENOENT, "does not show its features"));
	place_put(&world->place, "fs/features/file/mask", "read\n");
	char *features = kernel_features(&world->places, &world->error);
	CU_ASSERT_STRING_EQUAL(features, place_at(&world->place, "fs/features"));
	free(features);
	world_end(world);
}

static bool explains(struct world *world, int number, const char *words)
{
	struct slice text = kernel_explain(&world->places, &world->arena, number);
	bool is_so = strstr(text.at, words) != NULL;
	if (!is_so)
		printf("    words are: %s\n", text.at);
	return is_so;
}

UNIT_TEST(kernel_explain_looks_for_the_reason)
{
	struct world *world = world_begin();
	CU_ASSERT_TRUE(explains(world, EACCES, "does not permit it"));
	place_put(&world->place, "proc/self/attr/current", "web (enforce)\n");
	CU_ASSERT_TRUE(explains(world, EPERM, "by 'web (enforce)'"));
	place_put(&world->place, "proc/self/attr/apparmor/current", "unconfined\n");
	CU_ASSERT_TRUE(explains(world, EACCES, "does not permit it"));
	place_put(&world->place, "proc/self/attr/apparmor/current", "db (complain)\n");
	CU_ASSERT_TRUE(explains(world, EACCES, "by 'db (complain)'"));
	place_put(&world->place, "proc/self/uid_map", "         0          0 4294967295\n");
	CU_ASSERT_TRUE(explains(world, EACCES, "by 'db (complain)'"));
	place_put(&world->place, "proc/self/uid_map", "         0       1000          1\n");
	CU_ASSERT_TRUE(explains(world, EACCES, "root of a user namespace only"));
	place_put(&world->place, "parameters/lock_policy", "N\n");
	CU_ASSERT_TRUE(explains(world, EACCES, "root of a user namespace only"));
	place_put(&world->place, "parameters/lock_policy", "Y\n");
	CU_ASSERT_TRUE(explains(world, EACCES, "locked until the next boot"));
	place_put(&world->place, "proc/self/status",
		"Name:\tx\nUid:\t0\t0\t0\t0\nCapEff:\t000001fdffffffff\n");
	CU_ASSERT_TRUE(explains(world, EACCES, "lacks the capability CAP_MAC_ADMIN"));
	place_put(&world->place, "proc/self/status",
		"Name:\tx\nUid:\t0\t1000\t0\t0\nCapEff:\t0000000000000000\n");
	CU_ASSERT_TRUE(explains(world, EACCES, "run it as root"));
	world_end(world);
}

UNIT_TEST(kernel_explain_has_words_for_every_number)
{
	struct world *world = world_begin();
	CU_ASSERT_TRUE(explains(world, EPROTONOSUPPORT, "does not know this version"));
	CU_ASSERT_TRUE(explains(world, EPROTO, "damaged"));
	CU_ASSERT_TRUE(explains(world, ENOMEM, "memory"));
	CU_ASSERT_TRUE(explains(world, ENOSPC, "no room"));
	CU_ASSERT_TRUE(explains(world, EROFS, "read-only"));
	CU_ASSERT_TRUE(explains(world, ENOENT, "no such profile or namespace"));
	unlink(place_at(&world->place, "fs/.replace"));
	CU_ASSERT_TRUE(explains(world, ENOENT, "still mounted"));
	CU_ASSERT_TRUE(explains(world, EIO, "Input/output error"));
	world_end(world);
}

static bool is_unready(struct world *world, int number, const char *words)
{
	return !kernel_is_ready(&world->places, &world->error) &&
	       error_takes(&world->error, number, words);
}

UNIT_TEST(kernel_is_ready_or_says_why_not)
{
	struct world *world = world_begin();
	CU_ASSERT_TRUE(kernel_is_ready(&world->places, &world->error));
	place_put(&world->place, "parameters/enabled", "N\n");
	CU_ASSERT_TRUE(is_unready(world, ENOSYS, "AppArmor is off: boot with"));
	place_put(&world->place, "proc/cmdline", "quiet apparmor=0 apparmor=1\n");
	CU_ASSERT_TRUE(is_unready(world, ENOSYS, "AppArmor is off: boot with"));
	place_put(&world->place, "proc/cmdline", "apparmor=1 xapparmor=0\n");
	CU_ASSERT_TRUE(is_unready(world, ENOSYS, "AppArmor is off: boot with"));
	place_put(&world->place, "proc/cmdline", "apparmor=1 apparmor=0\n");
	CU_ASSERT_TRUE(is_unready(world, ENOSYS, "('apparmor=0')"));
	place_put(&world->place, "proc/cmdline", "security=selinux quiet\n");
	CU_ASSERT_TRUE(is_unready(world, ENOSYS, "('security=selinux')"));
	place_put(&world->place, "proc/cmdline", "lsm=lockdown,yama,myapparmor\n");
	CU_ASSERT_TRUE(is_unready(world, ENOSYS, "('lsm=lockdown,yama,myapparmor')"));
	place_put(&world->place, "proc/cmdline", "lsm=lockdown,apparmor,yama\n");
	CU_ASSERT_TRUE(is_unready(world, ENOSYS, "AppArmor is off: boot with"));
	place_put(&world->place, "parameters/enabled", "Y\n");
	CU_ASSERT_TRUE(kernel_is_ready(&world->places, &world->error));
	char *apparmorfs = world->places.apparmorfs;
	world->places.apparmorfs = NULL;
	CU_ASSERT_TRUE(is_unready(world, ENOENT, "mount -t securityfs"));
	unlink(place_at(&world->place, "parameters/enabled"));
	CU_ASSERT_TRUE(is_unready(world, ENOSYS, "the running kernel has no AppArmor"));
	place_put(&world->place, ".dockerenv", "");
	CU_ASSERT_TRUE(is_unready(world, ENOSYS, "in this container: run it on the host"));
	place_put(&world->place, "parameters/enabled", "Y\n");
	CU_ASSERT_TRUE(is_unready(world, ENOENT, "not visible in this container"));
	world->places.apparmorfs = apparmorfs;
	world_end(world);
}
