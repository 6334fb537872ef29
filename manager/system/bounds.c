#include "manager/system/bounds.h"

#include "manager/system/file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The path of a directory without symbolic links. */
static bool resolve(const char *directory, struct bytes *ret_path, struct error **ret_error)
{
	int looked = file_look(directory, ret_error);
	if (looked < 0)
		return false;
	bool is_resolved = file_resolved(looked, ret_path);
	close(looked);
	return is_resolved ||
	       error_say(ret_error, ENOTSUP, "cannot tell where '%s' lies: /proc is not mounted",
		       directory);
}

bool bounds_add(struct bounds *bounds, const char *directory, struct error **ret_error)
{
	struct bytes path = {0};
	if (!file_is_directory(directory))
		return error_make(ret_error, ENOTDIR, "cannot use the directory '%s'", directory);
	if (!resolve(directory, &path, ret_error)) {
		bytes_free(&path);
		return false;
	}
	char **directories =
		reallocarray(bounds->directories, bounds->count + 1, sizeof(*directories));
	if (!directories) {
		bytes_free(&path);
		return error_make(ret_error, ENOMEM, "cannot use the directory '%s'", directory);
	}
	bounds->directories = directories;
	directories[bounds->count++] = path.at; /* not freed here */
	return true;
}

void bounds_free(struct bounds *bounds)
{
	for (size_t i = 0; i < bounds->count; i++)
		free(bounds->directories[i]);
	free(bounds->directories);
	*bounds = (struct bounds){0};
}

static bool is_inside(const struct bounds *bounds, struct slice own, struct slice path)
{
	bool is_found = file_lies_below(path, own);
	for (size_t i = 0; i < bounds->count && !is_found; i++)
		is_found = file_lies_below(path, slice_str(bounds->directories[i]));
	return is_found;
}

/* Takes `.`, `..` and double slashes out of an absolute path, as text. */
static void normalize(struct bytes *path)
{
	char *to = path->at;
	for (const char *at = path->at; *at;) {
		at += strspn(at, "/");
		size_t len = strcspn(at, "/");
		if (len == 2 && at[0] == '.' && at[1] == '.') {
			while (to > path->at && *--to != '/')
				;
		} else if (len > 0 && !(len == 1 && at[0] == '.')) {
			*to++ = '/';
			memmove(to, at, len);
			to += len;
		}
		at += len;
	}
	*to = '\0';
	path->len = (size_t)(to - path->at);
}

/* What is not there has no path of its own: that which its name would have. */
static bool is_inside_as_text(const struct bounds *bounds, struct slice own, const char *name)
{
	struct bytes path = {0};
	bool is_good =
		(name[0] == '/' || (bytes_add(&path, own) && bytes_add(&path, SLICE("/")))) &&
		bytes_add(&path, slice_str(name));
	if (is_good)
		normalize(&path);
	is_good = is_good && is_inside(bounds, own, bytes_slice(&path));
	bytes_free(&path);
	return is_good;
}

static int judge(const struct bounds *bounds, struct slice own, const char *name, const char *path,
	bool *ret_is_outside, struct error **ret_error)
{
	struct error *error = NULL;
	struct bytes resolved = {0};
	int looked = file_look(path, &error);
	*ret_is_outside = looked < 0 ? !is_inside_as_text(bounds, own, name)
				     : !file_resolved(looked, &resolved) ||
					       !is_inside(bounds, own, bytes_slice(&resolved));
	bytes_free(&resolved);
	if (looked >= 0 && *ret_is_outside) {
		close(looked);
		looked = -1;
	}
	if (error && !*ret_is_outside && ret_error)
		*ret_error = error;
	else
		error_free(error);
	return looked;
}

int bounds_look(const struct bounds *bounds, const char *own, const char *name, const char *path,
	bool *ret_is_outside, struct error **ret_error)
{
	struct bytes directory = {0};
	*ret_is_outside = false;
	if (bounds->is_open)
		return file_look(path, ret_error);
	int looked = -1;
	if (resolve(*own ? own : ".", &directory, ret_error))
		looked = judge(
			bounds, bytes_slice(&directory), name, path, ret_is_outside, ret_error);
	bytes_free(&directory);
	return looked;
}

bool bounds_are_left(const char *directory, const char *path)
{
	struct stat at;
	struct bounds none = {0};
	bool is_outside;
	if (lstat(path, &at) < 0 || !S_ISLNK(at.st_mode))
		return false;
	int looked = bounds_look(&none, directory, path, path, &is_outside, NULL);
	if (looked >= 0)
		close(looked);
	return is_outside;
}
