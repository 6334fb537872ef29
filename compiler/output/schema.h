#ifndef COMPILER_OUTPUT_SCHEMA_H
#define COMPILER_OUTPUT_SCHEMA_H

/*
 * The JSON Schema (draft 2020-12) of the description language, made from the tables that the reader
 * uses (compiler/service/keys.def, policy/names/names.h). It accepts whatever the reader accepts of
 * shape and refuses unknown keys; what goes beyond shape (paths with `..`, children that are not
 * described, globs) is the reader's business.
 */

#include "base/buf.h"

struct json_t;

/* The schema as a tree for json_decref, or NULL when memory ran out. */
struct json_t *schema_new(void);

/* Appends the schema as indented text with a final newline. false when memory ran out. */
bool schema_print(struct buf *out);

#endif
