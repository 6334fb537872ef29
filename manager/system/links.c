#include "manager/system/links.h"

#include "manager/system/path.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MOST 40 /* of the kernel (MAXSYMLINKS of include/linux/namei.h) */

struct walk {
	char at[PATH_MAX];   /* where it is: absolute, without links */
	char rest[PATH_MAX]; /* what is left of the path */
	unsigned links;
};

static bool set(char room[PATH_MAX], const char *text)
{
	if (strlen(text) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	memmove(room, text, strlen(text) + 1);
	return true;
}

/* at + "/" + name */
static bool join(const char *at, const char *name, char ret_path[PATH_MAX])
{
	int len = snprintf(ret_path, PATH_MAX, "%s/%s", strcmp(at, "/") == 0 ? "" : at, name);
	if (len < PATH_MAX)
		return true;
	errno = ENAMETOOLONG;
	return false;
}

static bool begin(struct walk *walk, const char *path)
{
	walk->links = 0;
	if (*path == '/')
		return set(walk->at, "/") && set(walk->rest, path);
	return getcwd(walk->at, PATH_MAX) && set(walk->rest, path);
}

/* Takes the first name off the rest. false at the end. */
static bool next_name(struct walk *walk, char ret_name[NAME_MAX + 1])
{
	const char *rest = walk->rest + strspn(walk->rest, "/");
	size_t len = strcspn(rest, "/");
	if (len == 0 || len > NAME_MAX)
		return false;
	memcpy(ret_name, rest, len);
	ret_name[len] = '\0';
	return set(walk->rest, rest + len);
}

/* At the top of a root, as at that of the machine, `..` is the same directory. */
static void go_up(struct walk *walk)
{
	const char *root = path_root(walk->at);
	if (root && strcmp(walk->at, root) == 0)
		return;
	char *slash = strrchr(walk->at, '/');
	slash[slash == walk->at] = '\0';
}

/* Goes on where the link leads. */
static bool follow(struct walk *walk, const char *path)
{
	char target[PATH_MAX], whole[2 * PATH_MAX];
	ssize_t len = path_readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return false;
	if (++walk->links > LINKS_MOST) {
		errno = ELOOP;
		return false;
	}
	target[len] = '\0';
	snprintf(whole, sizeof(whole), "%s/%s", target, walk->rest);
	const char *root = path_root(path);
	return (target[0] != '/' || set(walk->at, root ? root : "/")) && set(walk->rest, whole);
}

static bool is_at_end(const struct walk *walk)
{
	return walk->rest[strspn(walk->rest, "/")] == '\0';
}

bool links_walk(const char *path, links_visit *visit, void *context)
{
	struct walk walk;
	char name[NAME_MAX + 1], next[PATH_MAX];
	if (!begin(&walk, path))
		return false;
	while (next_name(&walk, name)) {
		struct stat at;
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			go_up(&walk);
			continue;
		}
		if (!join(walk.at, name, next))
			return false;
		if (path_lstat(next, &at) < 0) {
			visit(context, LINKS_MISSING, walk.at, name);
			return true;
		}
		if (S_ISLNK(at.st_mode)) {
			visit(context, LINKS_LINK, walk.at, name);
			if (!follow(&walk, next))
				return errno == ENOENT; /* it has gone meanwhile */
			continue;
		}
		if (is_at_end(&walk))
			visit(context, LINKS_END, walk.at, name);
		strcpy(walk.at, next);
	}
	return true;
}
