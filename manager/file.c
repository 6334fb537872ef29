#include "manager/file.h"

#include "manager/system/stop.h"
#include "manager/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define AUTO_FD __attribute__((cleanup(close_fd))) int

/* One read. -1 with errno, 0 at the end. */
static ssize_t read_some(int fd, struct bytes *text, size_t most)
{
	size_t room = text->cap - text->len - 1;
	ssize_t got;
	do
		got = read(fd, text->at + text->len, room < most ? room : most);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		text->len += (size_t)got;
	text->at[text->len] = '\0';
	return got;
}

static size_t size_hint(int fd, size_t limit)
{
	struct stat stat;
	if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode) || stat.st_size <= 0)
		return 4096;
	return (size_t)stat.st_size < limit ? (size_t)stat.st_size : limit;
}

bool file_read_fd(
	int fd, const char *name, size_t limit, struct bytes *ret_text, struct error **ret_error)
{
	ret_text->len = 0;
	if (!bytes_reserve(ret_text, size_hint(fd, limit) + 1))
		return error_make(ret_error, ENOMEM, "cannot read '%s'", name);
	for (;;) {
		/* One byte past the limit tells a file that is too long from one that just fits. */
		ssize_t got = read_some(fd, ret_text, limit + 1 - ret_text->len);
		if (got == 0)
			return true;
		if (got < 0 && errno == EISDIR)
			return error_say(
				ret_error, EISDIR, "'%s' is a directory, expected a file", name);
		if (got < 0)
			return error_make(ret_error, errno, "cannot read '%s'", name);
		if (ret_text->len > limit)
			return error_say(
				ret_error, EFBIG, "'%s' is larger than %zu bytes", name, limit);
		if (!bytes_reserve(ret_text, 1))
			return error_make(ret_error, ENOMEM, "cannot read '%s'", name);
	}
}

bool file_read(const char *path, size_t limit, struct bytes *ret_text, struct error **ret_error)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return error_make(ret_error, errno, "cannot open '%s'", path);
	return file_read_fd(fd, path, limit, ret_text, ret_error);
}

bool file_is_directory(const char *path)
{
	struct stat at;
	return stat(path, &at) == 0 && S_ISDIR(at.st_mode);
}

bool fd_write(int fd, struct slice text)
{
	while (text.len > 0) {
		ssize_t put = write(fd, text.at, text.len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0) {
			errno = put < 0 ? errno : ENOSPC;
			return false;
		}
		text = slice_from(text, (size_t)put);
	}
	return true;
}

static bool write_device(int directory, const char *name, const char *path, struct slice text,
	struct error **ret_error)
{
	int fd = openat(directory, name, O_WRONLY | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_make(ret_error, errno, "cannot open '%s'", path);
	bool is_written = fd_write(fd, text);
	int number = errno;
	if (close(fd) < 0 && is_written) {
		number = errno;
		is_written = false;
	}
	return is_written || error_make(ret_error, number, "cannot write '%s'", path);
}

/* Some file systems have no fsync for a file or a directory (EINVAL): not an error of ours. */
static bool sync_fd(int fd)
{
	return fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EBADF;
}

static bool replace_held(int directory, const char *name, struct slice text)
{
	struct temporary temporary;
	if (!temporary_make(directory, false, &temporary))
		return false;
	bool is_done = fd_write(temporary.fd, text) && sync_fd(temporary.fd) &&
		       renameat(directory, temporary.name, directory, name) == 0;
	int number = errno;
	if (!is_done)
		unlinkat(directory, temporary.name, 0);
	close(temporary.fd);
	errno = number;
	return is_done && sync_fd(directory);
}

/* A temporary file is a moment's matter. */
static bool replace(int directory, const char *name, struct slice text)
{
	struct stop_hold hold;
	stop_hold(&hold);
	bool is_done = replace_held(directory, name, text);
	stop_release(&hold);
	return is_done;
}

/* The directory part of path, opened; a directory that can be searched but not read does too. */
static int open_directory_of(const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	*ret_name = slash ? slash + 1 : path;
	size_t len = slash ? (size_t)(slash - path) : 0;
	char *directory = slash ? strndup(path, len ? len : 1) : strdup(".");
	if (!directory)
		return -1;
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == EACCES)
		fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int number = errno;
	free(directory);
	errno = number;
	return fd;
}

bool file_write(const char *path, struct slice text, struct error **ret_error)
{
	const char *name;
	AUTO_FD directory = open_directory_of(path, &name);
	if (directory < 0)
		return error_make(ret_error, errno, "cannot write '%s'", path);
	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return error_say(ret_error, EISDIR, "'%s' is a directory, expected a file", path);
	switch (target_judge(directory, name, path, ret_error)) {
	case TARGET_REFUSED:
		return false;
	case TARGET_DEVICE:
		return write_device(directory, name, path, text, ret_error);
	case TARGET_REPLACE:
		break;
	}
	return replace(directory, name, text) ||
	       error_make(ret_error, errno, "cannot write '%s'", path);
}

bool directory_make(const char *path, mode_t mode, struct error **ret_error)
{
	char *partly = strdup(path);
	if (!partly)
		return error_make(ret_error, ENOMEM, "cannot make the directory '%s'", path);
	bool is_made = true;
	for (char *at = partly + 1; is_made; at++) {
		if (*at != '/' && *at != '\0')
			continue;
		char end = *at;
		*at = '\0';
		if (mkdir(partly, mode) < 0 && (errno != EEXIST || !file_is_directory(partly)))
			is_made = error_make(
				ret_error, errno, "cannot make the directory '%s'", partly);
		*at = end;
		if (end == '\0')
			break;
	}
	free(partly);
	return is_made;
}
