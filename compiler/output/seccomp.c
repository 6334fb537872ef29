/*
 * The filter of system calls, as seccomp(2) wants it from runtimes: an allow-list, EPERM for all
 * others (what runtimes use: programs take it as "not permitted" and go on).
 */

#include "compiler/output/seccomp.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/socket.h>

#define CAPABLE(capability) ((uint64_t)1 << (capability))

struct call {
	const char *name;
	uint64_t capabilities; /* any of these; 0: for everybody */
};

struct argument_call {
	const char *name;
	unsigned index;
	enum comparison { EQ, MASKED_EQ } comparison;
	uint32_t value;
};

struct error_call {
	const char *name;
	int error;
};

static const struct call default_calls[] = {
#define CALL(call)		   {.name = call},
#define CALL_CAPABLE(call, any_of) {.name = call, .capabilities = any_of},
#include "compiler/output/seccomp_default.def"
};

static const struct argument_call argument_calls[] = {
#define CALL_ARGUMENT(call, argument, compared, number)                                            \
	{.name = call, .index = argument, .comparison = compared, .value = number},
#include "compiler/output/seccomp_default.def"
};

static const struct error_call error_calls[] = {
#define CALL_ERROR(call, number) {.name = call, .error = number},
#include "compiler/output/seccomp_default.def"
};

/*
 * What runtimes themselves call between loading the filter and the container's program: measured
 * with runc 1.1.5 and crun 1.8.1 under a filter that only logs, and what Go's runtime may need at
 * any time. Without no_new_privileges the filter is loaded before the user is changed.
 */
static const char *const runtime_calls[] = {
	"clock_gettime",
	"close",
	"close_range",
	"epoll_ctl",
	"epoll_pwait",
	"execve",
	"exit_group",
	"fcntl",
	"fstat",
	"fstatfs",
	"futex",
	"getdents64",
	"getpid",
	"madvise",
	"mmap",
	"nanosleep",
	"newfstatat",
	"openat",
	"openat2",
	"read",
	"rt_sigprocmask",
	"rt_sigreturn",
	"sched_yield",
	"statx",
	"tgkill",
	"write",
};

