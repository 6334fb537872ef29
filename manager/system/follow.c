#include "manager/system/follow.h"

#include "manager/system/links.h"
#include "manager/system/path.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A regular file is complete when it is closed; a link, hard or symbolic, as soon as it is there.
 */
#define FILE_EVENTS (IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_CREATE)
#define SELF_EVENTS (IN_DELETE_SELF | IN_MOVE_SELF)

struct directory {
	int number; /* of inotify */
	char *path;
};

struct name {
	int number;
	char *name;  /* NULL: all files */
	bool is_way; /* a link, or missing: behind it everything may be another */
	unsigned round;
};

struct follow {
	int inotify, home; /* home: its number, or -1 */
	bool is_linked, is_new;
	unsigned round;
	struct directory directories[WATCH_DIRECTORIES];
	size_t directory_count;
	struct name names[WATCH_NAMES];
	size_t name_count;
	int failure; /* errno of the path that is being told */
};

struct follow *follow_open(void)
{
	struct follow *follow = calloc(1, sizeof(*follow));
	if (!follow)
		return NULL;
	follow->home = -1;
	follow->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (follow->inotify >= 0)
		return follow;
	int number = errno;
	free(follow);
	errno = number;
	return NULL;
}

void follow_close(struct follow *follow)
{
	if (!follow)
		return;
	for (size_t i = 0; i < follow->directory_count; i++)
		free(follow->directories[i].path);
	for (size_t i = 0; i < follow->name_count; i++)
		free(follow->names[i].name);
	close(follow->inotify);
	free(follow);
}

int follow_descriptor(const struct follow *follow)
{
	return follow->inotify;
}

bool follow_is_linked(const struct follow *follow)
{
	return follow->is_linked;
}

bool follow_is_new(struct follow *follow)
{
	bool is_new = follow->is_new;
	follow->is_new = false;
	return is_new;
}

static struct directory *find_directory(struct follow *follow, int number)
{
	for (size_t i = 0; i < follow->directory_count; i++)
		if (follow->directories[i].number == number)
			return &follow->directories[i];
	return NULL;
}

static bool is_wanted(const struct follow *follow, int number)
{
	for (size_t i = 0; i < follow->name_count; i++)
		if (follow->names[i].number == number)
			return true;
	return false;
}

static void forget_directory(struct follow *follow, struct directory *directory)
{
	if (directory->number == follow->home)
		follow->home = -1;
	free(directory->path);
	*directory = follow->directories[--follow->directory_count];
}

/* The number of a directory that is watched from now on, or -1 with errno. */
static int watch_directory(struct follow *follow, const char *path)
{
	int number = path_watch(follow->inotify, path, FILE_EVENTS | SELF_EVENTS | IN_ONLYDIR);
	if (number < 0 || find_directory(follow, number))
		return number;
	char *kept = strdup(path);
	if (kept && follow->directory_count < WATCH_DIRECTORIES) {
		follow->directories[follow->directory_count++] = (struct directory){number, kept};
		return number;
	}
	errno = kept ? E2BIG : ENOMEM;
	free(kept);
	int failure = errno;
	inotify_rm_watch(follow->inotify, number);
	errno = failure;
	return -1;
}

static bool is_name(const struct name *entry, const char *name)
{
	return name && entry->name ? strcmp(name, entry->name) == 0 : name == entry->name;
}

/* name NULL: all files of the directory. */
static bool want(struct follow *follow, int number, const char *name, bool is_way)
{
	for (size_t i = 0; i < follow->name_count; i++) {
		struct name *entry = &follow->names[i];
		if (entry->number != number || !is_name(entry, name))
			continue;
		entry->round = follow->round;
		entry->is_way = is_way;
		return true;
	}
	char *kept = name ? strdup(name) : NULL;
	if (follow->name_count == WATCH_NAMES || (name && !kept)) {
		errno = name && !kept ? ENOMEM : E2BIG;
		free(kept);
		return false;
	}
	follow->names[follow->name_count++] = (struct name){number, kept, is_way, follow->round};
	follow->is_new = true;
	return true;
}

