#include "compiler/service/container_reader.h"

#include <stdlib.h>

/*
 * `tmpfs`, and what is known of mounts once the whole description has been read:
 *
 *     writable: [/tmp, /data]      a tmpfs at /tmp; none at /data, for the volume covers it
 *     container:
 *       volumes: [data:/data]
 */

enum { SIZE_DEFAULT = 64 << 20, SIZE_MIN = 4096 };
enum { MODE_OWNED = 0755, MODE_SHARED = 01777 };

static struct tmpfs *tmpfs_new(struct reader *reader, struct slice path, struct span span)
{
	struct tmpfs *tmpfs = arena_new(reader_arena(reader), struct tmpfs);
	tmpfs->path = path;
	tmpfs->span = span;
	tmpfs->size = SIZE_DEFAULT;
	return tmpfs;
}

static void read_option(struct reader *reader, const struct entry *entry, struct tmpfs *tmpfs)
{
	const struct key *key = want_key(reader, PLACE_TMPFS, entry);
	const struct node *node = entry->value;
	if (!key)
		return;
	switch ((enum tmpfs_key)key->id) {
	case READS_TMPFS_SIZE:
		read_size(reader, key, node, SIZE_MIN, &tmpfs->size);
		break;
	case READS_TMPFS_MODE:
		tmpfs->mode_given = read_octal(reader, key, node, &tmpfs->mode);
		break;
	case READS_TMPFS_UID:
		tmpfs->uid_given = read_number(reader, key, node, 0, CONTAINER_ID_MAX, &tmpfs->uid);
		break;
	case READS_TMPFS_GID:
		tmpfs->gid_given = read_number(reader, key, node, 0, CONTAINER_ID_MAX, &tmpfs->gid);
		break;
	case READS_TMPFS_EXEC:
		want_bool(reader, key, node, &tmpfs->exec);
		break;
	}
}

void read_tmpfs(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container)
{
	if (!want_kind(reader, key, node, NODE_MAPPING))
		return;
	unsigned count = 0;
	const struct tmpfs **end = &container->tmpfs;
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		struct text text = node_text(entry->key);
		struct slice path;
		if (++count > MOUNTS_MAX) {
			report(reader, DIAG_TOO_LARGE, text.span, "more than %d entries of '%s'",
				MOUNTS_MAX, key->name.at);
			return;
		}
		bool ok = read_mount_point(reader, &text, &path);
		struct tmpfs *tmpfs = tmpfs_new(reader, ok ? path : slice_of(NULL, 0), text.span);
		if (entry->value->kind == NODE_MAPPING)
			for (const struct entry *o = entry->value->first; o; o = o->next)
				read_option(reader, o, tmpfs);
		else if (!node_is_null(entry->value))
			wrong_entry(reader, key, entry->value);
		if (!ok)
			continue;
		*end = tmpfs;
		end = (const struct tmpfs **)&tmpfs->next;
	}
}

/* Whose it is, and what he may do with it. */
static void own(struct tmpfs *tmpfs, const struct container_user *user)
{
	tmpfs->has_owner = user->is_given || tmpfs->uid_given || tmpfs->gid_given;
	if (!tmpfs->uid_given && user->is_given)
		tmpfs->uid = user->uid;
	if (!tmpfs->gid_given)
		tmpfs->gid = user->is_given ? user->gid : tmpfs->uid;
	if (!tmpfs->mode_given)
		tmpfs->mode = tmpfs->has_owner ? MODE_OWNED : MODE_SHARED;
}

static bool add_mount(struct reader *reader, struct container *container, struct slice path,
	const struct volume *volume, const struct tmpfs *tmpfs)
{
	void **place = index_at(&container->mounts, path);
	const struct mount *earlier = *place;
	if (earlier) {
		struct diag *diag =
			report(reader, DIAG_DUPLICATE_MOUNT, volume ? volume->span : tmpfs->span,
				"'%.*s' is mounted twice", SLICE_FMT(shown(reader, path)));
		second(reader, diag, earlier->volume ? earlier->volume->span : earlier->tmpfs->span,
			"first here");
		return false;
	}
	struct mount *mount = arena_new(reader_arena(reader), struct mount);
	mount->volume = volume;
	mount->tmpfs = tmpfs;
	*place = mount;
	return true;
}

