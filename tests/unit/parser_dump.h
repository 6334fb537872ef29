#ifndef TESTS_UNIT_PARSER_DUMP_H
#define TESTS_UNIT_PARSER_DUMP_H

/* Syntax trees and diagnostics as one line of text, for tables of input and output. */

#include "parser/parser.h"

/*
 * Statements end in ';', blocks hold theirs in { }. Words are as they are, quoted ones in "".
 * Lists are ( … ), an assignment is key= or key~ (for `in`) and its value. A comment comes first,
 * in [ ].
 *
 *     profile p { audit /a rw, }    ->    profile p { audit /a rw; }
 */
void dump_statements(const struct statement *first, struct buf *out);

/* "line:column id" of each diagnostic in order of place, separated by ", "; byte places as "-". */
void dump_diags(struct unit *unit, struct buf *out);

/* Parses text as a whole policy; returns the tree's dump, diagnostics in *ret_diags. */
struct slice parse_and_dump(struct unit *unit, struct slice text, struct slice *ret_diags);

#endif
