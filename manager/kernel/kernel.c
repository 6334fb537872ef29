#include "manager/kernel/kernel.h"

#include "manager/system/file.h"
#include "manager/kernel/stale.h"
#include "manager/kernel/words.h"
#include "manager/system/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/apparmor.h>
#include <unistd.h>

/* Of one write. The kernel itself ends at 2 GiB; nobody's policy comes near. */
#define WRITE_BYTES ((size_t)512 << 20)
#define NAME_BYTES  4096

/* An open file of the interface, or -1 with errno. */
static int interface_open(const struct places *places, const char *name)
{
	if (!places->apparmorfs) {
		errno = ENOENT;
		return -1;
	}
	char *path = NULL;
	if (asprintf(&path, "%s/%s", places->apparmorfs, name) < 0) {
		errno = ENOMEM;
		return -1;
	}
	int fd = path_open(path, O_WRONLY, 0);
	int number = errno;
	free(path);
	errno = number;
	return fd;
}

/*
 * One write, one transaction: aa_kernel_interface_replace_policy(3) would split the buffer on
 * kernels without the feature policy/set_load, and the promise of all or none with it. 0, or an
 * errno: EPROTO for a short write.
 */
static int interface_write(const struct places *places, const char *name, struct slice bytes)
{
	int fd = interface_open(places, name);
	if (fd < 0)
		return errno;
	int number = aa_kernel_interface_write_policy(fd, bytes.at, bytes.len) < 0 ? errno : 0;
	if (close(fd) < 0 && number == 0)
		number = errno;
	return number;
}

char *kernel_features(const struct places *places, struct error **ret_error)
{
	if (!kernel_is_ready(places, ret_error))
		return NULL;
	char *path = NULL;
	if (asprintf(&path, "%s/features", places->apparmorfs) < 0) {
		error_make(ret_error, ENOMEM, "cannot look at the kernel's features");
		return NULL;
	}
	if (file_is_directory(path))
		return path;
	error_say(ret_error, ENOENT, "the kernel does not show its features at '%s'", path);
	free(path);
	return NULL;
}

static bool is_written(const struct set_member *member)
{
	return member->state != SET_SAME;
}

/* All profiles of a write, sorted by name. */
struct names {
	const struct set_profile **profiles;
	size_t count;
};

static int by_name(const void *a, const void *b)
{
	const struct set_profile *const *left = a, *const *right = b;
	return slice_cmp((*left)->name, (*right)->name);
}

static struct names names_of(const struct policy_set *set)
{
	struct names names = {0};
	for (size_t i = 0; i < set->count; i++)
		if (is_written(set->members[i]))
			names.count += set->members[i]->profile_count;
	names.profiles = arena_array(set->arena, names.count, sizeof(struct set_profile *));
	size_t at = 0;
	for (size_t i = 0; i < set->count; i++)
		for (size_t p = 0;
			is_written(set->members[i]) && p < set->members[i]->profile_count; p++)
			names.profiles[at++] = &set->members[i]->profiles[p];
	qsort(names.profiles, names.count, sizeof(struct set_profile *), by_name);
	return names;
}

static bool names_have(const struct names *names, struct slice name)
{
	struct set_profile wanted = {.name = name};
	const struct set_profile *key = &wanted;
	return names->count > 0 &&
	       bsearch(&key, names->profiles, names->count, sizeof(struct set_profile *), by_name);
}

/*
 * What the kernel does not check (measured with 6.1 and 6.12): of a write for several namespaces it
 * puts all profiles into the first that it finds named, those without a namespace too; of one that
 * holds a name twice it crashes, with the lock of its policy held. A namespace inside of another
 * cannot be named in a policy at all.
 */
static bool names_are_safe(const struct names *names, struct error **ret_error)
{
	for (size_t i = 0; i < names->count; i++) {
		const struct set_profile *profile = names->profiles[i];
		const struct set_profile *previous = names->profiles[i > 0 ? i - 1 : 0];
		if (!slice_eq(profile->namespace, previous->namespace))
			return error_say(ret_error, EACCES,
				"profiles of several namespaces, such as '%.*s' and '%.*s', cannot "
				"be loaded in one step: load those of each namespace alone",
				SLICE_FMT(previous->name), SLICE_FMT(profile->name));
		if (i > 0 && slice_eq(profile->name, previous->name))
			return error_say(ret_error, EEXIST,
				"'%.*s' is there twice: the kernel takes each profile once in one "
				"step",
				SLICE_FMT(profile->name));
		if (slice_has(profile->namespace, ':') || slice_has(profile->namespace, '/'))
			return error_say(ret_error, EINVAL,
				"'%.*s' cannot be loaded into the namespace '%.*s': its name may "
				"hold neither ':' nor '/', as the kernel loads into a namespace of "
				"our own only",
				SLICE_FMT(profile->name), SLICE_FMT(profile->namespace));
	}
	return true;
}

/* "web//worker" of "web//worker//deep"; empty when it is no child. */
static struct slice parent_of(struct slice name)
{
	for (size_t i = name.len; i-- > 1;)
		if (name.at[i] == '/' && name.at[i - 1] == '/')
			return slice_first(name, i - 1);
	return slice_of(NULL, 0);
}

/* What ENOENT of a load means: apparmor_parser 3 calls the child of a child "kid//deep" instead of
 * "web//kid//deep", which then has no parent. NULL when there is no such profile. */
static const struct set_profile *find_orphan(const struct names *names, const struct loaded *before)
{
	for (size_t i = 0; i < names->count; i++) {
		const struct set_profile *profile = names->profiles[i];
		struct slice parent = parent_of(profile->name);
		if (parent.len > 0 && !names_have(names, parent) &&
			!loaded_find(before, profile->namespace, parent))
			return profile;
	}
	return NULL;
}

