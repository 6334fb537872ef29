#include "manager/disk/apply.h"

#include "manager/disk/backup.h"
#include "manager/system/file.h"
#include "manager/disk/installed.h"
#include "manager/system/path.h"
#include "manager/system/target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *parent_of(struct arena *arena, struct slice path)
{
	const char *slash = strrchr(path.at, '/');
	return arena_string(arena, slice_first(path, (size_t)(slash - path.at)));
}

static bool check_directory(const char *path, bool makes, struct error **ret_error)
{
	if (makes && !directory_make(path, 0755, ret_error))
		return false;
	if (path_access(path, W_OK | X_OK) == 0 || (!makes && errno == ENOENT))
		return true;
	return error_make(ret_error, errno, "cannot write to '%s'", path);
}

/* Judged before the kernel is asked, so that it cannot hold what the disk then refuses. */
static bool check_file(const struct journal_file *file, bool is_drop, struct arena *arena,
	struct error **ret_error)
{
	if (!check_directory(parent_of(arena, file->path), !is_drop, ret_error))
		return false;
	switch (target_judge(AT_FDCWD, file->path.at, file->path.at, ret_error)) {
	case TARGET_REPLACE:
		return true;
	case TARGET_DEVICE:
		return error_say(ret_error, EINVAL, "'%s' is a device, expected a regular file",
			file->path.at);
	case TARGET_REFUSED:
		break;
	}
	return false;
}

/* Whether it is the very link. */
static bool is_link(const struct journal_file *link, struct arena *arena)
{
	char *target = arena_bytes(arena, link->text.len + 1);
	ssize_t len = path_readlink(link->path.at, target, link->text.len + 1);
	return len >= 0 && slice_eq(slice_of(target, (size_t)len), link->text);
}

static bool check_link(const struct journal_file *link, bool is_drop, struct arena *arena,
	struct error **ret_error)
{
	struct stat at;
	if (!check_directory(parent_of(arena, link->path), !is_drop, ret_error))
		return false;
	return is_drop || path_lstat(link->path.at, &at) < 0 || is_link(link, arena) ||
	       error_say(ret_error, EEXIST, "'%s' is there already, and no link of ours",
		       link->path.at);
}

bool apply_check(const struct places *places, const struct journal *journal, struct arena *arena,
	struct error **ret_error)
{
	if (!check_directory(places->descriptions, true, ret_error))
		return false;
	for (size_t i = 0; i < journal->change_count; i++) {
		const struct journal_change *change = &journal->changes[i];
		if (!check_file(&change->text, change->is_drop, arena, ret_error))
			return false;
		for (size_t n = 0; n < change->file_count; n++)
			if (!check_file(&change->files[n], change->is_drop, arena, ret_error))
				return false;
		for (size_t n = 0; n < change->link_count; n++)
			if (!check_link(&change->links[n], change->is_drop, arena, ret_error))
				return false;
	}
	return true;
}

/* Whether the file holds the text already, as a regular file. */
static bool holds(const char *path, struct slice text)
{
	struct stat at;
	struct bytes held = {0};
	if (path_lstat(path, &at) < 0 || !S_ISREG(at.st_mode) || (size_t)at.st_size != text.len)
		return false;
	bool is_same = file_read(path, text.len, &held, NULL) && slice_eq(bytes_slice(&held), text);
	bytes_free(&held);
	return is_same;
}

static bool put_file(const struct places *places, const struct journal_file *file, bool backs_up,
	struct arena *arena, struct error **ret_error)
{
	if (holds(file->path.at, file->text))
		return true;
	return (!backs_up || backup_keep(places, file->path.at, arena, ret_error)) &&
	       directory_make(parent_of(arena, file->path), 0755, ret_error) &&
	       file_write(file->path.at, file->text, ret_error);
}

static bool drop_file(const struct places *places, const struct journal_file *file, bool backs_up,
	struct arena *arena, struct error **ret_error)
{
	if (backs_up && !backup_keep(places, file->path.at, arena, ret_error))
		return false;
	return path_unlink(file->path.at) == 0 || errno == ENOENT ||
	       error_make(ret_error, errno, "cannot remove '%s'", file->path.at);
}

/* Whether what stands at PROFILES/NAME may be lost: only what we wrote, as we wrote it. */
static bool text_is_kept(const struct places *places, const struct journal_change *change,
	struct arena *arena, bool *ret_is_kept, struct error **ret_error)
{
	struct installed installed;
	if (!installed_read(places, change->name, arena, &installed, ret_error))
		return false;
	*ret_is_kept = change->backs_up || installed.owner == OWNER_EDITED ||
		       installed.owner == OWNER_FOREIGN;
	return true;
}