static const char *const user_calls[] = {
	"capget",
	"capset",
	"chdir",
	"faccessat2",
	"fchown",
	"getcwd",
	"getppid",
	"prctl",
	"rt_sigaction",
	"setgid",
	"setgroups",
	"setresgid",
	"setresuid",
	"setuid",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct filter {
	const struct launch *launch;
	const struct seccomp *seccomp;
	const char **names; /* allowed whatever the arguments: sorted, unique */
	size_t count;
};

static bool is_listed(const struct text *list, const char *name)
{
	while (list && !slice_is(list->text, name))
		list = list->next;
	return list != NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_allowed(const struct filter *filter, const char *name)
{
	return bsearch(&name, filter->names, filter->count, sizeof(filter->names[0]), by_name);
}

static void add_defaults(struct filter *filter)
{
	uint64_t capabilities = filter->launch->container->capabilities;
	for (size_t i = 0; i < COUNT(default_calls); i++) {
		const struct call *call = &default_calls[i];
		bool is_open = call->capabilities == 0 || call->capabilities & capabilities;
		if (is_open && !is_listed(filter->seccomp->deny, call->name))
			filter->names[filter->count++] = call->name;
	}
}

static void add_own(struct filter *filter)
{
	for (const struct text *at = filter->seccomp->allow; at; at = at->next)
		filter->names[filter->count++] =
			arena_string(&filter->launch->unit->arena, at->text);
}

static void add_all(struct filter *filter, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		filter->names[filter->count++] = names[i];
}

static void sort_names(struct filter *filter)
{
	size_t kept = 0;
	qsort(filter->names, filter->count, sizeof(filter->names[0]), by_name);
	for (size_t i = 0; i < filter->count; i++)
		if (kept == 0 || strcmp(filter->names[kept - 1], filter->names[i]) != 0)
			filter->names[kept++] = filter->names[i];
	filter->count = kept;
}

static struct filter filter_of(const struct launch *launch)
{
	struct filter filter = {.launch = launch, .seccomp = &launch->container->seccomp};
	size_t most = COUNT(default_calls) + COUNT(runtime_calls) + COUNT(user_calls);
	for (const struct text *at = filter.seccomp->allow; at; at = at->next)
		most++;
	filter.names = arena_array(&launch->unit->arena, most, sizeof(filter.names[0]));
	add_own(&filter);
	if (filter.seccomp->kind != SECCOMP_LIST)
		add_defaults(&filter);
	else
		add_all(&filter, runtime_calls, COUNT(runtime_calls));
	if (filter.seccomp->kind == SECCOMP_LIST && !launch->container->no_new_privileges)
		add_all(&filter, user_calls, COUNT(user_calls));
	sort_names(&filter);
	return filter;
}

static json_t *rule_new(struct unit *unit, const char *const *names, size_t count, const char *act)
{
	json_t *rule = tree_object(unit), *list = tree_list(unit);
	for (size_t i = 0; i < count; i++)
		tree_add(unit, list, tree_string(unit, names[i]));
	tree_put(unit, rule, "names", list);
	tree_put(unit, rule, "action", tree_string(unit, act));
	return rule;
}

static json_t *argument_new(struct unit *unit, const struct argument_call *call)
{
	bool is_masked = call->comparison == MASKED_EQ;
	json_t *argument = tree_object(unit), *list = tree_list(unit);
	tree_put(unit, argument, "index", tree_number(unit, call->index));
	tree_put(unit, argument, "value", tree_number(unit, call->value));
	if (is_masked)
		tree_put(unit, argument, "valueTwo", tree_number(unit, 0));
	tree_put(unit, argument, "op",
		tree_string(unit, is_masked ? "SCMP_CMP_MASKED_EQ" : "SCMP_CMP_EQ"));
	tree_add(unit, list, argument);
	return list;
}

/* What is allowed for all arguments needs no row for some. */
static void add_argument_rules(const struct filter *filter, json_t *rules)
{
	struct unit *unit = filter->launch->unit;
	for (size_t i = 0; i < COUNT(argument_calls); i++) {
		const struct argument_call *call = &argument_calls[i];
		if (is_allowed(filter, call->name) || is_listed(filter->seccomp->deny, call->name))
			continue;
		json_t *rule = rule_new(unit, &call->name, 1, "SCMP_ACT_ALLOW");
		tree_put(unit, rule, "args", argument_new(unit, call));
		tree_add(unit, rules, rule);
	}
}

static void add_error_rules(const struct filter *filter, json_t *rules)
{
	struct unit *unit = filter->launch->unit;
	for (size_t i = 0; i < COUNT(error_calls); i++) {
		const struct error_call *call = &error_calls[i];
		if (is_allowed(filter, call->name))
			continue;
		json_t *rule = rule_new(unit, &call->name, 1, "SCMP_ACT_ERRNO");
		tree_put(unit, rule, "errnoRet", tree_number(unit, call->error));
		tree_add(unit, rules, rule);
	}
}

static json_t *rules_of(const struct filter *filter)
{
	struct unit *unit = filter->launch->unit;
	json_t *rules = tree_list(unit);
	tree_add(unit, rules, rule_new(unit, filter->names, filter->count, "SCMP_ACT_ALLOW"));
	if (filter->seccomp->kind != SECCOMP_LIST)
		add_argument_rules(filter, rules);
	add_error_rules(filter, rules);
	return rules;
}

/*
 * Machines whose kernel runs programs of other architectures, too. Elsewhere the machine's own one
 * is meant, which is always part of a filter. Not s390: its clone() has other arguments.
 */
static const struct family {
	const char *native, *others[2];
} families[] = {
	{"SCMP_ARCH_X86_64", {"SCMP_ARCH_X86", "SCMP_ARCH_X32"}},
	{"SCMP_ARCH_AARCH64", {"SCMP_ARCH_ARM"}},
	{"SCMP_ARCH_MIPS64", {"SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64N32"}},
	{"SCMP_ARCH_MIPS64N32", {"SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64"}},
	{"SCMP_ARCH_MIPSEL64", {"SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64N32"}},
	{"SCMP_ARCH_MIPSEL64N32", {"SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64"}},
};

/* A config.json knows nothing of the machine: the two that containers are made for. One that is not
 * the machine's does no harm, but byte orders do not mix. */
enum { OCI_FAMILIES = 2 };

static void add_others(struct unit *unit, const struct family *family, json_t *list)
{
	for (size_t i = 0; i < COUNT(family->others) && family->others[i]; i++)
		tree_add(unit, list, tree_string(unit, family->others[i]));
}

json_t *seccomp_architectures(struct unit *unit)
{
	json_t *list = tree_list(unit);
	for (size_t i = 0; i < OCI_FAMILIES; i++) {
		tree_add(unit, list, tree_string(unit, families[i].native));
		add_others(unit, &families[i], list);
	}
	return list;
}

static json_t *architecture_map(struct unit *unit)
{
	json_t *map = tree_list(unit);
	for (size_t i = 0; i < COUNT(families); i++) {
		json_t *entry = tree_object(unit), *others = tree_list(unit);
		tree_put(unit, entry, "architecture", tree_string(unit, families[i].native));
		add_others(unit, &families[i], others);
		tree_put(unit, entry, "subArchitectures", others);
		tree_add(unit, map, entry);
	}
	return map;
}

json_t *seccomp_filter(const struct launch *launch, enum seccomp_form form)
{
	struct unit *unit = launch->unit;
	struct filter filter = filter_of(launch);
	json_t *tree = tree_object(unit);
	tree_put(unit, tree, "defaultAction", tree_string(unit, "SCMP_ACT_ERRNO"));
	tree_put(unit, tree, "defaultErrnoRet", tree_number(unit, EPERM));
	if (form == SECCOMP_FORM_DOCKER)
		tree_put(unit, tree, "archMap", architecture_map(unit));
	else
		tree_put(unit, tree, "architectures", seccomp_architectures(unit));
	if (filter.seccomp->log) {
		json_t *flags = tree_list(unit);
		tree_add(unit, flags, tree_string(unit, "SECCOMP_FILTER_FLAG_LOG"));
		tree_put(unit, tree, "flags", flags);
	}
	tree_put(unit, tree, "syscalls", rules_of(&filter));
	return tree;
}

bool output_seccomp(const struct launch *launch, struct rendered *out)
{
	out->tree = seccomp_filter(launch, SECCOMP_FORM_DOCKER);
	return true;
}
