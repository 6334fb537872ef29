#include "cli/effort.h"
#include "cli/rivals.h"

static enum status install_gathered(struct machine *machine, struct gathering *gathering)
{
	struct aside_list asides;
	const struct desired_how how = {.source_is_copy = true, .asides = &asides};
	struct effort effort = {.machine = machine};
	enum status status = machine_begin(machine, &gathering->arena);
	if (status == STATUS_OK)
		status = aside_read(machine, &asides);
	if (status == STATUS_OK)
		status = desired_decide(machine, gathering, &how, &effort.desired);
	if (status == STATUS_OK)
		status = rivals_decide(machine, gathering, NULL, &asides, &effort.desired);
	if (status == STATUS_OK && desired_report(&effort.desired) > 0)
		status = STATUS_INPUT;
	if (status == STATUS_OK)
		status = effort_run(&effort);
	else
		print_problem("nothing was installed");
	machine_end(machine);
	return status;
}

static enum status install_on(struct machine *machine)
{
	const struct gather_options how = {
		.descriptions_only = true,
		.changes_kernel = true,
		.looks_at_root = true,
		.features = machine->features,
	};
	struct gathering gathering;
	gather(machine->options, &how, &gathering);
	enum status status = gathering.status;
	if (status == STATUS_OK && gathering.refused > 0)
		status = STATUS_INPUT;
	if (status == STATUS_OK)
		status = install_gathered(machine, &gathering);
	else if (status != STATUS_USAGE)
		print_problem("nothing was installed");
	gather_free(&gathering);
	return status;
}

/* What is installed must be found again. */
static bool names_files(const struct options *options)
{
	for (size_t i = 0; i < options->argument_count; i++)
		if (strcmp(options->arguments[i], "-") == 0)
			return false;
	return options->argument_count > 0;
}

enum status command_install(const struct options *options)
{
	struct machine machine;
	if (!names_files(options)) {
		print_problem("name at least one description or a directory of them; "
			      "standard input cannot be installed");
		return STATUS_USAGE;
	}
	enum status status = machine_open(options, true, &machine);
	if (status == STATUS_OK)
		status = install_on(&machine);
	machine_close(&machine);
	return status;
}
