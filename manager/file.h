#ifndef MANAGER_FILE_H
#define MANAGER_FILE_H

/*
 * Files: read whole, written in one step. A reader sees the old text or the new one, never a
 * part; a failure or a kill leaves the old one. Functions return false and an error that names
 * the file; nothing is printed. Every descriptor is close-on-exec.
 */

#include "manager/bytes.h"
#include "manager/error.h"

#include <sys/types.h>

/*
 * Reads all of `path` (a regular file, a pipe, a device) into ret_text, whose former content is
 * replaced. More than `limit` bytes is EFBIG, a directory EISDIR.
 */
bool file_read(const char *path, size_t limit, struct bytes *ret_text, struct error **ret_error);

/* The same for an open descriptor, such as standard input; `name` is for messages. Does not close
 * it. */
bool file_read_fd(
	int fd, const char *name, size_t limit, struct bytes *ret_text, struct error **ret_error);

/* Whether path is a directory (symbolic links followed). */
bool file_is_directory(const char *path);

/* Compact, as directories of ten thousand descriptions are held for a whole run. */
struct file_list {
	const char *directory; /* as it was given */
	char *text;	       /* the names, each ended by NUL */
	uint32_t *names;       /* where each begins in text, sorted by the bytes of the names */
	size_t count;
};

/*
 * The files of a directory that hold descriptions: NAME.yaml and NAME.yml, regular (symbolic links
 * followed), not starting with a dot; subdirectories are not entered. A link that leads nowhere is
 * among them, so that its reading fails and nobody takes it for removed. ret_list is freed with
 * file_list_free; `directory` must outlive it.
 */
bool file_list_read(const char *directory, struct file_list *ret_list, struct error **ret_error);

/* The same for the regular files whose names `takes` likes. */
bool file_list_read_if(const char *directory, bool (*takes)(const char *name),
	struct file_list *ret_list, struct error **ret_error);

/* Puts "DIRECTORY/NAME", with a NUL that is not counted, in the place of ret_path's content. false
 * when memory runs out. */
bool file_list_path(const struct file_list *list, size_t index, struct bytes *ret_path);

void file_list_free(struct file_list *list);

/*
 * Writes text to path: into a temporary file `.aaforge.XXXXXX` beside it (mode 0644 less the
 * umask), fsync, rename, fsync of the directory. A symbolic link at path is replaced, not
 * followed; a directory, FIFO, socket, block device there, or a link below /dev and /proc (EINVAL;
 * EISDIR for a directory), is refused; a character device (/dev/null, /dev/full, a terminal) is
 * written directly. On a failure the temporary file is gone and path is as it was.
 */
bool file_write(const char *path, struct slice text, struct error **ret_error);

/* Makes a directory and its missing parents with `mode` less the umask. One that exists is fine. */
bool directory_make(const char *path, mode_t mode, struct error **ret_error);

/* Writes all of text to fd, through signals and short writes. false with errno. */
bool fd_write(int fd, struct slice text);

#endif
