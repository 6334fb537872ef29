#include "cli/verify.h"

static void use_verdict(
	struct verify *verify, struct work_item *item, bool accepted, struct slice binary)
{
	(void)accepted;
	(void)binary;
	pipeline_report(verify->pipeline, item);
}

enum status command_check(const struct options *options)
{
	struct verify verify = {.doing = "checking", .use = use_verdict};
	enum status status = verify_run(options, &verify);
	if (!options->quiet && verify.seen > 0 && status != STATUS_USAGE)
		fprintf(stderr, "%zu of %zu profiles valid\n", verify.accepted, verify.seen);
	return status;
}
