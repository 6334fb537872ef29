#ifndef MANAGER_KERNEL_KERNEL_H
#define MANAGER_KERNEL_KERNEL_H

/*
 * The kernel's policy interface through libapparmor (aa_kernel_interface(3)): replace and remove.
 * One write is one transaction: the kernel takes all profiles of it or none (aa_replace_profiles in
 * security/apparmor/policy.c). Errors carry the errno, and words that a person can act on.
 */

#include "manager/kernel/policy_set.h"

/* The directory of the running kernel's features, for features_choose and apparmor_parser -M: to be
 * freed. An error when there is none. */
char *kernel_features(const struct places *places, struct error **ret_error);

/*
 * Gives the binaries of those members whose state is not SET_SAME to the kernel in one write, then
 * removes children that the new policy no longer has (`before` is a snapshot of before), but keeps
 * those that tasks are under, and adds them to the member's `kept`. Nothing to write is fine. The
 * errno of a refusal is in the error: EPROTONOSUPPORT (the kernel does not know the policy's
 * version), EPROTO (damaged, or a short write), EACCES and EPERM (no right: not root, lock_policy,
 * confined ourselves), ENOENT (the interface is gone; a child without its parent), ENOMEM, ENOSPC …
 * Refused before the kernel is asked, as it would do damage (measured with 6.1 and 6.12): profiles
 * of several namespaces (EACCES), of which it makes one; a name twice (EEXIST), which crashes it; a
 * namespace inside of another (EINVAL); more than 512 MiB (EFBIG).
 */
bool kernel_replace(const struct places *places, const struct policy_set *set,
	const struct loaded *before, struct error **ret_error);

/* Whether kernel_replace would ask the kernel at all; else its error. */
bool kernel_can_replace(const struct policy_set *set, struct error **ret_error);

/*
 * Removes a profile after its children, the deepest first. ENOENT when the kernel has no such
 * profile. `loaded` is a snapshot of before.
 */
bool kernel_remove(const struct places *places, const struct loaded *loaded, struct slice namespace,
	struct slice name, struct error **ret_error);

/*
 * Removes a namespace with all that is in it, whatever that is: profiles, namespaces; its tasks go
 * on unconfined in ours (measured with 6.1). ENOENT when there is none.
 */
bool kernel_remove_namespace(
	const struct places *places, struct slice namespace, struct error **ret_error);

/*
 * Takes a new snapshot and demands that the kernel holds each member as it is: name, mode, hash
 * where it exports one, and raw data where it can be read. EPROTO with the first difference.
 */
bool kernel_verify(const struct places *places, const struct policy_set *set, struct arena *arena,
	struct error **ret_error);

/* Whether AppArmor is there and on; else an error that tells why and the mend: no kernel support,
 * off by the kernel's command line, securityfs not mounted, in a container. */
bool kernel_is_ready(const struct places *places, struct error **ret_error);

/* Words for an errno of the interface, in the arena; what can be looked up (the user, capabilities,
 * parameters/lock_policy, a user namespace, our own confinement) is. */
struct slice kernel_explain(const struct places *places, struct arena *arena, int number);

#endif
