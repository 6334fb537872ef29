/*
 * Capabilities against the seccomp filter and the user: a capability whose system calls the filter
 * refuses, a system call whose capability is not given, and capabilities of a user that never gets
 * them.
 */
#include "compiler/check/check.h"
#include "compiler/service/service.h"
#include "compiler/service/syscalls.h"
#include "policy/names/names.h"

static const struct text *find(const struct text *list, const char *name)
{
	while (list && !slice_is(list->text, name))
		list = list->next;
	return list;
}

/* Whether the default filter lets a call through for a container with these capabilities. */
static bool is_opened(uint64_t capabilities, const char *name)
{
	bool is_gated = false;
	for (size_t i = 0; i < capability_call_count; i++) {
		const struct capability_call *call = &capability_calls[i];
		if (!call->opened || strcmp(call->call, name) != 0)
			continue;
		if (capabilities & (uint64_t)1 << call->capability)
			return true;
		is_gated = true;
	}
	return !is_gated;
}

static bool refuses(const struct container *container, const char *name)
{
	const struct seccomp *seccomp = &container->seccomp;
	if (find(seccomp->deny, name))
		return true;
	return !find(seccomp->allow, name) &&
	       (seccomp->kind == SECCOMP_LIST || !is_opened(container->capabilities, name));
}

/*
 * Whether the filter refuses all calls of a capability. *ret_deny is one of the denies, or NULL
 * where it is an allow-list.
 */
static bool is_useless(
	const struct container *container, int capability, const struct text **ret_deny)
{
	const struct seccomp *seccomp = &container->seccomp;
	const struct text *deny = NULL;
	if (!capability_is_calls_only(capability) ||
		(seccomp->kind != SECCOMP_LIST && seccomp->kind != SECCOMP_CHANGED))
		return false;
	for (size_t i = 0; i < capability_call_count; i++) {
		const struct capability_call *call = &capability_calls[i];
		if (call->capability != capability)
			continue;
		if (!refuses(container, call->call) &&
			(syscall_is_native(call->call) || find(seccomp->allow, call->call)))
			return false;
		deny = deny ? deny : find(seccomp->deny, call->call);
	}
	*ret_deny = deny;
	return deny || seccomp->kind == SECCOMP_LIST;
}

static void check_useless(const struct check_input *input, const struct capability_entry *entry)
{
	struct diags *diags = &input->unit->diags;
	const struct seccomp *seccomp = &input->container->seccomp;
	const struct text *deny;
	if (!is_useless(input->container, entry->capability, &deny))
		return;
	struct diag *diag = diag_add(diags, DIAG_USELESS_CAPABILITY, entry->span,
		"the capability %s is of no use: the seccomp filter refuses its system calls",
		name_of(&names_capabilities, entry->capability)->name);
	if (deny)
		diag_second(
			diags, diag, deny->span, "'%.*s' is denied here", SLICE_FMT(deny->text));
	else
		diag_second(diags, diag, seccomp->span, "none of them is allowed here");
	diag_help(diags, diag, "take the capability out, or allow the calls");
}

/* In a user namespace of its own a process has all capabilities. */
static bool makes_namespaces(const struct seccomp *seccomp)
{
	return find(seccomp->allow, "unshare") || find(seccomp->allow, "clone3") ||
	       find(seccomp->allow, "setns") ||
	       (seccomp->kind == SECCOMP_CHANGED && find(seccomp->allow, "clone"));
}

/* The capability that a call needs and nobody gave, or -1. */
static int missing_capability(const struct container *container, struct slice name)
{
	int missing = -1;
	for (size_t i = 0; i < capability_call_count; i++) {
		const struct capability_call *call = &capability_calls[i];
		if (!call->needs || !slice_is(name, call->call))
			continue;
		if (container->capabilities & (uint64_t)1 << call->capability)
			return -1;
		missing = call->capability;
	}
	return missing;
}

static void check_missing(const struct check_input *input)
{
	struct diags *diags = &input->unit->diags;
	const struct seccomp *seccomp = &input->container->seccomp;
	if (makes_namespaces(seccomp))
		return;
	for (const struct text *call = seccomp->allow; call; call = call->next) {
		int capability = missing_capability(input->container, call->text);
		if (capability < 0)
			continue;
		const char *name = name_of(&names_capabilities, capability)->name;
		struct diag *diag = diag_add(diags, DIAG_MISSING_CAPABILITY, call->span,
			"'%.*s' is allowed, but works with the capability %s only",
			SLICE_FMT(call->text), name);
		diag_help(diags, diag, "take it out, or add %s to 'capabilities'", name);
	}
}

/*
 * Docker and Kubernetes give a user other than root no ambient capabilities: a program gets them
 * from its file only, and no_new_privileges takes that away. Podman does give them.
 */
static void check_user(const struct check_input *input, const struct capability_entry *entry)
{
	const struct container *container = input->container;
	struct diags *diags = &input->unit->diags;
	if (!entry || !container->user.is_given || container->user.uid == 0 ||
		!container->no_new_privileges)
		return;
	struct diag *diag = diag_add(diags, DIAG_CAPABILITY_OF_ROOT, entry->span,
		"user %u gets no capability under Docker and Kubernetes: no_new_privileges takes away those of a program's file",
		container->user.uid);
	diag_second(diags, diag, container->user.span, "not root");
	diag_help(diags, diag, "Podman gives them; elsewhere do without, or run as root");
}

static void check_service(const struct check_input *input, const struct service *service)
{
	check_user(input, service->capabilities);
	for (const struct capability_entry *c = service->capabilities; c; c = c->next)
		check_useless(input, c);
}

void check_container_capabilities(const struct check_input *input)
{
	if (!input->container)
		return;
	check_service(input, input->service);
	for (const struct service *c = input->service->children; c; c = c->next)
		check_service(input, c);
	check_missing(input);
}
