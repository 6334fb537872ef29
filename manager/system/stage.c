#include "manager/system/stage.h"

#include "manager/system/file.h"
#include "manager/system/path.h"
#include "manager/system/rewrite.h"
#include "manager/system/stop.h"
#include "manager/system/target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Up to so many files are flushed one by one; for more, one flush of the file system is cheaper. */
#define FSYNC_EACH 32

struct stage {
	int directory;
	struct temporary temporary; /* the staging directory */
	size_t count;		    /* files in it */
	char path[];		    /* of the directory, for messages */
};

/* From its first moment on, a signal takes it away. */
static bool make_temporary(struct stage *stage)
{
	struct stop_hold hold;
	stop_hold(&hold);
	bool is_made = temporary_make(stage->directory, true, &stage->temporary);
	if (is_made)
		stop_add_directory(stage->directory, stage->temporary.fd, stage->temporary.name);
	stop_release(&hold);
	return is_made;
}

bool stage_begin(const char *directory, struct stage **ret_stage, struct error **ret_error)
{
	struct stage *stage = malloc(sizeof(*stage) + strlen(directory) + 1);
	if (!stage)
		return error_make(ret_error, ENOMEM, "cannot write to '%s'", directory);
	*stage = (struct stage){.directory = -1};
	strcpy(stage->path, directory);
	stage->directory = path_open(directory, O_RDONLY | O_DIRECTORY, 0);
	if (stage->directory >= 0) {
		temporary_sweep(stage->directory);
		if (make_temporary(stage)) {
			*ret_stage = stage;
			return true;
		}
	}
	error_make(ret_error, errno, "cannot write to '%s'", directory);
	if (stage->directory >= 0)
		close(stage->directory);
	free(stage);
	return false;
}

static bool is_file_name(const char *name)
{
	return *name && *name != '.' && strlen(name) <= 255 && !strchr(name, '/');
}

bool stage_add(struct stage *stage, const char *name, struct slice text, struct error **ret_error)
{
	if (!is_file_name(name))
		return error_say(ret_error, EINVAL, "'%s' cannot be the name of a file", name);
	int fd = openat(stage->temporary.fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_make(ret_error, errno, "cannot write '%s/%s'", stage->path, name);
	bool is_written = fd_write(fd, text);
	int number = errno;
	if (close(fd) < 0 && is_written) {
		number = errno;
		is_written = false;
	}
	if (!is_written) {
		unlinkat(stage->temporary.fd, name, 0);
		return error_make(ret_error, number, "cannot write '%s/%s'", stage->path, name);
	}
	stage->count++;
	return true;
}

/* What is done with each staged file, in one pass over the staging directory. */
typedef bool stage_step(struct stage *stage, const char *name, struct error **ret_error);

/* A regular file that is there hands its mode, owner and attributes on; a link is replaced. */
static bool keep_attributes(struct stage *stage, const char *name)
{
	int old = openat(
		stage->directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (old < 0)
		return errno == ENOENT || errno == ELOOP;
	int new = openat(stage->temporary.fd, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	bool is_kept = new >= 0 && file_keep_attributes(old, new);
	int number = errno;
	if (new >= 0)
		close(new);
	close(old);
	errno = number;
	return is_kept;
}

static bool check_step(struct stage *stage, const char *name, struct error **ret_error)
{
	char path[4096 + 256];
	snprintf(path, sizeof(path), "%s/%s", stage->path, name);
	switch (target_judge(stage->directory, name, path, ret_error)) {
	case TARGET_REPLACE:
		return keep_attributes(stage, name) ||
		       error_make(ret_error, errno,
			       "cannot keep the owner, mode and attributes of '%s'", path);
	case TARGET_DEVICE:
		return error_say(
			ret_error, EINVAL, "'%s' is a device, expected a regular file", path);
	case TARGET_REFUSED:
		break;
	}
	return false;
}

static bool sync_step(struct stage *stage, const char *name, struct error **ret_error)
{
	int fd = openat(stage->temporary.fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool is_synced = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
	int number = errno;
	if (fd >= 0)
		close(fd);
	return is_synced ||
	       error_make(ret_error, number, "cannot write '%s/%s'", stage->path, name);
}

static bool move_step(struct stage *stage, const char *name, struct error **ret_error)
{
	if (renameat(stage->temporary.fd, name, stage->directory, name) == 0)
		return true;
	return error_make(ret_error, errno, "cannot write '%s/%s'", stage->path, name);
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Returns the number of files that took the step, or -1. */
static ssize_t each_file(struct stage *stage, stage_step *step, struct error **ret_error)
{
	int again = openat(stage->temporary.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *files = again < 0 ? NULL : fdopendir(again);
	if (!files) {
		error_make(ret_error, errno, "cannot write to '%s'", stage->path);
		if (again >= 0)
			close(again);
		return -1;
	}
	ssize_t count = 0;
	for (struct dirent *entry; count >= 0 && (entry = readdir(files));)
		if (!is_dot(entry->d_name))
			count = step(stage, entry->d_name, ret_error) ? count + 1 : -1;
	closedir(files);
	return count;
}

static bool sync_files(struct stage *stage, struct error **ret_error)
{
	if (stage->count <= FSYNC_EACH)
		return each_file(stage, sync_step, ret_error) >= 0;
	if (syncfs(stage->temporary.fd) == 0 || errno == EINVAL || errno == ENOSYS)
		return true;
	return error_make(ret_error, errno, "cannot write to '%s'", stage->path);
}

/* A pass over a directory that loses entries meanwhile may miss some: repeated until none is left.
 * Once begun, a signal waits until all are moved. */
static bool move_files(struct stage *stage, struct error **ret_error)
{
	struct stop_hold hold;
	ssize_t moved;
	stop_hold(&hold);
	do
		moved = each_file(stage, move_step, ret_error);
	while (moved > 0);
	stop_release(&hold);
	return moved == 0;
}

bool stage_commit(struct stage *stage, struct error **ret_error)
{
	bool is_done = each_file(stage, check_step, ret_error) >= 0 &&
		       sync_files(stage, ret_error) && move_files(stage, ret_error);
	if (is_done && fsync(stage->directory) < 0 && errno != EINVAL)
		is_done = error_make(ret_error, errno, "cannot write to '%s'", stage->path);
	stage_abort(stage);
	return is_done;
}

void stage_abort(struct stage *stage)
{
	if (!stage)
		return;
	temporary_remove_directory(stage->directory, stage->temporary.fd, stage->temporary.name);
	stop_drop_directory(stage->temporary.fd);
	close(stage->temporary.fd);
	close(stage->directory);
	free(stage);
}
