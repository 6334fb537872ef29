#include "tests/fake/tree.h"

#include "manager/system/digest.h"
#include "manager/system/file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Old trees that stay for those who are reading them. */
#define KEPT 3

struct tree {
	const char *apparmorfs;
	const struct fake_table *table;
	struct arena *arena;
	const char *hash; /* the name of a profile's hash file */
};

static const char *text(struct tree *tree, const char *format, const char *a, const char *b)
{
	return arena_printf(tree->arena, format, a, b).at;
}

static void make_directory(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		fake_die(path);
}

/* Without the fsync of file_write: nobody turns the power off. */
static void put(struct tree *tree, const char *directory, const char *name, struct slice content)
{
	const char *path = text(tree, "%s/%s", directory, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || !fd_write(fd, content) || close(fd) < 0)
		fake_die(path);
}

static void put_line(struct tree *tree, const char *directory, const char *name, struct slice line)
{
	put(tree, directory, name, arena_printf(tree->arena, "%.*s\n", SLICE_FMT(line)));
}

/* mangle_name of the kernel: "/usr/sbin/a b" is usr.sbin.a_b. */
static const char *mangled(struct tree *tree, struct slice name, unsigned id)
{
	char *out = arena_alloc(tree->arena, name.len + 16);
	size_t len = 0;
	for (size_t i = name.len > 0 && name.at[0] == '/' ? 1 : 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.at[i];
		if (c == '/')
			out[len++] = '.';
		else if (isspace(c))
			out[len++] = '_';
		else if (isalnum(c) || strchr("._-", c))
			out[len++] = (char)c;
	}
	snprintf(out + len, 16, ".%u", id);
	return out;
}

/* The directory of the profile below that of its namespace: "profiles/web.1/profiles/worker.2".
 * *ret_up leads back: "../../../..". */
static const char *directory_of(
	struct tree *tree, const struct fake_profile *profile, const char **ret_up)
{
	struct slice parent = fake_parent(profile->name);
	const struct fake_profile *above =
		parent.len > 0 ? fake_find(tree->table, profile->namespace, parent) : NULL;
	const char *up = "", *base = "";
	if (above)
		base = text(tree, "%s/%s", directory_of(tree, above, &up), "");
	*ret_up = text(tree, "../../%s%s", up, "");
	return text(tree, "%sprofiles/%s", base,
		mangled(tree, fake_last_part(profile->name), profile->id));
}

static const char *namespace_directory(struct tree *tree, const char *top, struct slice name)
{
	return name.len > 0 ? text(tree, "%s/namespaces/%s", top, arena_string(tree->arena, name))
			    : top;
}

static void show_raw(struct tree *tree, const char *here, unsigned raw)
{
	const char *id = arena_printf(tree->arena, "%u", raw).at;
	const char *directory = text(tree, "%s/raw_data/%s", here, id);
	if (mkdir(directory, 0755) < 0) {
		if (errno == EEXIST)
			return;
		fake_die(directory);
	}
	const char *from = text(tree, "%s/.fake/raw/%s", tree->apparmorfs, id);
	if (link(from, text(tree, "%s/%s", directory, "raw_data")) < 0)
		fake_die(from);
	put_line(tree, directory, "abi", SLICE("v8"));
}

static void show_profile(struct tree *tree, const char *top, const struct fake_profile *profile)
{
	const char *up;
	const char *below = directory_of(tree, profile, &up);
	const char *here = namespace_directory(tree, top, profile->namespace);
	const char *directory = text(tree, "%s/%s", here, below);
	make_directory(arena_string(
		tree->arena, slice_of(directory, (size_t)(strrchr(directory, '/') - directory))));
	make_directory(directory);
	put_line(tree, directory, "name", fake_last_part(profile->name));
	put_line(tree, directory, "mode", profile->mode);
	put_line(tree, directory, "attach", profile->attach);
	if (strcmp(tree->hash, "none") != 0)
		put_line(tree, directory, tree->hash,
			strcmp(tree->hash, "sha1") == 0 ? profile->sha1 : profile->sha256);
	show_raw(tree, here, profile->raw);
	struct slice target = arena_printf(tree->arena, "%sraw_data/%u/raw_data", up, profile->raw);
	if (symlink(target.at, text(tree, "%s/%s", directory, "raw_data")) < 0)
		fake_die(directory);
}

static void show_namespace(
	struct tree *tree, const char *top, const struct fake_namespace *namespace)
{
	const char *here = namespace_directory(tree, top, namespace->name);
	make_directory(here);
	make_directory(text(tree, "%s/%s", here, "profiles"));
	make_directory(text(tree, "%s/%s", here, "raw_data"));
	make_directory(text(tree, "%s/%s", here, "namespaces"));
	put(tree, here, "revision", arena_printf(tree->arena, "%u\n", namespace->revision));
}

