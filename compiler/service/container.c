#include "compiler/service/container.h"

#include "compiler/service/container_reader.h"

/*
 * `container`, key by key. What depends on more than one key, and the defaults that come from other
 * parts of the description, wait for container_finish().
 */

static void read_flag(struct reader *reader, const struct key *key, const struct node *node,
	bool *ret_flag, struct span *ret_span)
{
	if (want_bool(reader, key, node, ret_flag))
		*ret_span = node_place(reader, node);
}

enum { MEMORY_MIN = 6 << 20 }; /* what Docker takes at least */
enum { PIDS_MAX = 4194304 };   /* PID_MAX_LIMIT of linux/threads.h */

static void read_limits(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container)
{
	struct span at = node_place(reader, node);
	if (key->id == KEY_MEMORY && read_size(reader, key, node, MEMORY_MIN, &container->memory))
		container->memory_span = at;
	else if (key->id == KEY_CPUS && read_thousandths(reader, key, node, &container->cpus))
		container->cpus_span = at;
	else if (key->id == KEY_PIDS &&
		 read_number(reader, key, node, 1, PIDS_MAX, &container->pids))
		container->pids_span = at;
}

static void read_key(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container)
{
	struct span unused;
	switch ((enum container_key)key->id) {
	case READS_IMAGE:
		read_image(reader, key, node, container);
		break;
	case READS_COMMAND:
		read_command(reader, key, node, container);
		break;
	case READS_USER:
		read_user(reader, key, node, container);
		break;
	case READS_ALLOW_UNSAFE_USER:
		read_flag(reader, key, node, &container->allow_unsafe_user, &unused);
		break;
	case READS_READ_ONLY:
		read_flag(reader, key, node, &container->read_only, &container->read_only_span);
		break;
	case READS_CONTAINER_TMPFS:
		read_tmpfs(reader, key, node, container);
		break;
	case READS_VOLUMES:
		read_volumes(reader, key, node, container);
		break;
	case READS_PORTS:
		read_ports(reader, key, node, container);
		break;
	case READS_ENVIRONMENT:
		read_environment(reader, key, node, container);
		break;
	case READS_RESTART:
		read_restart(reader, key, node, container);
		break;
	case READS_NO_NEW_PRIVILEGES:
		read_flag(reader, key, node, &container->no_new_privileges,
			&container->no_new_privileges_span);
		break;
	case READS_CONTAINER_SECCOMP:
		read_seccomp(reader, key, node, container);
		break;
	case READS_MEMORY:
	case READS_CPUS:
	case READS_PIDS:
		read_limits(reader, key, node, container);
		break;
	}
}

struct container *container_new(struct reader *reader)
{
	struct container *container = arena_new(reader_arena(reader), struct container);
	container->read_only = true;
	container->no_new_privileges = true;
	container->mounts = index_new(reader_arena(reader));
	return container;
}

void read_container(struct reader *reader, const struct node *node, struct container *container)
{
	if (!want_kind(reader, &keys[KEY_CONTAINER], node, NODE_MAPPING))
		return;
	container->is_given = true;
	container->span = node->span;
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		const struct key *key = want_key(reader, PLACE_CONTAINER, entry);
		if (key)
			read_key(reader, key, entry->value, container);
	}
}

static uint64_t capabilities_of(const struct service *service)
{
	uint64_t mask = 0;
	for (const struct capability_entry *c = service->capabilities; c; c = c->next)
		mask |= (uint64_t)1 << c->capability;
	return mask;
}

void container_finish(
	struct reader *reader, const struct service *service, struct container *container)
{
	check_user(reader, container);
	finish_mounts(reader, service, container);
	container->capabilities = capabilities_of(service);
	for (const struct service *child = service->children; child; child = child->next)
		container->capabilities |= capabilities_of(child);
}

const struct mount *container_mount(const struct container *container, struct slice path)
{
	while (path.len > 0) {
		const struct mount *mount = index_find(&container->mounts, path);
		if (mount)
			return mount;
		while (path.len > 0 && path.at[path.len - 1] != '/')
			path.len--;
		if (path.len > 0)
			path.len--;
	}
	return NULL;
}

struct slice mount_path(const struct mount *mount)
{
	return mount->volume ? mount->volume->target : mount->tmpfs->path;
}
