#include "compiler/compile.h"

#include "compiler/carve.h"
#include "compiler/check/checks.h"
#include "compiler/lower.h"
#include "compiler/service/container.h"
#include "policy/includes.h"

/*
 * The variables of the policy. Those of one template are shared by all of its profiles; where
 * several templates meet, what was made with the variables of one of them is made anew.
 */
static struct scope *scope_of(struct unit *unit, const struct service *service,
	const struct service_templates *templates, struct policy *policy)
{
	struct profile *profile = policy->profiles;
	bool is_mixed = false;
	size_t index = 0;
	for (const struct service *child = service->children; child; child = child->next)
		is_mixed = is_mixed || templates->children[index++] != templates->own;
	if (!is_mixed)
		return scope_for_profile(&unit->arena, templates->own->scope, profile->name);
	for (struct rule *rule = profile->body.rules; rule; rule = rule->next)
		rule->pattern = NULL;
	for (struct profile *child = profile->body.children; child; child = child->next)
		for (struct rule *rule = child->body.rules; rule; rule = rule->next)
			rule->pattern = NULL;
	return scope_new(unit, &policy->preamble, profile->name);
}

static bool carve_all(struct unit *unit, const struct service *service,
	const struct service_templates *templates, struct profile *profile,
	const struct scope *scope)
{
	const struct limits *limits = unit->limits;
	struct limits own = *limits;
	size_t left = limits->check_work;
	own.work = &left;
	unit->limits = &own;
	bool ok = carve_profile(unit, profile, templates->own, scope);
	for (struct profile *child = profile->body.children; child; child = child->next)
		ok &= carve_profile(unit, child, template_of_profile(service, templates, child),
			scope_of_child(&unit->arena, scope, child));
	unit->limits = limits;
	if (left == 0)
		diag_add(&unit->diags, DIAG_TOO_COMPLEX, service->name_span,
			"which entries are exceptions to built-in denies was not looked at to the end: all patterns together are too complex");
	return ok;
}

/* What was carved out of a deny is not what was written: the text of the deny itself says more. */
static struct slice deny_text(struct unit *unit, const struct rule *rule)
{
	if (rule->carved)
		return sources_text(&unit->sources, rule->span);
	struct buf text = buf_new(&unit->arena);
	rule_print(rule, &text);
	return buf_slice(&text);
}

/* The first of `count` denies is shown. */
static void note_left_out(struct unit *unit, const struct rule *rule, size_t count)
{
	if (!rule)
		return;
	struct slice text = deny_text(unit, rule);
	if (slice_ends(text, SLICE(",")))
		text = slice_first(text, text.len - 1);
	struct span at = rule->origin == ORIGIN_DESCRIPTION ? rule->cause : rule->span;
	if (count == 1)
		diag_add(&unit->diags, DIAG_DENY_LEFT_OUT, at,
			"'%.*s' is left out: in complain mode the kernel would still enforce it",
			SLICE_FMT(text));
	else
		diag_add(&unit->diags, DIAG_DENY_LEFT_OUT, at,
			"%zu denies are left out, '%.*s' is the first: in complain mode the kernel would still enforce them",
			count, SLICE_FMT(text));
}

/* The first deny of what an include resolved to, in files that are not in the set. */
static const struct rule *first_included_deny(struct include_set *set,
	const struct include *include, const struct include_file **ret_file)
{
	for (const struct include_file *file = include->files; file; file = file->next) {
		if (!include_set_add(set, file))
			continue;
		for (const struct rule *rule = file->body->rules; rule; rule = rule->next)
			if (rule->qualifiers.deny) {
				*ret_file = file;
				return rule;
			}
		for (const struct include *next = file->body->includes; next; next = next->next) {
			const struct rule *rule = first_included_deny(set, next, ret_file);
			if (rule)
				return rule;
		}
	}
	return NULL;
}

