#include "manager/kernel/loaded.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* An apparmorfs of ordinary files. */
struct fake {
	struct place place;
	struct arena arena;
	struct places places;
	struct loaded loaded;
	struct error *error;
};

static struct fake *fake_begin(void)
{
	struct fake *fake = calloc(1, sizeof(*fake));
	fake->place = place_begin();
	arena_init(&fake->arena, test_out_of_memory);
	chmod(fake->place.path, 0755);
	fake->places = (struct places){
		.root = "", .apparmorfs = fake->place.path, .parameters = "/nowhere"};
	return fake;
}

static void fake_end(struct fake *fake)
{
	arena_free(&fake->arena);
	place_end(&fake->place);
	error_free(fake->error);
	free(fake);
}

/* directory: "web.1" or "web.1/profiles/worker.2". */
static void put_file(struct fake *fake, const char *directory, const char *name, const char *text)
{
	char path[400];
	snprintf(path, sizeof(path), "policy/%s/%s", directory, name);
	place_put(&fake->place, path, text);
}

static void put_profile(
	struct fake *fake, const char *directory, const char *name, const char *mode)
{
	put_file(fake, directory, "name", name);
	put_file(fake, directory, "mode", mode);
	put_file(fake, directory, "attach", "<unknown>\n");
}

static bool read_fake(struct fake *fake)
{
	return loaded_read(&fake->places, &fake->arena, &fake->loaded, &fake->error);
}

/* "web (enforce), :tenant:db (kill)" */
static bool holds(const struct fake *fake, const char *want)
{
	char text[2000] = "";
	size_t len = 0;
	for (size_t i = 0; i < fake->loaded.count && len < sizeof(text); i++) {
		const struct loaded_profile *at = &fake->loaded.profiles[i];
		bool has_namespace = at->namespace.len > 0;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s%.*s%s%.*s (%.*s)",
			i ? ", " : "", has_namespace ? ":" : "", SLICE_FMT(at->namespace),
			has_namespace ? ":" : "", SLICE_FMT(at->name), SLICE_FMT(at->mode));
	}
	if (strcmp(text, want) != 0)
		printf("    held: %s\n", text);
	return strcmp(text, want) == 0;
}

static bool hides(const struct fake *fake, const char *part)
{
	return fake->loaded.is_partial && slice_find(fake->loaded.hidden, slice_str(part)) != NULL;
}

UNIT_TEST(loaded_tree_with_children_and_namespaces)
{
	struct fake *fake = fake_begin();
	put_profile(fake, "profiles/web.1", "web\n", "enforce\n");
	put_profile(fake, "profiles/web.1/profiles/worker.2", "worker\n", "complain\n");
	put_profile(fake, "profiles/web.1/profiles/worker.2/profiles/x.3", "x\n", "kill\n");
	put_profile(fake, "profiles/web.1/profiles/hat.4", "web//hat\n", "enforce\n");
	put_profile(fake, "profiles/web-2.5", "web-2\n", "unconfined\n");
	put_profile(fake, "profiles/a_b_x.6", "a b (x)\n", "user\n");
	put_profile(fake, "namespaces/t/profiles/web.1", "web\n", "enforce\n");
	put_profile(fake, "namespaces/t/namespaces/b/profiles/db.1", "db\n", "enforce\n");
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	CU_ASSERT_TRUE(holds(fake,
		"a b (x) (user), web (enforce), web-2 (unconfined), web//hat (enforce), "
		"web//worker (complain), web//worker//x (kill), :t:web (enforce), "
		":t//b:db (enforce)"));
	CU_ASSERT_FALSE(fake->loaded.is_partial);
	fake_end(fake);
}

