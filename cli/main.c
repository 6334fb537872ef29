/* aaforge: compiles service descriptions to AppArmor profiles. See commands.def and options.def. */
#include "cli/report.h"
#include "cli/root.h"
#include "manager/system/path.h"
#include "manager/system/stop.h"

#include <signal.h>
#include <stdlib.h>

static enum command_id find_command(const char *name)
{
	for (unsigned i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return (enum command_id)i;
	return COMMAND_COUNT;
}

static void print_unknown(const char *name)
{
	const char *names[COMMAND_COUNT];
	for (unsigned i = 0; i < COMMAND_COUNT; i++)
		names[i] = commands[i].name;
	const char *nearest = slice_nearest(slice_str(name), names, COMMAND_COUNT);
	if (nearest)
		print_problem("unknown command '%s', did you mean '%s'?", name, nearest);
	else
		print_problem("unknown command '%s'; 'aaforge help' lists the commands", name);
}

/* Before anything is read: an operand may lie below --root. What is wrong with it the command says.
 */
static void enter_root(const char *root)
{
	char *real = root ? realpath(root, NULL) : NULL;
	if (real && strcmp(real, "/") != 0)
		path_root_enter(real, root);
	free(real);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	stop_begin();
	if (argc < 2) {
		help_overview(stderr);
		return STATUS_USAGE;
	}
	const char *name = argv[1];
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	else if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
		name = "version";
	enum command_id command = find_command(name);
	if (command == COMMAND_COUNT) {
		print_unknown(name);
		return STATUS_USAGE;
	}
	struct options options;
	if (!options_read(command, argc - 1, argv + 1, &options))
		return STATUS_USAGE;
	if (options.help) {
		help_command(command, stdout);
		return finish_output(STATUS_OK);
	}
	enter_root(options.root);
	root_use_base(&options);
	enum status status = commands[command].run(&options);
	if (options.json && status != STATUS_OK)
		report_json_failure(status);
	options_free(&options);
	return finish_output(status);
}
