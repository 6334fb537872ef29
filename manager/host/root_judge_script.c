#include "manager/host/root_judge.h"
#include "manager/host/root_script.h"
#include "manager/host/root_words.h"

/*
 * Measured on Linux 6.1 and 6.12: the kernel starts a script's interpreter without asking for
 * permission to execute it, and the process has the profile that the script's own path leads to.
 * What env(1) then executes, the profile must allow.
 */

static struct slice find_program(struct root_look *look, struct slice name)
{
	for (size_t i = 0; i < PROGRAM_DIRECTORY_COUNT; i++) {
		struct slice path = slice_has(name, '/')
					    ? name
					    : arena_printf(&look->unit->arena, "%s/%.*s",
						      program_directories[i], SLICE_FMT(name));
		const struct rooted_path *place = root_view_at(look->view, path);
		if (place->exists && S_ISREG(place->at.st_mode))
			return place->resolved;
	}
	return slice_of(NULL, 0);
}

static void judge_env(struct root_look *look, const struct root_entry *at, struct slice script,
	const struct script *first)
{
	struct arena *arena = &look->unit->arena;
	struct root_side *side = root_started_side(look, at);
	struct slice program = find_program(look, first->program);
	if (program.len == 0) {
		root_find(look, at, DIAG_SCRIPT_REFUSED, SLICE(""),
			"'%.*s' is a script for '%.*s', which is missing%.*s: it cannot be started",
			SLICE_FMT(script), SLICE_FMT(first->program),
			SLICE_FMT(root_view_words(look->view)));
		return;
	}
	if (!side || root_allows(look, side, program, PERM_EXEC))
		return;
	struct root_finding *finding = root_find(look, at, DIAG_SCRIPT_REFUSED, program,
		"'%.*s' is a script that starts '%.*s' through '%.*s': the profile refuses to execute '%.*s'",
		SLICE_FMT(script), SLICE_FMT(first->program), SLICE_FMT(first->interpreter),
		SLICE_FMT(program));
	finding->help = arena_printf(
		arena, "add exec: [%.*s]", SLICE_FMT(root_words_entry(arena, program)));
}

static void judge_interpreter(struct root_look *look, const struct root_entry *at,
	struct slice script, const struct script *first)
{
	struct arena *arena = &look->unit->arena;
	struct root_side *side = root_started_side(look, at);
	const struct rooted_path *place = root_view_at(look->view, first->interpreter);
	if (!place->exists) {
		struct slice why = root_words_missing(arena, first->interpreter, place);
		root_find(look, at, DIAG_SCRIPT_REFUSED, SLICE(""),
			"'%.*s' is a script, its interpreter %.*s%.*s: it cannot be started",
			SLICE_FMT(script), SLICE_FMT(why), SLICE_FMT(root_view_words(look->view)));
		return;
	}
	if (first->program.len > 0) {
		judge_env(look, at, script, first);
		return;
	}
	if (!side || root_allows(look, side, place->resolved, PERM_EXEC))
		return;
	struct root_finding *finding = root_find(look, at, DIAG_SCRIPT_INTERPRETER, place->resolved,
		"'%.*s' is a script of '%.*s': that it starts it once more, no rule allows",
		SLICE_FMT(script), SLICE_FMT(place->resolved));
	finding->help =
		arena_printf(arena, "where it runs itself or further scripts, add exec: [%.*s]",
			SLICE_FMT(root_words_entry(arena, place->resolved)));
}

void root_judge_script(
	struct root_look *look, const struct root_entry *at, const struct rooted_path *place)
{
	char start[SCRIPT_START];
	size_t len = root_view_start(look->view, place->resolved, start, sizeof(start));
	struct script first;
	if (script_read(slice_of(start, len), &first))
		judge_interpreter(look, at, at->entry->path, &first);
}
