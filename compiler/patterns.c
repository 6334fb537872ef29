#include "compiler/patterns.h"

#include "policy/includes.h"
#include "policy/print.h"

/* What one set of includes holds. */
struct cached_set {
	struct cached_set *next;
	const struct include_file **files; /* that the body itself includes */
	size_t count;
	struct included included;
};

/* The cache: of single files, and of sets; most descriptions use the same few. */
enum { SETS_MAX = 64 };

struct patterns {
	struct arena *arena;
	struct cached {
		struct cached *next;
		const struct include_file *file;
		struct pattern_list list;
	} * first;
	struct cached_set *first_set;
	size_t set_count;
};

struct patterns *patterns_new(struct arena *arena)
{
	struct patterns *patterns = arena_new(arena, struct patterns);
	patterns->arena = arena;
	return patterns;
}

static const struct file_rule *as_file(const struct rule *rule)
{
	return rule->ops == &rule_file ? (const struct file_rule *)rule : NULL;
}

/* What a file declares that could not be read in full is apparmor_parser's to judge. */
static void report_expansion(struct unit *unit, const struct scope *scope, struct span at,
	struct slice text, struct slice name)
{
	if (name.len > 0 && scope_is_open(scope))
		return;
	if (name.len == 0) {
		diag_add(&unit->diags, DIAG_TOO_LARGE, at,
			"'%.*s' cannot be expanded: it becomes too long, or a variable refers to itself",
			SLICE_FMT(text));
		return;
	}
	struct diag *diag = diag_add(&unit->diags, DIAG_UNDECLARED_VARIABLE, at,
		"variable '@{%.*s}' is not declared", SLICE_FMT(name));
	diag_help(&unit->diags, diag,
		"variables come from the template's tunables; braces meant literally are written \\{ and \\}");
}

static void report_glob(
	struct unit *unit, struct span at, struct slice text, const char *error, size_t offset)
{
	struct diag *diag = diag_add(&unit->diags, DIAG_BAD_GLOB, at,
		"'%.*s' is not a valid pattern: %s at byte %zu", SLICE_FMT(text), error,
		offset + 1);
	diag_help(&unit->diags, diag,
		"glob characters meant literally are written with a backslash: \\* \\? \\[ \\] \\{ \\}");
}

struct pattern pattern_of(
	struct unit *unit, const struct scope *scope, const struct file_rule *rule, bool report)
{
	struct pattern pattern = {.rule = rule, .text = rule->path};
	struct slice name;
	if (rule->head.pattern) {
		pattern = *rule->head.pattern;
		pattern.rule = rule;
		return pattern;
	}
	if (rule->all)
		pattern.text = SLICE("/{,**}");
	else if (!scope_expand(
			 &unit->arena, unit->limits, scope, rule->path, &pattern.text, &name)) {
		if (report)
			report_expansion(unit, scope, rule->head.span, rule->path, name);
		return pattern;
	}
	const char *error;
	size_t offset;
	pattern.glob = glob_read(&unit->arena, unit->limits, pattern.text, &error, &offset);
	if (!pattern.glob && report)
		report_glob(unit, rule->head.span, pattern.text, error, offset);
	return pattern;
}

static struct pattern pattern_of_part(struct unit *unit, const struct scope *scope,
	const struct file_rule *rule, struct slice part)
{
	struct file_rule alone = *rule;
	struct pattern pattern = {.rule = rule};
	if (rule->name.len > 0) {
		alone.path = part;
		alone.head.pattern = NULL;
		pattern = pattern_of(unit, scope, &alone, false);
	}
	pattern.rule = rule;
	pattern.part = part;
	return pattern;
}

struct pattern pattern_of_name(
	struct unit *unit, const struct scope *scope, const struct file_rule *rule)
{
	struct pattern pattern = pattern_of_part(unit, scope, rule, rule->name);
	pattern.of_name = true;
	return pattern;
}

struct pattern pattern_of_directory(
	struct unit *unit, const struct scope *scope, const struct file_rule *rule, bool below)
{
	struct slice part =
		arena_printf(&unit->arena, "%.*s%s", SLICE_FMT(rule->name), below ? "/**" : "/");
	return pattern_of_part(unit, scope, rule, part);
}

