#include "compiler/carve.h"

#include "compiler/patterns.h"

/* The permissions are carved each by itself: exceptions need not grant all of them. */
static const unsigned single_perms[] = {
	PERM_READ, PERM_WRITE, PERM_APPEND, PERM_LOCK, PERM_LINK, PERM_MMAP, PERM_EXEC};

/* Sets of exceptions are bits of 64. */
enum { PERM_COUNT = sizeof(single_perms) / sizeof(single_perms[0]), EXCEPTIONS_MAX = 64 };

struct carving {
	struct unit *unit;
	const struct policy_template *template;
	const struct scope *scope;
	struct profile *profile;
	struct pattern_list allows; /* that may be exceptions: those of this profile alone … */
	struct pattern_list shared; /* … and those that every profile of the template has */
};

/* A deny that every profile of a template has, with the exceptions that they all have. */
struct carved {
	struct carved *next;
	const struct pattern *deny;
	struct pattern_list exceptions; /* none: the deny stays as it is */
	struct rule *rules;		/* what takes its place without further exceptions */
};

static const struct file_rule *as_file(const struct rule *rule)
{
	return rule->ops == &rule_file ? (const struct file_rule *)rule : NULL;
}

static bool may_be_exception(const struct file_rule *rule)
{
	if (rule->head.qualifiers.deny || rule->all)
		return false;
	switch (rule->head.section) {
	case SECTION_TEMPLATE: /* the template's own, or placed by it for an entry */
	case SECTION_BINARY:
	case SECTION_LIBRARIES:
	case SECTION_READABLE:
	case SECTION_WRITABLE:
	case SECTION_EXEC:
		return true;
	case SECTION_INCLUDES:
	case SECTION_NETWORK:
	case SECTION_CAPABILITIES:
	case SECTION_RULES: /* says what it means itself */
	case SECTION_DENY:
	case SECTION_COUNT:
		break;
	}
	return false;
}

/* Patterns are kept at their rules: the checks ask for them again. */
static void find_allows(struct carving *c)
{
	struct arena *arena = &c->unit->arena;
	for (struct rule *rule = c->profile->body.rules; rule; rule = rule->next) {
		const struct file_rule *file = as_file(rule);
		if (!file || !may_be_exception(file))
			continue;
		/* A mistake in it is reported by the checks. */
		struct pattern pattern = pattern_of(c->unit, c->scope, file, false);
		if (!pattern.glob)
			continue;
		pattern_list_add(arena, rule->pattern ? &c->shared : &c->allows, pattern);
		if (rule->pattern)
			continue;
		struct pattern *kept = arena_new(arena, struct pattern);
		*kept = pattern;
		rule->pattern = kept;
	}
}

static bool yields(const struct rule *rule)
{
	const struct file_rule *file = as_file(rule);
	return file && rule->qualifiers.deny && rule->origin == ORIGIN_TEMPLATE &&
	       rule->qualifiers.owner == OWNER_ANY;
}

static unsigned granted(const struct file_rule *rule)
{
	/* w implies a, for allow and deny alike. */
	return rule->perms & PERM_WRITE ? rule->perms | PERM_APPEND : rule->perms;
}

static bool lies_below(struct unit *unit, const struct pattern *allow, const struct pattern *deny)
{
	return glob_covered(&unit->arena, unit->limits, allow->glob, &deny->glob, 1, NULL) ==
	       GLOB_YES;
}

/*
 * Of an entry that is a file or a directory, one of the two may lie below the deny: `deny
 * /proc/kcore` has nothing below it, `deny /sys/firmware/{,**}` is about a directory.
 */
static void find_parts(struct unit *unit, const struct scope *scope, const struct pattern *allow,
	const struct pattern *deny, struct pattern_list *exceptions)
{
	const struct pattern parts[] = {
		pattern_of_name(unit, scope, allow->rule),
		pattern_of_directory(unit, scope, allow->rule, false),
		pattern_of_directory(unit, scope, allow->rule, true),
	};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].glob && lies_below(unit, &parts[i], deny))
			pattern_list_add(&unit->arena, exceptions, parts[i]);
}

