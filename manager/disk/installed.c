#include "manager/disk/installed.h"

#include "base/limits.h"
#include "manager/system/file.h"
#include "manager/system/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK	  SLICE("# Installed by aaforge. SHA-256 of what follows: ")
#define NAME_MOST 240

struct slice installed_mark(struct arena *arena, struct slice text)
{
	char hex[DIGEST_HEX + 1];
	struct digest digest = digest_of(text);
	digest_hex(&digest, hex);
	struct buf marked = buf_new(arena);
	buf_reserve(&marked, MARK.len + DIGEST_HEX + 1 + text.len);
	buf_add(&marked, MARK);
	buf_add_str(&marked, hex);
	buf_add_char(&marked, '\n');
	buf_add(&marked, text);
	return buf_slice(&marked);
}

enum ownership installed_owner(struct slice marked, struct slice *ret_text)
{
	*ret_text = marked;
	if (!slice_starts(marked, MARK))
		return OWNER_FOREIGN;
	const char *newline = memchr(marked.at, '\n', marked.len);
	size_t line = newline ? (size_t)(newline - marked.at) : marked.len;
	struct slice said = slice_from(slice_first(marked, line), MARK.len);
	*ret_text = slice_from(marked, line + 1);
	char hex[DIGEST_HEX + 1];
	struct digest digest = digest_of(*ret_text);
	digest_hex(&digest, hex);
	return newline && slice_is(said, hex) ? OWNER_AAFORGE : OWNER_EDITED;
}

/* Endings that apparmor_parser skips when it loads a directory: tried with 3.0.8 and 4.1.0. */
static const char *const skipped_endings[] = {".dpkg-new", ".dpkg-old", ".dpkg-dist", ".dpkg-bak",
	".dpkg-remove", ".pacnew", ".pacsave", ".rpmnew", ".rpmsave", ".orig", ".rej", "~"};

/* Directories below /etc/apparmor.d of apparmor itself, and of Debian's packages. */
static const char *const directories[] = {"abi", "abstractions", "apache2.d", "cache", "cache.d",
	"disable", "force-complain", "libvirt", "local", "lxc", "program-chunks", "tunables"};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* "x.new-1.2_3": skip_profile in /lib/apparmor/rc.apparmor.functions of Debian 12. */
static bool is_new_version(struct slice name)
{
	size_t end = name.len;
	while (end > 0 && name.at[end - 1] >= '0' && name.at[end - 1] <= '9')
		end--;
	if (end == name.len || end == 0 || name.at[end - 1] != '_')
		return false;
	size_t begin = --end;
	while (begin > 0 && ((name.at[begin - 1] >= '0' && name.at[begin - 1] <= '9') ||
				    name.at[begin - 1] == '.'))
		begin--;
	/* The pattern wants a byte before ".new-". */
	return begin < end && begin > SLICE(".new-").len &&
	       slice_ends(slice_first(name, begin), SLICE(".new-"));
}

static bool is_skipped(struct slice name)
{
	for (size_t i = 0; i < COUNT(skipped_endings); i++)
		if (slice_ends(name, slice_str(skipped_endings[i])))
			return true;
	return slice_is(name, "README") || is_new_version(name);
}

static bool is_directory_name(struct slice name)
{
	for (size_t i = 0; i < COUNT(directories); i++)
		if (slice_is(name, directories[i]))
			return true;
	return false;
}

/* Whether it is a file's name at all, and not a hidden one's. */
static bool check_file_name(struct slice name, struct error **ret_error)
{
	if (name.len == 0 || name.len > NAME_MOST)
		return error_say(ret_error, EINVAL,
			"'%.*s' cannot be installed: a name has 1 to %d bytes",
			(int)(name.len > 80 ? 80 : name.len), name.len ? name.at : "", NAME_MOST);
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] == '/' || name.at[i] == '\0' || name.at[i] == '\n')
			return error_say(ret_error, EINVAL,
				"'%.*s' cannot be installed: it is not the name of a file",
				SLICE_FMT(name));
	if (name.at[0] == '.')
		return error_say(ret_error, EINVAL,
			"'%.*s' cannot be installed: apparmor_parser skips hidden files",
			SLICE_FMT(name));
	return true;
}

static struct slice path_of(
	struct arena *arena, const char *directory, struct slice name, const char *ending)
{
	return arena_printf(arena, "%s/%.*s%s", directory, SLICE_FMT(name), ending);
}

bool installed_name_is_fine(
	const struct places *places, struct slice name, struct error **ret_error)
{
	if (!check_file_name(name, ret_error))
		return false;
	if (is_skipped(name))
		return error_say(ret_error, EINVAL,
			"'%.*s' cannot be installed: no file of that name in '%s' is loaded at "
			"boot, choose another name",
			SLICE_FMT(name), places->profiles);
	char path[4096];
	int len = snprintf(path, sizeof(path), "%s/%.*s", places->profiles, SLICE_FMT(name));
	if (len < 0 || (size_t)len >= sizeof(path))
		return error_make(
			ret_error, ENAMETOOLONG, "'%.*s' cannot be installed", SLICE_FMT(name));
	struct stat at;
	if (is_directory_name(name) || (path_lstat(path, &at) == 0 && S_ISDIR(at.st_mode)))
		return error_say(ret_error, EINVAL,
			"'%.*s' cannot be installed: '%s' is a directory of AppArmor, choose "
			"another name",
			SLICE_FMT(name), path);
	return true;
}

static bool is_regular(const char *path)
{
	struct stat at;
	return path_lstat(path, &at) == 0 && S_ISREG(at.st_mode);
}

/*
 * Whether DIRECTORY/NAME exists for apparmor_parser, which follows links: one that leads nowhere
 * does not count.
 */
