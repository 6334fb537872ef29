#include "cli/root.h"

#include "manager/apparmor_parser/library.h"
#include "manager/system/rooted.h"

#include <stdlib.h>
#include <unistd.h>

static bool holds(int root, const char *path, struct arena *arena)
{
	return rooted_resolve(root, path, arena).exists;
}

void root_use_base(struct options *options)
{
	int root = options->look_at && !options->base ? rooted_root(options->look_at) : -1;
	if (root < 0)
		return; /* who looks at it says why it cannot be */
	struct arena arena;
	arena_init(&arena, out_of_memory);
	struct rooted_path base = rooted_resolve(root, LIBRARY_BASE, &arena);
	if (base.exists && holds(root, LIBRARY_BASE "/tunables/global", &arena) &&
		holds(root, LIBRARY_BASE "/abstractions/base", &arena)) {
		if (asprintf(&options->root_base, "%s%.*s", options->look_at,
			    SLICE_FMT(base.resolved)) < 0)
			out_of_memory();
		options->base = options->root_base;
	}
	arena_free(&arena);
	close(root);
}
