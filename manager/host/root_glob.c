#include "manager/host/root_glob.h"

#include "manager/host/root_braces.h"
#include "policy/escape.h"

#include <errno.h>

enum {
	ALTERNATIVES_MOST = 64,
	WAYS_MOST = 1024,   /* texts on the way to them */
	NAMES_MOST = 20000, /* of all directories together */
	DEPTH_MOST = 16,    /* below a "**" */
};

struct search {
	struct root_view *view;
	struct arena *arena;
	const struct limits *limits;
	const struct glob *glob;
	struct root_matched *matched;
	enum root_match best;
	size_t names, ways;
	bool is_cut; /* something was not looked at */
};

/* A pattern without braces, and where its next component begins. */
struct rest {
	struct slice directory; /* literal, as far as it is looked at; "" for the root */
	struct slice pattern;	/* what follows: "/…" or empty */
};

static void search_rest(struct search *search, struct rest rest);

static void take(struct search *search, struct slice path)
{
	const struct rooted_path *place = root_view_at(search->view, path);
	if (!place->exists && place->number != ENOENT && place->number != ENOTDIR)
		search->is_cut = true;
	if (!place->exists || !S_ISREG(place->at.st_mode))
		return;
	enum root_match match =
		glob_match(search->glob, place->resolved) ? ROOT_MATCH_FILE : ROOT_MATCH_LINKED;
	if (match <= search->best)
		return;
	search->best = match;
	search->matched->name = arena_copy(search->arena, path);
	search->matched->resolved = arena_copy(search->arena, place->resolved);
}

/* The names of a directory that is being searched. */
struct listing {
	struct search *search;
	struct slice directory;
	const struct glob *glob; /* of "/NAME"; NULL: each name, and all below it */
	struct slice pattern;	 /* what follows */
	unsigned depth;
};

static void list_all(struct search *search, struct slice directory, unsigned depth);

static bool use_name(void *context, const char *name)
{
	const struct listing *listing = context;
	struct search *search = listing->search;
	if (search->names++ >= NAMES_MOST) {
		search->is_cut = true;
		return false;
	}
	struct slice path =
		arena_printf(search->arena, "%.*s/%s", SLICE_FMT(listing->directory), name);
	if (listing->glob) {
		if (glob_match(listing->glob, slice_from(path, listing->directory.len)))
			search_rest(search, (struct rest){path, listing->pattern});
	} else {
		const struct rooted_path *place = root_view_at(search->view, path);
		if (glob_match(search->glob, path))
			take(search, path);
		if (place->exists && place->link_count == 0 && S_ISDIR(place->at.st_mode))
			list_all(search, path, listing->depth + 1);
	}
	return search->best != ROOT_MATCH_FILE;
}

static void list(struct search *search, struct listing *listing)
{
	const struct rooted_path *place = root_view_at(search->view, listing->directory);
	bool is_missing = !place->exists && (place->number == ENOENT || place->number == ENOTDIR);
	if (is_missing || (place->exists && !S_ISDIR(place->at.st_mode)))
		return;
	if (!root_view_list(search->view, listing->directory, NAMES_MOST, use_name, listing))
		search->is_cut = true;
}

static void list_all(struct search *search, struct slice directory, unsigned depth)
{
	struct listing listing = {.search = search, .directory = directory, .depth = depth};
	if (depth > DEPTH_MOST)
		search->is_cut = true;
	else
		list(search, &listing);
}

/* Lists the directory for a component with globs. */
static void search_names(
	struct search *search, struct slice directory, struct slice component, struct slice after)
{
	struct listing listing = {.search = search, .directory = directory, .pattern = after};
	const char *error;
	size_t offset;
	bool is_deep = slice_find(component, SLICE("**")) != NULL;
	if (!is_deep)
		listing.glob = glob_read(search->arena, search->limits, component, &error, &offset);
	if (is_deep || listing.glob)
		list(search, &listing);
	else
		search->is_cut = true;
}

static void search_rest(struct search *search, struct rest rest)
{
	struct buf path = buf_new(search->arena);
	buf_add(&path, rest.directory);
	while (rest.pattern.len > 0 && !slice_is(rest.pattern, "/")) {
		size_t end = braces_find(rest.pattern, 1, '/');
		struct slice component = slice_first(rest.pattern, end);
		struct slice after = slice_from(rest.pattern, end);
		if (!escape_to_literal(component, &path)) {
			search_names(search, buf_slice(&path), component, after);
			return;
		}
		rest.pattern = after;
	}
	take(search, buf_slice(&path));
}

/* Each way through the braces: "/{,usr/}bin/x" is "/bin/x" and "/usr/bin/x". */
static void search_braces(struct search *search, struct slice pattern, size_t *budget)
{
	size_t open = braces_find(pattern, 0, '{');
	if (search->best == ROOT_MATCH_FILE)
		return;
	if (open == pattern.len) {
		if ((*budget)-- == 0 || !slice_starts(pattern, SLICE("/"))) {
			search->is_cut = true;
			*budget = 0;
			return;
		}
		search_rest(search, (struct rest){SLICE(""), pattern});
		return;
	}
	struct braces braces = braces_begin(pattern, open);
	for (struct slice way; *budget > 0 && braces_next(&braces, search->arena, &way);) {
		if (search->ways++ == WAYS_MOST)
			*budget = 0;
		else
			search_braces(search, way, budget);
	}
	if (*budget == 0)
		search->is_cut = true;
}

enum root_match root_glob(struct root_view *view, struct arena *arena, const struct limits *limits,
	struct slice pattern, const struct glob *glob, struct root_matched *ret_matched)
{
	struct search search = {.view = view, .arena = arena, .limits = limits, .glob = glob};
	struct root_matched matched = {0};
	size_t budget = ALTERNATIVES_MOST;
	search.matched = &matched;
	search_braces(&search, pattern, &budget);
	if (search.best == ROOT_MATCH_NONE || (search.best == ROOT_MATCH_LINKED && search.is_cut))
		return search.is_cut ? ROOT_MATCH_UNKNOWN : ROOT_MATCH_NONE;
	*ret_matched = matched;
	return search.best;
}