/* The allow rules that lie wholly below the deny, or a part of them, and grant what it takes. */
static void find_exceptions(struct unit *unit, const struct scope *scope,
	const struct pattern_list *allows, const struct pattern *deny,
	struct pattern_list *exceptions)
{
	for (size_t i = 0; i < allows->count; i++) {
		const struct pattern *allow = &allows->at[i];
		if (!(granted(allow->rule) & granted(deny->rule)) ||
			glob_is_apart(allow->glob, deny->glob))
			continue;
		if (lies_below(unit, allow, deny))
			pattern_list_add(&unit->arena, exceptions, *allow);
		else if (allow->rule->name.len > 0)
			find_parts(unit, scope, allow, deny, exceptions);
	}
}

/* Whether exceptions of the template open all that this one does. */
static bool is_open_already(struct carving *c, const struct pattern *deny,
	const struct pattern_list *shared, const struct pattern *exception)
{
	const struct glob *by[EXCEPTIONS_MAX];
	unsigned needed = granted(exception->rule) & granted(deny->rule);
	size_t count = 0;
	enum owner owner = exception->rule->head.qualifiers.owner;
	for (size_t i = 0; i < shared->count && count < EXCEPTIONS_MAX; i++)
		if ((shared->at[i].rule->head.qualifiers.owner == OWNER_ANY ||
			    shared->at[i].rule->head.qualifiers.owner == owner) &&
			(granted(shared->at[i].rule) & needed) == needed)
			by[count++] = shared->at[i].glob;
	return count > 0 && glob_covered(&c->unit->arena, c->unit->limits, exception->glob, by,
				    count, NULL) == GLOB_YES;
}

/* An entry that a deny was carved for is not without effect, whatever else allows it. */
static void note_openings(struct carving *c, const struct pattern *deny,
	const struct pattern_list *shared, const struct pattern_list *exceptions)
{
	for (size_t i = 0; i < exceptions->count; i++) {
		if (is_open_already(c, deny, shared, &exceptions->at[i]))
			continue;
		for (struct rule *rule = c->profile->body.rules; rule; rule = rule->next)
			if (rule == &exceptions->at[i].rule->head)
				rule->opens_deny = true;
	}
}

/* Of a tree; a single file that is denied is opened by its name. */
static bool takes_all(
	struct carving *c, const struct pattern *deny, const struct pattern *exception)
{
	if (glob_is_exact(deny->glob) || glob_covered(&c->unit->arena, c->unit->limits, deny->glob,
						 &exception->glob, 1, NULL) != GLOB_YES)
		return false;
	struct diag *diag = diag_add(&c->unit->diags, DIAG_UNCARVABLE, exception->rule->head.span,
		"this exception takes away the whole built-in deny '%.*s'",
		SLICE_FMT(deny->rule->path));
	diag_second(&c->unit->diags, diag, deny->rule->head.span, "the deny is here");
	diag_help(&c->unit->diags, diag,
		"name the files or directories below it that the service really needs");
	return true;
}

/* The exceptions (as a bit set, by index) that grant one permission. */
static uint64_t granting(const struct pattern_list *exceptions, unsigned perm)
{
	uint64_t set = 0;
	for (size_t i = 0; i < exceptions->count; i++)
		if (granted(exceptions->at[i].rule) & perm)
			set |= UINT64_C(1) << i;
	return set;
}

static struct file_rule *add_deny(struct carving *c, const struct pattern *deny, struct slice path,
	unsigned perms, struct span cause, struct rule ***end)
{
	struct file_rule *rule = arena_new(&c->unit->arena, struct file_rule);
	rule->head = deny->rule->head;
	rule->head.next = NULL;
	rule->head.comment = slice_of(NULL, 0);
	rule->head.printed = slice_of(NULL, 0);
	rule->head.pattern = NULL;
	rule->head.cause = cause;
	rule->head.carved = !span_none(cause);
	rule->path = path;
	rule->perms = perms;
	rule->exec = perms & PERM_EXEC ? EXEC_DENY : EXEC_NONE;
	**end = &rule->head;
	*end = &rule->head.next;
	return rule;
}

