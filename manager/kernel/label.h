#ifndef MANAGER_KERNEL_LABEL_H
#define MANAGER_KERNEL_LABEL_H

/*
 * How the kernel writes a profile or a stack of them with its mode, in the list of profiles and in
 * /proc/PID/attr (aa_label_snxprint in security/apparmor/label.c):
 *
 *     web (enforce)          web//worker (complain)     unconfined
 *     :tenant:web (enforce)  web//&:tenant:db (mixed)   a b (x) (kill)
 */

#include "base/slice.h"

/* "web (enforce)" to "web" and "enforce"; the mode is empty where there is none. */
void label_split_mode(struct slice text, struct slice *ret_label, struct slice *ret_mode);

/*
 * Takes the namespace off a member of a stack: ":tenant:web" and ":tenant://web" to "tenant" and
 * "web". false when it has none; nothing is set then.
 */
bool label_split_namespace(struct slice *member, struct slice *ret_namespace);

/*
 * Takes the next member of a stack off *label, without its namespace. The kernel writes a namespace
 * once for all members that follow in it: *namespace is "" before the first, and kept between the
 * calls. false when there is none any more.
 */
bool label_next_member(struct slice *label, struct slice *namespace, struct slice *ret_member);

/* Whether the kernel's word for a mode is one that confines: enforce or kill. */
bool mode_confines(struct slice mode);

#endif
