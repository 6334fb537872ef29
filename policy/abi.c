#include "policy/abi.h"

static const char *const names[] = {
	[ABI_NONE] = "none",
	[ABI_3_0] = "3.0",
	[ABI_4_0] = "4.0",
};

const char *abi_name(enum abi abi)
{
	return names[abi];
}

bool abi_find(struct slice name, enum abi *ret_abi)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (slice_is(name, names[i])) {
			*ret_abi = (enum abi)i;
			return true;
		}
	}
	return false;
}
