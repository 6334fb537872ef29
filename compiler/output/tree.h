#ifndef COMPILER_OUTPUT_TREE_H
#define COMPILER_OUTPUT_TREE_H

/*
 * Trees of jansson for the outputs that are JSON or YAML. Keys keep the order in which they are
 * put. None of these functions fails: when memory runs out, the unit's handler is called, which
 * does not return. Texts come from descriptions, which are UTF-8 throughout; a byte that is not is
 * replaced by U+FFFD.
 */

#include "base/unit.h"

#include <jansson.h>

json_t *tree_object(struct unit *unit);
json_t *tree_list(struct unit *unit);
json_t *tree_text(struct unit *unit, struct slice text);
json_t *tree_string(struct unit *unit, const char *text);
json_t *tree_number(struct unit *unit, int64_t number);
json_t *tree_bool(bool value);

/* Adds a member to an object, or replaces it, taking over the reference to value. */
void tree_put(struct unit *unit, json_t *object, const char *key, json_t *value);

/* The same for a key that is no C string. */
void tree_put_text(struct unit *unit, json_t *object, struct slice key, json_t *value);

/* Appends to a list, taking over the reference to value. */
void tree_add(struct unit *unit, json_t *list, json_t *value);

/* A list of the texts; struct text is of compiler/service/service.h. */
struct text;
json_t *tree_texts(struct unit *unit, const struct text *texts);

/* Appends a tree as JSON, indented by two, with a newline behind. */
void tree_print_json(struct unit *unit, const json_t *tree, struct buf *out);

#endif
