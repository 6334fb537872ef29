#include "cli/cli.h"
#include "compiler/output/schema.h"

#include <jansson.h>
#include <stdlib.h>

enum status command_schema(const struct options *options)
{
	if (options->argument_count > 0) {
		print_problem("schema takes no operand");
		return STATUS_USAGE;
	}
	json_t *schema = schema_new();
	char *text = schema ? json_dumps(schema, JSON_INDENT(2)) : NULL;
	if (!text)
		out_of_memory();
	puts(text);
	free(text);
	json_decref(schema);
	return STATUS_OK;
}
