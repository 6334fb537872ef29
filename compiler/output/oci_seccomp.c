/*
 * The filter of a config.json. A file of the user's own is in the form that Docker and Podman read:
 * its conditions (capabilities, architectures, kernels) are decided here, as a runtime knows none.
 */

#include "compiler/output/oci.h"
#include "compiler/output/seccomp.h"

#include <stdio.h>

/* The architectures that the filter is for, as conditions name them (GOARCH and libseccomp). */
static const char *const machines[] = {"amd64", "x86", "x32", "arm64", "arm"};

/* The oldest kernel that containers still run on. */
enum { KERNEL_MAJOR = 5, KERNEL_MINOR = 4 };

struct own_filter {
	const struct launch *launch;
	const struct source *source;
	struct slice path; /* of the rule that is looked at, for messages */
};

static bool refuse(struct own_filter *own, const char *what)
{
	const char *path = arena_string(&own->launch->unit->arena, own->path);
	diag_add(
		&own->launch->unit->diags, DIAG_BAD_JSON, oci_place(own->source, path), "%s", what);
	return false;
}

static bool names_capability(const struct launch *launch, const char *name)
{
	for (unsigned i = 0; i < 64; i++)
		if (launch->container->capabilities >> i & 1 && strncmp(name, "CAP_", 4) == 0 &&
			slice_is(launch_capability(launch, i), name + 4))
			return true;
	return false;
}

static bool names_machine(const char *name)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (strcmp(machines[i], name) == 0)
			return true;
	return false;
}

enum condition_kind { CONDITION_CAPABILITY, CONDITION_MACHINE };

/* How many of a list's entries hold; *ret_count: of how many. false for what is no list of strings.
 */
static bool count_held(struct own_filter *own, const json_t *list, enum condition_kind kind,
	size_t *ret_held, size_t *ret_count)
{
	const json_t *entry;
	size_t i, held = 0;
	if (list && !json_is_null(list) && !json_is_array(list))
		return refuse(own, "a condition of this rule is not a list");
	json_array_foreach(list, i, entry)
	{
		const char *name = json_string_value(entry);
		if (!name)
			return refuse(own, "a condition of this rule is not a string");
		held += kind == CONDITION_MACHINE ? names_machine(name)
						  : names_capability(own->launch, name);
	}
	*ret_held = held;
	*ret_count = json_array_size(list);
	return true;
}

static bool is_old_enough(const char *version)
{
	unsigned major = 0, minor = 0;
	sscanf(version, "%u.%u", &major, &minor);
	return major < KERNEL_MAJOR || (major == KERNEL_MAJOR && minor <= KERNEL_MINOR);
}

struct conditions {
	size_t capabilities, capabilities_held, machines, machines_held;
	const char *kernel; /* or NULL */
};

static bool read_conditions(
	struct own_filter *own, const json_t *from, struct conditions *ret_conditions)
{
	struct conditions found = {0};
	if (from && !json_is_null(from) && !json_is_object(from))
		return refuse(own, "the conditions of this rule are not an object");
	if (!count_held(own, json_object_get(from, "caps"), CONDITION_CAPABILITY,
		    &found.capabilities_held, &found.capabilities) ||
		!count_held(own, json_object_get(from, "arches"), CONDITION_MACHINE,
			&found.machines_held, &found.machines))
		return false;
	found.kernel = json_string_value(json_object_get(from, "minKernel"));
	if (found.kernel && !is_old_enough(found.kernel))
		return refuse(own,
			"this rule depends on the kernel, which a config.json cannot ask: take "
			"'minKernel' out, or the rule");
	*ret_conditions = found;
	return true;
}

/* All capabilities of `includes`, any machine; none of either of `excludes`. */
static bool rule_holds(struct own_filter *own, const json_t *rule, bool *ret_holds)
{
	struct conditions includes, excludes;
	if (!read_conditions(own, json_object_get(rule, "includes"), &includes) ||
		!read_conditions(own, json_object_get(rule, "excludes"), &excludes))
		return false;
	*ret_holds = includes.capabilities_held == includes.capabilities &&
		     (includes.machines == 0 || includes.machines_held > 0) &&
		     excludes.capabilities_held == 0 && excludes.machines_held == 0 &&
		     !excludes.kernel;
	return true;
}

/* A rule as a runtime knows it: `name` is an old spelling of `names`, what is empty is left out. */
static void put_rule(struct unit *unit, json_t *rule, json_t *list)
{
	static const char *const left_out[] = {"name", "includes", "excludes", "comment", "errno"};
	json_t *name = json_object_get(rule, "name"), *arguments = json_object_get(rule, "args");
	if (json_is_string(name) && !json_is_array(json_object_get(rule, "names"))) {
		json_t *names = tree_list(unit);
		tree_add(unit, names, json_incref(name));
		tree_put(unit, rule, "names", names);
	}
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		json_object_del(rule, left_out[i]);
	if (arguments && json_array_size(arguments) == 0)
		json_object_del(rule, "args");
	tree_add(unit, list, json_incref(rule));
}

static bool put_rules(struct own_filter *own, json_t *filter)
{
	struct unit *unit = own->launch->unit;
	json_t *kept = tree_list(unit), *rules = json_object_get(filter, "syscalls"), *rule;
	size_t i;
	json_array_foreach(rules, i, rule)
	{
		bool holds = false;
		own->path = arena_printf(&unit->arena, "syscalls[%zu]", i);
		if (!rule_holds(own, rule, &holds)) {
			json_decref(kept);
			return false;
		}
		if (holds)
			put_rule(unit, rule, kept);
	}
	tree_put(unit, filter, "syscalls", kept);
	return true;
}

/* archMap is what a client makes `architectures` of. */
static void put_architectures(struct unit *unit, json_t *filter)
{
	if (!json_is_array(json_object_get(filter, "archMap")))
		return;
	json_object_del(filter, "archMap");
	if (!json_is_array(json_object_get(filter, "architectures")))
		tree_put(unit, filter, "architectures", seccomp_architectures(unit));
}

static bool read_own(const struct launch *launch, json_t **ret_filter)
{
	struct own_filter own = {.launch = launch};
	json_t *filter = oci_json(launch, launch->seccomp_path, launch->seccomp_text, &own.source);
	if (!filter)
		return false;
	if (!put_rules(&own, filter)) {
		json_decref(filter);
		return false;
	}
	json_object_del(filter, "defaultErrno");
	put_architectures(launch->unit, filter);
	*ret_filter = filter;
	return true;
}

bool oci_seccomp(const struct launch *launch, json_t **ret_filter)
{
	switch (launch->container->seccomp.kind) {
	case SECCOMP_FILE:
		return read_own(launch, ret_filter);
	case SECCOMP_UNCONFINED:
		*ret_filter = NULL;
		return true;
	case SECCOMP_RUNTIME:
	case SECCOMP_CHANGED:
	case SECCOMP_LIST:
		break;
	}
	*ret_filter = seccomp_filter(launch, SECCOMP_FORM_OCI);
	return true;
}
