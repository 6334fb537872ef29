#include "manager/kernel/namespaces.h"

#include "manager/system/digest.h"
#include "manager/system/file.h"
#include "manager/kernel/kernel.h"
#include "manager/system/path.h"
#include "manager/host/tasks.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* STATE/namespaces/DIGEST, which holds the name; "" is the directory. */
static bool claim_path(const struct places *places, struct slice namespace, char ret_path[PATH_MAX])
{
	char hex[DIGEST_HEX + 1] = "";
	if (namespace.len > 0) {
		struct digest digest = digest_of(namespace);
		digest_hex(&digest, hex);
	}
	return snprintf(ret_path, PATH_MAX, "%s/namespaces/%s", places->state, hex) < PATH_MAX;
}

/* Its directory in apparmorfs; of one inside of another, and of ours, there is none for us. */
static bool shown_path(const struct places *places, struct slice namespace, char ret_path[PATH_MAX])
{
	if (!places->apparmorfs || namespace.len == 0 || slice_has(namespace, '/'))
		return false;
	return snprintf(ret_path, PATH_MAX, "%s/policy/namespaces/%.*s", places->apparmorfs,
		       SLICE_FMT(namespace)) < PATH_MAX;
}

bool namespace_claim(const struct places *places, struct slice namespace, struct error **ret_error)
{
	char shown[PATH_MAX], directory[PATH_MAX], path[PATH_MAX];
	struct stat at;
	if (!shown_path(places, namespace, shown) || path_lstat(shown, &at) == 0 ||
		!claim_path(places, SLICE(""), directory) || !claim_path(places, namespace, path))
		return true;
	return (directory_make(directory, 0755, ret_error) &&
		       file_write(path, namespace, ret_error)) ||
	       error_wrap(ret_error,
		       "nothing was loaded; that the namespace '%.*s' is made is to be remembered",
		       SLICE_FMT(namespace));
}

static bool is_claimed(const char *path, struct slice namespace)
{
	struct stat at;
	struct bytes text = {0};
	bool is = path_lstat(path, &at) == 0 && S_ISREG(at.st_mode) &&
		  (at.st_uid == 0 || at.st_uid == geteuid()) &&
		  file_read(path, PATH_MAX, &text, NULL) && slice_eq(bytes_slice(&text), namespace);
	bytes_free(&text);
	return is;
}

static bool has_namespaces(const char *shown)
{
	char path[PATH_MAX + 16];
	snprintf(path, sizeof(path), "%s/namespaces", shown);
	DIR *entries = path_opendir(path);
	bool has = false;
	for (struct dirent *entry; entries && !has && (entry = readdir(entries));)
		has = entry->d_name[0] != '.';
	if (entries)
		closedir(entries);
	return has;
}

/* NAMESPACE_REMOVED: it may be. */
static bool judge(const struct places *places, struct slice namespace, const char *shown,
	bool is_ours, struct arena *arena, enum namespace_end *ret_end, struct error **ret_error)
{
	struct loaded loaded;
	struct tasks tasks;
	if (!loaded_read(places, arena, &loaded, ret_error))
		return false;
	*ret_end = NAMESPACE_IN_USE;
	for (size_t i = 0; i < loaded.count; i++)
		if (slice_eq(loaded.profiles[i].namespace, namespace))
			return true;
	*ret_end = has_namespaces(shown) ? NAMESPACE_NESTED : NAMESPACE_FOREIGN;
	if (*ret_end == NAMESPACE_NESTED || !is_ours)
		return true;
	if (!tasks_of_namespace(places, namespace, arena, &tasks, ret_error))
		return false;
	*ret_end = tasks.count > 0    ? NAMESPACE_TASKS
		   : tasks.is_partial ? NAMESPACE_UNSEEN
				      : NAMESPACE_REMOVED;
	return true;
}

bool namespace_release(const struct places *places, struct slice namespace, struct arena *arena,
	enum namespace_end *ret_end, struct error **ret_error)
{
	char shown[PATH_MAX], path[PATH_MAX];
	struct stat at;
	enum namespace_end end = NAMESPACE_NONE;
	bool is_named = shown_path(places, namespace, shown) && claim_path(places, namespace, path);
	bool is_there = is_named && path_lstat(shown, &at) == 0;
	if (is_there && !judge(places, namespace, shown, is_claimed(path, namespace), arena, &end,
				ret_error))
		return false;
	if (end == NAMESPACE_REMOVED && !kernel_remove_namespace(places, namespace, ret_error))
		return false;
	if (is_named && (end == NAMESPACE_REMOVED || !is_there))
		path_unlink(path);
	if (ret_end)
		*ret_end = end;
	return true;
}