/* A cached binary goes by the time of its text: a later text of that name that is older would be
 * taken for it. */
static bool drop_cached(const struct places *places, struct slice name, struct arena *arena,
	struct error **ret_error)
{
	const char *cache = arena_printf(arena, "%s/var/cache/apparmor", places->root).at;
	DIR *entries = path_opendir(cache);
	if (!entries)
		return errno == ENOENT ||
		       error_make(ret_error, errno, "cannot read the directory '%s'", cache);
	bool is_done = true;
	for (struct dirent *entry; is_done && (errno = 0, entry = readdir(entries));) {
		if (entry->d_name[0] == '.')
			continue;
		const char *path =
			arena_printf(arena, "%s/%s/%.*s", cache, entry->d_name, SLICE_FMT(name)).at;
		struct stat at;
		/* Looked for first: on a read-only file system even what is not there is EROFS. */
		if (path_lstat(path, &at) == 0 && path_unlink(path) < 0 && errno != ENOENT)
			is_done = error_make(ret_error, errno, "cannot remove '%s'", path);
	}
	if (is_done && errno != 0)
		is_done = error_make(ret_error, errno, "cannot read the directory '%s'", cache);
	closedir(entries);
	return is_done;
}

static bool put_link(const struct journal_file *link, struct arena *arena, struct error **ret_error)
{
	const char *target = arena_string(arena, link->text);
	if (is_link(link, arena))
		return true;
	return directory_make(parent_of(arena, link->path), 0755, ret_error) &&
	       (path_symlink(target, link->path.at) == 0 ||
		       error_make(ret_error, errno, "cannot make the link '%s'", link->path.at));
}

/* One that somebody else has put in its place stays. */
static bool drop_link(
	const struct journal_file *link, struct arena *arena, struct error **ret_error)
{
	return !is_link(link, arena) || path_unlink(link->path.at) == 0 || errno == ENOENT ||
	       error_make(ret_error, errno, "cannot remove '%s'", link->path.at);
}

bool apply_change(const struct places *places, const struct journal_change *change,
	struct arena *arena, struct error **ret_error)
{
	bool is_kept;
	bool (*do_file)(const struct places *, const struct journal_file *, bool, struct arena *,
		struct error **) = change->is_drop ? drop_file : put_file;
	if (!text_is_kept(places, change, arena, &is_kept, ret_error) ||
		!do_file(places, &change->text, is_kept, arena, ret_error))
		return false;
	for (size_t i = 0; i < change->file_count; i++)
		if (!do_file(places, &change->files[i], change->backs_up, arena, ret_error))
			return false;
	for (size_t i = 0; i < change->link_count; i++)
		if (!(change->is_drop ? drop_link : put_link)(&change->links[i], arena, ret_error))
			return false;
	return !change->is_drop || drop_cached(places, change->name, arena, ret_error);
}

static bool flush(const char *path, struct error **ret_error)
{
	int fd = path_open(path, O_RDONLY | O_DIRECTORY, 0);
	bool is_done = fd >= 0 ? fsync(fd) == 0 || errno == EINVAL : errno == ENOENT;
	int number = errno;
	if (fd >= 0)
		close(fd);
	return is_done || error_make(ret_error, number, "cannot write to '%s'", path);
}

bool apply_flush(const struct places *places, struct error **ret_error)
{
	char *disable = places_path(places, "/etc/apparmor.d/disable");
	bool is_done =
		disable ? flush(disable, ret_error)
			: error_make(ret_error, ENOMEM, "cannot write to '%s'", places->profiles);
	free(disable);
	return is_done && flush(places->profiles, ret_error) &&
	       flush(places->descriptions, ret_error);
}

static void sweep(const char *path)
{
	int fd = path_open(path, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return;
	temporary_sweep(fd);
	close(fd);
}

void apply_sweep(const struct places *places, const struct journal *journal, struct arena *arena)
{
	sweep(places->profiles);
	sweep(places->descriptions);
	sweep(arena_printf(arena, "%s/backup", places->descriptions).at);
	sweep(arena_printf(arena, "%s/loaded", places->state).at);
	for (size_t i = 0; journal && i < journal->change_count; i++)
		for (size_t n = 0; n < journal->changes[i].file_count; n++)
			sweep(parent_of(arena, journal->changes[i].files[n].path));
}
