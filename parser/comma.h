#ifndef PARSER_COMMA_H
#define PARSER_COMMA_H

/*
 * Finds where a comma was forgotten between two lines. To the grammar, which knows no rule kinds,
 * two such rules are one; their shape tells them apart:
 *
 *     /a r                   a path with permissions is complete: nothing but '->' may follow
 *     /b w,
 *
 *     capability chown       a path with permissions on a line of its own follows no keyword,
 *     /b w,                  only qualifiers such as `audit deny`
 *
 *     network inet           `profile` and `hat` begin a block
 *     profile x {
 *
 * No text that apparmor_parser accepts has such a shape.
 */

#include "parser/syntax.h"

/*
 * The last item of the first rule, when another one follows it in the list; else NULL. is_block:
 * the items stand before a `{`.
 */
struct item *missing_comma(struct item *items, bool is_block);

#endif
