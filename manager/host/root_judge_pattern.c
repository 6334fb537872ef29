#include "compiler/lower_paths.h"
#include "manager/host/root_braces.h"
#include "manager/host/root_glob.h"
#include "manager/host/root_judge.h"
#include "manager/host/root_words.h"
#include "policy/escape.h"

enum { WAYS_MOST = 256 };

static struct arena *memory(const struct root_look *look)
{
	return &look->unit->arena;
}

/* A pattern as the kernel's names would have to match it. */
struct expanded {
	struct slice text;
	const struct glob *glob;
	struct slice directory; /* literal, that all matches lie below; "" for the root */
};

static bool expand(struct root_look *look, const struct root_entry *at, struct expanded *ret)
{
	struct unit *unit = look->unit;
	struct slice name;
	const char *error;
	size_t offset;
	struct expanded e;
	if (!scope_expand(&unit->arena, unit->limits, look->compiled->scope,
		    lower_path(unit, look->compiled->template->scope, at->entry), &e.text, &name))
		return false;
	e.glob = glob_read(&unit->arena, unit->limits, e.text, &error, &offset);
	if (!e.glob)
		return false;
	struct slice prefix = glob_prefix(e.glob);
	const char *slash = memrchr(prefix.at, '/', prefix.len);
	e.directory = slice_first(prefix, slash ? (size_t)(slash - prefix.at) : 0);
	*ret = e;
	return true;
}

/* The same pattern below the directory that the kernel sees. false when it is not known. */
static bool judge_linked_directory(struct root_look *look, const struct root_entry *at,
	const struct expanded *e, const struct rooted_path *place)
{
	struct unit *unit = look->unit;
	const char *error;
	size_t offset;
	if (!slice_starts(e->text, e->directory))
		return false;
	struct buf moved = buf_new(&unit->arena);
	if (!slice_is(place->resolved, "/"))
		escape_literal(place->resolved, &moved);
	buf_add(&moved, slice_from(e->text, e->directory.len));
	struct slice text = buf_slice(&moved);
	const struct glob *glob = glob_read(&unit->arena, unit->limits, text, &error, &offset);
	if (!glob || root_allows_all(look, at, glob))
		return false;
	struct slice seen = SLICE("");
	glob_odd_path(&unit->arena, glob, &seen);
	struct slice way = root_words_link(&unit->arena, e->directory, place);
	struct root_finding *finding =
		root_find(look, at, at->is_program ? DIAG_PROGRAM_LINK : DIAG_PATH_LINK, text,
			"%.*s: the kernel sees paths below '%.*s', and %.*s", SLICE_FMT(way),
			SLICE_FMT(place->resolved), SLICE_FMT(root_consequence(look, at, seen)));
	finding->help = arena_printf(&unit->arena, "write '%.*s'", SLICE_FMT(text));
	return true;
}

static enum diag_id missing_id(const struct root_entry *at)
{
	return at->key->id == KEY_BINARY ? DIAG_PROGRAM_MISSING : DIAG_PATH_MISSING;
}

static void report_no_match(struct root_look *look, const struct root_entry *at, struct slice why)
{
	struct slice where = root_view_words(look->view);
	struct root_finding *finding = root_find(look, at, missing_id(at), SLICE(""),
		"nothing%.*s matches '%.*s'%s%.*s", SLICE_FMT(where), SLICE_FMT(at->entry->path),
		why.len ? ": " : "", SLICE_FMT(why));
	if (at->key->id == KEY_BINARY)
		finding->help = slice_str(ROOT_ALLOW_MISSING);
}

static void report_linked(
	struct root_look *look, const struct root_entry *at, const struct root_matched *matched)
{
	struct root_finding *finding = root_find(look, at, DIAG_PROGRAM_LINK, matched->resolved,
		"only symbolic links match '%.*s': for '%.*s' the kernel sees '%.*s', and %.*s",
		SLICE_FMT(at->entry->path), SLICE_FMT(matched->name), SLICE_FMT(matched->resolved),
		SLICE_FMT(root_consequence(look, at, matched->resolved)));
	finding->help = root_words_write(memory(look), matched->resolved);
}

static void report_way(struct root_look *look, const struct root_entry *at, struct slice path,
	const struct rooted_path *place)
{
	struct slice way = root_words_link(memory(look), path, place);
	struct root_finding *finding = root_find(look, at, DIAG_PROGRAM_LINK, place->resolved,
		"of '%.*s', %.*s: the kernel sees '%.*s', and %.*s", SLICE_FMT(at->entry->path),
		SLICE_FMT(way), SLICE_FMT(place->resolved),
		SLICE_FMT(root_consequence(look, at, place->resolved)));
	finding->help = arena_printf(memory(look), "write '%.*s' in the place of '%.*s'",
		SLICE_FMT(place->resolved), SLICE_FMT(path));
}

/* Of "/usr/bin/{one,two}" each is meant: one that is a link to something else is not attached to,
 * whatever becomes of the other. false at the first. */
static bool judge_ways(
	struct root_look *look, const struct root_entry *at, struct slice pattern, size_t *budget)
{
	size_t open = braces_find(pattern, 0, '{');
	struct buf path = buf_new(memory(look));
	struct slice way;
	if (open < pattern.len) {
		struct braces braces = braces_begin(pattern, open);
		while (*budget > 0 && braces_next(&braces, memory(look), &way)) {
			--*budget;
			if (!judge_ways(look, at, way, budget))
				return false;
		}
		return true;
	}
	if (!escape_to_literal(pattern, &path) || !slice_starts(pattern, SLICE("/")))
		return true;
	const struct rooted_path *place = root_view_at(look->view, buf_slice(&path));
	if (!place->exists || !S_ISREG(place->at.st_mode) || place->link_count == 0 ||
		glob_match(look->attachment, place->resolved))
		return true;
	report_way(look, at, buf_slice(&path), place);
	return false;
}

/* Of programs that match, one must be there. */
static void judge_matches(
	struct root_look *look, const struct root_entry *at, const struct expanded *e)
{
	struct root_matched matched;
	size_t budget = WAYS_MOST;
	switch (root_glob(
		look->view, memory(look), look->unit->limits, e->text, e->glob, &matched)) {
	case ROOT_MATCH_FILE:
		if (at->attaches && look->attachment)
			judge_ways(look, at, e->text, &budget);
		break;
	case ROOT_MATCH_UNKNOWN:
		root_find(look, at, DIAG_PATH_MISSING, SLICE(""),
			"whether there is a program for '%.*s' was not found out: too many names, or directories that cannot be read",
			SLICE_FMT(at->entry->path));
		break;
	case ROOT_MATCH_NONE:
		report_no_match(look, at, SLICE(""));
		break;
	case ROOT_MATCH_LINKED:
		if (at->attaches || !root_starts(look, at, matched.resolved))
			report_linked(look, at, &matched);
		break;
	}
}

void root_judge_pattern(struct root_look *look, const struct root_entry *at)
{
	struct expanded e;
	if (!expand(look, at, &e) || root_is_elsewhere(look, e.directory))
		return;
	const struct rooted_path *place = root_view_at(look->view, e.directory);
	if (root_is_elsewhere(look, place->resolved))
		return;
	if (!place->exists && root_is_missing(place->number)) {
		if (at->key->id != KEY_WRITABLE || look->is_host)
			report_no_match(
				look, at, root_words_missing(memory(look), e.directory, place));
		return;
	}
	if (!place->exists ||
		(place->link_count > 0 && judge_linked_directory(look, at, &e, place)))
		return;
	if (at->is_program)
		judge_matches(look, at, &e);
}
