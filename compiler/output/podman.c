#include "compiler/output/podman.h"

bool podman_tmpfs_options(
	const struct launch *launch, const struct tmpfs *tmpfs, struct slice *ret_options)
{
	const struct container_user *user = &launch->container->user;
	struct tmpfs plain = *tmpfs;
	bool is_users = user->is_given && tmpfs->uid == user->uid && tmpfs->gid == user->gid;
	plain.has_owner = false;
	struct slice options = launch_tmpfs_options(launch, &plain);
	if (tmpfs->has_owner && !is_users && (tmpfs->uid != 0 || tmpfs->gid != 0))
		return launch_refuse(launch, tmpfs->span,
			"podman can give a tmpfs only to root or to the container's own user and "
			"group");
	/* Without notmpcopyup it copies the image's directory into it. */
	*ret_options = arena_printf(&launch->unit->arena, "%.*s%s,notmpcopyup", SLICE_FMT(options),
		tmpfs->has_owner && is_users ? ",U" : "");
	return true;
}
