#include "manager/system/rewrite.h"

#include "manager/system/file.h"
#include "manager/system/target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { LINKS_MOST = 40, NAMES_BYTES = 64 * 1024, VALUE_BYTES = 64 * 1024 };

/* A name in an open directory, at the end of the links that led there. */
struct place {
	int directory;
	char path[PATH_MAX]; /* for messages, and to follow a link from */
	const char *name;    /* in path */
};

/* -- attributes ------------------------------------------------------------------------------- */

/*
 * What the kernel writes itself when the content is another, or what only says something about
 * content that is no more.
 */
static bool may_be_lost(const char *name)
{
	static const char *const names[] = {
		"security.ima", "security.evm", "security.capability", "trusted.", "btrfs."};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static bool keep_attribute(int from, int to, const char *name)
{
	static char value[VALUE_BYTES], there[VALUE_BYTES];
	ssize_t len = fgetxattr(from, name, value, sizeof(value));
	if (len < 0)
		return errno == ENODATA;
	ssize_t len_there = fgetxattr(to, name, there, sizeof(there));
	if (len_there == len && memcmp(value, there, (size_t)len) == 0)
		return true;
	return fsetxattr(to, name, value, (size_t)len, 0) == 0;
}

static bool keep_all_attributes(int from, int to)
{
	static char names[NAMES_BYTES];
	ssize_t len = flistxattr(from, names, sizeof(names));
	if (len < 0)
		return errno == ENOTSUP || errno == ENOSYS;
	for (const char *name = names; name < names + len; name += strlen(name) + 1)
		if (!keep_attribute(from, to, name) && !may_be_lost(name))
			return false;
	return true;
}

/* The list that a new file inherits from its directory would let in whom the old file kept out. */
static bool drop_inherited_list(int to)
{
	return fremovexattr(to, "system.posix_acl_access") == 0 || errno == ENODATA ||
	       errno == ENOTSUP || errno == ENOSYS;
}

bool file_keep_attributes(int from, int to)
{
	struct stat old, new;
	if (fstat(from, &old) < 0 || fstat(to, &new) < 0)
		return false;
	bool is_owned = old.st_uid == new.st_uid &&old.st_gid == new.st_gid;
	return (is_owned || fchown(to, old.st_uid, old.st_gid) == 0) && drop_inherited_list(to) &&
	       keep_all_attributes(from, to) && fchmod(to, old.st_mode & 07777) == 0;
}

/* -- links ------------------------------------------------------------------------------------ */

static void place_close(struct place *place)
{
	if (place->directory >= 0)
		close(place->directory);
	place->directory = -1;
}

/* The place of a path; a directory that can be searched but not read does too. */
static bool place_open(const char *path, struct place *ret_place)
{
	if (path != ret_place->path && (size_t)snprintf(ret_place->path, sizeof(ret_place->path),
					       "%s", path) >= sizeof(ret_place->path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	char *slash = strrchr(ret_place->path, '/');
	char directory[PATH_MAX] = ".";
	if (slash)
		snprintf(directory, sizeof(directory), "%.*s",
			slash == ret_place->path ? 1 : (int)(slash - ret_place->path),
			ret_place->path);
	ret_place->name = slash ? slash + 1 : ret_place->path;
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == EACCES)
		fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ret_place->directory = fd;
	return fd >= 0;
}

/* Whether the caller has a reason to believe a link. */
static bool is_followed(const struct place *place, const struct stat *link)
{
	struct stat directory, target;
	uid_t me = geteuid();
	if (fstat(place->directory, &directory) < 0)
		return false;
	bool is_shared = (directory.st_mode & S_ISVTX) && (directory.st_mode & S_IWOTH);
	if (is_shared && link->st_uid != me && link->st_uid != directory.st_uid)
		return false;
	if (link->st_uid == me || link->st_uid == 0)
		return true;
	return fstatat(place->directory, place->name, &target, 0) == 0 &&
	       target.st_uid == link->st_uid;
}

static bool is_of_the_system(const char *path)
{
	return strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0;
}

/* Goes on to where the link at the place leads. */
static bool place_follow(struct place *place, const char *given, struct error **ret_error)
{
	char target[PATH_MAX], next[PATH_MAX];
	ssize_t len = readlinkat(place->directory, place->name, target, sizeof(target) - 1);
	if (len < 0)
		return error_make(ret_error, errno, "cannot write '%s'", given);
	target[len] = '\0';
	int folder = target[0] == '/' ? 0 : (int)(place->name - place->path);
	if ((size_t)snprintf(next, sizeof(next), "%.*s%s", folder, place->path, target) >=
		sizeof(next))
		return error_make(ret_error, ENAMETOOLONG, "cannot write '%s'", given);
	place_close(place);
	return place_open(next, place) || error_make(ret_error, errno, "cannot write '%s'", given);
}

/* The place where the links of `path` end. */
static bool place_find(const char *path, struct place *place, struct error **ret_error)
{
	struct stat at;
	if (!place_open(path, place))
		return error_make(ret_error, errno, "cannot write '%s'", path);
	for (int i = 0; i < LINKS_MOST; i++) {
		if (fstatat(place->directory, place->name, &at, AT_SYMLINK_NOFOLLOW) < 0 ||
			!S_ISLNK(at.st_mode) || is_of_the_system(place->path))
			return true; /* what else is wrong is said by who writes there */
		if (!is_followed(place, &at))
			return error_say(ret_error, EACCES,
				"'%s' is a symbolic link of another user (%u), who would choose the "
				"file that is overwritten: name the file itself",
				place->path, (unsigned)at.st_uid);
		if (!place_follow(place, path, ret_error))
			return false;
	}
	return error_make(ret_error, ELOOP, "cannot write '%s'", path);
}

/* -- writing ---------------------------------------------------------------------------------- */

static bool sync_fd(int fd)
{
	return fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EBADF;
}

static bool is_still(const struct place *place, const struct stat *old)
{
	struct stat now;
	if (fstatat(place->directory, place->name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
		now.st_dev == old->st_dev && now.st_ino == old->st_ino)
		return true;
	errno = EBUSY;
	return false;
}

/* Fills the temporary file and puts it in the place of the old one. */
static bool replace(const struct place *place, int old, struct temporary *temporary,
	struct slice text, struct error **ret_error)
{
	struct stat at;
	if (!file_keep_attributes(old, temporary->fd))
		return error_make(ret_error, errno,
			"cannot keep the owner, mode and attributes of '%s', which is left as it was: "
			"write to another file",
			place->path);
	bool is_done =
		fstat(old, &at) == 0 && fd_write(temporary->fd, text) && sync_fd(temporary->fd) &&
		is_still(place, &at) &&
		renameat(place->directory, temporary->name, place->directory, place->name) == 0;
	return is_done || error_make(ret_error, errno, "cannot write '%s'", place->path);
}

static bool rewrite(const struct place *place, int old, struct slice text, struct error **ret_error)
{
	struct temporary temporary;
	if (!temporary_make_private(place->directory, &temporary))
		return error_make(ret_error, errno, "cannot write '%s'", place->path);
	bool is_done = replace(place, old, &temporary, text, ret_error);
	if (!is_done)
		unlinkat(place->directory, temporary.name, 0);
	close(temporary.fd);
	if (is_done)
		sync_fd(place->directory);
	return is_done;
}

/* A regular file that may be written to and has one name, opened to be read. -1 after an error. */
static int open_old(const struct place *place, struct error **ret_error)
{
	struct stat at;
	int fd = openat(place->directory, place->name,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &at) < 0 ||
		faccessat(place->directory, place->name, W_OK, AT_EACCESS) < 0)
		error_make(ret_error, errno, "cannot write '%s'", place->path);
	else if (!S_ISREG(at.st_mode))
		error_make(ret_error, EBUSY, "cannot write '%s'", place->path);
	else if (at.st_nlink > 1)
		error_say(ret_error, EMLINK,
			"'%s' has %u names (hard links), of which only one would get the new text: "
			"write to another file, and copy it into this one",
			place->path, (unsigned)at.st_nlink);
	else
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool is_regular(const struct place *place)
{
	struct stat at;
	return fstatat(place->directory, place->name, &at, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(at.st_mode);
}

bool file_rewrite(const char *path, struct slice text, struct error **ret_error)
{
	struct place place = {.directory = -1};
	bool is_done = false;
	if (!place_find(path, &place, ret_error)) {
		place_close(&place);
		return false;
	}
	if (is_regular(&place)) {
		int old = open_old(&place, ret_error);
		is_done = old >= 0 && rewrite(&place, old, text, ret_error);
		if (old >= 0)
			close(old);
	} else {
		is_done = file_write(place.path, text, ret_error);
	}
	place_close(&place);
	return is_done;
}
