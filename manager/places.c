#include "manager/places.h"

#include "manager/system/file.h"
#include "manager/system/path.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/apparmor.h>

static const char apparmorfs_usual[] = "/sys/kernel/security/apparmor";

/* ROOT/path, or NULL. */
static char *join(const char *root, const char *path)
{
	char *joined;
	return asprintf(&joined, "%s%s", root, path) < 0 ? NULL : joined;
}

char *places_path(const struct places *places, const char *path)
{
	return join(places->root, path);
}

/* NULL with errno 0 when there is none. A confined caller may not read the mount table, but see it.
 */
static char *find_apparmorfs(const char *root)
{
	char *found = NULL;
	if (!*root && aa_find_mountpoint(&found) == 0)
		return found;
	if (!*root && errno == ENOMEM)
		return NULL;
	found = join(root, apparmorfs_usual);
	if (!found || file_is_directory(found)) {
		errno = found ? 0 : ENOMEM;
		return found;
	}
	free(found);
	errno = 0;
	return NULL;
}

static char *find_root(const char *root, struct error **ret_error)
{
	char *real = root ? realpath(root, NULL) : strdup("/");
	if (!real) {
		error_make(ret_error, errno, "cannot use '%s' as the root", root ? root : "/");
		return NULL;
	}
	if (!file_is_directory(real)) {
		error_say(ret_error, ENOTDIR,
			"cannot use '%s' as the root: it is no directory, expected the top of a "
			"system's tree",
			root);
		free(real);
		return NULL;
	}
	if (strcmp(real, "/") == 0)
		*real = '\0';
	if (!*real || path_root_enter(real, root) == 0)
		return real;
	error_make(ret_error, errno, "cannot use '%s' as the root", root);
	free(real);
	return NULL;
}

static bool fill(struct places *places)
{
	places->apparmorfs = find_apparmorfs(places->root);
	if (!places->apparmorfs && errno != 0)
		return false;
	places->profiles = places_path(places, "/etc/apparmor.d");
	places->descriptions = places_path(places, "/etc/aaforge");
	places->state = places_path(places, "/run/aaforge");
	places->proc = places_path(places, "/proc");
	places->parameters = places_path(places, "/sys/module/apparmor/parameters");
	return places->profiles && places->descriptions && places->state && places->proc &&
	       places->parameters;
}

bool places_find(const char *root, struct places *ret_places, struct error **ret_error)
{
	struct places places = {.root = find_root(root, ret_error)};
	if (!places.root)
		return false;
	if (!fill(&places)) {
		places_free(&places);
		return error_make(ret_error, ENOMEM, "cannot find the places of the system");
	}
	*ret_places = places;
	return true;
}

void places_free(struct places *places)
{
	free(places->apparmorfs);
	free(places->profiles);
	free(places->descriptions);
	free(places->state);
	free(places->proc);
	free(places->parameters);
	if (places->root && *places->root)
		path_root_leave(places->root);
	free(places->root);
	*places = (struct places){0};
}
