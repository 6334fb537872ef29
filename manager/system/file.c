#include "manager/system/file.h"

#include "manager/system/path.h"
#include "manager/system/stop.h"
#include "manager/system/target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
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

int file_look(const char *path, struct error **ret_error)
{
	int looked = path_open(path, O_PATH, 0);
	if (looked < 0)
		error_make(ret_error, errno, "cannot open '%s'", path);
	return looked;
}

static const char *words_of_kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a named pipe";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	case S_IFLNK:
		return "a symbolic link";
	}
	return NULL; /* a regular file */
}

static bool check_kind(int fd, const char *path, struct error **ret_error)
{
	struct stat at;
	if (fstat(fd, &at) < 0)
		return error_make(ret_error, errno, "cannot look at '%s'", path);
	if (S_ISDIR(at.st_mode))
		return error_say(ret_error, EISDIR, "'%s' is a directory, expected a file", path);
	const char *kind = words_of_kind(at.st_mode);
	return !kind ||
	       error_say(ret_error, EINVAL, "'%s' is %s, expected a regular file", path, kind);
}

static bool is_same_file(int one, int other)
{
	struct stat a, b;
	return fstat(one, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

int file_open_looked(int looked, const char *path, struct error **ret_error)
{
	enum { FLAGS = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };
	char self[64];
	if (!check_kind(looked, path, ret_error))
		return -1;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", looked);
	int fd = open(self, FLAGS);
	if (fd < 0 && errno == ENOENT) { /* no /proc: by its name, if that is still the same */
		fd = path_open(path, FLAGS | O_NOFOLLOW, 0);
		if (fd >= 0 && !is_same_file(fd, looked)) {
			close(fd);
			fd = -1;
			errno = ESTALE;
		}
	}
	if (fd < 0)
		error_make(ret_error, errno, "cannot open '%s'", path);
	return fd;
}

bool file_resolved(int looked, struct bytes *ret_path)
{
	char self[64];
	ret_path->len = 0;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", looked);
	if (!bytes_reserve(ret_path, PATH_MAX + 1))
		return false;
	ssize_t len = readlink(self, ret_path->at, PATH_MAX);
	if (len <= 0 || len == PATH_MAX || ret_path->at[0] != '/')
		return false;
	ret_path->len = (size_t)len;
	ret_path->at[len] = '\0';
	return true;
}

bool file_lies_below(struct slice path, struct slice directory)
{
	while (directory.len > 0 && directory.at[directory.len - 1] == '/')
		directory.len--;
	return slice_starts(path, directory) &&
	       (path.len == directory.len || path.at[directory.len] == '/');
}

int file_open(const char *path, struct error **ret_error)
{
	AUTO_FD looked = file_look(path, ret_error);
	return looked < 0 ? -1 : file_open_looked(looked, path, ret_error);
}

/* The number of the descriptor that a path is the shells' name of, or -1. */
static int descriptor_of(const char *path)
{
	static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
	if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdin") == 0)
		return STDIN_FILENO;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const char *number = path + strlen(folders[i]);
		if (strncmp(path, folders[i], strlen(folders[i])) != 0)
			continue;
		size_t digits = strspn(number, "0123456789");
		if (digits > 0 && digits < 7 && number[digits] == '\0')
			return atoi(number);
	}
	return -1;
}

bool file_is_descriptor(const char *path)
{
	return descriptor_of(path) >= 0;
}

int file_open_operand(const char *path, struct error **ret_error)
{
	struct stat at;
	int number = descriptor_of(path);
	bool is_input = strcmp(path, "-") == 0;
	if (is_input)
		return STDIN_FILENO;
	/* A regular file is read from its beginning, whoever else has read of the descriptor. */
	if (number < 0 || (fstat(number, &at) == 0 && (S_ISREG(at.st_mode) || S_ISDIR(at.st_mode))))
		return file_open(path, ret_error);
	int fd = fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (fd < 0)
		error_make(ret_error, errno, "cannot open '%s'", path);
	return fd;
}

void file_close_operand(int fd)
{
	if (fd > STDIN_FILENO)
		close(fd);
}

/*
 * Some files below /proc and /sys are made as they are read, and wait until there is something
 * (/proc/kmsg, apparmorfs' revision, which does so even with O_NONBLOCK): poll(2) tells.
 */
static bool would_wait(int fd)
{
	struct stat at;
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	return fstat(fd, &at) == 0 && S_ISREG(at.st_mode) && at.st_size == 0 &&
	       poll(&ready, 1, 0) == 0;
}

ssize_t file_read_some(int fd, char *at, size_t room)
{
	ssize_t got;
	if (would_wait(fd)) {
		errno = EAGAIN;
		return -1;
	}
	do
		got = read(fd, at, room);
	while (got < 0 && errno == EINTR);
	return got;
}

/* One read. -1 with errno, 0 at the end. */
static ssize_t read_some(int fd, struct bytes *text, size_t most)
{
	size_t room = text->cap - text->len - 1;
	ssize_t got = file_read_some(fd, text->at + text->len, room < most ? room : most);
	if (got > 0)
		text->len += (size_t)got;
	text->at[text->len] = '\0';
	return got;
}

/* Bytes to begin with; more than the limit for a regular file that is too large. */
static size_t size_hint(int fd, size_t limit)
{
	struct stat stat;
	if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode) || stat.st_size <= 0)
		return limit < 4096 ? limit : 4096;
	return (uintmax_t)stat.st_size > limit ? limit + 1 : (size_t)stat.st_size;
}

