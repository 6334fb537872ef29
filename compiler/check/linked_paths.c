/*
 * Rules of the description about paths below /bin, /sbin, /lib, /lib64, /var/run and /var/lock,
 * which are symbolic links on current systems: the kernel asks for the path below the link's
 * target. Of the lists lowering writes both; rules and patterns stand as written.
 *
 *     deny: [/bin/su x]                        error: /usr/bin/su can be executed
 *     deny: ["/{,usr/}bin/su x"]               both
 *     deny: [/bin/su x, /usr/bin/su x]         both
 *     deny: ["/{bin,usr/bin,sbin}/su x"]       error: /usr/sbin/su
 *
 * A pattern with wildcards in the first name is about links when it matches nothing else, as those
 * that begin with /lib* do, and those with /[a-z]* do not.
 */
#include "compiler/check/check.h"
#include "compiler/links.h"
#include "compiler/service/index.h"

#include "policy/escape.h"

enum {
	LOOK_BYTES = 4 << 20,
	RULES_MAX = 1024,
	COMPARE_COST = 16,
	ALTERNATIVE_COST = 32,
	LINK_SLASHES = 3
};

/* What is looked for, and what was found. */
struct look {
	const struct check_input *input;
	const struct index *texts; /* the profile's patterns: most that have a twin have it so */
	const struct pattern *pattern;
	size_t bytes;			/* of alternatives that were looked at */
	bool is_unclear;		/* something was too complex to tell */
	const struct system_link *link; /* NULL: nothing */
	struct slice witness;		/* a path below its target that the rule should be about */
};

/* The family of directories that a pattern with wildcards may mean: /lib32 is none of the table. */
static const char family[] = "/{"
#define LINK(path, target, merged) path ","
#include "compiler/links.def"
#undef LINK
			     "lib*}/{,**}";

static struct glob *read_glob(const struct look *look, struct slice aare)
{
	struct unit *unit = look->input->unit;
	const char *error;
	size_t offset;
	return glob_read(&unit->arena, unit->limits, aare, &error, &offset);
}

static unsigned implied(const struct file_rule *rule)
{
	return rule->perms & PERM_WRITE ? rule->perms | PERM_APPEND : rule->perms;
}

/* Whether another rule does for its paths what this one does, for some permissions. */
static bool does_same(const struct file_rule *other, const struct file_rule *rule)
{
	enum owner owner = other->head.qualifiers.owner;
	return other->head.qualifiers.deny == rule->head.qualifiers.deny &&
	       (owner == OWNER_ANY || owner == rule->head.qualifiers.owner) &&
	       (implied(other) & implied(rule));
}

static size_t find_same(struct look *look, const struct pattern_list *list,
	const struct glob *paths, const struct pattern **same, size_t count)
{
	limits_spend(look->input->unit->limits, list->count * COMPARE_COST);
	for (size_t i = 0; i < list->count && count < RULES_MAX; i++)
		if (does_same(list->at[i].rule, look->pattern->rule) &&
			!glob_is_apart(list->at[i].glob, paths))
			same[count++] = &list->at[i];
	look->is_unclear |= count == RULES_MAX;
	return count;
}

/* A path that the rules leave out for the permission; false: there is none, or it is not known. */
static bool is_left_out(struct look *look, const struct glob *paths, unsigned perm,
	const struct pattern *const *same, size_t count, struct slice *ret_path)
{
	struct unit *unit = look->input->unit;
	const struct glob *by[RULES_MAX];
	size_t by_count = 0;
	for (size_t i = 0; i < count; i++)
		if (implied(same[i]->rule) & perm)
			by[by_count++] = same[i]->glob;
	enum glob_answer answer =
		glob_covered(&unit->arena, unit->limits, paths, by, by_count, ret_path);
	look->is_unclear |= answer == GLOB_TOO_COMPLEX;
	return answer == GLOB_NO;
}

/* Whether rules of the profile are about all these paths, as this one is about those of the link.
 */
static bool is_in_force(struct look *look, const struct glob *paths, struct slice *ret_path)
{
	const struct check_input *input = look->input;
	const struct pattern *same[RULES_MAX] = {look->pattern};
	unsigned perms = implied(look->pattern->rule);
	if (!is_left_out(look, paths, perms, same, 1, ret_path))
		return true;
	size_t count = find_same(look, &input->own, paths, same, 0);
	count = find_same(look, &input->included->files, paths, same, count);
	for (unsigned perm = 1; perm <= perms; perm <<= 1)
		if ((perms & perm) && is_left_out(look, paths, perm, same, count, ret_path))
			return look->is_unclear;
	return true;
}

static bool is_strictly_below(const struct system_link *link, struct slice path)
{
	return link_starts(link, path) && path.len > link->path.len;
}