UNIT_TEST(loaded_tree_keeps_all_of_a_profile)
{
	struct fake *fake = fake_begin();
	put_profile(fake, "profiles/old.1", "old\n", "enforce\n");
	put_file(fake, "profiles/old.1", "sha1", "b0af44d02e4b69d49f95f0005c7497b06990db09\n");
	put_file(fake, "profiles/old.1", "attach", "/usr/bin/old{,er}\n");
	put_file(fake, "profiles/old.1", "raw_data", "bytes\n");
	put_profile(fake, "profiles/new.2", "new", "enforce");
	put_file(fake, "profiles/new.2", "sha256", "d787d68f\n");
	put_profile(fake, "profiles/none.3", "none\n", "enforce\n");
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	const struct loaded_profile *old = loaded_find(&fake->loaded, SLICE(""), SLICE("old"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(old);
	CU_ASSERT_EQUAL(old->kind, HASH_SHA1);
	CU_ASSERT_TRUE(slice_is(old->hash, "b0af44d02e4b69d49f95f0005c7497b06990db09"));
	CU_ASSERT_TRUE(slice_is(old->attach, "/usr/bin/old{,er}"));
	CU_ASSERT_STRING_EQUAL(old->directory.at, place_at(&fake->place, "policy/profiles/old.1"));
	struct slice data;
	CU_ASSERT_TRUE(loaded_raw_data(old, &fake->arena, &data, &fake->error));
	CU_ASSERT_TRUE(slice_is(data, "bytes\n"));
	const struct loaded_profile *new = loaded_find(&fake->loaded, SLICE(""), SLICE("new"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(new);
	CU_ASSERT_EQUAL(new->kind, HASH_SHA256);
	CU_ASSERT_FALSE(loaded_raw_data(new, &fake->arena, &data, &fake->error));
	CU_ASSERT_TRUE(error_takes(&fake->error, ENOENT, "new.2/raw_data"));
	const struct loaded_profile *none = loaded_find(&fake->loaded, SLICE(""), SLICE("none"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(none);
	CU_ASSERT_EQUAL(none->kind, HASH_NONE);
	CU_ASSERT_EQUAL(none->hash.len, 0);
	CU_ASSERT_PTR_NULL(loaded_find(&fake->loaded, SLICE("t"), SLICE("old")));
	CU_ASSERT_PTR_NULL(loaded_find(&fake->loaded, SLICE(""), SLICE("ol")));
	fake_end(fake);
}

UNIT_TEST(loaded_next_below_skips_what_stands_between)
{
	struct fake *fake = fake_begin();
	place_put(&fake->place, "profiles",
		"web//b (kill)\nweb-2 (kill)\nweb (kill)\nweb//a (kill)\nweb2 (kill)\n"
		"web2//x (kill)\n:t:web//c (kill)\nweb//a//z (kill)\nwe (kill)\n");
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	const char *want[] = {"web//a", "web//a//z", "web//b"};
	const struct loaded_profile *at = NULL;
	for (size_t i = 0; i < 3; i++) {
		at = loaded_next_below(&fake->loaded, SLICE(""), SLICE("web"), at);
		CU_ASSERT_PTR_NOT_NULL_FATAL(at);
		CU_ASSERT_TRUE(slice_is(at->name, want[i]));
	}
	CU_ASSERT_PTR_NULL(loaded_next_below(&fake->loaded, SLICE(""), SLICE("web"), at));
	CU_ASSERT_PTR_NULL(loaded_next_below(&fake->loaded, SLICE(""), SLICE("we"), NULL));
	CU_ASSERT_PTR_NULL(loaded_next_below(&fake->loaded, SLICE("u"), SLICE("web"), NULL));
	CU_ASSERT_PTR_NOT_NULL(loaded_next_below(&fake->loaded, SLICE("t"), SLICE("web"), NULL));
	CU_ASSERT_TRUE(name_is_below(SLICE("web"), SLICE("web")));
	CU_ASSERT_TRUE(name_is_below(SLICE("web//a//b"), SLICE("web//a")));
	CU_ASSERT_FALSE(name_is_below(SLICE("web-2"), SLICE("web")));
	CU_ASSERT_FALSE(name_is_below(SLICE("web/a"), SLICE("web")));
	CU_ASSERT_FALSE(name_is_below(SLICE("we"), SLICE("web")));
	fake_end(fake);
}

UNIT_TEST(loaded_list_where_there_is_no_tree)
{
	struct fake *fake = fake_begin();
	place_put(&fake->place, "profiles",
		"web (enforce)\n:t:web//a b (x) (complain)\n:a//b:/usr/bin/x (kill)\n"
		"web//null-/usr/bin/id (complain)\n\nlast (unconfined)");
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	CU_ASSERT_TRUE(holds(fake, "last (unconfined), web (enforce), "
				   ":a//b:/usr/bin/x (kill), :t:web//a b (x) (complain)"));
	CU_ASSERT_FALSE(fake->loaded.is_partial);
	struct slice data;
	CU_ASSERT_FALSE(
		loaded_raw_data(&fake->loaded.profiles[0], &fake->arena, &data, &fake->error));
	CU_ASSERT_TRUE(error_takes(&fake->error, ENOENT, "'last'"));
	fake_end(fake);
}

UNIT_TEST(loaded_list_with_garbage)
{
	struct fake *fake = fake_begin();
	static const char *const garbage[] = {"web", " (enforce)", "(enforce)", ")", "web ()",
		"web(enforce)", ":t: (enforce)", "\x01\xff (", " ()", ":"};
	for (size_t i = 0; i < sizeof(garbage) / sizeof(*garbage); i++) {
		char text[100];
		snprintf(text, sizeof(text), "%s\ngood (enforce)\n", garbage[i]);
		place_put(&fake->place, "profiles", text);
		CU_ASSERT_TRUE_FATAL(read_fake(fake));
		CU_ASSERT_TRUE(holds(fake, "good (enforce)"));
		CU_ASSERT_TRUE(hides(fake, "a line of the list"));
	}
	fake_end(fake);
}

UNIT_TEST(loaded_prefers_the_tree)
{
	struct fake *fake = fake_begin();
	place_put(&fake->place, "profiles", "list (enforce)\n");
	CU_ASSERT_EQUAL(mkdir(place_at(&fake->place, "policy"), 0755), 0);
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	CU_ASSERT_TRUE(holds(fake, "list (enforce)"));
	CU_ASSERT_EQUAL(mkdir(place_at(&fake->place, "policy/profiles"), 0755), 0);
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	CU_ASSERT_TRUE(holds(fake, "list (enforce)"));
	CU_ASSERT_EQUAL(unlink(place_at(&fake->place, "profiles")), 0);
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	CU_ASSERT_TRUE(holds(fake, ""));
	CU_ASSERT_FALSE(fake->loaded.is_partial);
	put_profile(fake, "profiles/tree.1", "tree\n", "enforce\n");
	place_put(&fake->place, "profiles", "list (enforce)\n");
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	CU_ASSERT_TRUE(holds(fake, "tree (enforce)"));
	fake_end(fake);
}

UNIT_TEST(loaded_says_why_nothing_is_seen)
{
	struct fake *fake = fake_begin();
	CU_ASSERT_FALSE(read_fake(fake));
	CU_ASSERT_TRUE(error_takes(&fake->error, ENOENT, "cannot read the profiles"));
	CU_ASSERT_FALSE(loaded_read(&fake->places, &fake->arena, &fake->loaded, NULL));
	fake->places.apparmorfs = NULL;
	CU_ASSERT_FALSE(read_fake(fake));
	CU_ASSERT_TRUE(error_takes(&fake->error, ENOENT, "it runs without AppArmor"));
	fake->places.parameters = fake->place.path;
	CU_ASSERT_FALSE(read_fake(fake));
	CU_ASSERT_TRUE(error_takes(&fake->error, ENOENT, "securityfs is not mounted"));
	fake_end(fake);
}

UNIT_TEST(loaded_skips_what_is_half_there)
{
	struct fake *fake = fake_begin();
	put_profile(fake, "profiles/good.1", "good\n", "enforce\n");
	put_file(fake, "profiles/noname.2", "mode", "enforce\n");
	put_file(fake, "profiles/nomode.3", "name", "nomode\n");
	put_profile(fake, "profiles/empty.4", "", "enforce\n");
	put_profile(fake, "profiles/blank.5", "\n", "enforce\n");
	CU_ASSERT_EQUAL(mkdir(place_at(&fake->place, "policy/profiles/bare.6"), 0755), 0);
	CU_ASSERT_EQUAL(mkdir(place_at(&fake->place, "policy/profiles/fifo.7"), 0755), 0);
	CU_ASSERT_EQUAL(mkfifo(place_at(&fake->place, "policy/profiles/fifo.7/name"), 0644), 0);
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	CU_ASSERT_TRUE(holds(fake, "good (enforce)"));
	CU_ASSERT_FALSE(fake->loaded.is_partial);
	fake_end(fake);
}

UNIT_TEST(loaded_never_leaves_the_tree)
{
	struct fake *fake = fake_begin();
	put_profile(fake, "profiles/good.1", "good\n", "enforce\n");
	place_put(&fake->place, "outside/name", "outside\n");
	place_put(&fake->place, "outside/mode", "enforce\n");
	CU_ASSERT_EQUAL(
		symlink("../../outside", place_at(&fake->place, "policy/profiles/link.2")), 0);
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	CU_ASSERT_TRUE(holds(fake, "good (enforce)"));
	CU_ASSERT_TRUE(hides(fake, "profiles/link.2"));
	fake_end(fake);
}

UNIT_TEST(loaded_refuses_huge_names)
{
	struct fake *fake = fake_begin();
	char *text = malloc(70001);
	memset(text, 'x', 70000);
	text[70000] = '\0';
	put_profile(fake, "profiles/good.1", "good\n", "enforce\n");
	put_profile(fake, "profiles/huge.2", text, "enforce\n");
	text[60000] = '\0';
	put_profile(fake, "profiles/long.3", text, "enforce\n");
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	CU_ASSERT_EQUAL_FATAL(fake->loaded.count, 2);
	CU_ASSERT_EQUAL(fake->loaded.profiles[1].name.len, 60000);
	CU_ASSERT_TRUE(hides(fake, "huge.2/name': File too large"));
	free(text);
	fake_end(fake);
}

/* Seventy children in one another; sixty-four directories are entered, two for each. */
UNIT_TEST(loaded_has_an_end_of_depth)
{
	struct fake *fake = fake_begin();
	CU_ASSERT_EQUAL(mkdir(place_at(&fake->place, "policy"), 0755), 0);
	int fd = open(place_at(&fake->place, "policy"), O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 70; i++) {
		CU_ASSERT_EQUAL_FATAL(mkdirat(fd, "profiles", 0755), 0);
		CU_ASSERT_EQUAL_FATAL(mkdirat(fd, "profiles/x", 0755), 0);
		int below = openat(fd, "profiles/x", O_RDONLY | O_DIRECTORY);
		close(fd);
		fd = below;
		int file = openat(fd, "name", O_WRONLY | O_CREAT, 0644);
		CU_ASSERT_EQUAL(write(file, "x\n", 2), 2);
		close(file);
		CU_ASSERT_EQUAL(linkat(fd, "name", fd, "mode", 0), 0);
	}
	close(fd);
	CU_ASSERT_TRUE_FATAL(read_fake(fake));
	CU_ASSERT_EQUAL(fake->loaded.count, 32);
	CU_ASSERT_TRUE(hides(fake, "deeper than 64"));
	fake_end(fake);
}

/* What root may do, a test that runs as root has to leave to a child. */
static void expect_as_user(struct fake *fake, bool (*check)(struct fake *fake))
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && setuid(65534) < 0)
			_exit(2);
		_exit(check(fake) ? 0 : 1);
	}
	int status;
	waitpid(pid, &status, 0);
	CU_ASSERT_EQUAL(status, 0);
}

static bool sees_no_namespaces(struct fake *fake)
{
	return read_fake(fake) && holds(fake, "good (enforce)") &&
	       hides(fake, "policy/namespaces': Permission denied");
}

static bool sees_no_profiles(struct fake *fake)
{
	return !read_fake(fake) && error_takes(&fake->error, EACCES, "root only: run as root");
}

static bool sees_no_name(struct fake *fake)
{
	return read_fake(fake) && holds(fake, "good (enforce), :t:x (enforce)") &&
	       hides(fake, "secret.2/name': Permission denied");
}

UNIT_TEST(loaded_without_rights)
{
	struct fake *fake = fake_begin();
	put_profile(fake, "profiles/good.1", "good\n", "enforce\n");
	put_profile(fake, "namespaces/t/profiles/x.1", "x\n", "enforce\n");
	put_profile(fake, "profiles/secret.2", "x\n", "enforce\n");
	CU_ASSERT_EQUAL(chmod(place_at(&fake->place, "policy/profiles/secret.2/name"), 0600), 0);
	expect_as_user(fake, sees_no_name);
	CU_ASSERT_EQUAL(unlink(place_at(&fake->place, "policy/profiles/secret.2/name")), 0);
	CU_ASSERT_EQUAL(chmod(place_at(&fake->place, "policy/namespaces"), 0700), 0);
	expect_as_user(fake, sees_no_namespaces);
	place_put(&fake->place, "profiles", "list (enforce)\n");
	CU_ASSERT_EQUAL(chmod(place_at(&fake->place, "profiles"), 0600), 0);
	CU_ASSERT_EQUAL(chmod(place_at(&fake->place, "policy/profiles"), 0700), 0);
	expect_as_user(fake, sees_no_profiles);
	fake_end(fake);
}

struct changes {
	int policy; /* the open directory */
	volatile bool is_over;
};

static void write_at(int directory, const char *name, const char *text)
{
	int fd = openat(directory, name, O_WRONLY | O_CREAT, 0644);
	if (fd < 0 || pwrite(fd, text, strlen(text), 0) < 0)
		abort();
	close(fd);
}

/* A profile comes and goes, and the count of changes with it. */
static void *change(void *context)
{
	struct changes *changes = context;
	char text[20];
	for (unsigned i = 0; !changes->is_over; i++) {
		snprintf(text, sizeof(text), "%u\n", i);
		write_at(changes->policy, "revision", text);
		if (mkdirat(changes->policy, "profiles/gone.2", 0755) < 0)
			abort();
		write_at(changes->policy, "profiles/gone.2/name", "gone\n");
		write_at(changes->policy, "profiles/gone.2/mode", "kill\n");
		unlinkat(changes->policy, "profiles/gone.2/mode", 0);
		unlinkat(changes->policy, "profiles/gone.2/name", 0);
		unlinkat(changes->policy, "profiles/gone.2", AT_REMOVEDIR);
	}
	return NULL;
}

UNIT_TEST(loaded_while_profiles_vanish)
{
	struct fake *fake = fake_begin();
	pthread_t thread;
	put_profile(fake, "profiles/before.1", "before\n", "enforce\n");
	put_profile(fake, "profiles/with.3", "with\n", "enforce\n");
	struct changes changes = {
		.policy = open(place_at(&fake->place, "policy"), O_RDONLY | O_DIRECTORY)};
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, change, &changes), 0);
	for (int i = 0; i < 100; i++) {
		CU_ASSERT_TRUE_FATAL(read_fake(fake));
		CU_ASSERT_FALSE(fake->loaded.is_partial);
		bool has_gone = loaded_find(&fake->loaded, SLICE(""), SLICE("gone"));
		CU_ASSERT_EQUAL(fake->loaded.count, has_gone ? 3 : 2);
		CU_ASSERT_PTR_NOT_NULL(loaded_find(&fake->loaded, SLICE(""), SLICE("with")));
	}
	changes.is_over = true;
	pthread_join(thread, NULL);
	close(changes.policy);
	fake_end(fake);
}
