#include "compiler/service/syscalls.h"

#include <linux/capability.h>
#include <seccomp.h>
#include <stdlib.h>

const struct capability_call capability_calls[] = {
#define CAPABILITY_CALL(number, name, is_opened, is_needed)                                        \
	{.capability = number, .call = name, .opened = is_opened, .needs = is_needed},
#include "compiler/service/syscalls.def"
};
const size_t capability_call_count = sizeof(capability_calls) / sizeof(capability_calls[0]);

static const int calls_only[] = {
#define CAPABILITY_ONLY(number) number,
#include "compiler/service/syscalls.def"
};

const struct refused_family refused_families[] = {
#define REFUSED_FAMILY(name, words) {.family = name, .since = words},
#include "compiler/service/syscalls.def"
};
const size_t refused_family_count = sizeof(refused_families) / sizeof(refused_families[0]);

_Static_assert(sizeof(calls_only) > 0, "some capabilities are for system calls only");

enum {
	NAME_BYTES = 64,    /* the longest name of a call has 28 */
	NUMBERS_MAX = 600,  /* above the highest number of a call */
	NEAREST_MAX = 1300, /* names of two architectures */
};

bool capability_is_calls_only(int capability)
{
	for (size_t i = 0; i < sizeof(calls_only) / sizeof(calls_only[0]); i++)
		if (calls_only[i] == capability)
			return true;
	return false;
}

bool syscall_is_known(struct arena *arena, struct slice name)
{
	if (name.len == 0 || name.len > NAME_BYTES)
		return false;
	return seccomp_syscall_resolve_name(arena_string(arena, name)) != __NR_SCMP_ERROR;
}

bool syscall_is_native(const char *name)
{
	return seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name) >= 0;
}

/* libseccomp has no list of names, but answers for each number. */
const char *syscall_nearest(struct arena *arena, struct slice name)
{
	static const uint32_t architectures[] = {SCMP_ARCH_X86_64, SCMP_ARCH_X86};
	const char *names[NEAREST_MAX];
	size_t count = 0;
	for (size_t i = 0; i < sizeof(architectures) / sizeof(architectures[0]); i++) {
		for (int number = 0; number < NUMBERS_MAX && count < NEAREST_MAX; number++) {
			char *found = seccomp_syscall_resolve_num_arch(architectures[i], number);
			if (found)
				names[count++] = arena_string(arena, slice_str(found));
			free(found);
		}
	}
	return slice_nearest(name, names, count);
}