/* The variable that s starts with, as "@{NAME}", or nothing. */
static struct slice variable_at(struct slice s)
{
	if (!slice_starts(s, SLICE("@{")))
		return slice_of(NULL, 0);
	const char *end = memchr(s.at, '}', s.len);
	return end ? slice_first(s, (size_t)(end - s.at) + 1) : slice_of(NULL, 0);
}

void patterns_check_other(struct unit *unit, const struct scope *scope, const struct rule *rule)
{
	if (rule->ops == &rule_network || rule->ops == &rule_capability)
		return; /* most rules of most descriptions: they hold names only */
	struct buf printed = buf_new(&unit->arena);
	rule_print(rule, &printed);
	struct slice text = buf_slice(&printed);
	for (size_t i = 0; i < text.len; i++) {
		struct slice expanded, name, variable = variable_at(slice_from(text, i));
		if (variable.len > 0 && !scope_expand(&unit->arena, unit->limits, scope, variable,
						&expanded, &name)) {
			report_expansion(unit, scope, rule->span, variable, name);
			return;
		}
		i += text.at[i] == '\\';
	}
}

void pattern_list_add(struct arena *arena, struct pattern_list *list, struct pattern pattern)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 32;
		struct pattern *at = arena_bytes(arena, room * sizeof(*at));
		if (list->count > 0)
			memcpy(at, list->at, list->count * sizeof(*at));
		list->at = at;
		list->room = room;
	}
	list->at[list->count++] = pattern;
}

void patterns_of_rules(struct unit *unit, const struct scope *scope, const struct body *body,
	struct pattern_list *list)
{
	for (const struct rule *rule = body->rules; rule; rule = rule->next) {
		const struct file_rule *file = as_file(rule);
		if (!file) {
			if (rule->printed.len == 0)
				patterns_check_other(unit, scope, rule);
			continue;
		}
		struct pattern pattern = pattern_of(unit, scope, file, true);
		if (pattern.glob)
			pattern_list_add(&unit->arena, list, pattern);
	}
}

static bool is_deny(const struct statement *statement)
{
	for (const struct item *item = statement->items; item; item = item->next)
		if (slice_is(item->text, "deny"))
			return true;
	return false;
}

/*
 * Whether a deny of the template is about paths of the pattern. Denies that exceptions are carved
 * out of only become smaller.
 */
static bool is_touched(const struct policy_template *template, const struct pattern *pattern)
{
	struct unit *unit = template->unit;
	if (!template->parts)
		return true;
	for (const struct template_part *part = template->parts; part; part = part->next) {
		const struct rule *rule = part->rule;
		if (!part->rule && is_deny(part->statement))
			return true; /* which paths varies with the description */
		if (rule && rule->pattern && rule->qualifiers.deny &&
			glob_overlap(&unit->arena, unit->limits, rule->pattern->glob, pattern->glob,
				NULL) != GLOB_NO)
			return true;
	}
	return false;
}

static const struct pattern_list *cached_patterns(
	const struct policy_template *template, const struct include_file *file)
{
	struct patterns *patterns = template->patterns;
	for (const struct cached *cached = patterns->first; cached; cached = cached->next)
		if (cached->file == file)
			return &cached->list;
	struct cached *cached = arena_new(patterns->arena, struct cached);
	cached->file = file;
	for (const struct rule *rule = file->body->rules; rule; rule = rule->next) {
		const struct file_rule *rule_of_file = as_file(rule);
		if (!rule_of_file)
			continue;
		/* A mistake in an abstraction is apparmor_parser's to report: it is not of this
		 * description. */
		struct pattern pattern =
			pattern_of(template->unit, template->scope, rule_of_file, false);
		if (!pattern.glob)
			continue;
		pattern.untouched = !is_touched(template, &pattern);
		pattern_list_add(patterns->arena, &cached->list, pattern);
	}
	cached->next = patterns->first;
	patterns->first = cached;
	return &cached->list;
}

/* What is being put together. */
struct gathering {
	const struct policy_template *template;
	struct arena *arena;
	struct include_set seen;
	struct included *included;
	size_t other_room;
};