static bool say_too_large(const char *name, size_t limit, struct error **ret_error)
{
	return error_say(ret_error, EFBIG, "'%s' is larger than %zu bytes", name, limit);
}

bool file_read_fd(
	int fd, const char *name, size_t limit, struct bytes *ret_text, struct error **ret_error)
{
	size_t hint = size_hint(fd, limit);
	ret_text->len = 0;
	if (hint > limit)
		return say_too_large(name, limit, ret_error);
	if (!bytes_reserve(ret_text, hint + 1))
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
			return say_too_large(name, limit, ret_error);
		if (!bytes_reserve(ret_text, 1))
			return error_make(ret_error, ENOMEM, "cannot read '%s'", name);
	}
}

bool file_read(const char *path, size_t limit, struct bytes *ret_text, struct error **ret_error)
{
	AUTO_FD fd = file_open(path, ret_error);
	return fd >= 0 && file_read_fd(fd, path, limit, ret_text, ret_error);
}

bool file_read_operand(
	const char *path, size_t limit, struct bytes *ret_text, struct error **ret_error)
{
	int fd = file_open_operand(path, ret_error);
	bool is_read = fd >= 0 && file_read_fd(fd, path, limit, ret_text, ret_error);
	file_close_operand(fd);
	return is_read;
}

bool file_is_directory(const char *path)
{
	struct stat at;
	return path_stat(path, &at) == 0 && S_ISDIR(at.st_mode);
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
	int fd = path_open(directory, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0 && errno == EACCES)
		fd = path_open(directory, O_PATH | O_DIRECTORY, 0);
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

/* errno may be that of the look whether it is a directory. */
static bool say_not_made(const char *path, int number, struct error **ret_error)
{
	struct stat at;
	if (path_lstat(path, &at) == 0 && S_ISLNK(at.st_mode))
		return error_say(ret_error, number,
			"cannot make the directory '%s': it is a link that leads to no "
			"directory%s%s, remove or mend it",
			path, path_root(path) ? " inside of " : "",
			path_root(path) ? path_root(path) : "");
	return error_make(ret_error, number, "cannot make the directory '%s'", path);
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
		int number = path_mkdir(partly, mode) < 0 ? errno : 0;
		if (number != 0 && (number != EEXIST || !file_is_directory(partly)))
			is_made = say_not_made(partly, number, ret_error);
		*at = end;
		if (end == '\0')
			break;
	}
	free(partly);
	return is_made;
}
