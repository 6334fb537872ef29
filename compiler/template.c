#include "compiler/template.h"

#include "compiler/patterns.h"
#include "parser/parser.h"
#include "policy/print.h"

static bool is_description_variable(struct slice name)
{
#define IS_VARIABLE(symbol, about)                                                                 \
	if (slice_is(name, #symbol))                                                               \
		return true;
	TEMPLATE_VARIABLES(IS_VARIABLE)
#undef IS_VARIABLE
	return false;
}

/* The first variable of the description that a word uses, such as `binary` of "@{binary}/x". */
static struct slice description_variable_in(struct slice text)
{
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (text.at[i] == '\\') {
			i++;
			continue;
		}
		if (text.at[i] != '@' || text.at[i + 1] != '{')
			continue;
		struct slice rest = slice_from(text, i + 2);
		const char *end = rest.len ? memchr(rest.at, '}', rest.len) : NULL;
		if (!end)
			break;
		struct slice name = slice_first(rest, (size_t)(end - rest.at));
		if (is_description_variable(name))
			return name;
	}
	return slice_of(NULL, 0);
}

static bool preamble_is_constant(struct unit *unit, const struct statement *statement)
{
	for (const struct item *item = statement->items; item; item = item->next) {
		struct slice used = description_variable_in(item->text);
		if (used.len == 0)
			continue;
		diag_add(&unit->diags, DIAG_BAD_TEMPLATE, item->span,
			"'@{%.*s}' is known inside the profile only, not before it",
			SLICE_FMT(used));
		return false;
	}
	return true;
}

/* Cuts the profile out of the statements; what is left is the preamble. */
static struct statement *take_block(
	struct unit *unit, struct statement **first, const struct source *source)
{
	struct statement *block = NULL;
	for (struct statement **at = first; *at;) {
		if ((*at)->kind != STATEMENT_BLOCK) {
			preamble_is_constant(unit, *at);
			at = &(*at)->next;
			continue;
		}
		if (block) {
			struct diag *diag = diag_add(&unit->diags, DIAG_BAD_TEMPLATE, (*at)->span,
				"a template holds one profile, this is the second");
			diag_second(&unit->diags, diag, block->span, "the first is here");
			return NULL;
		}
		block = *at;
		*at = block->next;
		block->next = NULL;
	}
	if (!block)
		diag_add(&unit->diags, DIAG_BAD_TEMPLATE, span_of(source->begin, source->begin),
			"a template must hold a profile: profile @{name} { … }");
	return block;
}

/* "container 1" of a line `# baseline: container 1`. */
static struct slice find_baseline(struct slice text, struct slice otherwise)
{
	struct slice mark = SLICE("# baseline:");
	while (text.len > 0 && text.at[0] == '#') {
		const char *newline = memchr(text.at, '\n', text.len);
		size_t len = newline ? (size_t)(newline - text.at) : text.len;
		struct slice line = slice_first(text, len);
		if (slice_starts(line, mark))
			return slice_trim(slice_from(line, mark.len));
		text = slice_from(text, len + 1);
	}
	return otherwise;
}

static bool items_vary(const struct item *item)
{
	for (; item; item = item->next)
		if (description_variable_in(item->text).len > 0 || items_vary(item->items))
			return true;
	return false;
}

/* The profile with some of its statements: its head, and those. */
static struct statement *block_with(
	struct unit *unit, const struct statement *block, struct statement *children)
{
	struct statement *copy = arena_new(&unit->arena, struct statement);
	*copy = *block;
	copy->next = NULL;
	copy->children = children;
	return copy;
}

static struct statement *copy_alone(struct unit *unit, const struct statement *statement)
{
	struct statement *copy = arena_new(&unit->arena, struct statement);
	*copy = *statement;
	copy->next = NULL;
	return copy;
}

void template_share_rule(const struct policy_template *template, struct rule *rule)
{
	struct unit *unit = template->unit;
	struct buf printed = buf_new(&unit->arena);
	rule_print(rule, &printed);
	rule->printed = buf_slice(&printed);
	if (rule->ops != &rule_file) {
		patterns_check_other(unit, template->scope, rule);
		return;
	}
	struct pattern *pattern = arena_new(&unit->arena, struct pattern);
	*pattern = pattern_of(unit, template->scope, (const struct file_rule *)rule, false);
	if (pattern->glob)
		rule->pattern = pattern;
}

static bool prepare_part(struct policy_template *template, struct template_part *part)
{
	struct unit *unit = template->unit;
	if (items_vary(part->statement->items))
		return true;
	struct policy policy;
	struct statement *alone = copy_alone(unit, part->statement);
	if (!policy_read(unit, block_with(unit, template->block, alone), ORIGIN_TEMPLATE,
		    template->loader, &policy))
		return false;
	struct body *body = &policy.profiles->body;
	if (body->rules)
		template_share_rule(template, body->rules);
	part->rule = body->rules;
	part->include = body->includes;
	return true;
}

static bool has_blocks(const struct statement *statement)
{
	for (; statement; statement = statement->next)
		if (statement->kind != STATEMENT_RULE && statement->kind != STATEMENT_INCLUDE)
			return true;
	return false;
}

/* Reads what does not depend on a description. false after mistakes, all of which are reported. */
static bool prepare_parts(struct policy_template *template)
{
	struct unit *unit = template->unit;
	struct statement *varying = NULL, **varying_end = &varying;
	struct template_part **end = &template->parts;
	bool ok = true;
	if (has_blocks(template->block->children))
		return true;
	for (const struct statement *at = template->block->children; at; at = at->next) {
		struct template_part *part = arena_new(&unit->arena, struct template_part);
		part->statement = at;
		ok &= prepare_part(template, part);
		if (!part->rule && !part->include) {
			*varying_end = copy_alone(unit, at);
			varying_end = &(*varying_end)->next;
		}
		*end = part;
		end = &part->next;
	}
	template->varying = block_with(unit, template->block, varying);
	return ok;
}

static struct include *include_tunables(
	struct unit *unit, const struct policy_template *template, const struct source *source)
{
	struct include *include = arena_new(&unit->arena, struct include);
	bool is_missing = false;
	include->path = SLICE("tunables/global");
	include->magic = true;
	include->origin = ORIGIN_TEMPLATE;
	include->span = span_of(source->begin, source->begin);
	if (template->loader)
		include->files = template->loader->find(
			template->loader->context, include->path, true, &is_missing);
	if (is_missing)
		diag_add(&unit->diags, DIAG_MISSING_INCLUDE, include->span,
			"there is no '%.*s', which abstractions and variables need",
			SLICE_FMT(include->path));
	return include;
}

struct policy_template *template_prepare(struct unit *unit, const struct source *source,
	struct slice name, const struct include_loader *loader, bool needs_tunables)
{
	struct statement *statements;
	size_t errors = unit->diags.errors;
	if (!parse_policy(unit, source, &statements))
		return NULL;
	struct policy_template *template = arena_new(&unit->arena, struct policy_template);
	template->name = name;
	template->baseline = find_baseline(source->text, name);
	template->unit = unit;
	template->loader = loader;
	template->block = take_block(unit, &statements, source);
	if (!template->block || unit->diags.errors > errors)
		return NULL;
	struct policy policy;
	if (!policy_read(unit, statements, ORIGIN_TEMPLATE, loader, &policy))
		return NULL;
	template->preamble = policy.preamble;
	if (needs_tunables && !template->preamble.includes && !template->preamble.variables)
		template->preamble.includes = include_tunables(unit, template, source);
	template->scope = scope_new(unit, &template->preamble, slice_of(NULL, 0));
	template->patterns = patterns_new(&unit->arena);
	template->carved = arena_new(&unit->arena, struct carved *);
	bool ok = prepare_parts(template);
	return !ok || unit->diags.errors > errors ? NULL : template;
}