static void report_uncarvable(struct carving *c, const struct pattern *deny,
	const struct pattern *exception, enum glob_answer answer)
{
	struct diag *diag = diag_add(&c->unit->diags, DIAG_UNCARVABLE, exception->rule->head.span,
		answer == GLOB_NO
			? "the built-in deny '%.*s' without this exception is not expressible in AppArmor's patterns"
			: "the built-in deny '%.*s' without this exception needs too many rules",
		SLICE_FMT(deny->rule->path));
	diag_second(&c->unit->diags, diag, deny->rule->head.span, "the deny is here");
	diag_help(&c->unit->diags, diag,
		"name single files, whole directories or @{pid}; a '*' must stand for a whole path component");
}

/* @{pid} in the place of its value, which is the same and can be read. */
static struct slice with_variable(struct carving *c, struct slice glob, const char *variable)
{
	struct unit *unit = c->unit;
	struct slice value, missing;
	if (!scope_expand(
		    &unit->arena, unit->limits, c->scope, slice_str(variable), &value, &missing) ||
		!slice_starts(value, SLICE("{")))
		return glob;
	struct buf out = buf_new(&unit->arena);
	for (const char *at; glob.len >= value.len && (at = slice_find(glob, value));) {
		size_t before = (size_t)(at - glob.at);
		buf_add(&out, slice_first(glob, before));
		buf_add_str(&out, variable);
		glob = slice_from(glob, before + value.len);
	}
	buf_add(&out, glob);
	return buf_slice(&out);
}

/* deny PATH perms, for all paths of the deny but those of the exceptions in the set. */
static bool add_complement(struct carving *c, const struct pattern *deny,
	const struct pattern_list *exceptions, uint64_t set, unsigned perms, struct rule ***end)
{
	const struct glob *except[EXCEPTIONS_MAX];
	const struct pattern *first = NULL;
	size_t count = 0;
	for (size_t i = 0; i < exceptions->count; i++) {
		if (!(set >> i & 1))
			continue;
		first = first ? first : &exceptions->at[i];
		except[count++] = exceptions->at[i].glob;
	}
	struct slice *globs;
	size_t glob_count;
	enum glob_answer answer = glob_subtract(
		&c->unit->arena, c->unit->limits, deny->glob, except, count, &globs, &glob_count);
	if (answer != GLOB_YES) {
		report_uncarvable(c, deny, first, answer);
		return false;
	}
	struct span cause = first->rule->head.cause;
	if (span_none(cause))
		cause = first->rule->head.span;
	for (size_t i = 0; i < glob_count; i++)
		add_deny(c, deny, with_variable(c, globs[i], "@{pid}"), perms, cause, end);
	return true;
}

/* The exceptions that open to everybody, for one permission, some of what `owned` opens to owners.
 */
static size_t find_unowned(struct unit *unit, const struct pattern_list *exceptions,
	const struct pattern *owned, unsigned perm,
	const struct glob *ret_globs[static EXCEPTIONS_MAX])
{
	size_t count = 0;
	for (size_t i = 0; i < exceptions->count; i++) {
		const struct pattern *other = &exceptions->at[i];
		if (other->rule->head.qualifiers.owner == OWNER_ANY &&
			(granted(other->rule) & perm) &&
			glob_overlap(&unit->arena, unit->limits, other->glob, owned->glob, NULL) !=
				GLOB_NO)
			ret_globs[count++] = other->glob;
	}
	return count;
}

