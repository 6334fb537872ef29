#include "manager/system/pseudo.h"

#include "manager/system/rooted.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool is_complete(const char *buffer, size_t len)
{
	return len > 0 && buffer[len - 1] == '\n';
}

/* The kernel gives a line in one read, so that the read which says "end" is saved. */
static ssize_t read_line(int fd, char *buffer)
{
	size_t len = 0;
	while (!is_complete(buffer, len)) {
		if (len == PSEUDO_BYTES) {
			errno = EFBIG;
			return -1;
		}
		ssize_t got = read(fd, buffer + len, PSEUDO_BYTES - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

/* On the way to a name of several parts no link leads out of the directory: it may be an image's.
 */
static int open_below(int directory, const char *name, int flags)
{
	flags |= O_RDONLY | O_NOFOLLOW | O_CLOEXEC;
	return strchr(name, '/') ? rooted_open(directory, name, flags, 0)
				 : openat(directory, name, flags);
}

bool pseudo_read(int directory, const char *name, char *buffer, struct slice *ret_text)
{
	int fd = open_below(directory, name, O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return false;
	ssize_t len = read_line(fd, buffer);
	int number = errno;
	close(fd);
	errno = number;
	if (len < 0)
		return false;
	struct slice text = slice_of(buffer, (size_t)len);
	if (text.len > 0 && (text.at[text.len - 1] == '\n' || text.at[text.len - 1] == '\0'))
		text.len--;
	*ret_text = text;
	return true;
}

int pseudo_open(int directory, const char *name)
{
	return open_below(directory, name, O_DIRECTORY);
}

int pseudo_open_file(int directory, const char *name)
{
	return open_below(directory, name, O_NONBLOCK | O_NOCTTY);
}

ssize_t pseudo_readlink(int directory, const char *name, char *target, size_t size)
{
	int fd = open_below(directory, name, O_PATH);
	if (fd < 0)
		return -1;
	ssize_t len = readlinkat(fd, "", target, size);
	int number = errno;
	close(fd);
	errno = number;
	return len;
}

bool pseudo_is_gone(int number)
{
	return number == ENOENT || number == ESRCH || number == ESTALE || number == ENXIO ||
	       number == ENODEV;
}

bool pseudo_is_denied(int number)
{
	return number == EACCES || number == EPERM;
}
