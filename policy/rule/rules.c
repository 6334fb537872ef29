#include "policy/rule/rules.h"

#include "policy/rule/items.h"
#include "policy/rule/read.h"

const struct rule_ops *const rule_kinds[] = {
#define RULE_KIND(symbol) &rule_##symbol,
#include "policy/rule/rules.def"
#undef RULE_KIND
};
const size_t rule_kind_count = sizeof(rule_kinds) / sizeof(*rule_kinds);

static const struct {
	const char *keyword;
	const struct rule_ops *ops;
} keywords[] = {
	{"file", &rule_file},
	{"link", &rule_link},
	{"capability", &rule_capability},
	{"network", &rule_network},
	{"unix", &rule_unix},
	{"signal", &rule_signal},
	{"ptrace", &rule_ptrace},
	{"dbus", &rule_dbus},
	{"mount", &rule_mount},
	{"remount", &rule_mount},
	{"umount", &rule_mount},
	{"unmount", &rule_mount},
	{"pivot_root", &rule_pivot_root},
	{"change_profile", &rule_change_profile},
	{"set", &rule_rlimit},
	{"userns", &rule_userns},
	{"mqueue", &rule_mqueue},
	{"io_uring", &rule_io_uring},
	{"all", &rule_all},
	{"alias", &rule_alias},
	{"rewrite", &rule_alias},
};

#define KEYWORD_COUNT (sizeof(keywords) / sizeof(*keywords))

static bool fail(struct unit *unit, const struct item *item, const char *message)
{
	diag_add(&unit->diags, DIAG_BAD_QUALIFIER, item->span, "%s", message);
	return false;
}

static bool priority_read(struct unit *unit, const struct item *item, struct qualifiers *qualifiers)
{
	const struct item *value = item->items;
	struct slice text = value && value->kind == ITEM_WORD ? value->text : SLICE("");
	bool negative = slice_starts(text, SLICE("-"));
	if (negative || slice_starts(text, SLICE("+")))
		text = slice_from(text, 1);
	int number = 0;
	bool ok = text.len > 0 && text.len <= 4;
	for (size_t i = 0; ok && i < text.len; i++) {
		ok = text.at[i] >= '0' && text.at[i] <= '9';
		number = number * 10 + (text.at[i] - '0');
	}
	if (!ok || number > 1000)
		return fail(unit, item, "a priority is a number from -1000 to 1000");
	qualifiers->has_priority = true;
	qualifiers->priority = negative ? -number : number;
	return true;
}

/* The order of the language: priority, audit, then one of allow deny prompt, then owner or other.
 */
enum stage { STAGE_PRIORITY, STAGE_AUDIT, STAGE_DECISION, STAGE_OWNER, STAGE_NONE };

static enum stage stage_of(const struct item *item)
{
	static const struct {
		const char *word;
		enum stage stage;
	} words[] = {
		{"audit", STAGE_AUDIT},
		{"allow", STAGE_DECISION},
		{"deny", STAGE_DECISION},
		{"prompt", STAGE_DECISION},
		{"owner", STAGE_OWNER},
		{"other", STAGE_OWNER},
	};
	if (item->kind == ITEM_ASSIGN && slice_is(item->text, "priority"))
		return STAGE_PRIORITY;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (item_is(item, words[i].word))
			return words[i].stage;
	return STAGE_NONE;
}

static bool qualifier_set(struct unit *unit, const struct item *item, struct qualifiers *qualifiers)
{
	if (item->kind == ITEM_ASSIGN)
		return priority_read(unit, item, qualifiers);
	qualifiers->audit = qualifiers->audit || item_is(item, "audit");
	qualifiers->allow = qualifiers->allow || item_is(item, "allow");
	qualifiers->deny = qualifiers->deny || item_is(item, "deny");
	qualifiers->prompt = qualifiers->prompt || item_is(item, "prompt");
	if (item_is(item, "owner"))
		qualifiers->owner = OWNER_OWNER;
	if (item_is(item, "other"))
		qualifiers->owner = OWNER_OTHER;
	return true;
}

bool qualifiers_read(struct unit *unit, const struct item *item, struct qualifiers *ret_qualifiers,
	const struct item **ret_rest)
{
	struct qualifiers qualifiers = {0};
	enum stage last = STAGE_PRIORITY;
	bool any = false;
	for (; item && stage_of(item) != STAGE_NONE; item = item->next) {
		enum stage stage = stage_of(item);
		if (any && stage == last)
			return fail(unit, item,
				stage == STAGE_DECISION ? "a rule has one of allow, deny and prompt"
							: "this qualifier stands twice");
		if (any && stage < last)
			return fail(unit, item,
				"qualifiers stand in the order: priority=N, audit, allow or deny, "
				"owner");
		if (!qualifier_set(unit, item, &qualifiers))
			return false;
		last = stage;
		any = true;
	}
	*ret_qualifiers = qualifiers;
	*ret_rest = item;
	return true;
}

static bool is_perms(const struct item *item)
{
	unsigned perms;
	enum exec_mode exec;
	bool scrub;
	const char *error;
	return !item->quoted && file_perms_read(item->text, &perms, &exec, &scrub, &error);
}

