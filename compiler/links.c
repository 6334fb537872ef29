#include "compiler/links.h"

const struct system_link system_links[] = {
#define LINK(path, target, merged) {SLICE("/" path), SLICE("/" target), merged},
#include "compiler/links.def"
#undef LINK
};

const size_t system_link_count = sizeof(system_links) / sizeof(system_links[0]);

bool link_starts(const struct system_link *link, struct slice path)
{
	return slice_starts(path, link->path) &&
	       (path.len == link->path.len || path.at[link->path.len] == '/');
}
