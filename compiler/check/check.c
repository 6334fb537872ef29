#include "compiler/check/check.h"

#include "policy/escape.h"

static void (*const checks[])(const struct check_input *) = {
#define CHECK(symbol) check_##symbol,
#include "compiler/check/checks.def"
#undef CHECK
};

_Static_assert(sizeof(checks) > 0, "there are checks");

enum { CHILDREN_DEPTH = 16 };

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
	};
	patterns_of_rules(of->unit, input->scope, &profile->body, &input->own);
	patterns_of_includes(of->unit, template, &profile->body, &input->included);
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

void check_profile(struct unit *unit, const struct service_templates *templates,
	const struct scope *scope, const struct profile *profile, const struct service *service,
	enum abi abi, bool run)
{
	const struct check_input of = {.unit = unit, .scope = scope, .abi = abi};
	struct check_input *first = NULL;
	collect(&of, service, templates, profile, 0, &first);
	/* A daemon of the host has no container that the policy could disagree with. */
	bool is_host = slice_is(service->template, "host");
	if (is_host)
		first->attached = service;
	if (run && !is_host) {
		first->service = service;
		first->container = service->run;
	}
	for (const struct check_input *input = first; input; input = input->next)
		for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
			checks[i](input);
}

const struct glob *check_tree(struct unit *unit, struct slice path, bool inside)
{
	struct buf aare = buf_new(&unit->arena);
	const char *error;
	size_t offset;
	escape_literal(path, &aare);
	buf_add(&aare, inside ? SLICE("/**") : SLICE("{,/**}"));
	return glob_read(&unit->arena, unit->limits, buf_slice(&aare), &error, &offset);
}

struct slice check_rule_text(struct unit *unit, const struct rule *rule)
{
	struct buf text = buf_new(&unit->arena);
	rule_print(rule, &text);
	return buf_slice(&text);
}

struct span check_place(const struct rule *rule)
{
	return span_none(rule->cause) ? rule->span : rule->cause;
}
