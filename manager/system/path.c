#include "manager/system/path.h"

#include "manager/system/rooted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#define APPARMORFS_MAGIC 0x5a3c69f0 /* AAFS_MAGIC of include/uapi/linux/magic.h */
#define DEPTH_MOST	 16

struct root {
	struct root *next;
	int fd;
	unsigned entered;
	char *real, *given; /* given: absolute, too */
};

/* One for the process, as its working directory is; nearly always empty or one entry. */
static struct root *roots;

/* Where a path is: name in the directory. For the host the whole path in AT_FDCWD. */
struct spot {
	int directory;
	const char *name;
};

static void close_fd(int *fd)
{
	int number = errno;
	if (*fd >= 0)
		close(*fd);
	errno = number;
}

#define AUTO_FD __attribute__((cleanup(close_fd))) int

static char *absolute(const char *path)
{
	char here[PATH_MAX], *text;
	if (*path == '/')
		return strdup(path);
	if (!getcwd(here, sizeof(here)))
		return NULL;
	path += path[0] == '.' && (path[1] == '/' || path[1] == '\0');
	return asprintf(&text, "%s/%s", here, path + strspn(path, "/")) < 0 ? NULL : text;
}

static void cut_slashes(char *text)
{
	for (size_t len = strlen(text); len > 1 && text[len - 1] == '/';)
		text[--len] = '\0';
}

static void root_free(struct root *root)
{
	close_fd(&root->fd);
	free(root->real);
	free(root->given);
	free(root);
}

int path_root_enter(const char *real, const char *given)
{
	for (struct root *root = roots; root; root = root->next)
		if (strcmp(root->real, real) == 0) {
			root->entered++;
			return 0;
		}
	struct root *root = calloc(1, sizeof(*root));
	if (!root)
		return -1;
	*root = (struct root){.next = roots, .entered = 1, .fd = rooted_root(real)};
	root->real = strdup(real);
	root->given = absolute(given);
	if (root->fd < 0 || !root->real || !root->given) {
		root_free(root);
		return -1;
	}
	cut_slashes(root->given);
	roots = root;
	return 0;
}

void path_root_leave(const char *real)
{
	for (struct root **at = &roots; *at; at = &(*at)->next) {
		struct root *root = *at;
		if (strcmp(root->real, real) != 0)
			continue;
		if (--root->entered == 0) {
			*at = root->next;
			root_free(root);
		}
		return;
	}
}

/* "/etc/web" of "/root/etc/web", "" of "/root", or NULL. */
static const char *below(const char *root, const char *path)
{
	size_t len = strlen(root);
	if (strncmp(path, root, len) != 0 || (path[len] != '/' && path[len] != '\0'))
		return NULL;
	return path + len;
}

static const struct root *root_of(const char *path, const char **ret_inside)
{
	for (const struct root *root = roots; root; root = root->next) {
		const char *inside = below(root->real, path);
		inside = inside ? inside : below(root->given, path);
		if (inside) {
			*ret_inside = inside;
			return root;
		}
	}
	return NULL;
}

/*
 * The root that the path is in, or NULL: then *ret_inside is the path. *ret_made is to be freed; a
 * relative path is made absolute for the comparison when there is a root at all.
 */
static const struct root *find_root(const char *path, const char **ret_inside, char **ret_made)
{
	*ret_made = NULL;
	*ret_inside = path;
	if (!roots || !*path)
		return NULL;
	if (*path == '/')
		return root_of(path, ret_inside);
	*ret_made = absolute(path);
	return *ret_made ? root_of(*ret_made, ret_inside) : NULL;
}

static void free_text(char **text)
{
	int number = errno;
	free(*text);
	errno = number;
}

#define AUTO_TEXT __attribute__((cleanup(free_text))) char *

const char *path_root(const char *path)
{
	AUTO_TEXT made = NULL;
	const char *inside;
	const struct root *root = find_root(path, &inside, &made);
	return root ? root->real : NULL;
}

