#include "policy/reader.h"

#include "policy/rule/items.h"

static void fail(struct reader *reader, enum diag_id id, struct span at, const char *message)
{
	diag_add(&reader->unit->diags, id, at, "%s", message);
	reader->ok = false;
}

bool reader_enter(struct reader *reader, struct span at)
{
	if (reader->depth++ < reader->unit->limits->depth)
		return true;
	fail(reader, DIAG_TOO_LARGE, at, "blocks are nested too deep");
	return false;
}

/* The name of a file has no quoting: what would end it, or the line, cannot be part of it. */
static bool is_file_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.at[i] < ' ' || name.at[i] == 0x7f ||
			strchr("<>\"", name.at[i]))
			return false;
	return name.len > 0;
}

/* "<abstractions/base>" is given without its brackets. */
static bool path_of(
	struct reader *reader, const struct item *item, bool magic, struct slice *ret_path)
{
	struct slice path = item->text;
	if (magic && slice_starts(path, SLICE("<")) && slice_ends(path, SLICE(">")))
		path = slice_of(path.at + 1, path.len - 2);
	if (is_file_name(path)) {
		*ret_path = path;
		return true;
	}
	fail(reader, DIAG_SYNTAX, item->span,
		"expected the name of a file, without control characters, quotes and brackets");
	return false;
}

struct include *include_read(struct reader *reader, const struct statement *statement)
{
	if (!statement->items || statement->items->kind != ITEM_WORD) {
		fail(reader, DIAG_SYNTAX, statement->span, "expected a file after include");
		return NULL;
	}
	struct slice path;
	if (!path_of(reader, statement->items, statement->magic, &path))
		return NULL;
	struct include *include = arena_new(&reader->unit->arena, struct include);
	include->path = path;
	include->magic = statement->magic;
	include->optional = statement->optional;
	include->origin = reader->origin;
	include->span = statement->span;
	include->cause = statement->cause;
	include->comment = statement->comment;
	if (!reader->loader)
		return include;
	bool missing = false;
	include->files = reader->loader->find(
		reader->loader->context, include->path, include->magic, &missing);
	if (!include->files && missing && !include->optional) {
		diag_add(&reader->unit->diags, DIAG_MISSING_INCLUDE, statement->items->span,
			"there is no '%.*s' to include", SLICE_FMT(include->path));
		reader->ok = false;
	}
	return include;
}

/* "@{X}" and "@X" are X, "$b" and "${b}" are $b. */
static struct slice variable_name(struct arena *arena, struct slice word)
{
	char sigil = word.len ? word.at[0] : '\0';
	if (sigil != '@' && sigil != '$')
		return slice_of(NULL, 0);
	struct slice name = slice_from(word, 1);
	if (slice_starts(name, SLICE("{")) && slice_ends(name, SLICE("}")))
		name = slice_of(name.at + 1, name.len - 2);
	return sigil == '$' ? arena_printf(arena, "$%.*s", SLICE_FMT(name)) : name;
}

static struct variable *variable_read(struct reader *reader, const struct statement *statement)
{
	struct unit *unit = reader->unit;
	const struct item *word = statement->items;
	struct slice name = slice_of(NULL, 0);
	if (word && word->kind == ITEM_WORD)
		name = variable_name(&unit->arena, word->text);
	if (name.len == 0 || !word->next) {
		fail(reader, DIAG_BAD_VARIABLE, statement->span,
			name.len ? "a variable needs a value, \"\" for the empty one"
				 : "expected the name of a variable, such as @{HOME}");
		return NULL;
	}
	struct variable *variable = arena_new(&unit->arena, struct variable);
	variable->name = name;
	variable->append = statement->append;
	variable->span = statement->span;
	variable->comment = statement->comment;
	size_t count = 0;
	for (const struct item *item = word->next; item; item = item->next)
		count++;
	variable->values = arena_array(&unit->arena, count, sizeof(*variable->values));
	for (const struct item *item = word->next; item; item = item->next) {
		if (item->kind == ITEM_WORD)
			variable->values[variable->count++] = item_word(item);
		else
			fail(reader, DIAG_BAD_VARIABLE, item->span, "expected a value");
	}
	return variable;
}

/* Where the next node of each list of a preamble goes. */
struct preamble_ends {
	struct include **include;
	struct variable **variable;
	struct rule **alias;
};

static void abi_read(
	struct reader *reader, const struct statement *statement, struct preamble *preamble)
{
	const struct item *path = statement->items->next;
	if (!path || path->kind != ITEM_WORD || path->next) {
		fail(reader, DIAG_SYNTAX, statement->span, "expected one file, such as <abi/3.0>");
		return;
	}
	if (preamble->has_abi)
		return; /* apparmor_parser goes by the first */
	bool magic = !path->quoted && slice_starts(path->text, SLICE("<"));
	if (!path_of(reader, path, magic, &preamble->abi_path))
		return;
	preamble->has_abi = true;
	preamble->abi_magic = magic;
	preamble->abi_span = statement->span;
}

