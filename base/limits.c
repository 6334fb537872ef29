#include "base/limits.h"

const struct limits limits_default = {
	.document_bytes = 1 << 20,
	.policy_bytes = 8 << 20,
	.depth = 64,
	.nodes = 200000,
	.children = 1000,
	.includes = 1000,
	.errors = 100,
	.glob_states = 20000,
	.glob_text = 1 << 16,
	.glob_bytes = 64 << 20,
	.carved_rules = 1000,
	.check_work = 512 << 20,
};