static bool is_of_kind(int fd, long kind)
{
	struct statfs at;
	return fd >= 0 && fstatfs(fd, &at) == 0 && (long)at.f_type == kind;
}

/*
 * Below APPARMORFS/policy, which is a magic link: followed from a securityfs, so that it is the
 * kernel's own; the tree behind it is a root of its own, which its links stay in.
 */
static int open_policy(const struct root *root, const char *inside, int flags)
{
	static const char top[] = "/sys/kernel/security/apparmor";
	const char *rest = below("/sys/kernel/security/apparmor/policy", inside);
	errno = ELOOP;
	if (!rest)
		return -1;
	AUTO_FD security = rooted_open(root->fd, top, O_PATH | O_DIRECTORY, 0);
	AUTO_FD policy = -1;
	if (is_of_kind(security, SECURITYFS_MAGIC))
		policy = openat(security, "policy", O_PATH | O_DIRECTORY | O_CLOEXEC);
	errno = ELOOP;
	if (!is_of_kind(policy, APPARMORFS_MAGIC))
		return -1;
	return rooted_open(policy, *rest ? rest : ".", flags, 0);
}

static int open_inside(const struct root *root, const char *inside, int flags)
{
	int fd = rooted_open(root->fd, *inside ? inside : ".", flags, 0);
	return fd < 0 && errno == ELOOP ? open_policy(root, inside, flags) : fd;
}

/* The directory of a path, whose own links are followed, and its last name. */
static bool spot_open(const char *path, struct spot *ret_spot, char **ret_made)
{
	const char *inside;
	const struct root *root = find_root(path, &inside, ret_made);
	*ret_spot = (struct spot){AT_FDCWD, path};
	if (!root)
		return true;
	const char *slash = strrchr(inside, '/'), *name = slash ? slash + 1 : ".";
	bool is_directory = !*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
	char *parent = strndup(inside, is_directory ? strlen(inside) : (size_t)(slash - inside));
	if (!parent)
		return false;
	int fd = open_inside(root, parent, O_PATH | O_DIRECTORY);
	free_text(&parent);
	*ret_spot = (struct spot){fd, is_directory ? "." : name};
	return fd >= 0;
}

/* Opens the spot, evaluates the call on it, and closes it: the call's result, or -1. */
#define AT_SPOT(path, spot, call)                                                                  \
	do {                                                                                       \
		AUTO_TEXT made = NULL;                                                             \
		struct spot spot;                                                                  \
		if (!spot_open((path), &spot, &made))                                              \
			return -1;                                                                 \
		AUTO_FD opened __attribute__((unused)) = spot.directory;                           \
		return (call);                                                                     \
	} while (0)

/* A new file is made at its place in the directory: nobody wants to write where a link leads. */
static int create(const char *path, int flags, mode_t mode)
{
	AT_SPOT(path, spot,
		openat(spot.directory, spot.name, flags | O_NOFOLLOW | O_CLOEXEC, mode));
}

int path_open(const char *path, int flags, mode_t mode)
{
	AUTO_TEXT made = NULL;
	const char *inside;
	const struct root *root = find_root(path, &inside, &made);
	if (!root)
		return open(path, flags | O_CLOEXEC, mode);
	return flags & O_CREAT ? create(path, flags, mode) : open_inside(root, inside, flags);
}

DIR *path_opendir(const char *path)
{
	int fd = path_open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	if (!entries)
		close_fd(&fd);
	return entries;
}

int path_stat(const char *path, struct stat *ret_stat)
{
	if (!path_root(path))
		return stat(path, ret_stat);
	AUTO_FD fd = path_open(path, O_PATH, 0);
	return fd < 0 ? -1 : fstat(fd, ret_stat);
}

int path_lstat(const char *path, struct stat *ret_stat)
{
	AT_SPOT(path, spot, fstatat(spot.directory, spot.name, ret_stat, AT_SYMLINK_NOFOLLOW));
}

ssize_t path_readlink(const char *path, char *target, size_t size)
{
	AT_SPOT(path, spot, readlinkat(spot.directory, spot.name, target, size));
}

