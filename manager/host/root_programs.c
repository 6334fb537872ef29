#include "manager/host/root_programs.h"

#include <errno.h>

enum {
	NAMES_MOST = 20000, /* of all directories together */
	DEPTH_MOST = 64,
};

struct search {
	struct root_view *view;
	struct arena *arena;
	const struct small_automaton *automaton;
	struct root_matched matched;
	enum root_match best;
	size_t names;
	bool is_cut; /* something was not looked at */
};

/* A directory, as it is spelled, and the state that its path and a '/' lead to. */
struct folder {
	struct search *search;
	struct slice path; /* "" for the root */
	uint32_t state;
	unsigned depth;
};

/* 0: nothing that begins so is accepted. */
static uint32_t walk(const struct search *search, uint32_t state, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len && state != 0; i++)
		state = small_step(search->automaton, state, (uint8_t)bytes.at[i]);
	return state;
}

static bool accepts(const struct search *search, struct slice path)
{
	uint32_t state = walk(search, 1, path);
	return state != 0 && search->automaton->accepts[state];
}

static void take(struct search *search, struct slice path, const struct rooted_path *place)
{
	enum root_match match =
		accepts(search, place->resolved) ? ROOT_MATCH_FILE : ROOT_MATCH_LINKED;
	if (match <= search->best)
		return;
	search->best = match;
	search->matched.name = arena_copy(search->arena, path);
	search->matched.resolved = arena_copy(search->arena, place->resolved);
}

static void search_folder(const struct folder *folder);

/* What lies behind two links is reached without them, too, and so is never left out. */
static void enter(const struct folder *above, struct slice path, uint32_t state,
	const struct rooted_path *place)
{
	struct search *search = above->search;
	struct folder folder = {search, path, walk(search, state, SLICE("/")), above->depth + 1};
	if (folder.state == 0 || place->link_count > 1 || slice_is(place->resolved, "/proc") ||
		slice_is(place->resolved, "/sys"))
		return;
	if (folder.depth > DEPTH_MOST)
		search->is_cut = true;
	else
		search_folder(&folder);
}

static bool use_name(void *context, const char *name)
{
	const struct folder *folder = context;
	struct search *search = folder->search;
	if (search->names++ >= NAMES_MOST) {
		search->is_cut = true;
		return false;
	}
	uint32_t state = walk(search, folder->state, slice_str(name));
	if (state == 0)
		return true;
	struct slice path = arena_printf(search->arena, "%.*s/%s", SLICE_FMT(folder->path), name);
	const struct rooted_path *place = root_view_at(search->view, path);
	if (!place->exists)
		search->is_cut |= place->number != ENOENT && place->number != ENOTDIR &&
				  place->number != ELOOP;
	else if (S_ISREG(place->at.st_mode) && search->automaton->accepts[state])
		take(search, path, place);
	else if (S_ISDIR(place->at.st_mode))
		enter(folder, path, state, place);
	return search->best != ROOT_MATCH_FILE;
}

static void search_folder(const struct folder *folder)
{
	struct search *search = folder->search;
	if (!root_view_list(search->view, folder->path, NAMES_MOST, use_name, (void *)folder))
		search->is_cut = true;
}

enum root_match root_programs(struct root_view *view, struct arena *arena,
	const struct small_automaton *automaton, struct root_matched *ret_matched)
{
	struct search search = {.view = view, .arena = arena, .automaton = automaton};
	struct folder root = {.search = &search, .state = walk(&search, 1, SLICE("/"))};
	if (root.state != 0)
		search_folder(&root);
	if (search.best != ROOT_MATCH_FILE && search.is_cut)
		return ROOT_MATCH_UNKNOWN;
	*ret_matched = search.matched;
	return search.best;
}
