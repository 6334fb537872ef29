#include "manager/system/file.h"

#include "manager/system/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool is_description(const char *name)
{
	struct slice s = slice_str(name);
	return s.at[0] != '.' && (slice_ends(s, SLICE(".yaml")) || slice_ends(s, SLICE(".yml")));
}

/* Not so a link that leads nowhere. Below a root a link is not the directory's alone. */
static bool is_directory(const char *directory, int fd, const struct dirent *entry)
{
	struct stat stat;
	char path[PATH_MAX];
	if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
		return entry->d_type == DT_DIR;
	int len = snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
	if (len < 0 || (size_t)len >= sizeof(path))
		return false;
	int looked = path_root(directory) ? path_stat(path, &stat)
					  : fstatat(fd, entry->d_name, &stat, 0);
	return looked == 0 && S_ISDIR(stat.st_mode);
}

struct builder {
	struct bytes text;
	uint32_t *names;
	size_t count, room;
};

static bool add_name(struct builder *builder, const char *name)
{
	if (builder->count == builder->room) {
		size_t room = builder->room ? builder->room * 2 : 64;
		uint32_t *names = reallocarray(builder->names, room, sizeof(*names));
		if (!names)
			return false;
		builder->names = names;
		builder->room = room;
	}
	if (builder->text.len > UINT32_MAX - 1024)
		return false;
	builder->names[builder->count++] = (uint32_t)builder->text.len;
	return bytes_add(&builder->text, slice_of(name, strlen(name) + 1));
}

static int by_bytes(const void *a, const void *b, void *text)
{
	return strcmp((char *)text + *(const uint32_t *)a, (char *)text + *(const uint32_t *)b);
}

/* NULL at the end of a directory with errno 0, at an error with errno. */
static struct dirent *next_entry(DIR *entries)
{
	errno = 0;
	return readdir(entries);
}

static bool read_list(const char *directory, bool (*takes)(const char *name), bool with_directories,
	struct file_list *ret_list, struct error **ret_error)
{
	struct builder builder = {0};
	DIR *entries = *directory ? path_opendir(directory) : (errno = ENOENT, NULL);
	if (!entries)
		return error_make(ret_error, errno, "cannot read the directory '%s'", directory);
	int number = 0;
	for (struct dirent *entry; number == 0 && (entry = next_entry(entries));)
		if (takes(entry->d_name) &&
			(with_directories || !is_directory(directory, dirfd(entries), entry)) &&
			!add_name(&builder, entry->d_name))
			number = ENOMEM;
	number = number ? number : errno;
	closedir(entries);
	struct file_list list = {directory, builder.text.at, builder.names, builder.count};
	if (number) {
		file_list_free(&list);
		return error_make(ret_error, number, "cannot read the directory '%s'", directory);
	}
	if (list.count > 0)
		qsort_r(list.names, list.count, sizeof(*list.names), by_bytes, list.text);
	*ret_list = list;
	return true;
}

bool file_list_read_if(const char *directory, bool (*takes)(const char *name),
	struct file_list *ret_list, struct error **ret_error)
{
	return read_list(directory, takes, false, ret_list, ret_error);
}

bool file_list_read_all(const char *directory, bool (*takes)(const char *name),
	struct file_list *ret_list, struct error **ret_error)
{
	return read_list(directory, takes, true, ret_list, ret_error);
}

bool file_list_read(const char *directory, struct file_list *ret_list, struct error **ret_error)
{
	return read_list(directory, is_description, true, ret_list, ret_error);
}

bool file_list_path(const struct file_list *list, size_t index, struct bytes *ret_path)
{
	struct slice directory = slice_str(list->directory);
	ret_path->len = 0;
	return bytes_add(ret_path, directory) &&
	       (slice_ends(directory, SLICE("/")) || bytes_add(ret_path, SLICE("/"))) &&
	       bytes_add(ret_path, slice_str(list->text + list->names[index]));
}

void file_list_free(struct file_list *list)
{
	free(list->text);
	free(list->names);
	*list = (struct file_list){0};
}
