#include "manager/kernel/loaded.h"

#include "analysis/blob.h"
#include "manager/system/file.h"
#include "manager/kernel/loaded_tree.h"
#include "manager/system/pseudo.h"

#include <errno.h>
#include <stdlib.h>

/* Ten thousand profiles with long names have less than a megabyte. */
#define LIST_BYTES ((size_t)64 << 20)

static int by_name(const void *a, const void *b)
{
	const struct loaded_profile *left = a, *right = b;
	int order = slice_cmp(left->namespace, right->namespace);
	return order ? order : slice_cmp(left->name, right->name);
}

const struct loaded_profile *loaded_find(
	const struct loaded *loaded, struct slice namespace, struct slice name)
{
	struct loaded_profile wanted = {.name = name, .namespace = namespace};
	if (loaded->count == 0)
		return NULL;
	return bsearch(
		&wanted, loaded->profiles, loaded->count, sizeof(*loaded->profiles), by_name);
}

/* The first profile that is not before the wanted one; its name may be the head of others. */
static size_t lower_bound(const struct loaded *loaded, const struct loaded_profile *wanted)
{
	size_t low = 0, high = loaded->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (by_name(&loaded->profiles[middle], wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct loaded_profile *loaded_next_below(const struct loaded *loaded, struct slice namespace,
	struct slice name, const struct loaded_profile *previous)
{
	size_t at;
	if (previous) {
		at = (size_t)(previous - loaded->profiles) + 1;
	} else {
		struct loaded_profile wanted = {.name = name, .namespace = namespace};
		at = lower_bound(loaded, &wanted);
	}
	/* "web", "web-2", "web//worker": others may stand between. */
	for (; at < loaded->count; at++) {
		const struct loaded_profile *profile = &loaded->profiles[at];
		if (!slice_eq(profile->namespace, namespace) || !slice_starts(profile->name, name))
			return NULL;
		if (profile->name.len > name.len && name_is_below(profile->name, name))
			return profile;
	}
	return NULL;
}

bool name_is_below(struct slice name, struct slice parent)
{
	return slice_starts(name, parent) &&
	       (name.len == parent.len || slice_starts(slice_from(name, parent.len), SLICE("//")));
}

static char *path_of(const struct loaded_build *build, const char *directory, const char *name)
{
	return (char *)arena_printf(build->arena, "%s/%s", directory, name).at;
}

static bool read_list(struct loaded_build *build, const char *apparmorfs, struct error **ret_error)
{
	struct bytes text = {0};
	bool is_read =
		file_read(path_of(build, apparmorfs, "profiles"), LIST_BYTES, &text, ret_error);
	if (is_read)
		loaded_read_list(build, bytes_slice(&text));
	bytes_free(&text);
	return is_read;
}

static bool refuse(const struct places *places, struct error *list, struct error **ret_error)
{
	const char *what = error_number(list) == EACCES || error_number(list) == EPERM
				   ? "the kernel shows its profiles to root only: run as root"
				   : "cannot read the profiles that the kernel holds";
	error_wrap(&list, "%s ('%s')", what, places->apparmorfs);
	if (ret_error)
		*ret_error = list;
	else
		error_free(list);
	return false;
}

/* The tree is preferred, as it has hashes and is for everybody. The list knows no more, but may be
 * all that a kernel shows. */
static bool read_either(
	struct loaded_build *build, const struct places *places, struct error **ret_error)
{
	struct error *error = NULL;
	bool has_tree = loaded_read_tree(build, path_of(build, places->apparmorfs, "policy"));
	if (has_tree && build->count > 0)
		return true;
	if (read_list(build, places->apparmorfs, &error))
		return true;
	if (!has_tree)
		return refuse(places, error, ret_error);
	error_free(error);
	return true;
}

static bool is_not_there(const struct places *places, struct error **ret_error)
{
	if (file_is_directory(places->parameters))
		return error_say(ret_error, ENOENT,
			"the kernel's profiles cannot be seen: AppArmor is off or securityfs is "
			"not mounted ('mount -t securityfs securityfs /sys/kernel/security')");
	return error_say(ret_error, ENOENT,
		"the kernel holds no profiles: it runs without AppArmor%s%s",
		*places->root ? " below " : "", places->root);
}

/* Two of a name can only be if one was replaced while we looked. */
static void sort(struct loaded_build *build)
{
	size_t kept = 0;
	if (build->count == 0)
		return;
	qsort(build->profiles, build->count, sizeof(*build->profiles), by_name);
	for (size_t i = 0; i < build->count; i++)
		if (kept == 0 || by_name(&build->profiles[kept - 1], &build->profiles[i]) != 0)
			build->profiles[kept++] = build->profiles[i];
	build->count = kept;
}

bool loaded_read(const struct places *places, struct arena *arena, struct loaded *ret_loaded,
	struct error **ret_error)
{
	struct loaded_build build = {.arena = arena};
	if (!places->apparmorfs)
		return is_not_there(places, ret_error);
	if (!read_either(&build, places, ret_error))
		return false;
	sort(&build);
	*ret_loaded = (struct loaded){build.profiles, build.count, build.is_partial, build.hidden};
	return true;
}

bool loaded_raw_data(const struct loaded_profile *profile, struct arena *arena,
	struct slice *ret_data, struct error **ret_error)
{
	struct bytes data = {0};
	if (profile->directory.len == 0)
		return error_say(ret_error, ENOENT,
			"the kernel does not show the compiled policy of '%.*s'",
			SLICE_FMT(profile->name));
	struct slice path = arena_printf(arena, "%.*s/raw_data", SLICE_FMT(profile->directory));
	bool is_read = file_read(path.at, COMPILED_BYTES_MAX, &data, ret_error);
	if (is_read)
		*ret_data = arena_copy(arena, bytes_slice(&data));
	bytes_free(&data);
	return is_read;
}