static void alias_read(
	struct reader *reader, const struct statement *statement, struct preamble_ends *ends)
{
	struct rule *rule = rule_read(reader->unit, statement, NULL, false);
	if (!rule) {
		reader->ok = false;
		return;
	}
	rule->origin = reader->origin;
	*ends->alias = rule;
	ends->alias = &rule->next;
}

static bool is_alias(const struct statement *statement)
{
	return item_is(statement->items, "alias") || item_is(statement->items, "rewrite");
}

/* A statement that can stand before the first profile; false when it is none. */
static bool preamble_statement(struct reader *reader, const struct statement *statement,
	struct preamble *preamble, struct preamble_ends *ends)
{
	if (statement->kind == STATEMENT_VARIABLE) {
		struct variable *variable = variable_read(reader, statement);
		if (variable) {
			*ends->variable = variable;
			ends->variable = &variable->next;
		}
		return true;
	}
	if (statement->kind != STATEMENT_RULE)
		return false;
	if (item_is(statement->items, "abi"))
		abi_read(reader, statement, preamble);
	else if (is_alias(statement))
		alias_read(reader, statement, ends);
	else
		return false;
	return true;
}

static bool late(struct reader *reader, const struct statement *statement)
{
	if (statement->kind == STATEMENT_VARIABLE)
		fail(reader, DIAG_SYNTAX, statement->span,
			"variables are set before the first profile");
	else if (statement->kind == STATEMENT_RULE && is_alias(statement))
		fail(reader, DIAG_SYNTAX, statement->span,
			"aliases stand before the first profile");
	else
		return false;
	return true;
}

static void rule_statement(struct reader *reader, const struct statement *statement,
	const struct block *block, struct body *body);

void body_read(struct reader *reader, const struct statement *first, const struct block *block,
	struct body *body)
{
	struct if_chain chain = {false, false};
	for (const struct statement *s = first; s; s = s->next) {
		if (s->kind != STATEMENT_BLOCK || !block_is_known(s))
			chain = (struct if_chain){false, false};
		if (late(reader, s))
			continue;
		if (s->kind == STATEMENT_BLOCK && block_is_known(s)) {
			block_read(reader, s, block, &chain, body);
		} else if (s->kind == STATEMENT_RULE) {
			rule_statement(reader, s, block, body);
		} else if (block && reader->origin != ORIGIN_INCLUDE) {
			fail(reader, DIAG_DROPPED_RULE, s->span,
				"apparmor_parser loses includes and profiles inside such a block");
		} else if (s->kind == STATEMENT_INCLUDE) {
			struct include *include = include_read(reader, s);
			if (include)
				body_add_include(body, include);
		} else if (s->kind == STATEMENT_BLOCK) {
			struct profile *child = profile_read(reader, s);
			if (child)
				body_add_child(body, child);
		}
	}
}

/* Inside a block apparmor_parser keeps what it stores with the files, and in `if` capabilities. */
static bool is_kept(const struct rule *rule, const struct block *block)
{
	return rule->ops == &rule_file || rule->ops == &rule_link ||
	       rule->ops == &rule_change_profile || (block->is_if && rule->ops == &rule_capability);
}

static void report_dropped(
	struct reader *reader, const struct rule *rule, const struct block *block)
{
	struct diag *diag = diag_add(&reader->unit->diags, DIAG_DROPPED_RULE, rule->span,
		"apparmor_parser silently drops this %s rule inside %s", rule->ops->name,
		block->is_if ? "an 'if' block" : "a block of qualifiers");
	diag_help(&reader->unit->diags, diag, "write it outside of the block%s",
		block->is_if ? "" : ", with the qualifiers of its own");
	reader->ok = false;
}

static void rule_statement(struct reader *reader, const struct statement *statement,
	const struct block *block, struct body *body)
{
	if (item_is(statement->items, "abi") && reader->in_profile)
		return; /* valid there, and without effect */
	struct rule *rule =
		rule_read(reader->unit, statement, block ? &block->qualifiers : NULL, false);
	if (!rule) {
		reader->ok = false;
		return;
	}
	if (block && !is_kept(rule, block)) {
		if (reader->origin != ORIGIN_INCLUDE)
			report_dropped(reader, rule, block);
		return;
	}
	if (block && !block->is_if && rule->qualifiers.deny && reader->origin != ORIGIN_INCLUDE) {
		fail(reader, DIAG_DROPPED_RULE, statement->span,
			"inside a block of qualifiers some versions of apparmor_parser turn a deny "
			"into an allow");
		return;
	}
	rule->origin = reader->origin;
	rule->section = SECTION_TEMPLATE;
	body_add_rule(body, rule);
}

static void preamble_include(
	struct reader *reader, const struct statement *statement, struct preamble_ends *ends)
{
	struct include *include = include_read(reader, statement);
	if (!include)
		return;
	*ends->include = include;
	ends->include = &include->next;
}

