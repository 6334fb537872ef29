#include "manager/disk/backup.h"

#include "manager/system/file.h"
#include "manager/system/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

enum kept_kind { KEPT_NOTHING, KEPT_FILE, KEPT_LINK };

/* What is at a path: a file's bytes, a link's target. */
struct kept {
	enum kept_kind kind;
	struct slice content;
};

static bool read_link(const char *path, struct arena *arena, struct kept *kept)
{
	char target[PATH_MAX];
	ssize_t len = path_readlink(path, target, sizeof(target));
	if (len < 0)
		return false;
	*kept = (struct kept){KEPT_LINK, arena_copy(arena, slice_of(target, (size_t)len))};
	return true;
}

static bool read_regular(
	const char *path, struct arena *arena, struct kept *kept, struct error **ret_error)
{
	int fd = path_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return error_make(ret_error, errno, "cannot open '%s'", path);
	struct bytes text = {0};
	bool is_read = file_read_fd(fd, path, BACKUP_BYTES_MOST, &text, ret_error);
	close(fd);
	if (is_read)
		*kept = (struct kept){KEPT_FILE, arena_copy(arena, bytes_slice(&text))};
	bytes_free(&text);
	return is_read;
}

static bool read_kept(
	const char *path, struct arena *arena, struct kept *ret_kept, struct error **ret_error)
{
	struct stat at;
	*ret_kept = (struct kept){.kind = KEPT_NOTHING};
	if (path_lstat(path, &at) < 0)
		return errno == ENOENT || error_make(ret_error, errno, "cannot look at '%s'", path);
	if (S_ISLNK(at.st_mode))
		return read_link(path, arena, ret_kept) ||
		       error_make(ret_error, errno, "cannot read '%s'", path);
	if (S_ISREG(at.st_mode))
		return read_regular(path, arena, ret_kept, ret_error);
	return error_say(ret_error, S_ISDIR(at.st_mode) ? EISDIR : EINVAL,
		"'%s' is no regular file and is not replaced: move it away", path);
}

/* The link, for good before what it is the copy of is overwritten. */
static bool write_link(
	const char *directory, const char *path, const struct kept *kept, struct error **ret_error)
{
	int fd = path_open(directory, O_RDONLY | O_DIRECTORY, 0);
	bool is_done = fd >= 0 && path_symlink(kept->content.at, path) == 0 &&
		       (fsync(fd) == 0 || errno == EINVAL);
	int number = errno;
	if (fd >= 0)
		close(fd);
	return is_done || error_make(ret_error, number, "cannot write '%s'", path);
}

static bool is_same(const struct kept *a, const struct kept *b)
{
	return a->kind == b->kind && slice_eq(a->content, b->content);
}

bool backup_keep(const struct places *places, const char *path, struct arena *arena,
	struct error **ret_error)
{
	struct kept kept, older;
	const char *name = strrchr(path, '/') + 1;
	const char *directory = arena_printf(arena, "%s/backup", places->descriptions).at;
	if (!read_kept(path, arena, &kept, ret_error))
		return false;
	if (kept.kind == KEPT_NOTHING)
		return true;
	if (!directory_make(directory, 0700, ret_error))
		return false;
	for (unsigned n = 1; n <= BACKUP_MOST; n++) {
		const char *backup = arena_printf(arena, "%s/%s.%u", directory, name, n).at;
		if (!read_kept(backup, arena, &older, ret_error))
			return false;
		if (older.kind == KEPT_NOTHING)
			return kept.kind == KEPT_LINK
				       ? write_link(directory, backup, &kept, ret_error)
				       : file_write(backup, kept.content, ret_error);
		if (is_same(&kept, &older))
			return true;
	}
	return error_say(ret_error, EEXIST,
		"'%s' holds %d backups of '%s' already: remove those that are not needed",
		directory, BACKUP_MOST, name);
}
