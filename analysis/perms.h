#ifndef ANALYSIS_PERMS_H
#define ANALYSIS_PERMS_H

/*
 * Permissions of a state, in the kernel's present bits whatever the format of the policy. Older
 * policies keep them packed in the accept tables, one set of bits for files and another for
 * everything else; newer ones have them in a table.
 * Source: security/apparmor/policy_compat.c, include/perms.h and include/file.h of the kernel.
 */

#include "analysis/blob.h"

/* Bits of permissions; classes other than files give some of them meanings of their own. */
enum {
	KERNEL_EXEC = 1 << 0,
	KERNEL_WRITE = 1 << 1, /* signal: send; ptrace: trace */
	KERNEL_READ = 1 << 2,  /* signal: receive; ptrace: read */
	KERNEL_APPEND = 1 << 3,
	KERNEL_CREATE = 1 << 4, /* sockets too */
	KERNEL_LOCK = 1 << 15,	/* of the second half of a link rule: subset */
	KERNEL_MMAP = 1 << 16,
	KERNEL_LINK = 1 << 18,
	KERNEL_CONTINUE = 1 << 27, /* more permissions may follow on a longer match */
};

/* The exec transition of a state. */
#define XINDEX_INDEX	  0x00ffffffu
#define XINDEX_TYPE	  0x0c000000u
#define XINDEX_NAME	  0x04000000u /* the profile that attaches to the program */
#define XINDEX_TABLE	  0x08000000u /* the one named by the index */
#define XINDEX_UNSAFE	  0x10000000u /* the environment is not scrubbed */
#define XINDEX_CHILD	  0x20000000u /* among the children of the profile */
#define XINDEX_INHERIT	  0x40000000u /* stays in the profile, or does so where there is no other */
#define XINDEX_UNCONFINED 0x80000000u /* likewise without confinement */

struct perms {
	uint32_t allow; /* without what is denied */
	uint32_t audit; /* logged when allowed */
	uint32_t quiet; /* refused by an explicit deny: not logged */
	uint32_t xindex;
};

/* Of a path that led to `state` of the profile's file automaton, to the file's owner or to others.
 */
struct perms perms_of_file(const struct compiled_profile *profile, uint32_t state, bool owner);

/* Of what led to `state` of the profile's policy automaton. */
struct perms perms_of_policy(const struct compiled_profile *profile, uint32_t state);

/* The exec transition of the low 14 bits of an accept table's entry. */
uint32_t perms_old_xindex(uint32_t accept);

#endif
