#include "cli/stale.h"

#include "cli/plan.h"
#include "manager/kernel/stale.h"

void stale_decide(struct machine *machine, struct policy_set *set)
{
	for (size_t i = 0; machine->has_kernel && i < set->count; i++) {
		const struct loaded_profile **children;
		struct set_member *member = set->members[i];
		if (set_member_stale_children(member, &machine->loaded, machine->arena, &children) >
			0)
			stale_keep(&machine->places, machine_tasks(machine), member,
				&machine->loaded, machine->arena);
	}
}

static const struct task *first_task(
	const struct tasks *tasks, struct slice namespace, struct slice name)
{
	for (size_t i = 0; i < tasks->count; i++)
		if (label_holds(tasks->tasks[i].label, namespace, name))
			return &tasks->tasks[i];
	return NULL;
}

void stale_tell(struct machine *machine, const struct set_member *member)
{
	for (size_t i = 0; i < member->kept_count; i++) {
		struct slice namespace = member->profiles[0].namespace;
		struct slice label = profile_label(machine->arena, namespace, member->kept[i]);
		const struct tasks *tasks = machine_tasks(machine);
		const struct task *task = first_task(tasks, namespace, member->kept[i]);
		struct slice why =
			task ? arena_printf(machine->arena, "process %d (%.*s) is under it",
				       task->pid, SLICE_FMT(task->command))
			: tasks->is_partial
				? arena_printf(machine->arena,
					  "tasks may be under it that cannot be seen: %.*s",
					  SLICE_FMT(tasks->hidden))
				: SLICE("tasks came under it");
		print_problem("note: '%.*s', which the new policy does not have, stays loaded, as "
			      "its tasks would go on unconfined: %.*s; load again when they have "
			      "ended",
			SLICE_FMT(label), SLICE_FMT(why));
	}
}
