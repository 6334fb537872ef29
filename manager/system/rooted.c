#include "manager/system/rooted.h"

#include "manager/system/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define LINKS_MOST     40 /* MAXSYMLINKS of include/linux/namei.h */
#define TRIES_MOST     16
#define PROC_TOP_INODE 1 /* PROC_ROOT_INO of include/linux/proc_fs.h */

/*
 * "/etc/web" where /etc/web is a link to "../srv/x": after "etc" resolved is "/etc" and at is its
 * descriptor, rest is "web"; after the link rest is "../srv/x"; at the end name is "x" and found is
 * it, while at stays its directory.
 */
struct walk {
	int root;
	int at;		  /* the directory that holds what is looked at next */
	int found;	  /* O_PATH of the last component, or -1: it is missing or `at` itself */
	struct stat stat; /* of what was opened last */
	struct bytes resolved; /* of `at`: "" at the root */
	struct bytes rest;
	size_t name_at, name_len, next; /* the component in rest, and where the one after begins */
	bool is_last, wants_directory;
	bool follows_last;
	bool leaves;
	unsigned links;
	struct arena *arena; /* for links, or NULL: nobody wants them */
	struct rooted_path *told;
	size_t told_cap;
};

static void put_fd(int *fd, int with)
{
	int number = errno;
	if (*fd >= 0)
		close(*fd);
	*fd = with;
	errno = number;
}

static bool walk_begin(struct walk *walk, const char *path)
{
	struct slice text = slice_str(path);
	errno = text.len == 0 ? ENOENT : text.len >= PATH_MAX ? ENAMETOOLONG : 0;
	if (errno != 0)
		return false;
	if (!bytes_add(&walk->rest, text) || !bytes_add(&walk->resolved, SLICE(""))) {
		errno = ENOMEM;
		return false;
	}
	walk->at = fcntl(walk->root, F_DUPFD_CLOEXEC, 3);
	return walk->at >= 0 && fstat(walk->at, &walk->stat) == 0;
}

static void walk_end(struct walk *walk)
{
	put_fd(&walk->at, -1);
	put_fd(&walk->found, -1);
	int number = errno;
	bytes_free(&walk->resolved);
	bytes_free(&walk->rest);
	errno = number;
}

static struct slice name_of(const struct walk *walk)
{
	return slice_of(walk->rest.at + walk->name_at, walk->name_len);
}

/* Finds the next component. false at the end. */
static bool next_name(struct walk *walk)
{
	const char *rest = walk->rest.at;
	walk->name_at = walk->next + strspn(rest + walk->next, "/");
	walk->name_len = strcspn(rest + walk->name_at, "/");
	walk->next = walk->name_at + walk->name_len;
	walk->wants_directory = rest[walk->next] == '/';
	walk->is_last = rest[walk->next + strspn(rest + walk->next, "/")] == '\0';
	return walk->name_len > 0;
}

static bool go_to_root(struct walk *walk)
{
	put_fd(&walk->at, fcntl(walk->root, F_DUPFD_CLOEXEC, 3));
	walk->resolved.len = 0;
	walk->resolved.at[0] = '\0';
	return walk->at >= 0;
}

/*
 * "..": down again from the root along what was resolved, which has no links. The ".." of a
 * directory that somebody moves meanwhile could be outside.
 */
