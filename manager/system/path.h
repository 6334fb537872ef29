#ifndef MANAGER_SYSTEM_PATH_H
#define MANAGER_SYSTEM_PATH_H

/*
 * The system calls that take a path, for paths of the host and for those below a root (--root DIR):
 * what is written DIR/etc/web is opened inside DIR as after chroot(2), whatever links lie there
 * (manager/system/rooted.h), on every call anew and on the descriptor of DIR, so that nothing that
 * was looked at before is believed. Every other path is the host's, and costs a comparison.
 *
 * The roots are those of the process, as its working directory is: entered by places_find, left by
 * places_free. A path below one needs no other mark than its text, so that whoever reads or writes
 * a file by one of these functions stays inside without knowing of roots.
 *
 * Below a root the compiled policy that a mounted apparmorfs shows is the one place that a magic
 * link leads to ("policy"): it is followed when the kernel made it.
 *
 * Functions return as the calls that they are named for, with errno.
 */

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * From now on `real` (absolute, without links, no slash at its end) and `given`, the same directory
 * as the user wrote it (may be relative), are a root. -1 with errno. It may be entered again.
 */
int path_root_enter(const char *real, const char *given);

/* Ends what one path_root_enter of `real` began. errno is kept. */
void path_root_leave(const char *real);

/* Close-on-exec. Below a root a link at the path is not followed with O_CREAT (ELOOP). */
int path_open(const char *path, int flags, mode_t mode);
DIR *path_opendir(const char *path);
int path_stat(const char *path, struct stat *ret_stat);
int path_lstat(const char *path, struct stat *ret_stat);
ssize_t path_readlink(const char *path, char *target, size_t size);
int path_mkdir(const char *path, mode_t mode);
int path_rmdir(const char *path);
int path_unlink(const char *path);
int path_symlink(const char *target, const char *path);
int path_rename(const char *from, const char *to);
int path_chmod(const char *path, mode_t mode);

/* As access(2); below a root for the effective user, of a file no more than F_OK and R_OK. */
int path_access(const char *path, int mode);

/* As realpath(3), to be freed: below a root the path inside it, with the root in front. */
char *path_real(const char *path);

/* The root that the path is below, absolute, or NULL. It lives until the root is left. */
const char *path_root(const char *path);

/* As inotify_add_watch(2); below a root /proc is needed. */
int path_watch(int inotify, const char *path, uint32_t events);

/*
 * Whether a program that knows of no root, such as apparmor_parser, sees at the path what we see:
 * no link on the way leads elsewhere for it. Always so outside of roots.
 */
bool path_is_plain(const char *path);

/* The same for all that is below a directory. */
bool path_tree_is_plain(const char *directory);

#endif