static bool has_switch(
	const struct places *places, struct arena *arena, const char *directory, struct slice name)
{
	struct slice path =
		arena_printf(arena, "%s/%s/%.*s", places->profiles, directory, SLICE_FMT(name));
	struct stat at;
	return path_stat(path.at, &at) == 0;
}

static bool read_text(int fd, const char *path, struct arena *arena, struct installed *installed,
	struct error **ret_error)
{
	struct bytes text = {0};
	struct error *error = NULL;
	size_t limit = limits_default.policy_bytes + MARK.len + DIGEST_HEX + 1;
	bool is_read = file_read_fd(fd, path, limit, &text, &error);
	if (is_read)
		installed->owner =
			installed_owner(arena_copy(arena, bytes_slice(&text)), &installed->text);
	bytes_free(&text);
	if (is_read)
		return true;
	if (error_number(error) == EFBIG) { /* aaforge makes none of that size */
		installed->owner = OWNER_FOREIGN;
		error_free(error);
		return true;
	}
	if (ret_error)
		*ret_error = error;
	else
		error_free(error);
	return false;
}

static bool read_owner(struct installed *installed, struct arena *arena, struct error **ret_error)
{
	const char *path = installed->path.at;
	struct stat at;
	if (path_lstat(path, &at) < 0)
		return errno == ENOENT || errno == ENOTDIR ||
		       error_make(ret_error, errno, "cannot look at '%s'", path);
	installed->owner = OWNER_FOREIGN;
	if (!S_ISREG(at.st_mode))
		return true;
	int fd = path_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0 && errno == ENOENT) { /* gone meanwhile */
		installed->owner = OWNER_NOBODY;
		return true;
	}
	if (fd < 0)
		return error_make(ret_error, errno, "cannot open '%s'", path);
	bool is_read = read_text(fd, path, arena, installed, ret_error);
	close(fd);
	return is_read;
}

bool installed_read(const struct places *places, struct slice name, struct arena *arena,
	struct installed *ret_installed, struct error **ret_error)
{
	if (!check_file_name(name, ret_error))
		return false;
	struct installed installed = {
		.name = arena_copy(arena, name),
		.path = path_of(arena, places->profiles, name, ""),
		.is_disabled = has_switch(places, arena, "disable", name),
		.is_forced_complain = has_switch(places, arena, "force-complain", name),
	};
	if (!read_owner(&installed, arena, ret_error))
		return false;
	struct slice description = path_of(arena, places->descriptions, name, ".yaml");
	if (is_regular(description.at))
		installed.description = description;
	if (installed.owner == OWNER_FOREIGN)
		installed.text = slice_of(NULL, 0);
	*ret_installed = installed;
	return true;
}

static void add_entry(struct installed_list *list, size_t *room, struct arena *arena,
	const struct installed *entry)
{
	if (list->count == *room) {
		*room = *room ? *room * 2 : 64;
		struct installed *entries = arena_array(arena, *room, sizeof(*entries));
		if (list->count > 0)
			memcpy(entries, list->entries, list->count * sizeof(*entries));
		list->entries = entries;
	}
	list->entries[list->count++] = *entry;
}

/* Copies that editors and package managers leave (web~, web.dpkg-old) carry our line as well. */
static bool can_be_ours(const struct dirent *entry)
{
	struct slice name = slice_str(entry->d_name);
	return (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN) &&
	       check_file_name(name, NULL) && !is_skipped(name) && !is_directory_name(name);
}

static struct dirent *next_entry(DIR *entries)
{
	errno = 0;
	return readdir(entries);
}

/* A file that is not for us is left out; *ret_is_read is false then. */
static bool read_entry(const struct places *places, const char *name, struct arena *arena,
	struct installed *ret_installed, bool *ret_is_read, struct error **ret_error)
{
	struct error *error = NULL;
	*ret_is_read = installed_read(places, slice_str(name), arena, ret_installed, &error);
	if (!error || error_number(error) == EACCES) {
		error_free(error);
		return true;
	}
	if (ret_error)
		*ret_error = error;
	else
		error_free(error);
	return false;
}

static bool read_entries(const struct places *places, DIR *entries, struct arena *arena,
	struct installed_list *list, struct error **ret_error)
{
	size_t room = 0;
	struct dirent *entry;
	while ((entry = next_entry(entries))) {
		struct installed installed;
		bool is_read;
		if (!can_be_ours(entry))
			continue;
		if (!read_entry(places, entry->d_name, arena, &installed, &is_read, ret_error))
			return false;
		list->is_partial |= !is_read;
		if (!is_read)
			continue;
		if (installed.owner == OWNER_AAFORGE || installed.owner == OWNER_EDITED)
			add_entry(list, &room, arena, &installed);
	}
	return errno == 0 ||
	       error_make(ret_error, errno, "cannot read the directory '%s'", places->profiles);
}

static int by_name(const void *a, const void *b)
{
	const struct installed *one = a, *other = b;
	return slice_cmp(one->name, other->name);
}

bool installed_list_read(const struct places *places, struct arena *arena,
	struct installed_list *ret_list, struct error **ret_error)
{
	struct installed_list list = {0};
	DIR *entries = path_opendir(places->profiles);
	if (!entries && errno != ENOENT)
		return error_make(
			ret_error, errno, "cannot read the directory '%s'", places->profiles);
	if (entries) {
		bool is_read = read_entries(places, entries, arena, &list, ret_error);
		closedir(entries);
		if (!is_read)
			return false;
	}
	if (list.count > 0)
		qsort(list.entries, list.count, sizeof(*list.entries), by_name);
	*ret_list = list;
	return true;
}
