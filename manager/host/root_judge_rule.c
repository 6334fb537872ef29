#include "compiler/lower_paths.h"
#include "manager/host/root_braces.h"
#include "manager/host/root_judge.h"
#include "manager/host/root_words.h"
#include "policy/escape.h"
#include "policy/glob/both.h"

#include <errno.h>

/*
 * A rule stands as written. Its path is looked at as far as it is literal, each way through its
 * alternations by itself: '/{,var/}run/x' says with one way what it says in vain with the other.
 */

enum { WAYS_MOST = 256 };

struct judging {
	struct root_look *look;
	struct root_entry at;
	const struct file_rule *rule;
	size_t ways;
	bool is_done; /* one finding is enough */
};

static struct arena *memory(const struct judging *judging)
{
	return &judging->look->unit->arena;
}

/* A way up to its first glob: "/var/run/?x" is "/var/run" and "/?x", "/var/run/" without the slash
 * and "/". */
struct way {
	struct slice pattern;
	struct slice directory; /* literal */
	struct slice rest;	/* "/…" or empty */
};

/* Where the pattern stops being literal. */
static size_t find_special(struct slice aare)
{
	size_t at = 0;
	while (at < aare.len && !memchr("{*?[", aare.at[at], 4))
		at += aare.at[at] == '\\' ? 2 : 1;
	return at < aare.len ? at : aare.len;
}

static bool read_way(const struct judging *judging, struct slice pattern, struct way *ret_way)
{
	size_t end = find_special(pattern);
	struct slice literal = slice_first(pattern, end);
	const char *slash = end < pattern.len ? memrchr(literal.at, '/', literal.len) : NULL;
	if (slash)
		literal = slice_first(literal, (size_t)(slash - literal.at));
	else if (end < pattern.len)
		return false;
	while (slice_ends(literal, SLICE("/")))
		literal.len--;
	struct buf path = buf_new(memory(judging));
	if (literal.len == 0 || literal.at[0] != '/' || !escape_to_literal(literal, &path))
		return false;
	*ret_way = (struct way){pattern, buf_slice(&path), slice_from(pattern, literal.len)};
	return true;
}

/* "/proc/net/x" leads to the process that looks: the rule must be for each. */
static struct slice of_any_process(
	const struct judging *judging, const struct rooted_path *place, struct slice pattern)
{
	struct unit *unit = judging->look->unit;
	bool is_self = false;
	for (size_t i = 0; i < place->link_count; i++)
		is_self = is_self || slice_is(place->links[i].path, "/proc/self");
	if (!is_self || !slice_starts(pattern, SLICE("/proc/")))
		return pattern;
	struct slice expanded, name;
	bool is_declared = scope_expand(&unit->arena, unit->limits, judging->look->compiled->scope,
		SLICE("@{pid}"), &expanded, &name);
	return arena_printf(&unit->arena, "/proc/%s%.*s", is_declared ? "@{pid}" : "[0-9]*",
		SLICE_FMT(slice_from(pattern, braces_find(pattern, 6, '/'))));
}

/* The way as the kernel sees it. */
static struct slice move(
	const struct judging *judging, const struct way *way, const struct rooted_path *place)
{
	struct buf moved = buf_new(memory(judging));
	if (!slice_is(place->resolved, "/"))
		escape_literal(place->resolved, &moved);
	buf_add(&moved, way->rest);
	if (moved.len == 0)
		buf_add_char(&moved, '/');
	return of_any_process(judging, place, buf_slice(&moved));
}

static const struct glob *read_glob(const struct judging *judging, struct slice aare)
{
	struct unit *unit = judging->look->unit;
	struct slice text, name;
	const char *error;
	size_t offset;
	if (!scope_expand(
		    &unit->arena, unit->limits, judging->look->compiled->scope, aare, &text, &name))
		return NULL;
	return glob_read(&unit->arena, unit->limits, text, &error, &offset);
}

