#include "manager/system/trust.h"

#include "base/slice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MOST = 40 };

enum { OTHERS_WRITE = S_IWGRP | S_IWOTH };

struct walk {
	const struct trust *trust;
	char done[PATH_MAX]; /* without links; "" is the top */
	char rest[PATH_MAX]; /* what is to be gone */
	unsigned links;
};

void trust_init(struct trust *trust, const char *top, uid_t also)
{
	*trust = (struct trust){.top = top, .also = also};
}

static bool copy_path(char to[PATH_MAX], const char *folder, const char *name)
{
	const char *slash = *folder && *name ? "/" : "";
	return (size_t)snprintf(to, PATH_MAX, "%s%s%s", folder, slash, name) < PATH_MAX;
}

static bool say_owner(const char *path, const struct stat *at, struct error **ret_error)
{
	const char *also =
		!S_ISLNK(at->st_mode) && (at->st_mode & OTHERS_WRITE) ? "; chmod go-w" : "";
	const char *links = S_ISLNK(at->st_mode) ? "-h " : "";
	return error_say(ret_error, EPERM,
		"'%s' belongs to user %u (mode %04o), who could decide what is loaded: chown %sroot: "
		"'%s'%s%s%s%s",
		path, (unsigned)at->st_uid, (unsigned)at->st_mode & 07777, links, path, also,
		*also ? " '" : "", *also ? path : "", *also ? "'" : "");
}

static bool say_mode(const char *path, const struct stat *at, struct error **ret_error)
{
	return error_say(ret_error, EPERM,
		"'%s' (owner %u, mode %04o) may be written by others, who could decide what is "
		"loaded: chmod go-w '%s'",
		path, (unsigned)at->st_uid, (unsigned)at->st_mode & 07777, path);
}

/* is_step: a name is looked up there, and nothing else is taken. */
static bool judge(const struct trust *trust, const char *path, const struct stat *at, bool is_step,
	struct error **ret_error)
{
	if (at->st_uid != 0 && at->st_uid != trust->also)
		return say_owner(path, at, ret_error);
	if (S_ISLNK(at->st_mode) || !(at->st_mode & OTHERS_WRITE))
		return true;
	bool is_sticky = S_ISDIR(at->st_mode) && (at->st_mode & S_ISVTX);
	return (is_step && is_sticky) || say_mode(path, at, ret_error);
}

/* Puts a link's target before what is to be gone. */
static bool follow(struct walk *walk, const char *path, struct error **ret_error)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);
	if (len < 0 || walk->links++ >= LINKS_MOST)
		return error_make(ret_error, len < 0 ? errno : ELOOP, "cannot look at '%s'", path);
	target[len] = '\0';
	if (!copy_path(rest, target, walk->rest))
		return error_make(ret_error, ENAMETOOLONG, "cannot look at '%s'", path);
	memcpy(walk->rest, rest, sizeof(rest));
	if (target[0] == '/')
		snprintf(walk->done, sizeof(walk->done), "%s", walk->trust->top);
	return true;
}

static void take_part(struct walk *walk, char part[PATH_MAX])
{
	const char *begin = walk->rest + strspn(walk->rest, "/");
	size_t len = strcspn(begin, "/");
	memcpy(part, begin, len);
	part[len] = '\0';
	memmove(walk->rest, begin + len, strlen(begin + len) + 1);
}

static void go_up(struct walk *walk)
{
	char *slash = strrchr(walk->done, '/');
	if (slash && strlen(walk->done) > strlen(walk->trust->top))
		*slash = '\0';
}

/* One part of the path. *ret_is_missing: nothing is there. */
static bool step(
	struct walk *walk, const char *part, bool *ret_is_missing, struct error **ret_error)
{
	char path[PATH_MAX];
	struct stat at;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", walk->done, part) >= sizeof(path))
		return error_make(ret_error, ENAMETOOLONG, "cannot look at '%s'", walk->done);
	if (lstat(path, &at) < 0) {
		*ret_is_missing = errno == ENOENT || errno == ENOTDIR;
		return *ret_is_missing || error_make(ret_error, errno, "cannot look at '%s'", path);
	}
	if (!judge(walk->trust, path, &at, true, ret_error))
		return false;
	if (S_ISLNK(at.st_mode))
		return follow(walk, path, ret_error);
	memcpy(walk->done, path, sizeof(path));
	return true;
}

static bool go(struct walk *walk, struct error **ret_error)
{
	char part[PATH_MAX];
	bool is_missing = false;
	while (!is_missing && walk->rest[strspn(walk->rest, "/")]) {
		take_part(walk, part);
		if (strcmp(part, "..") == 0)
			go_up(walk);
		else if (strcmp(part, ".") != 0 && !step(walk, part, &is_missing, ret_error))
			return false;
	}
	return true;
}

/* The directory that was come to. */
static bool check_here(const struct walk *walk, bool is_step, struct error **ret_error)
{
	struct stat at;
	const char *path = *walk->done ? walk->done : "/";
	if (lstat(path, &at) < 0)
		return error_make(ret_error, errno, "cannot look at '%s'", path);
	return judge(walk->trust, path, &at, is_step, ret_error);
}

/* Makes the path absolute. */
static bool begin(struct walk *walk, const char *path, struct error **ret_error)
{
	char here[PATH_MAX] = "";
	const char *top = walk->trust->top;
	if (*top && strncmp(path, top, strlen(top)) == 0)
		path += strlen(top); /* walk->done has it */
	if (path[0] != '/' && !getcwd(here, sizeof(here)))
		return error_make(ret_error, errno, "cannot look at '%s'", path);
	return copy_path(walk->rest, here, path) ||
	       error_make(ret_error, ENAMETOOLONG, "cannot look at '%s'", path);
}

/* Goes to a directory. */
static bool visit(struct walk *walk, const char *path, struct error **ret_error)
{
	snprintf(walk->done, sizeof(walk->done), "%s", walk->trust->top);
	return begin(walk, path, ret_error) && check_here(walk, true, ret_error) &&
	       go(walk, ret_error);
}

bool trust_directory(struct trust *trust, const char *path, struct error **ret_error)
{
	struct walk walk = {.trust = trust};
	return visit(&walk, path, ret_error) && check_here(&walk, false, ret_error);
}

/* What is before the last slash, with it. false when it is too long. */
static bool folder_of(const char *path, char folder[PATH_MAX], const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash + 1 - path) : 0;
	*ret_name = path + len;
	return strlen(path) < PATH_MAX &&
	       snprintf(folder, PATH_MAX, "%.*s", (int)len, len ? path : "") >= 0;
}

bool trust_file(struct trust *trust, const char *path, struct error **ret_error)
{
	char folder[PATH_MAX];
	const char *name;
	struct walk walk = {.trust = trust};
	if (!folder_of(path, folder, &name))
		return error_make(ret_error, ENAMETOOLONG, "cannot look at '%s'", path);
	if (trust->has_known && strcmp(folder, trust->known) == 0) {
		memcpy(walk.done, trust->known_real, sizeof(walk.done));
	} else {
		trust->has_known = false;
		if (!visit(&walk, *folder ? folder : ".", ret_error))
			return false;
		memcpy(trust->known, folder, sizeof(folder));
		memcpy(trust->known_real, walk.done, sizeof(walk.done));
		trust->has_known = true;
	}
	snprintf(walk.rest, sizeof(walk.rest), "%s", name);
	return go(&walk, ret_error);
}
