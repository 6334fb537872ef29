#include "compiler/lower_template.h"

#include "parser/substitute.h"

static struct profile *read_block(struct lowering *l, const struct statement *whole)
{
	struct statement *block = substitute(l->unit, whole, l->bindings, VARIABLE_COUNT);
	if (!block) {
		diag_add(&l->unit->diags, DIAG_BAD_TEMPLATE, l->root->template_span,
			"template '%.*s' attaches by path: it needs a `binary`",
			SLICE_FMT(l->template->name));
		return NULL;
	}
	struct policy policy;
	if (!policy_read(l->unit, block, ORIGIN_TEMPLATE, l->template->loader, &policy))
		return NULL;
	return policy.profiles;
}

static void add_fixed(struct lowering *l, const struct template_part *part)
{
	if (part->rule) {
		struct rule *rule = arena_alloc(&l->unit->arena, part->rule->ops->size);
		memcpy(rule, part->rule, part->rule->ops->size);
		rule->next = NULL;
		body_add_rule(&l->profile->body, rule);
	}
	if (part->include) {
		struct include *include = arena_new(&l->unit->arena, struct include);
		*include = *part->include;
		include->next = NULL;
		body_add_include(&l->profile->body, include);
	}
}

/* Moves the rules and includes that came of one statement from the front of the lists. */
static void add_varying(struct lowering *l, const struct statement *statement, struct rule **rules,
	struct include **includes)
{
	while (*rules && (*rules)->span.begin == statement->span.begin) {
		struct rule *rule = *rules;
		*rules = rule->next;
		rule->next = NULL;
		body_add_rule(&l->profile->body, rule);
	}
	while (*includes && (*includes)->span.begin == statement->span.begin) {
		struct include *include = *includes;
		*includes = include->next;
		include->next = NULL;
		body_add_include(&l->profile->body, include);
	}
}

static bool is_entry(const struct path_entry *entry, struct span span)
{
	for (; entry; entry = entry->next)
		if (entry->span.begin == span.begin && entry->span.end == span.end)
			return true;
	return false;
}

/*
 * What the template allows for an entry of the description is the description's: an exception to
 * denies, and dead when one of them shadows it.
 */
static void claim_entries(struct lowering *l, struct profile *profile)
{
	const struct service *s = l->service;
	for (struct rule *rule = profile->body.rules; rule; rule = rule->next) {
		struct span cause = rule->cause;
		if (span_none(cause) || rule->qualifiers.deny)
			continue;
		if (is_entry(s->binary, cause) || is_entry(s->libraries, cause) ||
			is_entry(s->readable, cause) || is_entry(s->writable, cause))
			rule->origin = ORIGIN_DESCRIPTION;
	}
}

/* `network,` or `capability,`: all of its class. */
static bool is_blanket(const struct rule *rule, const struct rule_ops *ops)
{
	if (rule->ops != ops || rule->qualifiers.deny)
		return false;
	if (ops == &rule_capability)
		return ((const struct capability_rule *)rule)->mask == 0;
	const struct network_rule *network = (const struct network_rule *)rule;
	return !network->family && !network->type && !network->protocol && !network->access &&
	       !network->conditions;
}

/* A class that the description lists is what it allows: the template's rule for all of it goes. */
static void drop_blankets(struct lowering *l)
{
	struct rule **at = &l->profile->body.rules;
	while (*at) {
		bool goes = (l->service->has_network && is_blanket(*at, &rule_network)) ||
			    (l->service->has_capabilities && is_blanket(*at, &rule_capability));
		if (goes)
			*at = (*at)->next;
		else
			at = &(*at)->next;
	}
	l->profile->body.rules_end = at;
}

static struct profile *read_template(struct lowering *l)
{
	const struct policy_template *template = l->template;
	if (!template->parts)
		return read_block(l, template->block);
	l->profile = read_block(l, template->varying);
	if (!l->profile)
		return NULL;
	struct rule *rules = l->profile->body.rules;
	struct include *includes = l->profile->body.includes;
	body_init(&l->profile->body);
	for (const struct template_part *part = template->parts; part; part = part->next) {
		add_fixed(l, part);
		add_varying(l, part->statement, &rules, &includes);
	}
	return l->profile;
}

struct profile *lower_template(struct lowering *l)
{
	l->profile = read_template(l);
	if (!l->profile)
		return NULL;
	claim_entries(l, l->profile);
	drop_blankets(l);
	return l->profile;
}

static bool is_included(const struct include *list, const struct include *include)
{
	for (; list; list = list->next)
		if (list->magic == include->magic && slice_eq(list->path, include->path))
			return true;
	return false;
}

static const struct variable *find_variable(const struct variable *list, struct slice name)
{
	while (list && !slice_eq(list->name, name))
		list = list->next;
	return list;
}

/*
 * A profile and its children share what stands before them: what the template of a child includes
 * and declares is added. A variable has one meaning for all of them.
 */
bool lower_preamble(struct unit *unit, struct preamble *preamble, const struct service *child,
	const struct policy_template *template)
{
	const struct preamble *more = &template->preamble;
	struct include **include = &preamble->includes;
	struct variable **variable = &preamble->variables;
	for (const struct include *at = more->includes; at; at = at->next) {
		if (is_included(preamble->includes, at))
			continue;
		struct include *copy = arena_new(&unit->arena, struct include);
		*copy = *at;
		copy->next = *include;
		*include = copy;
		include = &copy->next;
	}
	for (const struct variable *at = more->variables; at; at = at->next) {
		if (find_variable(preamble->variables, at->name)) {
			diag_add(&unit->diags, DIAG_BAD_TEMPLATE, child->template_span,
				"the template '%.*s' declares '%.*s', and so does that of the parent: "
				"a variable has one meaning in a policy",
				SLICE_FMT(template->name), SLICE_FMT(at->name));
			return false;
		}
		struct variable *copy = arena_new(&unit->arena, struct variable);
		*copy = *at;
		copy->next = *variable;
		*variable = copy;
		variable = &copy->next;
	}
	struct rule **alias = &preamble->aliases;
	for (const struct rule *at = more->aliases; at; at = at->next) {
		struct rule *copy = arena_alloc(&unit->arena, at->ops->size);
		memcpy(copy, at, at->ops->size);
		copy->next = *alias;
		*alias = copy;
		alias = &copy->next;
	}
	return true;
}
