#ifndef POLICY_ABI_H
#define POLICY_ABI_H

#include "base/slice.h"

/* The feature ABI that a profile is written for; decides which rule kinds exist. */
enum abi { ABI_NONE, ABI_3_0, ABI_4_0 };

/* "none", "3.0", "4.0". */
const char *abi_name(enum abi abi);

/* false when it is none of these. */
bool abi_find(struct slice name, enum abi *ret_abi);

#endif