/* The binaries that are to be written, one behind the other. */
static bool collect(const struct policy_set *set, struct bytes *ret_bytes, struct error **ret_error)
{
	size_t size = 0;
	for (size_t i = 0; i < set->count; i++)
		if (is_written(set->members[i]))
			size += set->members[i]->binary.len;
	if (size > WRITE_BYTES)
		return error_say(ret_error, EFBIG,
			"the compiled profiles have %zu bytes, more than the %zu that are loaded in "
			"one step: load fewer at a time",
			size, WRITE_BYTES);
	if (!bytes_reserve(ret_bytes, size + 1))
		return error_make(ret_error, ENOMEM, "cannot load the profiles");
	for (size_t i = 0; i < set->count; i++)
		if (is_written(set->members[i]))
			bytes_add(ret_bytes, set->members[i]->binary);
	return true;
}

static bool say_refused(const struct places *places, const struct names *names,
	const struct loaded *before, int number, struct error **ret_error)
{
	char words[KERNEL_WORDS];
	kernel_words(places, number, words);
	const struct set_profile *orphan = number == ENOENT ? find_orphan(names, before) : NULL;
	if (orphan)
		return error_say(ret_error, number,
			"cannot load '%.*s': the kernel has no '%.*s' for it to be a child of; "
			"apparmor_parser 3 knows one level of children only",
			SLICE_FMT(orphan->name), SLICE_FMT(parent_of(orphan->name)));
	if (names->count == 1)
		return error_say(ret_error, number, "cannot load '%.*s': %s",
			SLICE_FMT(names->profiles[0]->name), words);
	return error_say(ret_error, number,
		"cannot load '%.*s' and %zu more, and none of them was: %s",
		SLICE_FMT(names->profiles[0]->name), names->count - 1, words);
}

/* 0, or an errno: ENOENT when there is none. */
static int remove_name(const struct places *places, struct slice namespace, struct slice name)
{
	char text[NAME_BYTES];
	int len = namespace.len > 0 ? snprintf(text, sizeof(text), ":%.*s:%.*s",
					      SLICE_FMT(namespace), SLICE_FMT(name))
				    : snprintf(text, sizeof(text), "%.*s", SLICE_FMT(name));
	if (len <= 0 || (size_t)len >= sizeof(text))
		return ENAMETOOLONG;
	return interface_write(places, ".remove", slice_of(text, (size_t)len + 1));
}

static bool say_not_removed(const struct places *places, struct slice namespace, struct slice name,
	int number, struct error **ret_error)
{
	char words[KERNEL_WORDS];
	kernel_words(places, number, words);
	const char *colon = namespace.len > 0 ? ":" : "";
	return error_say(ret_error, number, "cannot remove '%s%.*s%s%.*s' from the kernel: %s",
		colon, SLICE_FMT(namespace), colon, SLICE_FMT(name), words);
}

/* A replacement leaves the children loaded that the new version does not have (__replace_profile of
 * the kernel moves them over). */
static bool remove_stale(const struct places *places, const struct policy_set *set,
	struct set_member *member, const struct loaded *before, struct error **ret_error)
{
	const struct loaded_profile **children;
	/* Right before they go: the new policy brings no task under them. */
	stale_keep(places, NULL, member, before, set->arena);
	size_t count = set_member_stale_children(member, before, set->arena, &children);
	while (count-- > 0) {
		const struct loaded_profile *child = children[count];
		int number = remove_name(places, child->namespace, child->name);
		if (number != 0 && number != ENOENT) {
			say_not_removed(places, child->namespace, child->name, number, ret_error);
			return error_wrap(ret_error,
				"the new policy is loaded, but a child that it no longer has is "
				"still there");
		}
	}
	return true;
}

bool kernel_can_replace(const struct policy_set *set, struct error **ret_error)
{
	struct names names = names_of(set);
	return names_are_safe(&names, ret_error);
}

bool kernel_replace(const struct places *places, const struct policy_set *set,
	const struct loaded *before, struct error **ret_error)
{
	struct bytes bytes = {0};
	struct names names = names_of(set);
	if (names.count == 0)
		return true;
	if (!names_are_safe(&names, ret_error) || !collect(set, &bytes, ret_error))
		return false;
	int number = interface_write(places, ".replace", bytes_slice(&bytes));
	bytes_free(&bytes);
	if (number != 0)
		return say_refused(places, &names, before, number, ret_error);
	for (size_t i = 0; i < set->count; i++)
		if (is_written(set->members[i]) &&
			!remove_stale(places, set, set->members[i], before, ret_error))
			return false;
	return true;
}

bool kernel_remove(const struct places *places, const struct loaded *loaded, struct slice namespace,
	struct slice name, struct error **ret_error)
{
	/* Sorted by name, so that backwards a child comes before its parent. */
	for (size_t i = loaded->count; i-- > 0;) {
		const struct loaded_profile *profile = &loaded->profiles[i];
		if (!slice_eq(profile->namespace, namespace) || slice_eq(profile->name, name) ||
			!name_is_below(profile->name, name))
			continue;
		int number = remove_name(places, namespace, profile->name);
		if (number != 0 && number != ENOENT)
			return say_not_removed(places, namespace, profile->name, number, ret_error);
	}
	int number = remove_name(places, namespace, name);
	return number == 0 || say_not_removed(places, namespace, name, number, ret_error);
}

bool kernel_remove_namespace(
	const struct places *places, struct slice namespace, struct error **ret_error)
{
	int number = namespace.len > 0 ? remove_name(places, namespace, SLICE("")) : EINVAL;
	return number == 0 || say_not_removed(places, namespace, SLICE(""), number, ret_error);
}
