/*
 * roundtrip [--write DIR] [OPTION ...] FILE ...
 *
 * Compiles each document of each file as `aaforge compile` with these options does, and reads back
 * what it would write. Documents with mistakes are passed over. Ends with 'N passed, N failed'.
 * With --write, DIR/1.emitted and DIR/1.again hold the texts of the first document that compiled,
 * and so on.
 */
#include "tests/roundtrip.h"

#include "cli/pipeline.h"

#include <stdlib.h>

struct run {
	const char *directory; /* or NULL */
	unsigned passed, failed;
};

static bool write_text(
	struct unit *unit, const struct run *run, const char *kind, struct slice text)
{
	struct slice path = arena_printf(
		&unit->arena, "%s/%u.%s", run->directory, run->passed + run->failed, kind);
	struct error *error = NULL;
	if (file_write(arena_string(&unit->arena, path), text, &error))
		return true;
	error_free(error);
	return false;
}

static void check_item(struct run *run, struct work_item *item, const struct pipeline *pipeline)
{
	struct unit *unit = &item->unit;
	struct roundtrip_texts texts = {0};
	struct slice why = SLICE("");
	diags_reset(&unit->diags);
	bool same = roundtrip_print(unit, &item->compiled, &pipeline->compile, &texts, &why);
	*(same ? &run->passed : &run->failed) += 1;
	if (!same)
		printf("not ok: %.*s: %.*s: %.*s\n", SLICE_FMT(item->path),
			SLICE_FMT(item->compiled.name), SLICE_FMT(why));
	if (run->directory && (!write_text(unit, run, "emitted", texts.emitted) ||
				      !write_text(unit, run, "again", texts.again))) {
		printf("not ok: cannot write to '%s'\n", run->directory);
		run->failed++;
	}
}

int main(int argc, char **argv)
{
	struct run run = {0};
	if (argc > 2 && strcmp(argv[1], "--write") == 0) {
		run.directory = argv[2];
		argc -= 2;
		argv += 2;
	}
	struct options options;
	struct pipeline pipeline;
	if (!options_read(COMMAND_compile, argc, argv, &options) ||
		!pipeline_open(&options, &pipeline))
		return STATUS_USAGE;
	struct work_item item;
	work_item_init(&item, &pipeline);
	while (pipeline_next(&pipeline, &item))
		if (item.ok)
			check_item(&run, &item, &pipeline);
	work_item_free(&item);
	pipeline_close(&pipeline);
	options_free(&options);
	printf("%u passed, %u failed\n", run.passed, run.failed);
	return run.failed ? STATUS_INPUT : STATUS_OK;
}