static void gather_other(struct gathering *g, const struct rule *rule)
{
	struct included *included = g->included;
	if (included->other_count == g->other_room) {
		size_t room = g->other_room ? g->other_room * 2 : 32;
		struct included_rule *others = arena_array(g->arena, room, sizeof(*others));
		if (included->other_count > 0)
			memcpy(others, included->others, included->other_count * sizeof(*others));
		included->others = others;
		g->other_room = room;
	}
	included->others[included->other_count++] = (struct included_rule){.rule = rule};
}

static void gather_files(struct gathering *g, const struct pattern_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		pattern_list_add(g->arena, &g->included->files, list->at[i]);
}

static void gather(struct gathering *g, const struct include *include)
{
	for (; include; include = include->next)
		for (const struct include_file *file = include->files; file; file = file->next) {
			if (!include_set_add(&g->seen, file))
				continue;
			gather_files(g, cached_patterns(g->template, file));
			for (const struct rule *rule = file->body->rules; rule; rule = rule->next)
				if (!as_file(rule))
					gather_other(g, rule);
			gather(g, file->body->includes);
		}
}

/* The files that the body itself includes: written to `files` where there is one, and counted. */
static size_t list_files(const struct body *body, const struct include_file **files)
{
	size_t count = 0;
	for (const struct include *include = body->includes; include; include = include->next)
		for (const struct include_file *file = include->files; file; file = file->next) {
			if (files)
				files[count] = file;
			count++;
		}
	return count;
}

static bool is_of(const struct cached_set *cached, const struct body *body)
{
	size_t at = 0;
	for (const struct include *include = body->includes; include; include = include->next)
		for (const struct include_file *file = include->files; file; file = file->next)
			if (at == cached->count || cached->files[at++] != file)
				return false;
	return at == cached->count;
}

static const struct included *gather_all(
	struct gathering *g, const struct include *first, struct included *included)
{
	included->arena = g->arena;
	included->template = g->template;
	g->included = included;
	g->seen = include_set_new(g->arena);
	gather(g, first);
	included->screen = pattern_list_screen(g->arena, &included->files);
	return included;
}

const struct included *patterns_of_includes(
	struct unit *unit, const struct policy_template *template, const struct body *body)
{
	struct patterns *patterns = template->patterns;
	struct gathering g = {.template = template, .arena = patterns->arena};
	for (const struct cached_set *set = patterns->first_set; set; set = set->next)
		if (is_of(set, body))
			return &set->included;
	if (patterns->set_count == SETS_MAX) {
		g.arena = &unit->arena;
		return gather_all(&g, body->includes, arena_new(g.arena, struct included));
	}
	struct cached_set *set = arena_new(g.arena, struct cached_set);
	set->count = list_files(body, NULL);
	set->files = arena_array(g.arena, set->count, sizeof(*set->files));
	list_files(body, set->files);
	set->next = patterns->first_set;
	patterns->first_set = set;
	patterns->set_count++;
	return gather_all(&g, body->includes, &set->included);
}

static struct region_list *regions_new(
	struct arena *arena, struct unit *unit, const struct scope *scope, const struct rule *rule)
{
	struct region_list *list = arena_new(arena, struct region_list);
	*list = (struct region_list){.unit = unit, .scope = scope};
	regions_of_rule(list, rule);
	return list;
}

const struct region_list *included_regions(
	struct unit *unit, const struct scope *scope, const struct included *included, size_t index)
{
	struct included_rule *other = &included->others[index];
	struct buf text = buf_new(&unit->arena);
	if (other->regions)
		return other->regions;
	rule_print(other->rule, &text);
	if (slice_has(buf_slice(&text), '@') || included->arena == &unit->arena)
		return regions_new(&unit->arena, unit, scope, other->rule);
	other->regions = regions_new(
		included->arena, included->template->unit, included->template->scope, other->rule);
	return other->regions;
}

struct glob_screen *pattern_list_screen(struct arena *arena, const struct pattern_list *list)
{
	const struct glob **globs = arena_array(arena, list->count, sizeof(*globs));
	for (size_t i = 0; i < list->count; i++)
		globs[i] = list->at[i].glob;
	return glob_screen_new(arena, globs, list->count);
}
