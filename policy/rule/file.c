/*
 * [file] [safe|unsafe] PATH PERMS [-> TARGET], or PERMS before PATH: apparmor.d(5), "File rules".
 * With nothing but `l` before the path it is a link rule: `l /a -> /b`.
 */

#include "policy/rule/items.h"
#include "policy/rule/region.h"
#include "policy/rule/read.h"

#define ALL_PERMS (PERM_READ | PERM_WRITE | PERM_LINK | PERM_LOCK | PERM_MMAP | PERM_EXEC)

/* What the items say, before it is judged. */
struct parts {
	const struct item *path, *perms, *target;
	bool leading; /* PERMS stood before PATH */
	bool subset, safe, unsafe;
};

static bool fail(struct unit *unit, struct span at, const char *message, const char *help)
{
	struct diag *diag = diag_add(&unit->diags, DIAG_BAD_RULE, at, "%s", message);
	if (help)
		diag_help(&unit->diags, diag, "%s", help);
	return false;
}

static bool perms_valid(struct slice text)
{
	struct file_rule rule;
	const char *error;
	return file_perms_read(text, &rule.perms, &rule.exec, &rule.scrub, &error);
}

/* `/a r ix` and `/a r, w`: the permissions are one word. */
static bool report_rest(struct unit *unit, const struct parts *parts, const struct item *item)
{
	if (item->kind != ITEM_WORD || parts->perms == NULL || !perms_valid(item->text))
		return items_end(unit, item, "file");
	struct diag *diag = diag_add(&unit->diags, DIAG_BAD_RULE, item->span,
		"unexpected '%.*s': the permissions of a file rule are one word",
		SLICE_FMT(item->text));
	struct slice joined = arena_printf(
		&unit->arena, "%.*s%.*s", SLICE_FMT(parts->perms->text), SLICE_FMT(item->text));
	if (!item->next && perms_valid(joined))
		diag_help(&unit->diags, diag, "write '%.*s'", SLICE_FMT(joined));
	return false;
}

static bool target_split(struct unit *unit, const struct item *item, struct parts *parts)
{
	if (!item || !perms_valid(parts->perms->text))
		return true; /* what is wrong with the permissions is said later */
	if (item->kind != ITEM_ARROW)
		return report_rest(unit, parts, item);
	if (!item->next || item->next->kind != ITEM_WORD || item->next->text.len == 0)
		return fail(unit, item->span, "expected a name after '->'", NULL);
	parts->target = item->next;
	return items_end(unit, item->next->next, "file");
}

static bool items_split(struct unit *unit, const struct item *item, struct parts *parts)
{
	parts->safe = item_is(item, "safe");
	parts->unsafe = item_is(item, "unsafe");
	const struct item *first = item;
	if (parts->safe || parts->unsafe)
		item = item->next;
	if (item_is_path(item)) {
		parts->path = item;
		if (!item->next || item->next->kind != ITEM_WORD)
			return fail(unit, item->span, "expected permissions after the path",
				"such as r, rw, mrix");
		parts->perms = item->next;
		return target_split(unit, item->next->next, parts);
	}
	if (!item || item->kind != ITEM_WORD || item->quoted)
		return fail(unit, (item ? item : first)->span,
			"expected a path that starts with '/' or a variable", NULL);
	parts->perms = item;
	parts->leading = true;
	item = item->next;
	parts->subset = item_is(item, "subset");
	if (parts->subset)
		item = item->next;
	if (!item_is_path(item))
		return fail(unit, (item ? item : parts->perms)->span,
			"expected a path that starts with '/' or a variable", NULL);
	parts->path = item;
	return target_split(unit, item->next, parts);
}

static struct rule *link_of(struct unit *unit, const struct parts *parts)
{
	struct link_rule *rule = arena_new(&unit->arena, struct link_rule);
	rule->head.ops = &rule_link;
	rule->subset = parts->subset;
	rule->from = item_word(parts->path);
	rule->to = parts->target ? item_word(parts->target) : SLICE("/**");
	return &rule->head;
}

/* deny takes only a bare x, everything else needs to say how the program is started. */
static bool check_exec(struct unit *unit, const struct file_rule *rule, const struct parts *parts,
	const struct qualifiers *qualifiers)
{
	if (!(rule->perms & PERM_EXEC))
		return parts->safe || parts->unsafe
			       ? fail(unit, parts->perms->span,
					 "safe and unsafe go only with an exec permission", NULL)
			       : true;
	if (qualifiers->deny && rule->exec != EXEC_DENY)
		return fail(unit, parts->perms->span, "a deny takes a bare x without an exec mode",
			"write x");
	if (!qualifiers->deny && rule->exec == EXEC_DENY)
		return fail(unit, parts->perms->span, "x needs an exec mode",
			"ix inherits this profile, px and cx change to another, ux leaves "
			"confinement; upper case cleans the environment");
	return true;
}

static bool has_transition(const struct file_rule *rule)
{
	return (rule->perms & PERM_EXEC) && rule->exec != EXEC_DENY && rule->exec != EXEC_INHERIT &&
	       rule->exec != EXEC_UNCONFINED;
}

static bool check_target(struct unit *unit, const struct file_rule *rule, const struct parts *parts)
{
	if (parts->subset)
		return fail(unit, parts->perms->span, "subset goes only with l alone", NULL);
	if (parts->target && parts->leading && (rule->perms & PERM_LINK) &&
		(rule->perms & PERM_EXEC))
		return fail(unit, parts->perms->span, "l and x with a target cannot be in one rule",
			NULL);
	return true;
}

