#include "cli/own_filter.h"
#include "cli/verify.h"

/* A filter that is not there yet may be made later, as by who makes the image. */
static bool is_filter_fine(struct verify *verify, struct work_item *item)
{
	struct bytes text = {0};
	enum status before = verify->pipeline->status;
	bool is_fine = !item->ok || own_filter_read(verify->pipeline, item, true, &text);
	bytes_free(&text);
	bool is_silenced = item->unit.diags.errors == 0 && verify->pipeline->status == before;
	return is_fine || is_silenced;
}

static void use_verdict(
	struct verify *verify, struct work_item *item, bool accepted, struct slice binary)
{
	(void)binary;
	if (!is_filter_fine(verify, item) && accepted)
		verify->accepted--;
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