/* What is included is not changed: its denies stay in force. */
static void warn_included_denies(struct unit *unit, const struct profile *profile)
{
	for (const struct include *i = profile->body.includes; i; i = i->next) {
		struct include_set set = include_set_new(&unit->arena);
		const struct include_file *file = NULL;
		const struct rule *rule = first_included_deny(&set, i, &file);
		if (!rule)
			continue;
		struct diag *diag = diag_add(&unit->diags, DIAG_DENY_STAYS,
			span_none(i->cause) ? i->span : i->cause,
			"the denies of '%.*s' stay in force: the kernel enforces them in complain mode, too",
			SLICE_FMT(file->name));
		diag_second(&unit->diags, diag, rule->span, "'%.*s' is the first",
			SLICE_FMT(deny_text(unit, rule)));
		diag_help(&unit->diags, diag, "leave it out while the service is tried out");
	}
}

/*
 * A profile in complain mode is to log and let pass, but the kernel enforces its denies all the
 * same. What was carved out of one deny stands together and counts once.
 */
static void drop_denies(struct unit *unit, struct profile *profile)
{
	const struct rule *first = NULL, *last = NULL;
	size_t count = 0;
	if (profile_has_flag(profile, "complain")) {
		struct rule **at = &profile->body.rules;
		while (*at) {
			struct rule *rule = *at;
			if (!rule->qualifiers.deny) {
				at = &rule->next;
				continue;
			}
			if (!last || !last->carved || last->span.begin != rule->span.begin) {
				first = first ? first : rule;
				last = rule;
				count++;
			}
			*at = rule->next;
		}
		profile->body.rules_end = at;
		note_left_out(unit, first, count);
		warn_included_denies(unit, profile);
	}
	for (struct profile *child = profile->body.children; child; child = child->next)
		drop_denies(unit, child);
}

static void note_no_abi(struct unit *unit, const struct service *service)
{
	struct diag *diag = diag_add(&unit->diags, DIAG_NO_ABI, service->name_span,
		"the profile names no ABI: whoever loads it decides which rules are enforced");
	diag_help(&unit->diags, diag,
		"load it with the target's features: apparmor_parser --features-file FILE");
}

/* What could not be read in full cannot be written out again. */
static void check_inlined(
	struct unit *unit, const struct service *service, const struct policy *policy)
{
	const struct include_file *file = includes_opaque(&unit->arena, policy->preamble.includes);
	if (!file)
		file = includes_opaque(&unit->arena, policy->profiles->body.includes);
	for (const struct profile *child = policy->profiles->body.children; child && !file;
		child = child->next)
		file = includes_opaque(&unit->arena, child->body.includes);
	if (!file)
		return;
	struct diag *diag = diag_add(&unit->diags, DIAG_NOT_SELF_CONTAINED, service->name_span,
		"'%.*s' cannot be inlined: it holds what only apparmor_parser understands",
		SLICE_FMT(file->name));
	diag_help(&unit->diags, diag,
		"compile without --self-contained, or take abstractions that this program reads "
		"with --base DIR");
}

bool compile_service(struct unit *unit, const struct service *service,
	const struct service_templates *templates, const struct compile_options *options,
	struct compiled *ret_compiled)
{
	size_t errors = unit->diags.errors;
	struct policy *policy = lower_service(unit, service, templates, options);
	if (!policy)
		return false;
	struct scope *scope = scope_of(unit, service, templates, policy);
	bool carved = carve_all(unit, service, templates, policy->profiles, scope);
	/* An exception that could not be made would be reported a second time as a dead rule. */
	if (carved)
		check_profile(unit, templates, scope, policy->profiles, service, options->abi,
			options->run || service->run->is_given);
	if (options->self_contained)
		check_inlined(unit, service, policy);
	if (unit->diags.errors > errors)
		return false;
	drop_denies(unit, policy->profiles);
	if (options->abi == ABI_NONE || options->self_contained)
		note_no_abi(unit, service);
	*ret_compiled = (struct compiled){
		.name = service->name,
		.service = service,
		.template = templates->own,
		.policy = policy,
		.scope = scope,
	};
	return true;
}
