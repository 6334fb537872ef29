#include "policy/includes.h"

uint64_t slice_hash(struct slice s)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < s.len; i++)
		hash = (hash ^ (unsigned char)s.at[i]) * UINT64_C(1099511628211);
	return hash;
}

static void insert(const struct slice **slots, size_t room, const struct slice *name)
{
	size_t at = slice_hash(*name) & (room - 1);
	while (slots[at])
		at = (at + 1) & (room - 1);
	slots[at] = name;
}

static void grow(struct include_set *set)
{
	size_t room = set->room ? set->room * 2 : 32;
	const struct slice **slots = arena_array(set->arena, room, sizeof(const struct slice *));
	for (size_t i = 0; i < set->room; i++)
		if (set->slots[i])
			insert(slots, room, set->slots[i]);
	set->slots = slots;
	set->room = room;
}

bool include_set_add(struct include_set *set, const struct include_file *file)
{
	if (set->count * 2 >= set->room)
		grow(set);
	size_t at = slice_hash(file->name) & (set->room - 1);
	for (; set->slots[at]; at = (at + 1) & (set->room - 1))
		if (slice_eq(*set->slots[at], file->name))
			return false;
	set->slots[at] = &file->name;
	set->count++;
	return true;
}

static const struct include_file *find_opaque(
	struct include_set *set, const struct include *include)
{
	const struct include_file *found = NULL;
	for (; include && !found; include = include->next)
		for (const struct include_file *file = include->files; file && !found;
			file = file->next) {
			if (!include_set_add(set, file))
				continue;
			found = file->is_opaque ? file : find_opaque(set, file->preamble->includes);
			found = found ? found : find_opaque(set, file->body->includes);
		}
	return found;
}

const struct include_file *includes_opaque(struct arena *arena, const struct include *include)
{
	struct include_set set = include_set_new(arena);
	return find_opaque(&set, include);
}

bool preamble_next(const struct include **include, const struct variable **variable,
	const struct include **ret_include, const struct variable **ret_variable)
{
	*ret_include = NULL;
	*ret_variable = NULL;
	if (!*include && !*variable)
		return false;
	if (*include && (!*variable || (*include)->span.begin <= (*variable)->span.begin)) {
		*ret_include = *include;
		*include = (*include)->next;
	} else {
		*ret_variable = *variable;
		*variable = (*variable)->next;
	}
	return true;
}
