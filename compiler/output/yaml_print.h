#ifndef COMPILER_OUTPUT_YAML_PRINT_H
#define COMPILER_OUTPUT_YAML_PRINT_H

/*
 * Trees as YAML, through libyaml's emitter. Whatever reads the text back as YAML 1.1 or 1.2 gets
 * the same tree: a text that looks like a number, a truth value, a time or nothing is quoted.
 */

#include "compiler/output/tree.h"

/* Appends a tree as one YAML document, without `---` and `...`. */
void yaml_print(struct unit *unit, const json_t *tree, struct buf *out);

#endif