static void top_statement(struct reader *reader, const struct statement *statement,
	struct policy *policy, struct preamble_ends *ends, struct profile ***end)
{
	bool seen = policy->profiles != NULL;
	if (seen && late(reader, statement))
		return;
	if (seen && statement->kind == STATEMENT_RULE && item_is(statement->items, "abi")) {
		fail(reader, DIAG_SYNTAX, statement->span, "abi stands before the first profile");
		return;
	}
	if (preamble_statement(reader, statement, &policy->preamble, ends))
		return;
	if (statement->kind == STATEMENT_INCLUDE) {
		preamble_include(reader, statement, ends);
		return;
	}
	if (statement->kind == STATEMENT_RULE || block_is_known(statement)) {
		fail(reader, DIAG_SYNTAX, statement->span, "a rule stands inside of a profile");
		return;
	}
	struct profile *profile = profile_read(reader, statement);
	if (profile) {
		**end = profile;
		*end = &profile->next;
	}
}

static struct preamble_ends ends_of(struct preamble *preamble)
{
	return (struct preamble_ends){
		&preamble->includes, &preamble->variables, &preamble->aliases};
}

bool policy_read(struct unit *unit, const struct statement *first, enum origin origin,
	const struct include_loader *loader, struct policy *ret_policy)
{
	*ret_policy = (struct policy){0};
	struct reader reader = {.unit = unit,
		.origin = origin,
		.loader = loader,
		.preamble = &ret_policy->preamble,
		.ok = true};
	struct preamble_ends ends = ends_of(&ret_policy->preamble);
	struct profile **end = &ret_policy->profiles;
	for (const struct statement *s = first; s; s = s->next)
		top_statement(&reader, s, ret_policy, &ends, &end);
	profiles_check_names(&reader, ret_policy->profiles);
	return reader.ok;
}

/* A file may be included before profiles or in one: an include in it counts for both. */
bool policy_read_include(struct unit *unit, const struct statement *first,
	const struct include_loader *loader, struct preamble *ret_preamble, struct body *ret_body)
{
	*ret_preamble = (struct preamble){0};
	body_init(ret_body);
	struct reader reader = {.unit = unit,
		.origin = ORIGIN_INCLUDE,
		.loader = loader,
		.preamble = ret_preamble,
		.ok = true};
	struct preamble_ends ends = ends_of(ret_preamble);
	struct if_chain chain = {false, false};
	for (const struct statement *s = first; s; s = s->next) {
		if (s->kind != STATEMENT_BLOCK)
			chain = (struct if_chain){false, false};
		if (preamble_statement(&reader, s, ret_preamble, &ends))
			continue;
		if (s->kind == STATEMENT_INCLUDE) {
			struct include *include = include_read(&reader, s);
			if (!include)
				continue;
			struct include *copy = arena_new(&unit->arena, struct include);
			*copy = *include;
			body_add_include(ret_body, copy);
			*ends.include = include;
			ends.include = &include->next;
		} else if (s->kind == STATEMENT_BLOCK && block_is_known(s)) {
			block_read(&reader, s, NULL, &chain, ret_body);
		} else if (s->kind == STATEMENT_BLOCK) {
			struct profile *child = profile_read(&reader, s);
			if (child)
				body_add_child(ret_body, child);
		} else {
			rule_statement(&reader, s, NULL, ret_body);
		}
	}
	return reader.ok;
}

static bool check_abi(struct unit *unit, const struct rule *rule, enum abi abi)
{
	const struct network_rule *network =
		rule->ops == &rule_network ? (const struct network_rule *)rule : NULL;
	const char *what = NULL;
	enum abi since = ABI_4_0;
	if (abi < rule->ops->since) {
		what = arena_printf(&unit->arena, "'%s' rules need", rule->ops->name).at;
		since = rule->ops->since;
	} else if (abi < ABI_4_0 && network && (network->access || network->conditions)) {
		what = "network rules with permissions or addresses need";
	} else if (abi < ABI_4_0 && rule->qualifiers.has_priority) {
		what = "'priority=' needs";
	} else if (abi < ABI_4_0 && rule->qualifiers.prompt) {
		what = "'prompt' needs";
	}
	if (!what)
		return true;
	struct diag *diag = diag_add(&unit->diags, DIAG_KIND_NEWER_THAN_ABI, rule->span,
		"%s ABI %s, the profile is compiled for %s", what, abi_name(since), abi_name(abi));
	diag_help(&unit->diags, diag, "compile with --abi %s", abi_name(since));
	return false;
}

struct rule *policy_read_rule(struct unit *unit, const struct statement *statement,
	enum origin origin, enum abi abi, bool deny)
{
	struct rule *rule = rule_read(unit, statement, NULL, deny);
	if (!rule)
		return NULL;
	if (rule->ops == &rule_alias) {
		diag_add(&unit->diags, DIAG_BAD_RULE, statement->span,
			"an alias stands before the profile, it is no rule of one");
		return NULL;
	}
	if (!check_abi(unit, rule, abi))
		return NULL;
	if (origin == ORIGIN_DESCRIPTION && rule->ops == &rule_file &&
		!file_rule_check_target(unit, statement, rule))
		return NULL;
	rule->origin = origin;
	rule->section = rule->qualifiers.deny ? SECTION_DENY : SECTION_RULES;
	return rule;
}
