#ifndef POLICY_NAMES_NAMES_H
#define POLICY_NAMES_NAMES_H

/*
 * Names that the kernel fixes: capabilities, address families, socket types, protocols, signals,
 * resource limits. The lists are names_*.def; numbers are the kernel's.
 */

#include "base/slice.h"

struct name {
	const char *name; /* as policy writes it: "net_bind_service", "inet6", "stream", "term" */
	int number;	  /* the kernel's */
};

struct name_list {
	const char *what; /* "capability", for messages */
	const struct name *names;
	const char *const *texts; /* the names alone, for slice_nearest */
	size_t count;
};

extern const struct name_list names_capabilities; /* linux/capability.h */
extern const struct name_list
	names_families; /* AF_* of linux/socket.h, as apparmor_parser names them */
extern const struct name_list names_types;     /* SOCK_* */
extern const struct name_list names_protocols; /* tcp udp icmp; number is the type they stand for */
extern const struct name_list names_signals;
extern const struct name_list names_rlimits;

/* The entry of a name (exact, lower case), or NULL. */
const struct name *name_find(const struct name_list *list, struct slice name);
/* The entry of a number, or NULL. */
const struct name *name_of(const struct name_list *list, int number);
/* The nearest name for "did you mean", or NULL. */
const char *name_nearest(const struct name_list *list, struct slice given);

#endif
