#include "manager/system/target.h"

#include "manager/system/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define ATTEMPTS 100

static bool is_below(const char *path, const char *directory)
{
	return strncmp(path, directory, strlen(directory)) == 0;
}

enum target target_judge(
	int directory, const char *name, const char *path, struct error **ret_error)
{
	struct stat stat;
	int is_there = directory == AT_FDCWD ? path_lstat(name, &stat)
					     : fstatat(directory, name, &stat, AT_SYMLINK_NOFOLLOW);
	if (is_there < 0) {
		if (errno == ENOENT)
			return TARGET_REPLACE;
		error_make(ret_error, errno, "cannot look at '%s'", path);
		return TARGET_REFUSED;
	}
	const char *what = "a block device";
	switch (stat.st_mode & S_IFMT) {
	case S_IFREG:
		return TARGET_REPLACE;
	case S_IFCHR:
		return TARGET_DEVICE;
	case S_IFLNK:
		/* As root, `-o /dev/stdout` would replace the link that every program relies on. */
		if (!is_below(path, "/dev/") && !is_below(path, "/proc/"))
			return TARGET_REPLACE;
		what = "a link of the system";
		break;
	case S_IFDIR:
		what = "a directory";
		break;
	case S_IFIFO:
		what = "a named pipe";
		break;
	case S_IFSOCK:
		what = "a socket";
		break;
	}
	error_say(ret_error, S_ISDIR(stat.st_mode) ? EISDIR : EINVAL,
		"'%s' is %s, expected a regular file", path, what);
	return TARGET_REFUSED;
}

static bool random_name(char name[TEMPORARY_LENGTH + 1])
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	unsigned char random[6];
	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return false;
	memcpy(name, TEMPORARY_PREFIX, sizeof(TEMPORARY_PREFIX) - 1);
	for (size_t i = 0; i < sizeof(random); i++)
		name[sizeof(TEMPORARY_PREFIX) - 1 + i] = letters[random[i] % (sizeof(letters) - 1)];
	name[TEMPORARY_LENGTH] = '\0';
	return true;
}

static int create(int directory, const char *name, bool is_directory, mode_t mode)
{
	if (!is_directory)
		return openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (mkdirat(directory, name, 0700) < 0)
		return -1;
	return openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool is_still(int directory, const char *name, int fd)
{
	struct stat by_name, by_fd;
	return fstatat(directory, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(fd, &by_fd) == 0 && by_name.st_ino == by_fd.st_ino &&
	       by_name.st_dev == by_fd.st_dev;
}

/*
 * Between the creation and the lock another run may have taken the new file for a remnant: then the
 * lock is taken or the name is gone, and another name is tried. File systems without locks do as
 * well.
 */
static bool hold(int directory, const char *name, int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return false;
	return is_still(directory, name, fd);
}

static bool make(int directory, bool is_directory, mode_t mode, struct temporary *ret_temporary)
{
	struct temporary temporary;
	for (int i = 0; i < ATTEMPTS; i++) {
		if (!random_name(temporary.name))
			return false;
		temporary.fd = create(directory, temporary.name, is_directory, mode);
		if (temporary.fd < 0 && (errno == EEXIST || (is_directory && errno == ENOENT)))
			continue;
		if (temporary.fd < 0)
			return false;
		if (hold(directory, temporary.name, temporary.fd)) {
			*ret_temporary = temporary;
			return true;
		}
		close(temporary.fd);
	}
	errno = EEXIST;
	return false;
}

bool temporary_make(int directory, bool is_directory, struct temporary *ret_temporary)
{
	return make(directory, is_directory, 0644, ret_temporary);
}

bool temporary_make_private(int directory, struct temporary *ret_temporary)
{
	return make(directory, false, 0600, ret_temporary);
}

static bool is_temporary_name(const char *name)
{
	if (strlen(name) != TEMPORARY_LENGTH ||
		strncmp(name, TEMPORARY_PREFIX, sizeof(TEMPORARY_PREFIX) - 1) != 0)
		return false;
	for (name += sizeof(TEMPORARY_PREFIX) - 1; *name; name++)
		if (!((*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'z') ||
			    (*name >= 'A' && *name <= 'Z')))
			return false;
	return true;
}

void temporary_remove_directory(int directory, int fd, const char *name)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *files = again < 0 ? NULL : fdopendir(again);
	if (!files) {
		if (again >= 0)
			close(again);
		return;
	}
	for (struct dirent *entry; (entry = readdir(files));)
		unlinkat(fd, entry->d_name, 0);
	closedir(files);
	unlinkat(directory, name, AT_REMOVEDIR);
}

static void sweep_one(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	struct stat stat;
	bool is_ours = fstat(fd, &stat) == 0 && stat.st_uid == geteuid() &&
		       flock(fd, LOCK_EX | LOCK_NB) == 0 && is_still(directory, name, fd);
	if (is_ours && S_ISDIR(stat.st_mode))
		temporary_remove_directory(directory, fd, name);
	else if (is_ours && S_ISREG(stat.st_mode))
		unlinkat(directory, name, 0);
	close(fd);
}

void temporary_sweep(int directory)
{
	int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = again < 0 ? NULL : fdopendir(again);
	if (!entries) {
		if (again >= 0)
			close(again);
		return;
	}
	for (struct dirent *entry; (entry = readdir(entries));)
		if (is_temporary_name(entry->d_name))
			sweep_one(directory, entry->d_name);
	closedir(entries);
}
