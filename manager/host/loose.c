#include "manager/host/loose.h"

#include "manager/kernel/label.h"
#include "manager/kernel/loaded.h"
#include "manager/system/path.h"
#include "manager/system/pseudo.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* "web//null-/usr/bin/id" and "web//null-/x//null-/y", made by the kernel. */
static bool is_learning(struct slice below)
{
	return slice_find(below, SLICE("//null-")) != NULL;
}

static bool is_loose(const struct task *task, const struct loose_question *question)
{
	struct slice label = task->label, of_member = SLICE(""), member;
	bool is_one_mode = !slice_is(task->mode, "mixed") && !mode_confines(task->mode);
	while (label_next_member(&label, &of_member, &member)) {
		if (!slice_eq(of_member, question->namespace) ||
			!name_is_below(member, question->name))
			continue;
		if (is_learning(slice_from(member, question->name.len)) ||
			(is_one_mode && !question->is_meant(question->context, member)))
			return true;
	}
	return false;
}

struct tasks tasks_that_log(const struct tasks *tasks, struct arena *arena)
{
	struct tasks few = {.is_partial = tasks->is_partial, .hidden = tasks->hidden};
	for (size_t i = 0; i < tasks->count; i++)
		few.count += !mode_confines(tasks->tasks[i].mode);
	few.tasks = arena_array(arena, few.count, sizeof(*few.tasks));
	for (size_t i = 0, count = 0; i < tasks->count; i++)
		if (!mode_confines(tasks->tasks[i].mode))
			few.tasks[count++] = tasks->tasks[i];
	return few;
}

/* Its program, where that is for us to see, and its unit. */
static void describe(int proc, struct arena *arena, struct running *running)
{
	char name[32], link[PATH_MAX];
	struct slice text;
	snprintf(name, sizeof(name), "%d/exe", running->pid);
	ssize_t len = pseudo_readlink(proc, name, link, sizeof(link));
	if (len > 0)
		running->program = arena_copy(arena, slice_of(link, (size_t)len));
	snprintf(name, sizeof(name), "%d/cgroup", running->pid);
	char *buffer = arena_bytes(arena, PSEUDO_BYTES);
	if (pseudo_read(proc, name, buffer, &text))
		running->unit = unit_read(arena_copy(arena, text));
}

size_t processes_loose(const struct places *places, const struct tasks *tasks,
	const struct loose_question *question, struct arena *arena, struct running **ret_running)
{
	struct running *found = arena_array(arena, tasks->count, sizeof(*found));
	size_t count = 0;
	for (size_t i = 0; i < tasks->count; i++) {
		const struct task *task = &tasks->tasks[i];
		bool is_new = count == 0 || found[count - 1].pid != task->pid;
		if (is_new && is_loose(task, question))
			found[count++] = (struct running){.pid = task->pid,
				.command = task->command,
				.is_free = true,
				.is_loose = true,
				.label = task->label,
				.mode = task->mode};
	}
	int proc = count > 0 ? path_open(places->proc, O_RDONLY | O_DIRECTORY, 0) : -1;
	for (size_t i = 0; proc >= 0 && i < count; i++)
		describe(proc, arena, &found[i]);
	if (proc >= 0)
		close(proc);
	*ret_running = found;
	return count;
}
