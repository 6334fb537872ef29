#ifndef MANAGER_SYSTEM_ROOTED_H
#define MANAGER_SYSTEM_ROOTED_H

/*
 * Paths inside a root directory, such as the tree of an image, as a process would see them after
 * chroot(2): absolute links start at the root, ".." stops there, and no link, however it is made
 * or swapped meanwhile, leads out. A root is a descriptor of its directory (O_PATH is enough),
 * which stays the caller's. A relative path starts at the root, too.
 *
 * openat2(2) does it with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS; where it is missing (before
 * Linux 5.6, or a seccomp filter answers ENOSYS or EPERM) a walk of our own gives the same answers,
 * component by component with O_NOFOLLOW and the kernel's limit of 40 links (MAXSYMLINKS). A magic
 * link, such as /proc/self/root in a procfs inside, is ELOOP in both.
 */

#include "base/arena.h"

#include <sys/stat.h>

/* The root directory at a path that is trusted, its links followed. -1 with errno. */
int rooted_root(const char *path);

/* As open(2) with the path inside the root; always close-on-exec. -1 with errno. */
int rooted_open(int root, const char *path, int flags, mode_t mode);

enum rooted_way { ROOTED_BEST, ROOTED_WALK };

/* The same by a way of the caller's choice: tests compare ROOTED_WALK with the kernel's answers. */
int rooted_open_by(enum rooted_way way, int root, const char *path, int flags, mode_t mode);

struct rooted_link {
	struct slice path;   /* of the link, as seen inside the root, its directory resolved */
	struct slice target; /* its text */
	bool is_magic;	     /* of procfs: it has no target that could be walked to */
};

struct rooted_path {
	struct slice
		resolved;    /* "/usr/bin/python3.11": absolute, as seen inside the root, links and
				dots gone; then what is missing, as it was written; ends with NUL */
	size_t missing_from; /* bytes of resolved that are there; resolved.len when all of it is */
	const struct rooted_link *links; /* all that were followed, in that order */
	size_t link_count;
	bool leaves; /* for who does not stay inside it leads elsewhere: a link was absolute, or a
			".." stood at the top */
	bool exists;
	int number; /* unless it exists, what ended the walk: ENOENT, ENOTDIR (the file that is no
		       directory is the last that is there), ELOOP, EACCES … */
	struct stat at; /* of the last that is there; never of a link but before ELOOP */
};

/*
 * Where a path inside the root leads, its last component followed. With "/" for root it is what the
 * kernel sees for everybody. Nothing is opened but for its place (O_PATH), so no device or pipe is
 * disturbed. The result is in the arena; it is a picture of a moment: what is done with the file
 * goes through rooted_open, not through the text.
 */
struct rooted_path rooted_resolve(int root, const char *path, struct arena *arena);

/* rooted_path's `resolved` alone, to be freed; NULL with errno when it is not there. */
char *rooted_real(int root, const char *path);

/* rooted_path's `leaves` alone, also of a path that is not there; true when memory runs out. */
bool rooted_leaves(int root, const char *path);

#endif
