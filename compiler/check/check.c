#include "compiler/check/check.h"

#include "policy/escape.h"

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
	run_checks(unit, first);
}

bool check_is_over(const struct check_input *input)
{
	const size_t *work = input->unit->limits->work;
	return work && *work == 0;
}

struct arena check_scratch(struct unit *unit)
{
	struct arena kept = unit->arena;
	arena_init(&unit->arena, kept.out_of_memory);
	return kept;
}

struct slice check_scratch_end(struct unit *unit, struct arena kept, struct slice text)
{
	struct arena scratch = unit->arena;
	unit->arena = kept;
	struct slice copy = arena_copy(&unit->arena, text);
	arena_free(&scratch);
	return copy;
}

void check_unclear(
	const struct check_input *input, const struct rule *rule, const struct rule *other)
{
	struct diags *diags = &input->unit->diags;
	struct slice text = check_rule_text(input->unit, rule);
	struct diag *diag = diag_add(diags, DIAG_TOO_COMPLEX, check_place(rule),
		"whether '%.*s' and another rule are about the same path is too complex to tell",
		SLICE_FMT(text));
	diag_second(diags, diag, check_place(other), "the other rule");
	check_reported(input);
}

void check_reported(const struct check_input *input)
{
	enum { REPORT_COST = 1 << 16 };
	limits_spend(input->unit->limits, REPORT_COST);
}

void check_too_complex(
	const struct check_input *input, struct span at, const char *what, size_t count)
{
	struct diags *diags = &input->unit->diags;
	struct diag *diag = diag_add(diags, DIAG_TOO_COMPLEX, at,
		"%s is not checked from here on, for %zu rule%s: together they are too many or too complex",
		what, count, count == 1 ? "" : "s");
	diag_help(diags, diag,
		"write simpler patterns: directories instead of '**' in the middle, fewer of them");
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