static void deny_other(struct carving *c, const struct pattern *deny, const struct pattern *owned,
	struct slice path, unsigned perms, struct rule ***end)
{
	struct file_rule *rule = add_deny(c, deny, path, perms, owned->rule->head.span, end);
	rule->head.qualifiers.owner = OWNER_OTHER;
}

/*
 * An exception for the owner of a file only leaves the deny to everybody else, as something else
 * (docker-default's `file,`) might allow it; but not where another exception opens the same to all.
 */
static bool deny_others(struct carving *c, const struct pattern *deny,
	const struct pattern_list *exceptions, const struct pattern *owned, struct rule ***end)
{
	struct unit *unit = c->unit;
	unsigned left = owned->rule->perms & granted(deny->rule), whole = 0;
	for (size_t i = 0; i < PERM_COUNT; i++) {
		const struct glob *except[EXCEPTIONS_MAX];
		unsigned perm = left & single_perms[i];
		size_t count = perm ? find_unowned(unit, exceptions, owned, perm, except) : 0;
		struct slice *globs;
		size_t glob_count;
		if (count == 0) {
			whole |= perm;
			continue;
		}
		enum glob_answer answer = glob_subtract(&unit->arena, unit->limits, owned->glob,
			except, count, &globs, &glob_count);
		if (answer != GLOB_YES) {
			report_uncarvable(c, deny, owned, answer);
			return false;
		}
		for (size_t j = 0; j < glob_count; j++)
			deny_other(c, deny, owned, globs[j], perm, end);
	}
	if (whole)
		deny_other(c, deny, owned, owned->part.len > 0 ? owned->part : owned->rule->path,
			whole, end);
	return true;
}

/* What takes the place of one deny: the new rules, linked through *end. */
static bool carve_deny(struct carving *c, const struct pattern *deny,
	const struct pattern_list *exceptions, struct rule ***end)
{
	struct rule **first = *end;
	unsigned left = granted(deny->rule) & (deny->rule->perms | PERM_APPEND);
	unsigned whole = 0;
	bool ok = true;
	for (size_t i = 0; i < PERM_COUNT; i++) {
		if (!(left & single_perms[i]))
			continue;
		uint64_t set = granting(exceptions, single_perms[i]);
		unsigned perms = 0;
		for (size_t j = i; j < PERM_COUNT; j++)
			if ((left & single_perms[j]) &&
				granting(exceptions, single_perms[j]) == set)
				perms |= single_perms[j];
		left &= ~perms;
		if (perms & PERM_WRITE)
			perms &= ~(unsigned)PERM_APPEND; /* said by w */
		if (set == 0)
			whole = perms;
		else
			ok &= add_complement(c, deny, exceptions, set, perms, end);
	}
	if (whole)
		add_deny(c, deny, deny->rule->path, whole, deny->rule->head.cause, end);
	for (size_t i = 0; i < exceptions->count; i++)
		if (exceptions->at[i].rule->head.qualifiers.owner == OWNER_OWNER)
			ok &= deny_others(c, deny, exceptions, &exceptions->at[i], end);
	if (*first)
		(*first)->comment = deny->rule->head.comment;
	return ok;
}

/* The rules that take the place of a deny, in *ret_rules. */
static bool carve_with(struct carving *c, const struct pattern *deny,
	const struct pattern_list *exceptions, struct rule **ret_rules)
{
	if (exceptions->count > EXCEPTIONS_MAX) {
		diag_add(&c->unit->diags, DIAG_UNCARVABLE,
			exceptions->at[EXCEPTIONS_MAX].rule->head.span,
			"more than %d exceptions to the built-in deny '%.*s'", EXCEPTIONS_MAX,
			SLICE_FMT(deny->rule->path));
		return false;
	}
	for (size_t i = 0; i < exceptions->count; i++)
		if (takes_all(c, deny, &exceptions->at[i]))
			return false;
	struct rule **end = ret_rules;
	return carve_deny(c, deny, exceptions, &end);
}