/* In front of a path `l` has a file for its target, everything else names a profile. */
static bool is_link_target(const struct file_rule *rule, const struct parts *parts)
{
	return parts->target && parts->leading && (rule->perms & PERM_LINK) &&
	       !(rule->perms & PERM_EXEC);
}

bool file_rule_check_target(
	struct unit *unit, const struct statement *statement, const struct rule *head)
{
	const struct file_rule *rule = (const struct file_rule *)head;
	const struct item *item = statement->items;
	if (rule->target.len == 0 || rule->link_target || has_transition(rule))
		return true;
	while (item->next && item->kind != ITEM_ARROW)
		item = item->next;
	if (rule->perms & PERM_LINK)
		return fail(unit, item->span, "a target after '->' does nothing here",
			"to name the file that is linked to, write 'link PATH -> TARGET'");
	return fail(unit, item->span,
		"a target after '->' goes only with the exec modes px and cx and their fallbacks",
		NULL);
}

static void report_perms(struct unit *unit, const struct parts *parts, const char *error)
{
	struct diag *diag = diag_add(&unit->diags, DIAG_BAD_RULE, parts->perms->span,
		"'%.*s' are not permissions: %s", SLICE_FMT(parts->perms->text), error);
	if (parts->leading && parts->target == NULL && parts->path->next)
		diag_help(&unit->diags, diag, "nor is it a qualifier: audit, allow, deny, owner");
}

static void safety_set(struct file_rule *rule, const struct parts *parts)
{
	if (rule->exec == EXEC_INHERIT)
		rule->unsafe = parts->unsafe;
	else if (rule->exec != EXEC_DENY && (parts->safe || parts->unsafe))
		rule->scrub = parts->safe;
}

static struct rule *all_of(
	struct unit *unit, const struct item *keyword, const struct qualifiers *qualifiers)
{
	if (qualifiers->deny) {
		fail(unit, keyword->span, "'deny file' is not valid, as file includes ix",
			"write 'deny /{,**} mrwklx'");
		return NULL;
	}
	struct file_rule *rule = arena_new(&unit->arena, struct file_rule);
	rule->all = true;
	rule->perms = ALL_PERMS;
	rule->exec = EXEC_INHERIT;
	return &rule->head;
}

static struct rule *read(struct unit *unit, const struct statement *statement,
	const struct item *items, const struct qualifiers *qualifiers)
{
	(void)statement;
	struct parts parts = {0};
	bool keyword = item_is(items, "file");
	if (keyword && !items->next)
		return all_of(unit, items, qualifiers);
	if (!items_split(unit, keyword ? items->next : items, &parts))
		return NULL;
	struct file_rule *rule = arena_new(&unit->arena, struct file_rule);
	const char *error = "they stand without quotes";
	if (parts.perms->quoted || !file_perms_read(parts.perms->text, &rule->perms, &rule->exec,
					   &rule->scrub, &error)) {
		report_perms(unit, &parts, error);
		return NULL;
	}
	if (is_link_target(rule, &parts) && !item_is_path(parts.target)) {
		fail(unit, parts.target->span,
			"expected a path that starts with '/' or a variable as target of the link",
			NULL);
		return NULL;
	}
	if (parts.leading && rule->perms == PERM_LINK && parts.target)
		return link_of(unit, &parts);
	if (rule->perms == PERM_LINK && parts.subset)
		parts.subset = false; /* `l subset /a` says what `l /a` does */
	if (!check_exec(unit, rule, &parts, qualifiers) || !check_target(unit, rule, &parts))
		return NULL;
	safety_set(rule, &parts);
	rule->path = item_word(parts.path);
	if (parts.target)
		rule->target = item_word(parts.target);
	rule->link_target = is_link_target(rule, &parts);
	return &rule->head;
}

static void print(const struct rule *head, struct buf *out)
{
	const struct file_rule *rule = (const struct file_rule *)head;
	if (rule->all) {
		buf_add_str(out, "file");
		return;
	}
	if (rule->unsafe || rule->safe)
		buf_add_str(out, rule->unsafe ? "unsafe " : "safe ");
	if (rule->link_target) {
		file_perms_print(rule->perms, rule->exec, rule->scrub, out);
		buf_add_char(out, ' ');
		print_word(rule->path, out);
	} else {
		print_word(rule->path, out);
		buf_add_char(out, ' ');
		file_perms_print(rule->perms, rule->exec, rule->scrub, out);
	}
	if (rule->target.len) {
		buf_add_str(out, " -> ");
		print_word(rule->target, out);
	}
}

static bool equal(const struct rule *a, const struct rule *b)
{
	const struct file_rule *x = (const struct file_rule *)a;
	const struct file_rule *y = (const struct file_rule *)b;
	if (x->all || y->all)
		return x->all == y->all;
	return slice_eq(x->path, y->path) && x->perms == y->perms && x->exec == y->exec &&
	       x->scrub == y->scrub && x->safe == y->safe && x->unsafe == y->unsafe &&
	       x->link_target == y->link_target && slice_eq(x->target, y->target);
}

/* The permission l of a path permits links from it to any file. */
static void regions(struct region_list *list, const struct rule *head)
{
	const struct file_rule *rule = (const struct file_rule *)head;
	if (rule->perms & PERM_LINK)
		link_region_add(list, head, rule->all ? SLICE("/{,**}") : rule->path,
			rule->link_target ? rule->target : SLICE("/**"));
}

const struct rule_ops rule_file = {
	.name = "file",
	.size = sizeof(struct file_rule),
	.since = ABI_NONE,
	.about = "access to files",
	.read = read,
	.print = print,
	.equal = equal,
	.regions = regions,
};