static int by_path_entry(const void *a, const void *b)
{
	const struct path_entry *const *x = a, *const *y = b;
	int order = slice_cmp((*x)->path, (*y)->path);
	return order ? order
		     : ((*x)->span.begin > (*y)->span.begin) -
			       ((*x)->span.begin < (*y)->span.begin);
}

static size_t collect(const struct path_entry *writable, const struct path_entry **to)
{
	size_t count = 0;
	for (; writable; writable = writable->next) {
		if (writable->kind != PATH_TREE)
			continue;
		if (to)
			to[count] = writable;
		count++;
	}
	return count;
}

/* The writable directories of the service and its children, parents before what lies in them. */
static size_t writable_directories(
	struct arena *arena, const struct service *service, const struct path_entry ***ret_entries)
{
	size_t count = collect(service->writable, NULL);
	for (const struct service *child = service->children; child; child = child->next)
		count += collect(child->writable, NULL);
	const struct path_entry **entries = arena_array(arena, count, sizeof(*entries));
	size_t at = collect(service->writable, entries);
	for (const struct service *child = service->children; child; child = child->next)
		at += collect(child->writable, entries + at);
	qsort(entries, count, sizeof(*entries), by_path_entry);
	*ret_entries = entries;
	return count;
}

/* The kernel's file systems, and what runtimes mount themselves: /dev is a tmpfs of theirs. */
static bool is_of_runtime(struct slice path)
{
	static const char *const roots[] = {"/proc", "/sys", "/dev"};
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		struct slice root = slice_str(roots[i]);
		if (slice_starts(path, root) && (path.len == root.len || path.at[root.len] == '/'))
			return true;
	}
	return false;
}

/* What lies below a tmpfs that is there already needs none. */
static void add_default(
	struct reader *reader, struct container *container, const struct path_entry *writable)
{
	struct slice path = writable->path;
	bool is_mountable = path.len > 0 && !slice_has(path, ':');
	if (!is_mountable || is_of_runtime(path) || container_mount(container, path))
		return;
	struct tmpfs *tmpfs = tmpfs_new(reader, path, writable->span);
	tmpfs->is_default = true;
	tmpfs->exec = writable->exec;
	tmpfs->next = (struct tmpfs *)container->tmpfs;
	container->tmpfs = tmpfs;
	add_mount(reader, container, path, NULL, tmpfs);
}

static int by_path(const void *a, const void *b)
{
	const struct tmpfs *const *x = a, *const *y = b;
	return slice_cmp((*x)->path, (*y)->path);
}

static void sort(struct arena *arena, struct container *container)
{
	size_t count = 0, i = 0;
	for (const struct tmpfs *t = container->tmpfs; t; t = t->next)
		count++;
	if (count < 2)
		return;
	struct tmpfs **all = arena_array(arena, count, sizeof(struct tmpfs *));
	for (const struct tmpfs *t = container->tmpfs; t; t = t->next)
		all[i++] = (struct tmpfs *)t;
	qsort(all, count, sizeof(struct tmpfs *), by_path);
	for (i = 0; i < count; i++)
		all[i]->next = i + 1 < count ? all[i + 1] : NULL;
	container->tmpfs = all[0];
}

void finish_mounts(
	struct reader *reader, const struct service *service, struct container *container)
{
	const struct path_entry **writable;
	for (const struct volume *volume = container->volumes; volume; volume = volume->next)
		add_mount(reader, container, volume->target, volume, NULL);
	for (const struct tmpfs *tmpfs = container->tmpfs; tmpfs; tmpfs = tmpfs->next)
		add_mount(reader, container, tmpfs->path, NULL, tmpfs);
	size_t count = writable_directories(reader_arena(reader), service, &writable);
	for (size_t i = 0; i < count; i++)
		add_default(reader, container, writable[i]);
	for (const struct tmpfs *tmpfs = container->tmpfs; tmpfs; tmpfs = tmpfs->next)
		own((struct tmpfs *)tmpfs, &container->user);
	sort(reader_arena(reader), container);
}