/* What is the same for all profiles of the template is made once, in the template's memory. */
static void share(struct carving *c, struct carved *carved, const struct pattern *deny)
{
	struct unit *unit = c->template->unit;
	struct carving own = {.unit = unit, .template = c->template, .scope = c->template->scope};
	if (!carve_with(&own, deny, &carved->exceptions, &carved->rules))
		return;
	for (struct rule *rule = carved->rules; rule; rule = rule->next)
		template_share_rule(c->template, rule);
}

static const struct carved *carved_of(struct carving *c, const struct pattern *deny)
{
	const struct policy_template *template = c->template;
	const struct pattern *key = deny->rule->head.pattern;
	for (const struct carved *carved = *template->carved; carved; carved = carved->next)
		if (carved->deny == key)
			return carved;
	struct arena *arena = &template->unit->arena;
	struct carved *carved = arena_new(arena, struct carved);
	carved->deny = key;
	/* The copies of this profile do not outlive it. */
	find_exceptions(template->unit, template->scope, &c->shared, deny, &carved->exceptions);
	for (size_t i = 0; i < carved->exceptions.count; i++) {
		struct pattern *exception = &carved->exceptions.at[i];
		struct pattern copy = *exception->rule->head.pattern;
		*exception = copy;
	}
	if (carved->exceptions.count > 0)
		share(c, carved, key);
	carved->next = *template->carved;
	*template->carved = carved;
	return carved;
}

/* Copies of shared rules, as the lists of profiles are linked through them. */
static struct rule *copy_rules(struct arena *arena, const struct rule *rules)
{
	struct rule *first = NULL, **end = &first;
	for (; rules; rules = rules->next) {
		struct rule *copy = arena_alloc(arena, rules->ops->size);
		memcpy(copy, rules, rules->ops->size);
		copy->next = NULL;
		*end = copy;
		end = &copy->next;
	}
	return first;
}

static void replace_rule(struct rule **at, struct rule *rules)
{
	struct rule *next = (*at)->next;
	*at = rules;
	while (*at)
		at = &(*at)->next;
	*at = next;
}

static bool carve_rule(struct carving *c, struct rule **at)
{
	struct pattern deny = pattern_of(c->unit, c->scope, as_file(*at), false);
	struct pattern_list exceptions = {0};
	struct rule *rules = NULL;
	if (!deny.glob)
		return true; /* reported by the checks */
	find_exceptions(c->unit, c->scope, &c->allows, &deny, &exceptions);
	const struct carved *carved = (*at)->pattern ? carved_of(c, &deny) : NULL;
	if (carved && exceptions.count == 0 && carved->rules) {
		replace_rule(at, copy_rules(&c->unit->arena, carved->rules));
		return true;
	}
	struct pattern_list shared = {0};
	if (carved)
		shared = carved->exceptions;
	else
		find_exceptions(c->unit, c->scope, &c->shared, &deny, &shared);
	struct pattern_list own = exceptions;
	for (size_t i = 0; i < shared.count; i++)
		pattern_list_add(&c->unit->arena, &exceptions, shared.at[i]);
	if (exceptions.count <= EXCEPTIONS_MAX)
		note_openings(c, &deny, &shared, &own);
	if (exceptions.count == 0)
		return true;
	if (!carve_with(c, &deny, &exceptions, &rules))
		return false;
	replace_rule(at, rules);
	return true;
}

bool carve_profile(struct unit *unit, struct profile *profile,
	const struct policy_template *template, const struct scope *scope)
{
	struct carving c = {.unit = unit, .template = template, .scope = scope, .profile = profile};
	find_allows(&c);
	bool ok = true;
	for (struct rule **at = &profile->body.rules; *at;) {
		struct rule *next = (*at)->next;
		if (yields(*at))
			ok &= carve_rule(&c, at);
		while (*at && *at != next)
			at = &(*at)->next;
	}
	profile->body.rules_end = &profile->body.rules;
	while (*profile->body.rules_end)
		profile->body.rules_end = &(*profile->body.rules_end)->next;
	return ok;
}
