#include "cli/blame.h"

#include "policy/includes.h"

/* The rule kind that a warning about enforcement speaks of. */
static const struct {
	const char *word; /* in the parser's subject */
	const struct rule_ops *ops;
} kinds[] = {
	{"unix", &rule_unix}, /* before network: "extended network unix socket" */
	{"dbus", &rule_dbus},
	{"signal", &rule_signal},
	{"ptrace", &rule_ptrace},
	{"mount", &rule_mount},
	{"mqueue", &rule_mqueue},
	{"message queue", &rule_mqueue},
	{"io_uring", &rule_io_uring},
	{"userns", &rule_userns},
	{"user namespace", &rule_userns},
	{"namespace", &rule_userns},
	{"network", &rule_network},
	{"rlimit", &rule_rlimit},
	{"file", &rule_file},
	{"capability", &rule_capability},
};

static const struct rule_ops *kind_of(struct unit *unit, struct slice subject)
{
	const char *text = arena_string(&unit->arena, subject);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strstr(text, kinds[i].word))
			return kinds[i].ops;
	return NULL;
}

typedef bool rule_test(struct unit *unit, const struct rule *rule, const void *wanted);

static const struct rule *find_rule(
	struct unit *unit, const struct profile *profile, rule_test *test, const void *wanted)
{
	for (const struct rule *rule = profile->body.rules; rule; rule = rule->next)
		if (test(unit, rule, wanted))
			return rule;
	for (const struct profile *child = profile->body.children; child; child = child->next) {
		const struct rule *rule = find_rule(unit, child, test, wanted);
		if (rule)
			return rule;
	}
	return NULL;
}

/* The rules that a warning is about: all of a kind, or its denies only, or none of these. */
struct warned {
	const struct rule_ops *ops;
	bool not_allows, not_denies;
};

static bool is_warned(const struct rule *rule, const struct warned *warned)
{
	return rule->ops == warned->ops &&
	       !(rule->qualifiers.deny ? warned->not_denies : warned->not_allows);
}

static bool is_described_kind(struct unit *unit, const struct rule *rule, const void *warned)
{
	(void)unit;
	return is_warned(rule, warned) && rule->origin == ORIGIN_DESCRIPTION;
}

static bool is_template_deny(struct unit *unit, const struct rule *rule, const void *warned)
{
	(void)unit;
	return is_warned(rule, warned) && rule->origin == ORIGIN_TEMPLATE && rule->qualifiers.deny;
}

/* "	/tmp/a rw,  # x" stands for the rule that prints as "/tmp/a rw". */
static bool prints_as(struct unit *unit, const struct rule *rule, const void *wanted)
{
	const struct slice *line = wanted;
	struct buf text = buf_new(&unit->arena);
	rule_print(rule, &text);
	buf_add_char(&text, ',');
	return slice_starts(*line, buf_slice(&text));
}

static bool holds_subject(struct unit *unit, const struct rule *rule, const void *wanted)
{
	struct buf text = buf_new(&unit->arena);
	rule_print(rule, &text);
	buf_add_char(&text, '\0');
	const char *subject = arena_string(&unit->arena, *(const struct slice *)wanted);
	return strstr(text.at, subject) != NULL;
}

static struct slice line_of(struct slice text, uint32_t number)
{
	while (number > 1 && text.len > 0) {
		const char *newline = memchr(text.at, '\n', text.len);
		text = slice_from(text, newline ? (size_t)(newline - text.at) + 1 : text.len);
		number--;
	}
	const char *newline = text.len ? memchr(text.at, '\n', text.len) : NULL;
	return slice_trim(slice_first(text, newline ? (size_t)(newline - text.at) : text.len));
}

static struct span place_of(const struct rule *rule)
{
	return span_none(rule->cause) ? rule->span : rule->cause;
}

/* The place in the description, else its name: that is where the profile comes from. */
static struct span find_place(
	struct work_item *item, struct slice text, const struct parser_message *message)
{
	const struct profile *profile = item->compiled.policy->profiles;
	const struct rule *rule = NULL;
	uint32_t number = message->line ? message->line : message->likely_line;
	if (number && message->file.len == 0) {
		struct slice line = line_of(text, number);
		rule = find_rule(&item->unit, profile, prints_as, &line);
	}
	if (!rule && message->subject.len > 0)
		rule = find_rule(&item->unit, profile, holds_subject, &message->subject);
	return rule ? place_of(rule) : item->compiled.service->name_span;
}

static void add_refusal(
	struct work_item *item, struct slice text, const struct parser_message *message)
{
	struct diags *diags = &item->unit.diags;
	struct span at = find_place(item, text, message);
	struct diag *diag = diag_add(diags, DIAG_PARSER, at,
		"apparmor_parser refuses the profile: %.*s", SLICE_FMT(message->text));
	if (message->file.len > 0)
		diag_help(diags, diag, "the place it names is %.*s, line %u",
			SLICE_FMT(message->file), message->line);
	else if (message->line > 0)
		diag_help(diags, diag, "the line of the profile is: %.*s",
			SLICE_FMT(line_of(text, message->line)));
}

static bool denies_unix(const struct profile *profile)
{
	for (const struct rule *rule = profile->body.rules; rule; rule = rule->next) {
		const struct network_rule *network = (const struct network_rule *)rule;
		if (rule->ops == &rule_network && rule->qualifiers.deny && !network->type &&
			!network->protocol &&
			(!network->family || strcmp(network->family, "unix") == 0))
			return true;
	}
	return false;
}

