#ifndef CLI_TOOLBOX_H
#define CLI_TOOLBOX_H

/*
 * What the options of a command line say about apparmor_parser: the program with its options, the
 * features that it compiles for, and the cache of its verdicts.
 */

#include "cli/cli.h"
#include "manager/apparmor_parser/cache.h"
#include "manager/apparmor_parser/features.h"
#include "manager/apparmor_parser/parser.h"

struct toolbox {
	struct cache *cache; /* NULL with --no-cache */
	struct features features;
	struct parser *parser;
};

enum toolbox_use {
	TOOLBOX_COMPLAINS = 1, /* apparmor_parser puts everything in mode complain */
};

/*
 * use: a sum of toolbox_use. --namespace goes to apparmor_parser. What is given back must be closed
 * in any case; options must outlive it.
 */
bool toolbox_open(const struct options *options, unsigned use, struct toolbox *ret_toolbox,
	struct error **ret_error);

/* A parser with the same options that loads into the kernel below `apparmorfs` (parser_open). To be
 * freed with parser_free. */
bool toolbox_open_replacing(const struct options *options, unsigned use, const char *apparmorfs,
	struct parser **ret_parser, struct error **ret_error);

void toolbox_close(struct toolbox *toolbox);

#endif
