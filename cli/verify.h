#ifndef CLI_VERIFY_H
#define CLI_VERIFY_H

/*
 * What check and test have in common: every compiled profile goes through apparmor_parser, many
 * at a time, or its verdict comes from the cache; results are handed on in the order of the
 * descriptions.
 */

#include "cli/pipeline.h"

struct verify {
	const char *doing; /* for the progress line: "checking" */
	bool want_binary;
	/*
	 * Called for each document in order: with the profile's binary (empty unless wanted; its
	 * text is in the item) when apparmor_parser accepted it, else with accepted false; item's
	 * diagnostics say why.
	 */
	void (*use)(
		struct verify *verify, struct work_item *item, bool accepted, struct slice binary);
	struct pipeline *pipeline;
	void *context;
	size_t seen, accepted; /* documents so far */
};

/* Runs all documents of the command line. The exit status. */
enum status verify_run(const struct options *options, struct verify *verify);

#endif
