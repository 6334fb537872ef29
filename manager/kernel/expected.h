#ifndef MANAGER_KERNEL_EXPECTED_H
#define MANAGER_KERNEL_EXPECTED_H

/* Which hash the kernel will show of a profile that it does not hold yet. */

#include "manager/kernel/loaded.h"

/*
 * That of a profile that it holds. Without one, none where the parameter hash_policy is off, else
 * by its release (uname(2)): SHA-256 since 6.8, SHA-1 before. It may be wrong there.
 */
enum hash_kind hash_kind_expected(const struct places *places, const struct loaded *loaded);

#endif