/* Whether what begins with the literal may lie below the link. */
static bool may_be_below(const struct system_link *link, struct slice literal)
{
	return is_strictly_below(link, literal) || slice_starts(link->path, literal);
}

static bool may_be_linked(struct slice literal)
{
	for (size_t i = 0; i < system_link_count; i++)
		if (may_be_below(&system_links[i], literal))
			return true;
	return false;
}

/* The same below the link's target, of a pattern or path below the link. */
static struct slice below_target(
	const struct look *look, const struct system_link *link, struct slice path)
{
	return arena_printf(&look->input->unit->arena, "%.*s%.*s", SLICE_FMT(link->target),
		SLICE_FMT(slice_from(path, link->path.len)));
}

/* Whether all that the pattern matches lies below directories of that kind. */
static bool is_of_family(const struct look *look, const struct glob *glob)
{
	struct unit *unit = look->input->unit;
	const struct glob *all = read_glob(look, slice_str(family));
	struct slice path;
	if (!may_be_linked(glob_prefix(glob)))
		return false;
	/* One odd path of most others tells. */
	if (glob_odd_path(&unit->arena, glob, &path) && !glob_match(all, path))
		return false;
	return glob_covered(&unit->arena, unit->limits, glob, &all, 1, NULL) == GLOB_YES;
}

/* A pattern whose wildcards stand for the link's name, too: one path of it is asked for. */
static const struct glob *sample(
	const struct look *look, const struct system_link *link, const struct glob *glob)
{
	struct unit *unit = look->input->unit;
	struct buf below = buf_new(&unit->arena), literal = buf_new(&unit->arena);
	buf_printf(&below, "%.*s/{,**}", SLICE_FMT(link->path));
	const struct glob *link_glob = read_glob(look, buf_slice(&below));
	struct slice path;
	if (!may_be_below(link, glob_prefix(glob)) ||
		glob_overlap(&unit->arena, unit->limits, glob, link_glob, &path) != GLOB_YES)
		return NULL;
	escape_literal(below_target(look, link, path), &literal);
	return read_glob(look, buf_slice(&literal));
}

/* Whether there is a rule with just that text that does all that this one does. */
static bool has_twin(const struct look *look, struct slice text)
{
	const struct file_rule *rule = look->pattern->rule;
	const struct pattern *twin = index_find(look->texts, text);
	return twin && does_same(twin->rule, rule) && !(implied(rule) & ~implied(twin->rule));
}

/* The paths below the link's target that the rule should be about. NULL: there are none, or another
 * rule is. */
static const struct glob *find_paths(const struct look *look, const struct system_link *link,
	const struct glob *glob, bool is_wide, struct slice text)
{
	if (!is_strictly_below(link, text))
		return is_wide ? sample(look, link, glob) : NULL;
	struct slice target = below_target(look, link, text);
	return has_twin(look, target) ? NULL : read_glob(look, target);
}

/* One alternative of the rule's pattern. */
static void ask(struct look *look, struct slice text)
{
	const struct glob *glob = read_glob(look, text);
	bool is_wide = glob && is_of_family(look, glob);
	for (size_t i = 0; glob && i < system_link_count; i++) {
		const struct system_link *link = &system_links[i];
		const struct glob *paths = find_paths(look, link, glob, is_wide, text);
		if (!paths || is_in_force(look, paths, &look->witness))
			continue;
		look->link = link;
		return;
	}
}

/* Where an alternative ends that begins at `at`: at its comma or brace. */
static size_t alternative_end(struct slice text, size_t at)
{
	unsigned depth = 0;
	bool in_class = false;
	for (; at < text.len; at++) {
		char c = text.at[at];
		if (c == '\\')
			at++;
		else if (c == '[' || c == ']')
			in_class = c == '[';
		else if (in_class)
			continue;
		else if (c == '{')
			depth++;
		else if (depth == 0 && (c == ',' || c == '}'))
			return at;
		else if (c == '}')
			depth--;
	}
	return text.len;
}

/* The first brace, where nothing but literal text that may lead to a link stands before it. */
static bool find_brace(struct slice text, size_t *ret_at)
{
	unsigned slashes = 0;
	for (size_t i = 0; i < text.len && slashes < LINK_SLASHES; i++) {
		if (text.at[i] == '{') {
			*ret_at = i;
			return may_be_linked(slice_first(text, i));
		}
		if (memchr("*?[\\", text.at[i], 4))
			return false;
		slashes += text.at[i] == '/';
	}
	return false;
}

