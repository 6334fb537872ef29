#ifndef COMPILER_SERVICE_CONTAINER_READER_H
#define COMPILER_SERVICE_CONTAINER_READER_H

/*
 * What the parts of the reader of `container` share. Every function reports what it refuses; the
 * bool ones return false then and leave ret_ arguments untouched.
 */

#include "compiler/service/container.h"
#include "compiler/service/reader.h"

enum { MOUNTS_MAX = 256, PORTS_MAX = 1024 };

/* container_values.c */

/* Decimal digits without leading zeros, at most max. Reports nothing. */
bool digits_read(struct slice digits, uint64_t max, uint64_t *ret_number);

/* A whole number from min to max; `text` is all of it. */
bool read_number(struct reader *reader, const struct key *key, const struct node *node,
	uint64_t min, uint64_t max, uint32_t *ret_number);
/* "1.5" as 1500. */
bool read_thousandths(struct reader *reader, const struct key *key, const struct node *node,
	uint32_t *ret_thousandths);
/* "64m": bytes, min to 1024t. */
bool read_size(struct reader *reader, const struct key *key, const struct node *node, uint64_t min,
	uint64_t *ret_bytes);
bool read_octal(
	struct reader *reader, const struct key *key, const struct node *node, unsigned *ret_mode);
void read_user(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container);
/* After all keys: allow_unsafe_user may stand below user. */
void check_user(struct reader *reader, const struct container *container);
void read_restart(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container);
void read_image(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container);
void read_command(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container);

/* container_environment.c, container_ports.c, container_volumes.c, container_seccomp.c */
void read_environment(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container);
void read_ports(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container);
void read_volumes(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container);
void read_seccomp(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container);

/* container_tmpfs.c */
void read_tmpfs(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container);
/* After the whole description: owners, mount points that stand twice, the tmpfs of `writable`. */
void finish_mounts(
	struct reader *reader, const struct service *service, struct container *container);

/* A mount point: absolute, neither the root nor below /proc, no ':'. Without its final slash. */
bool read_mount_point(struct reader *reader, const struct text *text, struct slice *ret_target);

#endif