/* The file of an include with rules for unix sockets, denies or others; NULL without one. */
static const struct include_file *find_unix(
	struct include_set *set, const struct include *include, bool deny)
{
	const struct include_file *found = NULL;
	for (; include && !found; include = include->next)
		for (const struct include_file *file = include->files; file && !found;
			file = file->next) {
			if (!include_set_add(set, file))
				continue;
			for (const struct rule *rule = file->body->rules; rule; rule = rule->next)
				if (rule->ops == &rule_unix && rule->qualifiers.deny == deny)
					found = file;
			found = found ? found : find_unix(set, file->body->includes, deny);
		}
	return found;
}

static const struct include_file *includes_unix(
	struct unit *unit, const struct profile *profile, bool deny)
{
	struct include_set set = include_set_new(&unit->arena);
	return find_unix(&set, profile->body.includes, deny);
}

static bool includes_deny_of_unix(struct unit *unit, const struct profile *profile)
{
	bool found = includes_unix(unit, profile, true);
	for (profile = profile->body.children; profile && !found; profile = profile->next)
		found = includes_unix(unit, profile, true);
	return found;
}

static struct span place_of_unix(const struct service *service)
{
	for (const struct network_entry *entry = service->network; entry; entry = entry->next)
		if (entry->family && strcmp(entry->family, "unix") == 0)
			return entry->span;
	return service->name_span;
}

/*
 * A kernel that knows unix sockets as a family only takes the rules of abstractions/base for all of
 * them. That is the same for every profile: it is told of the first. false: not of this one.
 */
static bool add_unmediated(
	struct unit *unit, const struct profile *profile, const struct service *service)
{
	const struct include_file *file = includes_unix(unit, profile, false);
	if (!file || denies_unix(profile))
		return false;
	struct diag *diag = diag_add(&unit->diags, DIAG_UNIX_UNMEDIATED, place_of_unix(service),
		"the target's kernel does not mediate unix sockets one by one: '%.*s' opens all of "
		"them, whatever `network` says",
		SLICE_FMT(file->name));
	diag_help(&unit->diags, diag, "deny: ['network unix'] closes all of them");
	return true;
}

/* A child has includes and denies of its own. */
static void find_unmediated(struct work_item *item)
{
	const struct profile *profile = item->compiled.policy->profiles;
	const struct service *service = item->compiled.service;
	if (add_unmediated(&item->unit, profile, service))
		return;
	for (profile = profile->body.children; profile; profile = profile->next)
		for (const struct service *child = service->children; child; child = child->next)
			if (slice_eq(child->name, profile->name) &&
				add_unmediated(&item->unit, profile, child))
				return;
}

static void add_unenforced(struct work_item *item, const struct parser_message *message)
{
	struct unit *unit = &item->unit;
	const struct profile *profile = item->compiled.policy->profiles;
	const struct rule_ops *ops = kind_of(unit, message->subject);
	const struct warned warned = {
		.ops = ops,
		.not_allows = slice_starts(message->subject, SLICE("deny ")),
		.not_denies = message->kind == PARSER_DOWNGRADED,
	};
	const struct rule *rule = NULL;
	if (ops) {
		rule = find_rule(unit, profile, is_described_kind, &warned);
		rule = rule ? rule : find_rule(unit, profile, is_template_deny, &warned);
	}
	if (!rule && ops == &rule_unix && !warned.not_allows) {
		find_unmediated(item);
		return;
	}
	/* `deny network unix` is said to be one of single sockets, too, but is enforced. */
	if (!rule && warned.not_allows && !includes_deny_of_unix(unit, profile))
		return;
	if (!rule && ops) {
		diag_add(&unit->diags, DIAG_NOT_ENFORCED_INCLUDE, item->compiled.service->name_span,
			"'%s' rules of the template or of abstractions: the target says '%.*s'",
			ops->name, SLICE_FMT(message->text));
		return;
	}
	/* A kind that we do not know: better an error too many than a rule that does nothing. */
	struct diag *diag = diag_add(&unit->diags, DIAG_NOT_ENFORCED,
		rule ? place_of(rule) : item->compiled.service->name_span,
		"the target's kernel would not enforce this rule: %.*s", SLICE_FMT(message->text));
	diag_help(&unit->diags, diag,
		"take the rule out for this target, or run a kernel that has the feature (--features names the target's)");
}

static void add_limit(struct work_item *item, const struct parser_result *result, enum diag_id id)
{
	struct diag *diag = diag_add(&item->unit.diags, id, item->compiled.service->name_span,
		"apparmor_parser %.*s", SLICE_FMT(result->trouble));
	if (id == DIAG_PARSER_LIMIT)
		diag_help(&item->unit.diags, diag,
			"many patterns with '**' in their middle make the automaton explode; simplify them, or raise --timeout or --memory");
}

bool blame_verdict(struct work_item *item, struct slice text, const struct parser_result *result)
{
	size_t errors = item->unit.diags.errors;
	for (const struct parser_message *m = result->messages; m; m = m->next) {
		if (m->kind == PARSER_NOT_ENFORCED || m->kind == PARSER_DOWNGRADED)
			add_unenforced(item, m);
		else if (result->verdict == PARSER_REFUSED)
			add_refusal(item, text, m);
	}
	switch (result->verdict) {
	case PARSER_ACCEPTED:
	case PARSER_REFUSED:
		break;
	case PARSER_TIMED_OUT:
	case PARSER_OUT_OF_MEMORY:
		add_limit(item, result, DIAG_PARSER_LIMIT);
		break;
	case PARSER_FAILED:
		add_limit(item, result, DIAG_PARSER);
		break;
	}
	return result->verdict == PARSER_ACCEPTED && item->unit.diags.errors == errors;
}
