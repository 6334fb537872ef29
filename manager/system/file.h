#ifndef MANAGER_SYSTEM_FILE_H
#define MANAGER_SYSTEM_FILE_H

/*
 * Files: read whole, written in one step. A reader sees the old text or the new one, never a
 * part; a failure or a kill leaves the old one. Functions return false and an error that names
 * the file; nothing is printed. Every descriptor is close-on-exec.
 */

#include "manager/system/bytes.h"
#include "manager/system/error.h"

#include <sys/types.h>

/*
 * All reading of files that somebody else names goes through here, so that none can hold us:
 * regular files only, looked at before they are opened (the opening of a device does things, that
 * of a named pipe waits for a writer), and never waited for.
 *
 * Looks at what is at `path`, symbolic links followed, without opening it: a descriptor for fstat,
 * file_resolved and file_open_looked, which the caller closes. -1 after an error.
 */
int file_look(const char *path, struct error **ret_error);

/*
 * Opens what file_look has found: that very file, whatever stands at `path` (for messages) now. A
 * directory is EISDIR, another thing than a regular file EINVAL. -1 after an error.
 */
int file_open_looked(int looked, const char *path, struct error **ret_error);

/*
 * The path of what file_look has found, without symbolic links, as the kernel knows it
 * (/proc/self/fd of proc(5)), with a NUL behind that is not counted. false when that cannot be
 * told: /proc is not mounted, or it lies outside of our root.
 */
bool file_resolved(int looked, struct bytes *ret_path);

/* Whether a path is the directory, or below it; both without symbolic links, and as text only. */
bool file_lies_below(struct slice path, struct slice directory);

/* Both in one step: a regular file, opened to be read without waiting. -1 after an error. */
int file_open(const char *path, struct error **ret_error);

/*
 * The same for what the user has named on the command line: "-" is standard input, and below
 * /dev/fd, /proc/self/fd and /dev/stdin, the names that shells give to `<(command)`, pipes, sockets
 * and terminals are read as well. Closed with file_close_operand.
 */
int file_open_operand(const char *path, struct error **ret_error);
void file_close_operand(int fd);

/* Whether file_open_operand would read a descriptor that we hold, which cannot be read twice. */
bool file_is_descriptor(const char *path);

/*
 * Reads all of a regular file into ret_text, whose former content is replaced. More than `limit`
 * bytes is EFBIG; one that would have to be waited for, as some below /proc, EAGAIN.
 */
bool file_read(const char *path, size_t limit, struct bytes *ret_text, struct error **ret_error);

/* The same for what the user has named: see file_open_operand. */
bool file_read_operand(
	const char *path, size_t limit, struct bytes *ret_text, struct error **ret_error);

/* The same for an open descriptor, such as standard input; `name` is for messages. Does not close
 * it. */
bool file_read_fd(
	int fd, const char *name, size_t limit, struct bytes *ret_text, struct error **ret_error);

/* One read(2), through signals. 0 at the end, -1 with errno; EAGAIN instead of waiting when fd is a
 * regular file. */
ssize_t file_read_some(int fd, char *at, size_t room);

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
 * The files of a directory that hold descriptions: NAME.yaml and NAME.yml, not starting with a dot.
 * What has such a name and is no regular file (a named pipe, a directory, a link that leads
 * nowhere) is in the list as well: whoever opens it gets the error, and nobody takes its profile
 * for one that is described no more. ret_list is freed with file_list_free; `directory` must
 * outlive it.
 */
bool file_list_read(const char *directory, struct file_list *ret_list, struct error **ret_error);

/* The same for all whose names `takes` likes. */
bool file_list_read_all(const char *directory, bool (*takes)(const char *name),
	struct file_list *ret_list, struct error **ret_error);

/* The same without subdirectories. */
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
