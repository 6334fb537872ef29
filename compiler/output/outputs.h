#ifndef COMPILER_OUTPUT_OUTPUTS_H
#define COMPILER_OUTPUT_OUTPUTS_H

/* The table of the launch outputs (compiler/output/launch.h); how one is rendered and printed. */

#include "compiler/output/launch.h"

struct output {
	const char *name;   /* --to NAME */
	const char *suffix; /* of its file in a directory, behind the profile's name */
	enum output_form form;
	unsigned needs; /* a sum of enum output_needs */
	/* false after a diagnostic; `out` is initialised, its tree NULL. */
	bool (*render)(const struct launch *launch, struct rendered *out);
	const char *about; /* for the manual: what it is */
};

enum output_id {
#define OUTPUT(symbol, name, suffix, form, needs, about) OUTPUT_##symbol,
#include "compiler/output/outputs.def"
#undef OUTPUT
	OUTPUT_COUNT
};

extern const struct output outputs[OUTPUT_COUNT];

/* The output of a name, or NULL. */
const struct output *output_find(struct slice name);

/* What the description lacks for an output, as words for a message, or NULL when it has all. */
const char *output_lacks(const struct output *output, const struct launch *launch);

/*
 * Renders into *ret_rendered: checks what the output needs (a diagnostic missing-image or
 * unfit-target where it lacks it), what no target can express, then calls the output. false after a
 * diagnostic; there is then nothing to free.
 */
bool output_render(
	const struct output *output, const struct launch *launch, struct rendered *ret_rendered);

/* Appends what was rendered as the text of a file of its own: header comment, comment, content. */
void output_print(const struct output *output, const struct launch *launch,
	const struct rendered *rendered, struct buf *out);

/* The parts of it, for a file that holds several. */
void output_print_comment(
	const struct launch *launch, const struct rendered *rendered, struct buf *out);
void output_print_content(const struct output *output, struct unit *unit,
	const struct rendered *rendered, struct buf *out);

void rendered_free(struct rendered *rendered);

#endif