static const struct rule_ops *report_kind(struct unit *unit, const struct item *item)
{
	const char *texts[KEYWORD_COUNT];
	for (size_t i = 0; i < KEYWORD_COUNT; i++)
		texts[i] = keywords[i].keyword;
	struct slice text = item_text(item);
	const char *nearest = item->kind == ITEM_WORD && !item->quoted
				      ? slice_nearest(text, texts, KEYWORD_COUNT)
				      : NULL;
	struct diag *diag;
	if (nearest)
		diag = diag_add(&unit->diags, DIAG_UNKNOWN_RULE, item->span,
			"unknown rule '%.*s', did you mean '%s'?", SLICE_FMT(text), nearest);
	else
		diag = diag_add(&unit->diags, DIAG_UNKNOWN_RULE, item->span,
			"unknown rule '%.*s', expected a rule or a path that starts with '/'",
			SLICE_FMT(text));
	if (item_is(item, "rlimit"))
		diag_help(&unit->diags, diag, "write 'set rlimit …'");
	if (item_is(item, "abi"))
		diag_help(&unit->diags, diag, "abi stands before the first profile");
	return NULL;
}

/* A file rule starts with a path or with permissions, every other one with its keyword. */
static const struct rule_ops *kind_of(struct unit *unit, const struct item *item)
{
	if (item->kind != ITEM_WORD)
		return report_kind(unit, item);
	if (item_is_path(item) || item_is(item, "safe") || item_is(item, "unsafe"))
		return &rule_file;
	for (size_t i = 0; !item->quoted && i < KEYWORD_COUNT; i++) {
		bool found = item->text.at && item->text.len &&
			     item->text.at[0] == keywords[i].keyword[0] &&
			     slice_is(item->text, keywords[i].keyword);
		if (found && keywords[i].ops == &rule_all && item_is_path(item->next))
			return &rule_file; /* the permissions a, l and l */
		if (found)
			return keywords[i].ops;
	}
	if (is_perms(item) || item_is_path(item->next))
		return &rule_file;
	return report_kind(unit, item);
}

static bool check_qualifiers(struct unit *unit, const struct rule_ops *ops,
	const struct item *first, const struct item *rest, const struct qualifiers *qualifiers)
{
	if (first != rest && (ops == &rule_rlimit || ops == &rule_alias))
		return fail(unit, first,
			ops == &rule_rlimit ? "'set rlimit' takes no qualifier"
					    : "an alias takes no qualifier");
	if (qualifiers->deny && ops == &rule_rlimit)
		return fail(unit, rest, "'set rlimit' cannot be denied");
	/* apparmor_parser 4.1.0 aborts on it. */
	if (qualifiers->deny && ops == &rule_all)
		return fail(unit, rest,
			"'all' cannot be denied: what no rule allows is refused anyway");
	if (qualifiers->owner == OWNER_ANY || ops == &rule_file || ops == &rule_link)
		return true;
	while (first != rest && stage_of(first) != STAGE_OWNER)
		first = first->next;
	diag_add(&unit->diags, DIAG_BAD_QUALIFIER, first->span,
		"'%.*s' goes only with file and link rules, not with %s",
		SLICE_FMT(item_text(first)), ops->name);
	return false;
}

static bool apply_deny(
	struct unit *unit, const struct item *first, struct qualifiers *qualifiers, bool deny)
{
	if (deny && (qualifiers->allow || qualifiers->deny || qualifiers->prompt)) {
		while (stage_of(first) != STAGE_DECISION)
			first = first->next;
		struct diag *diag = diag_add(&unit->diags, DIAG_BAD_QUALIFIER, first->span,
			"a rule of a deny list has no '%.*s' of its own", SLICE_FMT(first->text));
		diag_help(&unit->diags, diag, "leave it out");
		return false;
	}
	qualifiers->deny = qualifiers->deny || deny;
	return true;
}

static void apply_outer(struct qualifiers *inner, const struct qualifiers *outer)
{
	if (!outer)
		return;
	bool decided = inner->allow || inner->deny || inner->prompt;
	inner->audit = inner->audit || outer->audit;
	inner->deny = decided ? inner->deny : outer->deny;
	inner->prompt = decided ? inner->prompt : outer->prompt;
	inner->allow = decided ? inner->allow : outer->allow;
	if (inner->owner == OWNER_ANY)
		inner->owner = outer->owner;
	if (!inner->has_priority) {
		inner->has_priority = outer->has_priority;
		inner->priority = outer->priority;
	}
}

struct rule *rule_read(struct unit *unit, const struct statement *statement,
	const struct qualifiers *outer, bool deny)
{
	struct qualifiers qualifiers;
	const struct item *rest;
	if (!qualifiers_read(unit, statement->items, &qualifiers, &rest) ||
		!apply_deny(unit, statement->items, &qualifiers, deny))
		return NULL;
	if (!rest) {
		diag_add(&unit->diags, DIAG_BAD_RULE, statement->span, "expected a rule");
		return NULL;
	}
	const struct rule_ops *ops = kind_of(unit, rest);
	if (!ops || !check_qualifiers(unit, ops, statement->items, rest, &qualifiers))
		return NULL;
	apply_outer(&qualifiers, outer);
	struct rule *rule = ops->read(unit, statement, rest, &qualifiers);
	if (!rule)
		return NULL;
	if (!rule->ops)
		rule->ops = ops;
	rule->qualifiers = qualifiers;
	rule->span = statement->span;
	rule->cause = statement->cause;
	rule->comment = statement->comment;
	return rule;
}