static struct slice list_of(struct tree *tree)
{
	struct buf out = buf_new(tree->arena);
	for (const struct fake_profile *at = tree->table->profiles; at; at = at->next) {
		if (at->namespace.len > 0)
			buf_printf(&out, ":%.*s:", SLICE_FMT(at->namespace));
		buf_printf(&out, "%.*s (%.*s)\n", SLICE_FMT(at->name), SLICE_FMT(at->mode));
	}
	return buf_slice(&out);
}

/* The number N of the tree policy-N that is shown, or 0. */
static unsigned shown(struct tree *tree)
{
	char target[64] = "";
	unsigned id = 0;
	if (readlink(text(tree, "%s/%s", tree->apparmorfs, "policy"), target, sizeof(target) - 1) >
		0)
		sscanf(target, ".fake/policy-%u", &id);
	return id;
}

static int remove_one(const char *path, const struct stat *stat, int flag, struct FTW *where)
{
	(void)stat, (void)flag, (void)where;
	return remove(path);
}

/* What killed runs left, and trees that nobody reads any more. */
static void sweep(struct tree *tree, unsigned current)
{
	const char *fake = text(tree, "%s/%s", tree->apparmorfs, ".fake");
	DIR *entries = opendir(fake);
	if (!entries)
		fake_die(fake);
	for (struct dirent *entry; (entry = readdir(entries));) {
		unsigned id;
		if (sscanf(entry->d_name, "policy-%u", &id) == 1 &&
			(id > current || id + KEPT <= current))
			nftw(text(tree, "%s/%s", fake, entry->d_name), remove_one, 16,
				FTW_DEPTH | FTW_PHYS);
	}
	closedir(entries);
}

static bool is_used(const struct fake_table *table, unsigned raw)
{
	for (const struct fake_profile *at = table->profiles; at; at = at->next)
		if (at->raw == raw)
			return true;
	return false;
}

static void sweep_raw(struct tree *tree)
{
	const char *directory = text(tree, "%s/.fake/%s", tree->apparmorfs, "raw");
	DIR *entries = opendir(directory);
	if (!entries)
		fake_die(directory);
	for (struct dirent *entry; (entry = readdir(entries));) {
		unsigned id;
		if (sscanf(entry->d_name, "%u", &id) == 1 && !is_used(tree->table, id))
			unlinkat(dirfd(entries), entry->d_name, 0);
	}
	closedir(entries);
}

void fake_show(const char *apparmorfs, const struct fake_table *table)
{
	const char *hash = getenv(FAKE_HASH);
	struct tree tree = {apparmorfs, table, table->arena, hash ? hash : "sha256"};
	unsigned current = shown(&tree);
	sweep(&tree, current);
	const char *name = arena_printf(tree.arena, ".fake/policy-%u", current + 1).at;
	const char *top = text(&tree, "%s/%s", apparmorfs, name);
	for (const struct fake_namespace *at = table->namespaces; at; at = at->next)
		show_namespace(&tree, top, at);
	for (const struct fake_profile *at = table->profiles; at; at = at->next)
		show_profile(&tree, top, at);
	put(&tree, top, ".list", list_of(&tree));
	put(&tree, top, ".table", fake_table_text(table));
	const char *link = text(&tree, "%s/.fake/%s", apparmorfs, "link");
	unlink(link);
	if (symlink(name, link) < 0 || rename(link, text(&tree, "%s/%s", apparmorfs, "policy")) < 0)
		fake_die("cannot show the new tree");
	sweep_raw(&tree);
}

int fake_open(const char *apparmorfs, struct arena *arena, struct fake_table *ret_table)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/.fake/lock", apparmorfs);
	int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		fake_die(path);
	snprintf(path, sizeof(path), "%s/policy/.table", apparmorfs);
	fake_table_read(path, arena, ret_table);
	return lock;
}

static bool holds(const char *path, struct slice bytes)
{
	struct bytes held = {0};
	bool is_so = file_read(path, bytes.len, &held, NULL) && slice_eq(bytes_slice(&held), bytes);
	bytes_free(&held);
	return is_so;
}

unsigned fake_keep(const char *apparmorfs, struct fake_table *table, struct slice bytes)
{
	struct tree tree = {.apparmorfs = apparmorfs, .table = table, .arena = table->arena};
	const char *directory = text(&tree, "%s/.fake/%s", apparmorfs, "raw");
	for (const struct fake_profile *at = table->profiles, *last = NULL; at; at = at->next) {
		const char *id = arena_printf(table->arena, "%u", at->raw).at;
		if ((!last || last->raw != at->raw) &&
			holds(text(&tree, "%s/%s", directory, id), bytes))
			return at->raw;
		last = at;
	}
	unsigned raw = table->next_raw++;
	const char *name = arena_printf(table->arena, "%u", raw).at;
	unlink(text(&tree, "%s/%s", directory, name));
	put(&tree, directory, name, bytes);
	return raw;
}
