#include "cli/toolbox.h"

#include "manager/apparmor_parser/library.h"

#include <stdlib.h>

static const char *base_of(const struct options *options)
{
	return options->base ? options->base : LIBRARY_BASE;
}

static struct parser_options parser_options_of(const struct options *options, unsigned use)
{
	struct parser_options parser_options = {
		.path = options->parser,
		.base = base_of(options),
		.includes = options->include_dirs.at,
		.include_count = options->include_dirs.count,
		.namespace = options->namespace,
		.complains = use & TOOLBOX_COMPLAINS,
		.limits = process_limits_default,
		.out_of_memory = out_of_memory,
	};
	parser_options.limits.parallel = options->jobs;
	parser_options.limits.timeout = options->timeout * 1000;
	parser_options.limits.memory = (size_t)options->memory << 20;
	return parser_options;
}

static struct cache *open_cache(const struct options *options)
{
	if (options->no_cache)
		return NULL;
	char *directory = cache_default_directory();
	struct cache *cache = cache_open(directory);
	free(directory);
	return cache;
}

bool toolbox_open(const struct options *options, unsigned use, struct toolbox *ret_toolbox,
	struct error **ret_error)
{
	struct toolbox toolbox = {.cache = open_cache(options)};
	struct parser_options parser_options = parser_options_of(options, use);
	bool is_open = features_choose(
		options->features, base_of(options), options->abi, &toolbox.features, ret_error);
	if (is_open) {
		parser_options.features = toolbox.features.path;
		parser_options.cache = toolbox.cache;
		is_open = parser_open(&parser_options, &toolbox.parser, ret_error);
	}
	*ret_toolbox = toolbox;
	return is_open;
}

bool toolbox_open_replacing(const struct options *options, unsigned use, const char *apparmorfs,
	struct parser **ret_parser, struct error **ret_error)
{
	struct parser_options parser_options = parser_options_of(options, use);
	parser_options.replaces = apparmorfs;
	parser_options.limits.parallel = 1;
	return parser_open(&parser_options, ret_parser, ret_error);
}

void toolbox_close(struct toolbox *toolbox)
{
	parser_free(toolbox->parser);
	features_free(&toolbox->features);
	cache_close(toolbox->cache);
}