int path_mkdir(const char *path, mode_t mode)
{
	AT_SPOT(path, spot, mkdirat(spot.directory, spot.name, mode));
}

int path_rmdir(const char *path)
{
	AT_SPOT(path, spot, unlinkat(spot.directory, spot.name, AT_REMOVEDIR));
}

int path_unlink(const char *path)
{
	AT_SPOT(path, spot, unlinkat(spot.directory, spot.name, 0));
}

int path_symlink(const char *target, const char *path)
{
	AT_SPOT(path, spot, symlinkat(target, spot.directory, spot.name));
}

static int rename_to(const struct spot *from, const char *to)
{
	AT_SPOT(to, spot, renameat(from->directory, from->name, spot.directory, spot.name));
}

int path_rename(const char *from, const char *to)
{
	AT_SPOT(from, spot, rename_to(&spot, to));
}

int path_chmod(const char *path, mode_t mode)
{
	if (!path_root(path))
		return chmod(path, mode);
	AUTO_FD fd = path_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	return fd < 0 ? -1 : fchmod(fd, mode);
}

int path_access(const char *path, int mode)
{
	struct stat at;
	if (!path_root(path))
		return access(path, mode);
	AUTO_FD fd = path_open(path, O_PATH, 0);
	if (fd < 0 || fstat(fd, &at) < 0)
		return -1;
	if (S_ISDIR(at.st_mode))
		return faccessat(fd, ".", mode, AT_EACCESS);
	AUTO_FD read = mode & R_OK ? path_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0) : -1;
	return mode & R_OK && read < 0 ? -1 : 0;
}

char *path_real(const char *path)
{
	AUTO_TEXT made = NULL;
	const char *inside;
	const struct root *root = find_root(path, &inside, &made);
	if (!root)
		return realpath(path, NULL);
	AUTO_TEXT real = rooted_real(root->fd, *inside ? inside : ".");
	char *text = NULL;
	if (real && asprintf(&text, "%s%s", root->real, real[1] ? real : "") < 0)
		text = NULL;
	return text;
}

int path_watch(int inotify, const char *path, uint32_t events)
{
	char self[64];
	if (!path_root(path))
		return inotify_add_watch(inotify, path, events);
	AUTO_FD fd = path_open(path, O_PATH, 0);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return fd < 0 ? -1 : inotify_add_watch(inotify, self, events & ~(uint32_t)IN_DONT_FOLLOW);
}

bool path_is_plain(const char *path)
{
	AUTO_TEXT made = NULL;
	const char *inside;
	const struct root *root = find_root(path, &inside, &made);
	return !root || !rooted_leaves(root->fd, *inside ? inside : ".");
}

/* path is a directory in a buffer of PATH_MAX bytes. */
static bool tree_is_plain(char *path, unsigned depth)
{
	struct stat at;
	size_t len = strlen(path);
	DIR *entries = path_opendir(path);
	bool is_plain = entries || errno == ENOENT;
	for (struct dirent *entry; is_plain && entries && (entry = readdir(entries));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		is_plain = (size_t)snprintf(path + len, PATH_MAX - len, "/%s", entry->d_name) <
			   PATH_MAX - len;
		if (is_plain && path_lstat(path, &at) < 0)
			is_plain = errno == ENOENT;
		else if (is_plain && S_ISLNK(at.st_mode))
			is_plain = path_is_plain(path);
		else if (is_plain && S_ISDIR(at.st_mode))
			is_plain = depth < DEPTH_MOST && tree_is_plain(path, depth + 1);
		if (is_plain)
			path[len] = '\0';
	}
	if (entries)
		closedir(entries);
	return is_plain;
}

bool path_tree_is_plain(const char *directory)
{
	char path[PATH_MAX];
	if (!path_root(directory))
		return true;
	return (size_t)snprintf(path, sizeof(path), "%s", directory) < sizeof(path) &&
	       path_is_plain(directory) && tree_is_plain(path, 0);
}