static void ask_alternatives(struct look *look, struct slice text)
{
	size_t brace, end;
	look->bytes += text.len + 1;
	look->is_unclear |= look->bytes > LOOK_BYTES;
	limits_spend(look->input->unit->limits, (text.len + COMPARE_COST) * ALTERNATIVE_COST);
	if (look->is_unclear || check_is_over(look->input))
		return;
	if (!find_brace(text, &brace)) {
		ask(look, text);
		return;
	}
	for (end = brace; end < text.len && text.at[end] != '}';)
		end = alternative_end(text, end + 1);
	struct slice rest = slice_from(text, end + 1);
	for (size_t at = brace + 1; at <= end && !look->link;) {
		size_t comma = alternative_end(text, at);
		struct buf one = buf_new(&look->input->unit->arena);
		buf_add(&one, slice_first(text, brace));
		buf_add(&one, slice_from(slice_first(text, comma), at));
		buf_add(&one, rest);
		ask_alternatives(look, buf_slice(&one));
		at = comma + 1;
	}
}

/* The rule as the description would hold it, with another path. */
static struct slice rewritten(const struct look *look, struct slice path)
{
	struct file_rule rule = *look->pattern->rule;
	if (rule.head.section != SECTION_RULES && rule.head.section != SECTION_DENY)
		return path;
	rule.path = path;
	rule.head.printed = slice_of(NULL, 0);
	if (rule.head.section == SECTION_DENY)
		rule.head.qualifiers.deny = false;
	return check_rule_text(look->input->unit, &rule.head);
}

static void add_help(const struct look *look, struct diag *diag)
{
	struct unit *unit = look->input->unit;
	const struct system_link *link = look->link;
	struct slice path = look->pattern->rule->path, better;
	if (link->is_merged && slice_starts(path, SLICE("/"))) {
		better = arena_printf(&unit->arena, "/{,usr/}%.*s", SLICE_FMT(slice_from(path, 1)));
		diag_help(&unit->diags, diag, "write '%.*s': it holds with the link and without",
			SLICE_FMT(rewritten(look, better)));
	} else if (is_strictly_below(link, path)) {
		better = below_target(look, link, path);
		diag_help(&unit->diags, diag, "write '%.*s'", SLICE_FMT(rewritten(look, better)));
	} else {
		diag_help(&unit->diags, diag,
			"write it for what lies below '%.*s', too, as this does: '%.*s'",
			SLICE_FMT(link->target), SLICE_FMT(rewritten(look, look->witness)));
	}
}

static void report(const struct look *look)
{
	struct unit *unit = look->input->unit;
	const struct rule *rule = &look->pattern->rule->head;
	const struct system_link *link = look->link;
	bool is_deny = rule->qualifiers.deny;
	struct diag *diag = diag_add(&unit->diags, is_deny ? DIAG_LINKED_DENY : DIAG_LINKED_PATH,
		check_place(rule),
		is_deny ? "the deny leaves '%.*s' open: where '%.*s' is a link to '%.*s', the kernel sees only that"
			: "'%.*s' is not allowed by this: where '%.*s' is a link to '%.*s', the kernel sees only that",
		SLICE_FMT(look->witness), SLICE_FMT(link->path), SLICE_FMT(link->target));
	add_help(look, diag);
	check_reported(look->input);
}

/* Of entries of the lists the reader tells of /var/run and /var/lock. */
static bool is_told(const struct file_rule *rule)
{
	if (rule->head.section == SECTION_RULES || rule->head.section == SECTION_DENY)
		return false;
	for (size_t i = 0; i < system_link_count; i++)
		if (!system_links[i].is_merged && link_starts(&system_links[i], rule->path))
			return true;
	return false;
}

static bool is_asked(const struct pattern *pattern)
{
	const struct file_rule *rule = pattern->rule;
	return rule->head.origin == ORIGIN_DESCRIPTION && !rule->all && !is_told(rule) &&
	       may_be_linked(glob_prefix(pattern->glob));
}

/* Whether it could be told. */
static bool look_at(
	const struct check_input *input, const struct index *texts, const struct pattern *pattern)
{
	struct look look = {.input = input, .texts = texts, .pattern = pattern};
	struct arena kept = check_scratch(input->unit);
	ask_alternatives(&look, pattern->text);
	look.witness = check_scratch_end(input->unit, kept, look.witness);
	if (look.link)
		report(&look);
	return look.link || !(look.is_unclear || check_is_over(input));
}

void check_linked_paths(const struct check_input *input)
{
	const struct pattern_list *own = &input->own;
	struct index texts = index_new(&input->unit->arena);
	const struct pattern *unclear = NULL;
	size_t unclear_count = 0;
	size_t first = 0;
	while (first < own->count && !is_asked(&own->at[first]))
		first++;
	for (size_t i = 0; first < own->count && i < own->count; i++)
		*index_at(&texts, own->at[i].text) = &own->at[i];
	for (size_t i = first; i < own->count; i++) {
		if (!is_asked(&own->at[i]) || look_at(input, &texts, &own->at[i]))
			continue;
		unclear_count++;
		unclear = unclear ? unclear : &own->at[i];
	}
	if (unclear)
		check_too_complex(input, check_place(&unclear->rule->head),
			"whether rules name a link instead of what it leads to", unclear_count);
}
