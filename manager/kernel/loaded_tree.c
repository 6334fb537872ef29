#include "manager/kernel/loaded_tree.h"

#include "manager/kernel/label.h"
#include "manager/system/pseudo.h"
#include "manager/system/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* Of profiles in profiles and namespaces in namespaces, which each hold directories open. */
#define DEPTH_MAX    64
#define PROFILES_MAX 200000
/* How often a namespace that changes under our eyes is read again. */
#define ATTEMPTS 8

/* One directory of the tree, from the outermost to what is being read. */
struct level {
	int fd;
	unsigned depth;
	struct slice path;	/* absolute */
	struct slice namespace; /* that we are in */
	struct slice parent;	/* name of the profile that we are in, or empty */
};

struct tree {
	struct loaded_build *build;
	enum hash_kind kind; /* that the last profile had: the first one to look for */
	char buffer[PSEUDO_BYTES];
};

void loaded_add(struct loaded_build *build, const struct loaded_profile *profile)
{
	if (build->count == build->room) {
		build->room = build->room ? build->room * 2 : 64;
		struct loaded_profile *profiles =
			arena_array(build->arena, build->room, sizeof(*profiles));
		if (build->count > 0)
			memcpy(profiles, build->profiles, build->count * sizeof(*profiles));
		build->profiles = profiles;
	}
	build->profiles[build->count++] = *profile;
}

void loaded_hide(struct loaded_build *build, const char *format, ...)
{
	char text[512];
	va_list arguments;
	build->is_partial = true;
	if (build->hidden.len > 0)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	build->hidden = arena_copy(build->arena, slice_str(text));
}

static void hide_path(struct tree *tree, struct slice path, const char *name, int number)
{
	loaded_hide(tree->build, "'%.*s%s%s': %s", SLICE_FMT(path), *name ? "/" : "", name,
		strerror(number));
}

static struct slice copy_file(struct tree *tree, const struct level *level, const char *name)
{
	struct slice text;
	if (pseudo_read(level->fd, name, tree->buffer, &text))
		return arena_copy(tree->build->arena, text);
	if (!pseudo_is_gone(errno))
		hide_path(tree, level->path, name, errno);
	return slice_of(NULL, 0);
}

static const char *hash_file(enum hash_kind kind)
{
	return kind == HASH_SHA1 ? "sha1" : "sha256";
}

static void read_hash(struct tree *tree, const struct level *level, struct loaded_profile *profile)
{
	enum hash_kind first = tree->kind == HASH_SHA1 ? HASH_SHA1 : HASH_SHA256;
	enum hash_kind kinds[] = {first, first == HASH_SHA1 ? HASH_SHA256 : HASH_SHA1};
	for (size_t i = 0; i < 2 && profile->hash.len == 0; i++) {
		profile->hash = copy_file(tree, level, hash_file(kinds[i]));
		profile->kind = profile->hash.len > 0 ? kinds[i] : HASH_NONE;
	}
	if (profile->kind != HASH_NONE)
		tree->kind = profile->kind;
}

/* Files of children hold the last part of the name: "worker" of "web//worker". */
static struct slice whole_name(struct tree *tree, const struct level *level, struct slice name)
{
	if (level->parent.len == 0 ||
		(name.len > level->parent.len && name_is_below(name, level->parent)))
		return name;
	return arena_printf(
		tree->build->arena, "%.*s//%.*s", SLICE_FMT(level->parent), SLICE_FMT(name));
}

/* false when it has gone. */
static bool read_profile(
	struct tree *tree, const struct level *level, struct loaded_profile *ret_profile)
{
	struct loaded_profile profile = {.namespace = level->namespace, .directory = level->path};
	struct slice name = copy_file(tree, level, "name");
	profile.mode = copy_file(tree, level, "mode");
	if (name.len == 0 || profile.mode.len == 0)
		return false;
	profile.name = whole_name(tree, level, name);
	profile.attach = copy_file(tree, level, "attach");
	read_hash(tree, level, &profile);
	*ret_profile = profile;
	return true;
}

/* Opens a directory below another, on the same terms. false when it is not there, cannot be read or
 * is too deep. */
static bool enter(
	struct tree *tree, const struct level *level, const char *name, struct level *ret_below)
{
	struct level below = *level;
	if (level->depth == DEPTH_MAX) {
		loaded_hide(tree->build, "what is nested deeper than %d directories in '%.*s'",
			DEPTH_MAX, SLICE_FMT(level->path));
		return false;
	}
	below.depth++;
	below.fd = pseudo_open(level->fd, name);
	if (below.fd < 0) {
		if (!pseudo_is_gone(errno))
			hide_path(tree, level->path, name, errno);
		return false;
	}
	below.path = arena_printf(tree->build->arena, "%.*s/%s", SLICE_FMT(level->path), name);
	*ret_below = below;
	return true;
}

