#include "manager/host/root_judge.h"

#include "manager/host/root_words.h"

#include <errno.h>

static struct arena *memory(const struct root_look *look)
{
	return &look->unit->arena;
}

/* "ix", "Cx -> helper" */
static struct slice words_of_start(struct arena *arena, const struct file_rule *rule)
{
	struct buf words = buf_new(arena);
	file_perms_print(PERM_EXEC, rule->exec, rule->scrub, &words);
	if (rule->target.len > 0)
		buf_printf(&words, " -> %.*s", SLICE_FMT(rule->target));
	return buf_slice(&words);
}

struct slice root_consequence(
	struct root_look *look, const struct root_entry *at, struct slice resolved)
{
	if (at->attaches)
		return SLICE("the profile is not attached to it");
	if (!at->is_program)
		return SLICE("no rule matches that");
	const struct file_rule *rule = root_start_rule(look, at->side, resolved);
	if (!rule)
		return SLICE("the profile does not let it be started");
	if (root_starts(look, at, resolved)) /* some of a pattern */
		return SLICE("not all of that is started in the same way");
	return arena_printf(memory(look), "another rule starts that otherwise, by '%.*s'",
		SLICE_FMT(words_of_start(memory(look), rule)));
}

static struct slice how_to_mend(struct arena *arena, const struct root_entry *at,
	const struct rooted_path *place, struct slice mended)
{
	struct slice pattern = root_words_pattern(arena, at->entry->path, place);
	struct slice help = root_words_write(arena, mended);
	if (at->entry->kind == PATH_FILE && at->key->shape == SHAPE_DIRECTORIES)
		help = arena_printf(arena, "write %.*s", SLICE_FMT(root_words_file(arena, mended)));
	if (pattern.len > 0)
		help = arena_printf(arena,
			"%.*s; when an upgrade points the link elsewhere, '%.*s' still matches",
			SLICE_FMT(help), SLICE_FMT(pattern));
	return help;
}

static void report_link(
	struct root_look *look, const struct root_entry *at, const struct rooted_path *place)
{
	struct arena *arena = memory(look);
	struct slice way = root_words_link(arena, at->entry->path, place);
	bool is_tree = at->entry->kind == PATH_TREE && !slice_is(place->resolved, "/");
	struct slice mended = is_tree ? arena_printf(arena, "%.*s/", SLICE_FMT(place->resolved))
				      : place->resolved;
	struct slice seen = is_tree ? arena_printf(arena, "%.*sx", SLICE_FMT(mended)) : mended;
	struct root_finding *finding =
		root_find(look, at, at->is_program ? DIAG_PROGRAM_LINK : DIAG_PATH_LINK,
			place->resolved, "%.*s: the kernel sees '%.*s', and %.*s", SLICE_FMT(way),
			SLICE_FMT(place->resolved), SLICE_FMT(root_consequence(look, at, seen)));
	finding->help = how_to_mend(arena, at, place, mended);
	if (at->is_program && !at->attaches && root_start_rule(look, at->side, seen))
		finding->help = arena_printf(arena,
			"the kernel cannot tell the two names apart: keep one entry, of '%.*s', that says how it is started",
			SLICE_FMT(mended));
}

/* What a service makes when it starts is no news. */
static bool may_be_missing(
	struct root_look *look, const struct root_entry *at, const struct rooted_path *place)
{
	if (at->key->id != KEY_WRITABLE)
		return false;
	if (!look->is_host) /* a tmpfs or a volume, or made by who runs it */
		return true;
	struct slice rest = slice_from(place->resolved, place->missing_from + 1);
	return at->entry->kind == PATH_FILE && place->number == ENOENT && !slice_has(rest, '/');
}

bool root_is_missing(int number)
{
	return number == ENOENT || number == ENOTDIR || number == ELOOP;
}

static void report_missing(
	struct root_look *look, const struct root_entry *at, const struct rooted_path *place)
{
	struct arena *arena = memory(look);
	struct slice path = at->entry->path;
	struct slice why = root_words_missing(arena, path, place);
	struct slice where = root_view_words(look->view);
	bool is_wanted = at->key->id == KEY_BINARY && root_is_missing(place->number);
	struct root_finding *finding = root_find(look, at,
		is_wanted ? DIAG_PROGRAM_MISSING : DIAG_PATH_MISSING, SLICE(""), "%s%.*s%.*s",
		at->is_program ? "the program " : "", SLICE_FMT(why), SLICE_FMT(where));
	if (!at->is_program || !root_is_missing(place->number))
		return;
	struct slice near = root_view_nearest(look->view, path, arena);
	if (near.len > 0)
		finding->help = arena_printf(arena, "did you mean '%.*s'?", SLICE_FMT(near));
	else if (is_wanted)
		finding->help = slice_str(ROOT_ALLOW_MISSING);
}

