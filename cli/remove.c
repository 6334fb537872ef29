#include "cli/effort.h"

#include <stdlib.h>

static void report_missing(const struct machine *machine, const char *name)
{
	const struct installed_list *list = &machine->installed;
	const char **names = arena_array(machine->arena, list->count, sizeof(*names));
	for (size_t i = 0; i < list->count; i++)
		names[i] = arena_string(machine->arena, list->entries[i].name);
	const char *nearest = slice_nearest(slice_str(name), names, list->count);
	struct installed foreign;
	if (installed_read(&machine->places, slice_str(name), machine->arena, &foreign, NULL) &&
		foreign.owner == OWNER_FOREIGN)
		print_problem("'%s' was not installed by aaforge: '%.*s' is somebody else's", name,
			SLICE_FMT(foreign.path));
	else if (machine->has_kernel && loaded_find(&machine->loaded, SLICE(""), slice_str(name)))
		print_problem("'%s' is loaded, but not installed: 'aaforge unload' takes it out of "
			      "the kernel",
			name);
	else if (nearest)
		print_problem("'%s' is not installed, did you mean '%s'?", name, nearest);
	else
		print_problem("'%s' is not installed; 'aaforge status' lists what is", name);
}

static bool is_listed(const struct leaving_list *list, const struct installed *installed)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->entries[i].installed == installed)
			return true;
	return false;
}

/* All names before anything is removed. false when one is not installed. */
static bool find_all(struct machine *machine, struct leaving_list *ret_list)
{
	const struct options *options = machine->options;
	struct leaving_list list = {.entries = arena_array(machine->arena, options->argument_count,
					    sizeof(*list.entries))};
	bool are_installed = true;
	for (size_t i = 0; i < options->argument_count; i++) {
		const struct installed *installed =
			machine_installed(machine, slice_str(options->arguments[i]));
		if (!installed) {
			report_missing(machine, options->arguments[i]);
			are_installed = false;
		} else if (!is_listed(&list, installed)) {
			list.entries[list.count++].installed = installed;
		}
	}
	*ret_list = list;
	return are_installed;
}

static enum status remove_on(struct machine *machine, struct arena *arena)
{
	struct effort effort = {.machine = machine};
	enum status status = machine_begin(machine, arena);
	if (status == STATUS_OK && !find_all(machine, &effort.leaving))
		status = STATUS_INPUT;
	if (status == STATUS_OK)
		status = leaving_decide(machine, &effort.leaving);
	if (status == STATUS_OK && leaving_report(&effort.leaving) > 0)
		status = STATUS_INPUT;
	if (status == STATUS_OK)
		status = effort_run(&effort);
	else
		print_problem("nothing was removed");
	machine_end(machine);
	return status;
}

enum status command_remove(const struct options *options)
{
	struct machine machine;
	struct arena arena;
	if (options->argument_count == 0) {
		print_problem(
			"name at least one profile; 'aaforge status' lists those that are installed");
		return STATUS_USAGE;
	}
	arena_init(&arena, out_of_memory);
	enum status status = machine_open(options, false, &machine);
	if (status == STATUS_OK)
		status = remove_on(&machine, &arena);
	machine_close(&machine);
	arena_free(&arena);
	return status;
}
