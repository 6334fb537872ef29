#include "manager/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool is_description(const char *name)
{
	struct slice s = slice_str(name);
	return s.at[0] != '.' && (slice_ends(s, SLICE(".yaml")) || slice_ends(s, SLICE(".yml")));
}

static bool is_file(int directory, const struct dirent *entry)
{
	if (entry->d_type == DT_REG)
		return true;
	struct stat stat;
	return fstatat(directory, entry->d_name, &stat, 0) == 0 && S_ISREG(stat.st_mode);
}

/* A link that leads nowhere: a description that cannot be read, not one that is not there. */
static bool is_lost(int directory, const struct dirent *entry)
{
	struct stat stat;
	return fstatat(directory, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISLNK(stat.st_mode) && fstatat(directory, entry->d_name, &stat, 0) < 0;
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

bool file_list_read_if(const char *directory, bool (*takes)(const char *name),
	struct file_list *ret_list, struct error **ret_error)
{
	struct builder builder = {0};
	DIR *entries = *directory ? opendir(directory) : (errno = ENOENT, NULL);
	if (!entries)
		return error_make(ret_error, errno, "cannot read the directory '%s'", directory);
	int number = 0;
	for (struct dirent *entry; number == 0 && (entry = next_entry(entries));)
		if (takes(entry->d_name) &&
			(is_file(dirfd(entries), entry) ||
				(takes == is_description && is_lost(dirfd(entries), entry))) &&
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

bool file_list_read(const char *directory, struct file_list *ret_list, struct error **ret_error)
{
	return file_list_read_if(directory, is_description, ret_list, ret_error);
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
