#include "manager/kernel/stale.h"

static bool is_in_use(const struct tasks *tasks, const struct loaded_profile *child)
{
	for (size_t i = 0; i < tasks->count; i++)
		if (label_holds(tasks->tasks[i].label, child->namespace, child->name))
			return true;
	return tasks->is_partial;
}

void stale_keep(const struct places *places, const struct tasks *tasks, struct set_member *member,
	const struct loaded *loaded, struct arena *arena)
{
	const struct loaded_profile **children;
	struct tasks now;
	size_t count = set_member_stale_children(member, loaded, arena, &children);
	if (count == 0)
		return;
	if (!tasks && !tasks_read(places, arena, &now, NULL))
		now = (struct tasks){.is_partial = true};
	struct slice *kept = arena_array(arena, member->kept_count + count, sizeof(*kept));
	if (member->kept_count > 0)
		memcpy(kept, member->kept, member->kept_count * sizeof(*kept));
	for (size_t i = 0; i < count; i++)
		if (is_in_use(tasks ? tasks : &now, children[i]))
			kept[member->kept_count++] = children[i]->name;
	member->kept = kept;
}

struct left_list stale_left(const struct set_member *member, const struct set_profile *top,
	const struct loaded *loaded, struct arena *arena)
{
	struct left_list left = {
		.items = arena_array(arena, member->kept_count, sizeof(*left.items))};
	for (size_t i = 0; i < member->kept_count; i++) {
		struct slice name = member->kept[i];
		const struct loaded_profile *child = loaded_find(loaded, top->namespace, name);
		if (child && name_is_below(name, top->name))
			left.items[left.count++] =
				(struct left_child){name, loaded_profile_identity(child)};
	}
	return left;
}
