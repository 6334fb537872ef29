#include "base/version.h"
#include "cli/cli.h"

enum status command_version(const struct options *options)
{
	if (options->argument_count > 0) {
		print_problem("version takes no operand");
		return STATUS_USAGE;
	}
	puts("aaforge " AAFORGE_VERSION);
	return STATUS_OK;
}
