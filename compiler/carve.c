#include "compiler/carve.h"

#include "compiler/patterns.h"

/* Reading is not among them: what may not even be read is denied in full. */
#define YIELDING (PERM_WRITE | PERM_APPEND | PERM_LOCK | PERM_LINK | PERM_MMAP | PERM_EXEC)

/* The permissions that are carved each by itself: exceptions need not grant all of them. */
static const unsigned single_perms[] = {
	PERM_WRITE, PERM_APPEND, PERM_LOCK, PERM_LINK, PERM_MMAP, PERM_EXEC};

enum { PERM_COUNT = sizeof(single_perms) / sizeof(single_perms[0]) };

struct carving {
	struct unit *unit;
	const struct scope *scope;
	struct profile *profile;
	struct pattern_list allows; /* that may be exceptions */
};

static const struct file_rule *as_file(const struct rule *rule)
{
	return rule->ops == &rule_file ? (const struct file_rule *)rule : NULL;
}

static bool may_be_exception(const struct file_rule *rule)
{
	const struct rule *head = &rule->head;
	if (head->qualifiers.deny || rule->all || !(rule->perms & YIELDING))
		return false;
	/* SECTION_TEMPLATE: the template's own, or placed by it for an entry of the description. */
	return head->section == SECTION_TEMPLATE || head->section == SECTION_WRITABLE;
}

static void find_allows(struct carving *c)
{
	for (const struct rule *rule = c->profile->body.rules; rule; rule = rule->next) {
		const struct file_rule *file = as_file(rule);
		if (!file || !may_be_exception(file))
			continue;
		/* A mistake in it is reported by the checks. */
		struct pattern pattern = pattern_of(c->unit, c->scope, file, false);
		if (pattern.glob)
			pattern_list_add(&c->unit->arena, &c->allows, pattern);
	}
}

static bool yields(const struct rule *rule)
{
	const struct file_rule *file = as_file(rule);
	return file && rule->qualifiers.deny && rule->origin == ORIGIN_TEMPLATE &&
	       rule->qualifiers.owner == OWNER_ANY && (file->perms & YIELDING) &&
	       !(file->perms & PERM_READ) && slice_ends(file->path, SLICE("/**"));
}

static unsigned granted(const struct file_rule *rule)
{
	/* w implies a, for allow and deny alike. */
	return rule->perms & PERM_WRITE ? rule->perms | PERM_APPEND : rule->perms;
}

/* The allow rules that lie wholly below the deny and grant something that it takes. */
static void find_exceptions(
	struct carving *c, const struct pattern *deny, struct pattern_list *ret_exceptions)
{
	for (size_t i = 0; i < c->allows.count; i++) {
		const struct pattern *allow = &c->allows.at[i];
		if (!(granted(allow->rule) & granted(deny->rule)))
			continue;
		enum glob_answer inside = glob_covered(
			&c->unit->arena, c->unit->limits, allow->glob, &deny->glob, 1, NULL);
		if (inside == GLOB_YES)
			pattern_list_add(&c->unit->arena, ret_exceptions, *allow);
	}
}

static bool takes_all(
	struct carving *c, const struct pattern *deny, const struct pattern *exception)
{
	if (glob_covered(&c->unit->arena, c->unit->limits, deny->glob, &exception->glob, 1, NULL) !=
		GLOB_YES)
		return false;
	struct diag *diag = diag_add(&c->unit->diags, DIAG_UNCARVABLE, exception->rule->head.span,
		"this exception takes away the whole built-in deny '%.*s'",
		SLICE_FMT(deny->rule->path));
	diag_second(&c->unit->diags, diag, deny->rule->head.span, "the deny is here");
	diag_help(&c->unit->diags, diag,
		"name the files or directories below it that the service really writes");
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

/* deny PATH perms, for all paths of the deny but those of the exceptions in the set. */
static bool add_complement(struct carving *c, const struct pattern *deny,
	const struct pattern_list *exceptions, uint64_t set, unsigned perms, struct rule ***end)
{
	const struct glob *except[64];
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
		add_deny(c, deny, globs[i], perms, cause, end);
	return true;
}

/*
 * An exception for the owner of a file only leaves the deny to everybody else, where something else
 * (docker-default's `file,`) might allow it.
 */
static void deny_others(struct carving *c, const struct pattern *deny,
	const struct pattern_list *exceptions, struct rule ***end)
{
	for (size_t i = 0; i < exceptions->count; i++) {
		const struct file_rule *allow = exceptions->at[i].rule;
		unsigned perms = allow->perms & granted(deny->rule);
		if (allow->head.qualifiers.owner != OWNER_OWNER || !perms)
			continue;
		struct file_rule *rule =
			add_deny(c, deny, allow->path, perms, allow->head.span, end);
		rule->head.qualifiers.owner = OWNER_OTHER;
	}
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
	deny_others(c, deny, exceptions, end);
	if (*first)
		(*first)->comment = deny->rule->head.comment;
	return ok;
}

static bool carve_rule(struct carving *c, struct rule **at)
{
	struct pattern deny = pattern_of(c->unit, c->scope, as_file(*at), false);
	struct pattern_list exceptions = {0};
	if (!deny.glob)
		return true; /* reported by the checks */
	find_exceptions(c, &deny, &exceptions);
	if (exceptions.count == 0)
		return true;
	if (exceptions.count > 64) {
		diag_add(&c->unit->diags, DIAG_UNCARVABLE, exceptions.at[64].rule->head.span,
			"more than 64 exceptions to the built-in deny '%.*s'",
			SLICE_FMT(deny.rule->path));
		return false;
	}
	for (size_t i = 0; i < exceptions.count; i++)
		if (takes_all(c, &deny, &exceptions.at[i]))
			return false;
	struct rule *carved = NULL, **end = &carved, *next = (*at)->next;
	bool ok = carve_deny(c, &deny, &exceptions, &end);
	*end = next;
	*at = carved;
	return ok;
}

bool carve_profile(struct unit *unit, struct profile *profile, const struct scope *scope)
{
	struct carving c = {.unit = unit, .scope = scope, .profile = profile};
	find_allows(&c);
	bool ok = true;
	if (c.allows.count == 0)
		return true;
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