static void visit(void *context, enum links_step step, const char *directory, const char *name)
{
	struct follow *follow = context;
	int number = watch_directory(follow, directory);
	/* It has gone meanwhile: the links before it tell. */
	bool is_gone = number < 0 && (errno == ENOENT || errno == ENOTDIR);
	if (!is_gone && (number < 0 || !want(follow, number, name, step != LINKS_END)))
		follow->failure = errno;
}

/* Of the home: only the ways, for the rest is watched as a whole. */
static void visit_way(void *context, enum links_step step, const char *directory, const char *name)
{
	struct follow *follow = context;
	follow->is_linked |= step == LINKS_LINK;
	if (step != LINKS_END)
		visit(context, step, directory, name);
}

static bool walk(struct follow *follow, const char *path, links_visit *how)
{
	follow->failure = 0;
	if (!links_walk(path, how, follow))
		return false;
	errno = follow->failure;
	return follow->failure == 0;
}

bool follow_home(struct follow *follow, const char *path)
{
	bool was_linked = follow->is_linked;
	follow->round++;
	follow->is_linked = false;
	bool is_walked = walk(follow, path, visit_way);
	int failure = errno;
	int number = watch_directory(follow, path);
	follow->home = number;
	if (number < 0)
		follow->is_linked |= was_linked;
	if (number < 0 || !want(follow, number, NULL, false))
		return false;
	errno = failure;
	return is_walked;
}

bool follow_path(struct follow *follow, const char *path)
{
	return walk(follow, path, visit);
}

void follow_settle(struct follow *follow)
{
	for (size_t i = follow->name_count; i-- > 0;)
		if (follow->names[i].round != follow->round) {
			free(follow->names[i].name);
			follow->names[i] = follow->names[--follow->name_count];
		}
	for (size_t i = follow->directory_count; i-- > 0;)
		if (!is_wanted(follow, follow->directories[i].number)) {
			inotify_rm_watch(follow->inotify, follow->directories[i].number);
			forget_directory(follow, &follow->directories[i]);
		}
}

/* Its own directory is no longer where it was. */
static enum followed judge_self(struct follow *follow, const struct inotify_event *event)
{
	struct directory *directory = find_directory(follow, event->wd);
	bool is_home = event->wd == follow->home;
	if (event->mask & IN_IGNORED && directory) {
		for (size_t i = follow->name_count; i-- > 0;)
			if (follow->names[i].number == event->wd) {
				free(follow->names[i].name);
				follow->names[i] = follow->names[--follow->name_count];
			}
		forget_directory(follow, directory);
	}
	return is_home && !follow->is_linked ? FOLLOWED_GONE : FOLLOWED_ALL;
}

/* A new regular file with one name is told again when its writer closes it. */
static bool is_unfinished(const struct directory *at, const struct inotify_event *event)
{
	struct stat stat;
	char *path = NULL;
	if (!(event->mask & IN_CREATE) || asprintf(&path, "%s/%s", at->path, event->name) < 0)
		return false;
	bool is_regular =
		path_lstat(path, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_nlink == 1;
	free(path);
	return is_regular;
}

enum followed follow_judge(struct follow *follow, const struct inotify_event *event)
{
	const struct directory *at = find_directory(follow, event->wd);
	enum followed followed = FOLLOWED_NOT;
	if (event->mask & IN_Q_OVERFLOW)
		return FOLLOWED_ALL;
	if (!at)
		return FOLLOWED_NOT;
	if (event->mask & (SELF_EVENTS | IN_UNMOUNT | IN_IGNORED))
		return judge_self(follow, event);
	if (event->len == 0 || is_unfinished(at, event))
		return FOLLOWED_NOT;
	for (size_t i = 0; i < follow->name_count && followed != FOLLOWED_ALL; i++) {
		const struct name *name = &follow->names[i];
		if (name->number == event->wd && (!name->name || is_name(name, event->name)))
			followed = name->is_way ? FOLLOWED_ALL : FOLLOWED_FILE;
	}
	return followed;
}