/* Visits each entry of a directory, which is closed after that. */
static void visit_all(struct tree *tree, const struct level *level,
	void (*visit)(struct tree *tree, const struct level *level, const char *name))
{
	DIR *entries = fdopendir(level->fd);
	if (!entries) {
		hide_path(tree, level->path, "", errno);
		close(level->fd);
		return;
	}
	for (;;) {
		errno = 0;
		struct dirent *entry = readdir(entries);
		if (!entry)
			break;
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			visit(tree, level, entry->d_name);
	}
	if (errno != 0 && !pseudo_is_gone(errno))
		hide_path(tree, level->path, "", errno);
	closedir(entries);
}

static void visit_profile(struct tree *tree, const struct level *level, const char *name)
{
	struct level here, below;
	struct loaded_profile profile;
	if (tree->build->count >= PROFILES_MAX) {
		loaded_hide(tree->build, "more than %d profiles", PROFILES_MAX);
		return;
	}
	if (!enter(tree, level, name, &here))
		return;
	if (read_profile(tree, &here, &profile)) {
		loaded_add(tree->build, &profile);
		here.parent = profile.name;
		if (enter(tree, &here, "profiles", &below))
			visit_all(tree, &below, visit_profile);
	}
	close(here.fd);
}

static struct slice read_revision(struct tree *tree, const struct level *level)
{
	struct slice text;
	if (!pseudo_read(level->fd, "revision", tree->buffer, &text))
		return slice_of(NULL, 0);
	return arena_copy(tree->build->arena, text);
}

/* The kernel counts the changes of a namespace's profiles: unless the count is the same before and
 * after, what was read may be of two states. */
static bool read_profiles(struct tree *tree, const struct level *level)
{
	struct level below;
	size_t before = tree->build->count;
	struct slice revision = read_revision(tree, level);
	for (unsigned attempt = 1;; attempt++) {
		if (!enter(tree, level, "profiles", &below))
			return false;
		visit_all(tree, &below, visit_profile);
		struct slice now = read_revision(tree, level);
		if (slice_eq(revision, now) || attempt == ATTEMPTS)
			return true;
		revision = now;
		tree->build->count = before;
	}
}

static void visit_namespace(struct tree *tree, const struct level *level, const char *name)
{
	struct level here, below;
	if (!enter(tree, level, name, &here))
		return;
	here.namespace = level->namespace.len == 0 ? arena_copy(tree->build->arena, slice_str(name))
						   : arena_printf(tree->build->arena, "%.*s//%s",
							     SLICE_FMT(level->namespace), name);
	read_profiles(tree, &here);
	if (enter(tree, &here, "namespaces", &below))
		visit_all(tree, &below, visit_namespace);
	close(here.fd);
}

bool loaded_read_tree(struct loaded_build *build, const char *path)
{
	struct level below;
	/* Links are followed here only: `policy` is one, to the namespace of who looks. */
	struct level level = {.fd = path_open(path, O_RDONLY | O_DIRECTORY, 0),
		.path = arena_copy(build->arena, slice_str(path))};
	if (level.fd < 0)
		return false;
	struct tree *tree = arena_new(build->arena, struct tree);
	tree->build = build;
	bool is_read = read_profiles(tree, &level);
	if (is_read && enter(tree, &level, "namespaces", &below))
		visit_all(tree, &below, visit_namespace);
	close(level.fd);
	return is_read;
}

static bool parse_line(struct slice line, struct loaded_profile *ret_profile)
{
	struct loaded_profile profile = {0};
	label_split_mode(line, &profile.name, &profile.mode);
	label_split_namespace(&profile.name, &profile.namespace);
	if (profile.name.len == 0 || profile.mode.len == 0)
		return false;
	*ret_profile = profile;
	return true;
}

/* The tree does not show these, and nobody loaded them. */
static bool is_learned(const struct loaded_profile *profile)
{
	return slice_find(profile->name, SLICE("//null-")) != NULL;
}

static void add_line(struct loaded_build *build, struct slice line)
{
	struct loaded_profile profile;
	if (line.len == 0)
		return;
	if (!parse_line(line, &profile))
		loaded_hide(build, "a line of the list of profiles: '%.*s'",
			SLICE_FMT(slice_first(line, 100)));
	else if (is_learned(&profile))
		return;
	else if (build->count >= PROFILES_MAX)
		loaded_hide(build, "more than %d profiles", PROFILES_MAX);
	else
		loaded_add(build, &profile);
}

void loaded_read_list(struct loaded_build *build, struct slice text)
{
	struct slice rest = arena_copy(build->arena, text);
	while (rest.len > 0) {
		const char *end = memchr(rest.at, '\n', rest.len);
		struct slice line = slice_first(rest, end ? (size_t)(end - rest.at) : rest.len);
		rest = slice_from(rest, line.len + 1);
		add_line(build, line);
	}
}