static void judge_directory(
	struct root_look *look, const struct root_entry *at, const struct rooted_path *place)
{
	struct slice path = at->entry->path;
	if (at->key->id == KEY_EXEC && root_fits(look, at, place))
		return;
	struct root_finding *finding = root_find(look, at, DIAG_NOT_EXECUTABLE, place->resolved,
		"'%.*s' is a directory, not a program", SLICE_FMT(path));
	if (at->key->id == KEY_EXEC)
		finding->help = arena_printf(
			memory(look), "write '%.*s/' for all programs below it", SLICE_FMT(path));
	else
		finding->help = SLICE("name the program that lies in it");
}

static void judge_program(
	struct root_look *look, const struct root_entry *at, const struct rooted_path *place)
{
	struct slice path = at->entry->path;
	mode_t mode = place->at.st_mode;
	struct root_finding *finding;
	if (S_ISDIR(mode)) {
		judge_directory(look, at, place);
	} else if (!S_ISREG(mode)) {
		root_find(look, at, DIAG_NOT_EXECUTABLE, place->resolved,
			"'%.*s' is neither a file nor a directory", SLICE_FMT(path));
	} else if (at->entry->kind == PATH_TREE) {
		finding = root_find(look, at, DIAG_NOT_A_DIRECTORY, place->resolved,
			"'%.*s' is a file, the entry is about a directory and what lies in it",
			SLICE_FMT(path));
		finding->help = root_words_write(memory(look), path);
	} else if (!(mode & 0111)) {
		finding = root_find(look, at, DIAG_NOT_EXECUTABLE, place->resolved,
			"'%.*s' is not executable: its mode is %04o", SLICE_FMT(path),
			(unsigned)mode & 07777);
		finding->help = SLICE("chmod it; who starts 'INTERPRETER SCRIPT' starts the "
				      "interpreter, and the kernel looks at nothing else");
	} else {
		root_judge_script(look, at, place);
	}
}

static void judge_file(
	struct root_look *look, const struct root_entry *at, const struct rooted_path *place)
{
	struct slice path = at->entry->path;
	struct root_finding *finding;
	bool is_directory = S_ISDIR(place->at.st_mode), is_tree = at->entry->kind == PATH_TREE;
	bool is_either = at->entry->kind == PATH_EITHER;
	if (is_either || is_directory == is_tree || root_fits(look, at, place))
		return;
	if (is_directory) {
		finding = root_find(look, at, DIAG_NOT_A_FILE, place->resolved,
			"'%.*s' is a directory, the entry is about a file of that name",
			SLICE_FMT(path));
		finding->help = arena_printf(
			memory(look), "write '%.*s/' for it and all below it", SLICE_FMT(path));
		return;
	}
	finding = root_find(look, at, DIAG_NOT_A_DIRECTORY, place->resolved,
		"'%.*s' is a file, the entry is about a directory and what lies in it",
		SLICE_FMT(path));
	finding->help = root_words_write(memory(look), path);
	if (at->key->shape == SHAPE_DIRECTORIES)
		finding->help = arena_printf(
			memory(look), "write %.*s", SLICE_FMT(root_words_file(memory(look), path)));
}

static bool is_linked_path_told(const struct rooted_path *place)
{
	return slice_is(place->links[0].path, "/var/run") ||
	       slice_is(place->links[0].path, "/var/lock");
}

static void judge_path(struct root_look *look, const struct root_entry *at)
{
	struct slice path = at->entry->path;
	const struct rooted_path *place = root_view_at(look->view, path);
	if (root_is_elsewhere(look, path) || root_is_elsewhere(look, place->resolved))
		return;
	bool is_there = place->exists || root_is_missing(place->number);
	bool leads_on = place->link_count > 0 && place->number != ELOOP && is_there &&
			(place->exists || !at->is_program);
	if (leads_on && !root_fits(look, at, place)) {
		/* The same was said of /var/run without a root (linked-path). */
		if (at->is_program || !is_linked_path_told(place))
			report_link(look, at, place);
	} else if (!place->exists) {
		if (!may_be_missing(look, at, place))
			report_missing(look, at, place);
	} else if (at->is_program) {
		judge_program(look, at, place);
	} else {
		judge_file(look, at, place);
	}
}

void root_judge(struct root_look *look, const struct root_entry *at)
{
	if (at->entry->kind == PATH_PATTERN)
		root_judge_pattern(look, at);
	else
		judge_path(look, at);
}
