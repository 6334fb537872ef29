#ifndef MANAGER_APPARMOR_PARSER_FEATURES_H
#define MANAGER_APPARMOR_PARSER_FEATURES_H

/*
 * Which features file profiles are compiled for. apparmor_parser is never left to its own
 * fallback: without a kernel that has AppArmor it would silently drop most rule kinds.
 */

#include "manager/system/digest.h"
#include "manager/system/error.h"
#include "policy/abi.h"

struct features {
	char *path;	      /* for apparmor_parser -M */
	struct digest digest; /* of the content */
};

/*
 * The file `given` (--features), or with NULL the ABI's own below `base`: BASE/abi/3.0,
 * BASE/abi/4.0; ABI_NONE takes that of 3.0. A directory such as
 * /sys/kernel/security/apparmor/features does as well. Checks that it can be read and describes
 * features (EINVAL otherwise). Freed with features_free.
 */
bool features_choose(const char *given, const char *base, enum abi abi,
	struct features *ret_features, struct error **ret_error);

void features_free(struct features *features);

#endif