static bool go_up(struct walk *walk)
{
	walk->leaves |= walk->resolved.len == 0;
	const char *slash = strrchr(walk->resolved.at, '/');
	struct bytes parent = {0};
	if (!bytes_add(&parent,
		    slice_of(walk->resolved.at, slash ? (size_t)(slash - walk->resolved.at) : 0))) {
		errno = ENOMEM;
		return false;
	}
	bool is_there = go_to_root(walk);
	char *place, *name = strtok_r(parent.at, "/", &place);
	for (; is_there && name; name = strtok_r(NULL, "/", &place)) {
		put_fd(&walk->at,
			openat(walk->at, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
		is_there = walk->at >= 0 && bytes_add(&walk->resolved, SLICE("/")) &&
			   bytes_add(&walk->resolved, slice_str(name));
	}
	int number = errno;
	bytes_free(&parent);
	errno = number;
	return is_there && fstat(walk->at, &walk->stat) == 0;
}

/*
 * A link of procfs that jumps to a file instead of having a target: exe, fd/3, ns/net … The others
 * stand at its top (self, mounts) or have the size and mode of a link that was made by name.
 */
static bool is_magic(const struct walk *walk, int link, size_t target_len)
{
	struct statfs kind;
	struct stat parent;
	if (fstatfs(link, &kind) < 0 || kind.f_type != PROC_SUPER_MAGIC)
		return false;
	return fstat(walk->at, &parent) < 0 ||
	       (parent.st_ino != PROC_TOP_INODE &&
		       ((walk->stat.st_mode & 0777) != 0777 ||
			       (size_t)walk->stat.st_size != target_len));
}

static void tell_link(struct walk *walk, struct slice target, bool magic)
{
	struct rooted_path *told = walk->told;
	if (!told)
		return;
	struct rooted_link *links = (struct rooted_link *)told->links;
	if (!links)
		links = arena_array(walk->arena, LINKS_MOST + 1, sizeof(*links));
	links[told->link_count++] = (struct rooted_link){
		.path = arena_printf(
			walk->arena, "%s/%.*s", walk->resolved.at, SLICE_FMT(name_of(walk))),
		.target = arena_copy(walk->arena, target),
		.is_magic = magic,
	};
	told->links = links;
}

static bool follow(struct walk *walk, int link)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(link, "", target, sizeof(target));
	if (len < 0)
		return false;
	bool magic = is_magic(walk, link, (size_t)len);
	errno = walk->links++ >= LINKS_MOST ? ELOOP : len == 0 ? ENOENT : 0;
	if (errno != 0)
		return false;
	tell_link(walk, slice_of(target, (size_t)len), magic);
	if (magic) {
		errno = ELOOP;
		return false;
	}
	struct bytes rest = {0};
	if (!bytes_add(&rest, slice_of(target, (size_t)len)) ||
		!bytes_add(&rest, slice_from(bytes_slice(&walk->rest), walk->next))) {
		bytes_free(&rest);
		errno = ENOMEM;
		return false;
	}
	bytes_free(&walk->rest);
	walk->rest = rest;
	walk->next = 0;
	walk->leaves |= target[0] == '/';
	return target[0] != '/' || go_to_root(walk);
}

/* Goes on with what a name stands for, whose descriptor it takes. */
static bool enter(struct walk *walk, int fd)
{
	bool is_end = walk->is_last && !walk->wants_directory;
	if (S_ISLNK(walk->stat.st_mode) && (!is_end || walk->follows_last)) {
		bool is_followed = follow(walk, fd);
		put_fd(&fd, -1);
		return is_followed;
	}
	if (is_end) {
		put_fd(&walk->found, fd);
		return true;
	}
	if (!bytes_add(&walk->resolved, SLICE("/")) || !bytes_add(&walk->resolved, name_of(walk))) {
		put_fd(&fd, -1);
		errno = ENOMEM;
		return false;
	}
	put_fd(&walk->at, fd);
	errno = ENOTDIR;
	return S_ISDIR(walk->stat.st_mode);
}

static bool step(struct walk *walk)
{
	struct slice name = name_of(walk);
	if (slice_is(name, "."))
		return true;
	if (slice_is(name, ".."))
		return go_up(walk);
	char text[NAME_MAX + 1];
	errno = ENAMETOOLONG;
	if (name.len >= sizeof(text))
		return false;
	memcpy(text, name.at, name.len);
	text[name.len] = '\0';
	struct stat stat;
	int fd = openat(walk->at, text, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (fstat(fd, &stat) < 0) {
		put_fd(&fd, -1);
		return false;
	}
	walk->stat = stat;
	return enter(walk, fd);
}

/* Up to the end, or false with errno where it goes no further. */
static bool walk_on(struct walk *walk)
{
	while (walk->found < 0 && next_name(walk))
		if (!step(walk))
			return false;
	return true;
}

static int open_found(struct walk *walk, int flags)
{
	if ((flags & O_DIRECTORY) && !S_ISDIR(walk->stat.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	int fd = walk->found;
	walk->found = -1;
	return fd;
}

/* The descriptor that was asked for, at the end of a walk that found its last component or not. */
static int open_last(struct walk *walk, bool is_there, int flags, mode_t mode)
{
	bool is_missing = !is_there && errno == ENOENT && walk->is_last && walk->name_len > 0;
	if (!is_there && !(is_missing && (flags & O_CREAT)))
		return -1;
	if ((flags & O_CREAT) && walk->is_last && walk->wants_directory) {
		errno = EISDIR;
		return -1;
	}
	if (is_there && walk->found < 0)
		return openat(walk->at, ".", flags | O_CLOEXEC, mode);
	if (is_there && (flags & O_PATH))
		return open_found(walk, flags);
	char *name = walk->rest.at + walk->name_at;
	return openat(walk->at, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
}

/* One try; *ret_swapped: somebody made the file a link after it was looked at. */
static int open_once(int root, const char *path, int flags, mode_t mode, bool *ret_swapped)
{
	bool makes = (flags & O_CREAT) && (flags & O_EXCL);
	struct walk walk = {.root = root, .at = -1, .found = -1};
	walk.follows_last = !(flags & O_NOFOLLOW) && !makes;
	int fd = -1;
	bool is_there = walk_begin(&walk, path);
	if (is_there) {
		is_there = walk_on(&walk);
		fd = open_last(&walk, is_there, flags, mode);
		*ret_swapped = fd < 0 && errno == ELOOP && walk.follows_last &&
			       (walk.found >= 0 || !is_there) && !S_ISLNK(walk.stat.st_mode);
	}
	walk_end(&walk);
	return fd;
}

static int open_by_walk(int root, const char *path, int flags, mode_t mode)
{
	bool is_swapped = false;
	int fd = -1;
	for (int i = 0; i < TRIES_MOST && fd < 0 && (i == 0 || is_swapped); i++) {
		is_swapped = false;
		fd = open_once(root, path, flags, mode, &is_swapped);
	}
	return fd;
}

int rooted_root(const char *path)
{
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int rooted_open_by(enum rooted_way way, int root, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (unsigned)flags | O_CLOEXEC,
		.mode = flags & O_CREAT ? mode & 07777 : 0,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	/* EAGAIN: something was renamed while "..", which the kernel could not judge then. */
	for (int i = 0; way == ROOTED_BEST && i < TRIES_MOST; i++) {
		long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != ENOSYS && errno != EPERM))
			return (int)fd;
		if (errno != EAGAIN)
			break;
	}
	return open_by_walk(root, path, flags, mode);
}

int rooted_open(int root, const char *path, int flags, mode_t mode)
{
	return rooted_open_by(ROOTED_BEST, root, path, flags, mode);
}

/* What is missing, as it was written: "/NAME" and what follows. */
static struct slice missing_of(const struct walk *walk, int number, struct arena *arena)
{
	struct slice rest = slice_from(bytes_slice(&walk->rest), walk->next);
	if (walk->name_len == 0)
		return SLICE("");
	if (number == ENOTDIR) /* the name itself is there */
		return rest;
	return arena_printf(arena, "/%.*s%.*s", SLICE_FMT(name_of(walk)), SLICE_FMT(rest));
}

struct rooted_path rooted_resolve(int root, const char *path, struct arena *arena)
{
	struct rooted_path told = {0};
	struct walk walk = {.root = root, .at = -1, .found = -1, .arena = arena, .told = &told};
	walk.follows_last = true;
	bool is_begun = walk_begin(&walk, path);
	told.exists = is_begun && walk_on(&walk);
	told.number = told.exists ? 0 : errno;
	if (told.exists && walk.found < 0) /* the last that was opened is a link, or left by ".." */
		told.exists = fstat(walk.at, &walk.stat) == 0;
	struct slice there = bytes_slice(&walk.resolved), missing = slice_str(path);
	if (is_begun)
		missing = told.exists ? SLICE("") : missing_of(&walk, told.number, arena);
	if (walk.found >= 0)
		there = arena_printf(
			arena, "%.*s/%.*s", SLICE_FMT(there), SLICE_FMT(name_of(&walk)));
	if (told.exists && there.len == 0)
		there = SLICE("/");
	told.resolved = arena_printf(arena, "%.*s%.*s", SLICE_FMT(there), SLICE_FMT(missing));
	told.missing_from = there.len;
	told.leaves = walk.leaves;
	told.at = walk.stat;
	walk_end(&walk);
	return told;
}

bool rooted_leaves(int root, const char *path)
{
	struct walk walk = {.root = root, .at = -1, .found = -1, .follows_last = true};
	bool leaves = !walk_begin(&walk, path);
	if (!leaves)
		leaves = (!walk_on(&walk) && errno == ENOMEM) || walk.leaves;
	walk_end(&walk);
	return leaves;
}

char *rooted_real(int root, const char *path)
{
	struct walk walk = {.root = root, .at = -1, .found = -1, .follows_last = true};
	char *real = NULL;
	if (walk_begin(&walk, path) && walk_on(&walk)) {
		bool is_named = walk.found >= 0 || walk.resolved.len == 0;
		struct slice name = walk.found >= 0 ? name_of(&walk) : SLICE("");
		if (asprintf(&real, "%s%s%.*s", walk.resolved.at, is_named ? "/" : "",
			    SLICE_FMT(name)) < 0)
			real = NULL;
	}
	walk_end(&walk);
	return real;
}
