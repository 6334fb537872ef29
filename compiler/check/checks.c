/* The table of the checks, and how they are run. */
#include "compiler/check/checks.h"

#include "compiler/check/check.h"

enum { IDS_MAX = 3, CHILDREN_DEPTH = 16 };

static const struct check {
	void (*look)(const struct check_input *);
	enum diag_id ids[IDS_MAX];
	size_t id_count;
} checks[] = {
#define CHECK(symbol, ...)                                                                         \
	{check_##symbol, {__VA_ARGS__},                                                            \
		sizeof((enum diag_id[]){__VA_ARGS__}) / sizeof(enum diag_id)},
#include "compiler/check/checks.def"
#undef CHECK
};

enum { CHECK_COUNT = sizeof(checks) / sizeof(checks[0]) };

_Static_assert(CHECK_COUNT > 0, "there are checks");

/* The inputs of a profile and all its children, parents first. */
static struct check_input **collect(const struct check_input *of, const struct service *service,
	const struct service_templates *templates, const struct profile *profile, unsigned depth,
	struct check_input **end)
{
	struct arena *arena = &of->unit->arena;
	const struct policy_template *template =
		depth == 0 ? templates->own : template_of_profile(service, templates, profile);
	struct check_input *input = arena_new(arena, struct check_input);
	*input = (struct check_input){
		.unit = of->unit,
		.template = template,
		.scope = of->scope,
		.abi = of->abi,
		.profile = profile,
		.root = of->root,
		.names = of->names,
	};
	patterns_of_rules(of->unit, input->scope, &profile->body, &input->own);
	input->included = patterns_of_includes(of->unit, template, &profile->body);
	*end = input;
	end = (struct check_input **)&input->next;
	if (depth == CHILDREN_DEPTH)
		return end;
	for (const struct profile *child = profile->body.children; child; child = child->next) {
		struct check_input inside = *of;
		inside.scope = scope_of_child(arena, of->scope, child);
		end = collect(&inside, service, templates, child, depth + 1, end);
	}
	return end;
}

static bool is_wanted(const struct unit *unit, const struct check *check)
{
	for (size_t i = 0; i < check->id_count; i++)
		if (unit->diags.severities[check->ids[i]] != SEVERITY_OFF)
			return true;
	return false;
}

/* Each check has its work for all profiles of the description together. */
static void run_checks(struct unit *unit, const struct check_input *first)
{
	const struct limits *limits = unit->limits;
	struct limits own = *limits;
	size_t left[CHECK_COUNT];
	for (size_t i = 0; i < CHECK_COUNT; i++)
		left[i] = limits->check_work;
	unit->limits = &own;
	for (const struct check_input *input = first; input; input = input->next)
		for (size_t i = 0; i < CHECK_COUNT; i++) {
			own.work = &left[i];
			if (is_wanted(unit, &checks[i]))
				checks[i].look(input);
		}
	unit->limits = limits;
}

void check_profile(struct unit *unit, const struct service_templates *templates,
	const struct scope *scope, const struct profile *profile, const struct service *service,
	enum abi abi, bool run)
{
	const struct check_names *names = NULL;
	const struct check_input of = {
		.unit = unit, .scope = scope, .abi = abi, .root = profile, .names = &names};
	struct check_input *first = NULL;
	collect(&of, service, templates, profile, 0, &first);
	/* A daemon of the host has no container that the policy could disagree with. */
	bool is_host = slice_is(service->template, "host");
	if (is_host)
		first->attached = service;
	if (profile->attachment.len > 0)
		first->described = service;
	if (run && !is_host) {
		first->service = service;
		first->container = service->run;
	}
	run_checks(unit, first);
}