static void report_link(struct judging *judging, const struct way *way,
	const struct rooted_path *place, struct slice moved)
{
	struct arena *arena = memory(judging);
	bool is_deny = judging->rule->head.qualifiers.deny;
	struct slice how = root_words_link(arena, way->directory, place);
	struct root_finding *finding = root_find(judging->look, &judging->at, DIAG_PATH_LINK, moved,
		"%.*s: the kernel sees '%.*s', and no %s the same there", SLICE_FMT(how),
		SLICE_FMT(moved), is_deny ? "deny refuses" : "rule allows");
	struct slice both = glob_both(arena, way->pattern, moved);
	if (!slice_eq(way->pattern, judging->rule->path))
		finding->help =
			arena_printf(arena, "add one more for the path '%.*s'", SLICE_FMT(moved));
	else if (both.len > 0)
		finding->help =
			arena_printf(arena, "write the path '%.*s', or '%.*s' for both spellings",
				SLICE_FMT(moved), SLICE_FMT(both));
	else
		finding->help = arena_printf(arena, "write the path '%.*s'", SLICE_FMT(moved));
	judging->is_done = true;
}

static void report_unseen(
	struct judging *judging, const struct way *way, const struct rooted_path *place)
{
	struct slice why = root_words_missing(memory(judging), way->directory, place);
	struct slice where = root_view_words(judging->look->view);
	root_find(judging->look, &judging->at, DIAG_PATH_MISSING, SLICE(""), "%.*s%.*s",
		SLICE_FMT(why), SLICE_FMT(where));
	judging->is_done = true;
}

static void judge_way(struct judging *judging, struct slice pattern)
{
	struct root_look *look = judging->look;
	struct way way;
	if (!read_way(judging, pattern, &way))
		return;
	const struct rooted_path *place = root_view_at(look->view, way.directory);
	for (size_t i = 0; i < place->link_count; i++)
		if (root_is_hidden(look, place->links[i].path))
			return;
	if (place->link_count == 0) {
		if (!place->exists && !root_is_missing(place->number) &&
			!root_is_elsewhere(look, way.directory))
			report_unseen(judging, &way, place);
		return;
	}
	struct slice moved = move(judging, &way, place);
	const struct glob *glob = read_glob(judging, moved);
	bool is_circle = !place->exists && place->number == ELOOP;
	if (glob && !is_circle && !root_says_all(look, judging->at.side, judging->rule, glob))
		report_link(judging, &way, place, moved);
}

static void report_too_many(struct judging *judging)
{
	root_find(judging->look, &judging->at, DIAG_TOO_COMPLEX, SLICE(""),
		"'%.*s' stands for too many paths to look at each: whether links are among them is not known",
		SLICE_FMT(judging->at.entry->path));
	judging->is_done = true;
}

/* Braces behind a glob are left alone, as is all that follows it. */
static void judge_ways(struct judging *judging, struct slice pattern)
{
	size_t open = find_special(pattern);
	if (open == pattern.len || pattern.at[open] != '{') {
		judge_way(judging, pattern);
		return;
	}
	struct braces braces = braces_begin(pattern, open);
	for (struct slice way; !judging->is_done && braces_next(&braces, memory(judging), &way);)
		if (judging->ways++ == WAYS_MOST)
			report_too_many(judging);
		else
			judge_ways(judging, way);
}

/* Of /var/run and the like the same was said without a root. */
static bool is_told(struct unit *unit, struct span at)
{
	return diag_is_there(&unit->diags, DIAG_LINKED_DENY, at) ||
	       diag_is_there(&unit->diags, DIAG_LINKED_PATH, at);
}

void root_judge_rule(struct root_look *look, struct root_side *side, const struct file_rule *rule)
{
	struct unit *unit = look->unit;
	const struct path_entry entry = {
		.kind = PATH_PATTERN, .path = rule->path, .span = rule->head.cause};
	struct judging judging = {.look = look, .rule = rule};
	struct slice text, name;
	judging.at = (struct root_entry){
		.side = side,
		.key = &keys[rule->head.section == SECTION_DENY ? KEY_DENY : KEY_RULES],
		.entry = &entry,
		.perms = rule->perms,
	};
	if (rule->all || lower_is_proc_self(rule->path) || is_told(unit, rule->head.cause) ||
		!scope_expand(&unit->arena, unit->limits, look->compiled->scope, rule->path, &text,
			&name))
		return;
	judge_ways(&judging, text);
}
