#include "manager/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool is_description(int directory, const struct dirent *entry)
{
	struct slice name = slice_str(entry->d_name);
	if (name.at[0] == '.')
		return false;
	if (!slice_ends(name, SLICE(".yaml")) && !slice_ends(name, SLICE(".yml")))
		return false;
	if (entry->d_type == DT_REG)
		return true;
	struct stat stat;
	return fstatat(directory, entry->d_name, &stat, 0) == 0 && S_ISREG(stat.st_mode);
}

static bool list_add(struct file_list *list, size_t *cap, const char *directory, const char *name)
{
	if (list->count == *cap) {
		size_t more = *cap ? *cap * 2 : 64;
		char **paths = reallocarray(list->paths, more, sizeof(*paths));
		if (!paths)
			return false;
		list->paths = paths;
		*cap = more;
	}
	const char *separator = directory[strlen(directory) - 1] == '/' ? "" : "/";
	if (asprintf(&list->paths[list->count], "%s%s%s", directory, separator, name) < 0)
		return false;
	list->count++;
	return true;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* NULL at the end of a directory with errno 0, at an error with errno. */
static struct dirent *next_entry(DIR *entries)
{
	errno = 0;
	return readdir(entries);
}

bool file_list_read(const char *directory, struct file_list *ret_list, struct error **ret_error)
{
	struct file_list list = {0};
	size_t cap = 0;
	DIR *entries = *directory ? opendir(directory) : (errno = ENOENT, NULL);
	if (!entries)
		return error_make(ret_error, errno, "cannot read the directory '%s'", directory);
	int number = 0;
	for (struct dirent *entry; number == 0 && (entry = next_entry(entries));)
		if (is_description(dirfd(entries), entry) &&
			!list_add(&list, &cap, directory, entry->d_name))
			number = ENOMEM;
	number = number ? number : errno;
	closedir(entries);
	if (number) {
		file_list_free(&list);
		return error_make(ret_error, number, "cannot read the directory '%s'", directory);
	}
	if (list.count > 0)
		qsort(list.paths, list.count, sizeof(*list.paths), by_bytes);
	*ret_list = list;
	return true;
}

void file_list_free(struct file_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
	*list = (struct file_list){0};
}
